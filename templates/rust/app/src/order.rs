//! Orders: placed once, seen and cancelled by their owner only.

mod cancel;
mod document;
mod list;
mod place;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

pub use self::{
    cancel::{Cancellation, Versions},
    document::{Document, Line},
    list::{Filter, Position, list},
    place::{NewLine, Outcome, Placement},
};
use crate::{
    database::Rollback,
    entity::{order, order_line},
};

/// Why an order is not placed or not cancelled.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such product")]
    NoSuchProduct { line: usize },
    #[error("there is not enough in stock")]
    InsufficientStock,
    #[error("the products have two currencies")]
    MixedCurrencies,
    #[error("the total is too large")]
    TotalTooLarge,
    #[error("the first request with this key still runs")]
    InProgress,
    #[error("the key belongs to another request")]
    KeyReused,
    #[error("there is no such order")]
    NotFound,
    #[error("the order has changed since it was read")]
    Stale,
    #[error("the order is cancelled already")]
    NotCancellable,
}

impl From<Refusal> for Rollback<Refusal> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Return an order, if it is the user's own.
pub async fn find(
    db: &impl ConnectionTrait,
    user: Uuid,
    id: Uuid,
) -> Result<Option<Document>, DbErr> {
    // BK117: somebody else's order is not found.
    let own = order::Entity::find_by_id(id).filter(order::COLUMN.user_id.eq(user));
    let Some(order) = own.one(db).await? else {
        return Ok(None);
    };
    let lines = lines(db, &[id]).await?;
    Ok(Some(Document::new(order, lines)))
}

/// Return the lines of orders, in the order of their products' ids. BK120: who asks has found the orders to be theirs.
async fn lines(
    db: &impl ConnectionTrait,
    orders: &[Uuid],
) -> Result<Vec<order_line::Model>, DbErr> {
    order_line::Entity::find()
        .filter(order_line::Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(order_line::Column::ProductId)
        .all(db)
        .await
}
