//! Cancelling an order as it was last seen.

use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr,
};
use uuid::Uuid;

use super::{Document, Refusal};
use crate::{
    catalog,
    database::{Rollback, UnitOfWork},
    entity::order::{COLUMN, Column, Entity, Model, Status},
    outbox,
};

/// Which versions of an order may be cancelled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Versions {
    Any,
    OneOf(Vec<i32>),
}

pub struct Cancellation {
    pub user_id: Uuid,
    pub order_id: Uuid,
    pub versions: Versions,
    /// Of the request that cancels it.
    pub traceparent: Option<String>,
}

impl UnitOfWork for Cancellation {
    type Output = Document;
    type Refusal = Refusal;

    async fn run(&self, tx: &DatabaseTransaction) -> Result<Document, Rollback<Refusal>> {
        let Some(order) = self.cancel(tx).await? else {
            return Err(self.why_not(tx).await?.into());
        };
        // BK106: they come in the order of the products' ids, as those of a placement do.
        let lines = super::lines(tx, &[order.id]).await?;
        for line in &lines {
            catalog::put_back(tx, line.product_id, line.quantity).await?;
        }
        let order = Document::new(order, lines);
        outbox::append(tx, "order.cancelled", &order, self.traceparent.as_deref()).await?;
        Ok(order)
    }
}

impl Cancellation {
    /// BK105: somebody else may have been faster; then no row is changed.
    async fn cancel(&self, tx: &DatabaseTransaction) -> Result<Option<Model>, DbErr> {
        let mut update = Entity::update_many()
            .col_expr(Column::Status, Expr::value("cancelled"))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(COLUMN.id.eq(self.order_id))
            .filter(COLUMN.user_id.eq(self.user_id)) // BK117
            .filter(Column::Status.eq(Status::Placed));
        if let Versions::OneOf(versions) = &self.versions {
            update = update.filter(Column::Version.is_in(versions.iter().copied()));
        }
        Ok(update.exec_with_returning(tx).await?.into_iter().next())
    }

    async fn why_not(&self, tx: &DatabaseTransaction) -> Result<Refusal, DbErr> {
        let own = Entity::find_by_id(self.order_id).filter(COLUMN.user_id.eq(self.user_id));
        Ok(match (own.one(tx).await?, &self.versions) {
            (None, _) => Refusal::NotFound,
            (Some(order), Versions::OneOf(seen)) if !seen.contains(&order.version) => {
                Refusal::Stale
            }
            (Some(_), _) => Refusal::NotCancellable,
        })
    }
}
