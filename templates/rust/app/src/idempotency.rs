//! One effect and one answer for each key, however often a client has to ask.

use chrono::{TimeDelta, Utc};
use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter, Statement,
    sea_query::{Expr, OnConflict},
};
use serde_json::Value;
use uuid::Uuid;

use crate::entity::idempotency_key::{ActiveModel, Column, Entity, Model};

const LIFETIME: TimeDelta = TimeDelta::hours(24);

/// BK123: a key counts for one account and one operation, and for one request.
#[derive(Clone, Debug)]
pub struct Claim {
    pub user_id: Uuid,
    pub operation: &'static str,
    pub key: String,
    pub request_hash: Vec<u8>,
}

/// What the client gets, and each retry with the same key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

pub enum Attempt {
    First,
    Again(Answer),
    /// The first still runs.
    TooEarly,
    /// The first was another request.
    KeyReused,
}

/// Find out which attempt this is. Another one with the same key is refused until the transaction ends.
pub async fn attempt(tx: &DatabaseTransaction, claim: &Claim) -> Result<Attempt, DbErr> {
    // BK124: who comes second is not made to wait with a connection in hand.
    if !try_lock(tx, claim).await? {
        return Ok(Attempt::TooEarly);
    }
    let first = Entity::find_by_id((claim.user_id, claim.operation.to_owned(), claim.key.clone()))
        .filter(ExprTrait::gt(Expr::col(Column::ExpiresAt), Expr::current_timestamp()))
        .one(tx)
        .await?;
    Ok(match first {
        None => Attempt::First,
        Some(first) if first.request_hash != claim.request_hash => Attempt::KeyReused,
        Some(first) => Attempt::Again(first.into()),
    })
}

/// Keep the answer to a first attempt. BK122: it is committed with the effect, or not at all.
pub async fn keep(tx: &DatabaseTransaction, claim: Claim, answer: &Answer) -> Result<(), DbErr> {
    let headers = answer.headers.iter();
    let headers = headers.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    let now = Utc::now();
    let kept = ActiveModel {
        user_id: Set(claim.user_id),
        operation: Set(claim.operation.to_owned()),
        key: Set(claim.key),
        request_hash: Set(claim.request_hash),
        response_status: Set(answer.status.into()),
        response_headers: Set(Value::Object(headers.collect())),
        response_body: Set(answer.body.clone()),
        created_at: Set(now),
        expires_at: Set(now + LIFETIME),
    };
    // BK110: one that has expired may still be there.
    let expired = OnConflict::columns([Column::UserId, Column::Operation, Column::Key])
        .update_columns([
            Column::RequestHash,
            Column::ResponseStatus,
            Column::ResponseHeaders,
            Column::ResponseBody,
            Column::CreatedAt,
            Column::ExpiresAt,
        ])
        .to_owned();
    Entity::insert(kept).on_conflict(expired).exec_without_returning(tx).await?;
    Ok(())
}

async fn try_lock(tx: &DatabaseTransaction, claim: &Claim) -> Result<bool, DbErr> {
    let name = format!("{} {} {}", claim.user_id, claim.operation, claim.key);
    let lock = Statement::from_sql_and_values(
        tx.get_database_backend(),
        "select pg_try_advisory_xact_lock(hashtextextended($1, 0))",
        [name.into()],
    );
    let row = tx.query_one_raw(lock).await?;
    row.map_or(Ok(false), |row| row.try_get_by_index(0))
}

impl From<Model> for Answer {
    fn from(kept: Model) -> Self {
        let headers = match kept.response_headers {
            Value::Object(headers) => headers.into_iter().collect(),
            _ => Vec::new(),
        };
        let text = |value: Value| value.as_str().map(str::to_owned);
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name, text(value)?)));
        Self {
            status: u16::try_from(kept.response_status).unwrap_or_default(),
            headers: headers.collect(),
            body: kept.response_body,
        }
    }
}
