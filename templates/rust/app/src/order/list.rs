//! Listings of one's orders, the newest first.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use super::Document;
use crate::entity::order::{COLUMN, Column, Entity, Status};

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    pub status: Option<Status>,
    pub placed_from: Option<DateTime<Utc>>,
    pub placed_before: Option<DateTime<Utc>>,
}

/// Where a listing stands: at the order that was seen last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Position {
    pub created_at: DateTime<Utc>,
    pub id: Uuid,
}

pub async fn list(
    db: &impl ConnectionTrait,
    user: Uuid,
    filter: Filter,
    after: Option<Position>,
    limit: u64,
) -> Result<Vec<Document>, DbErr> {
    let wanted = Condition::all()
        .add(COLUMN.user_id.eq(user)) // BK117: whatever the cursor says
        .add_option(filter.status.map(|status| Column::Status.eq(status)))
        .add_option(filter.placed_from.map(|time| COLUMN.created_at.gte(time)))
        .add_option(filter.placed_before.map(|time| COLUMN.created_at.lt(time)))
        .add_option(after.map(behind));
    let orders = Entity::find()
        .filter(wanted)
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id) // BK128
        .limit(limit)
        .all(db)
        .await?;
    let ids: Vec<Uuid> = orders.iter().map(|order| order.id).collect();
    let mut lines: HashMap<Uuid, Vec<_>> = HashMap::new();
    for line in super::lines(db, &ids).await? {
        lines.entry(line.order_id).or_default().push(line);
    }
    let documents = orders.into_iter().map(|order| {
        let lines = lines.remove(&order.id).unwrap_or_default();
        Document::new(order, lines)
    });
    Ok(documents.collect())
}

/// BK129: compared as a row, which an index finds; SeaORM's `cursor_by` joins two comparisons by `or`, which it does not.
fn behind(last: Position) -> Expr {
    let row = Expr::tuple([Expr::col(Column::CreatedAt), Expr::col(Column::Id)]);
    row.lt(Expr::tuple([Expr::value(last.created_at), Expr::value(last.id)]))
}
