//! Products and their stock.

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    entity::product::{COLUMN, Column, Entity, Model},
    money::Money,
};

impl Model {
    pub fn price(&self) -> Money {
        Money { amount_minor: self.price_minor, currency: self.currency.clone() }
    }
}

/// What came of reaching for pieces of a product.
pub enum Taken {
    At(Money),
    NotEnough,
    NoSuchProduct,
}

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// Return products in the order of their ids, from behind the one that was seen last.
pub async fn list(
    db: &impl ConnectionTrait,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let after = after.map(|id| COLUMN.id.gt(id)); // BK129
    let page = Entity::find().filter(sea_orm::Condition::all().add_option(after));
    page.order_by_asc(Column::Id).limit(limit).all(db).await
}

/// Take pieces out of the stock, if there are so many.
pub async fn take(tx: &DatabaseTransaction, id: Uuid, pieces: i32) -> Result<Taken, DbErr> {
    // BK101: one statement reads and writes; between two of them the last piece would be sold twice.
    let taken = Entity::update_many()
        .col_expr(Column::Stock, Expr::col(Column::Stock).sub(pieces))
        .filter(COLUMN.id.eq(id))
        .filter(COLUMN.stock.gte(pieces))
        .exec_with_returning(tx)
        .await?;
    // BK105: no row was changed where there are too few, or no such product.
    match taken.first() {
        Some(product) => Ok(Taken::At(product.price())),
        None if find(tx, id).await?.is_some() => Ok(Taken::NotEnough),
        None => Ok(Taken::NoSuchProduct),
    }
}

/// Put pieces back into the stock.
pub async fn put_back(tx: &DatabaseTransaction, id: Uuid, pieces: i32) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Stock, Expr::col(Column::Stock).add(pieces))
        .filter(COLUMN.id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
