//! An order as the API shows it and events tell it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    entity::{
        order::{self, Status},
        order_line,
    },
    money::Money,
    timestamp,
};

/// BK130: what a column is called or that there is one more, is no matter of clients.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    pub id: Uuid,
    pub status: Status,
    pub total: Money,
    pub lines: Vec<Line>,
    pub version: i32,
    #[serde(serialize_with = "timestamp::serialize")]
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub product_id: Uuid,
    pub quantity: i32,
    pub unit_price: Money,
}

impl Document {
    pub fn new(order: order::Model, lines: Vec<order_line::Model>) -> Self {
        let line = |line: order_line::Model| Line {
            product_id: line.product_id,
            quantity: line.quantity,
            unit_price: Money {
                amount_minor: line.unit_price_minor,
                currency: order.currency.clone(),
            },
        };
        Self {
            id: order.id,
            status: order.status,
            lines: lines.into_iter().map(line).collect(),
            total: Money { amount_minor: order.total_minor, currency: order.currency },
            version: order.version,
            created_at: order.created_at,
        }
    }
}
