//! Events that are committed with what they tell, and delivered afterwards, at least once.

mod relay;
mod webhook;

use sea_orm::{ActiveValue::Set, DatabaseTransaction, DbErr, EntityTrait};
use serde::Serialize;

pub use self::{relay::Relay, webhook::Destination};
use crate::entity::outbox::{ActiveModel, Entity};

/// Write an event, in the transaction of what it tells.
pub async fn append(
    tx: &DatabaseTransaction,
    topic: &str,
    data: &impl Serialize,
    traceparent: Option<&str>,
) -> Result<(), DbErr> {
    let event = ActiveModel {
        topic: Set(topic.to_owned()),
        payload: Set(serde_json::to_value(data).map_err(|error| DbErr::Json(error.to_string()))?),
        traceparent: Set(traceparent.map(str::to_owned)),
        ..Default::default()
    };
    Entity::insert(event).exec_without_returning(tx).await?;
    Ok(())
}
