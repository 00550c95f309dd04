//! Deletes what has expired and what was published long ago.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, Statement};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::database::Database;

const PERIOD: Duration = Duration::from_mins(1);
const BATCH: u64 = 1000;

/// BK114: in small batches, each its own transaction.
const STATEMENTS: [&str; 3] = [
    "delete from idempotency_keys where (user_id, operation, key) in (
       select user_id, operation, key from idempotency_keys
       where expires_at < current_timestamp limit $1 for update skip locked)",
    "delete from refresh_tokens where id in (
       select id from refresh_tokens
       where expires_at < current_timestamp limit $1 for update skip locked)",
    "delete from outbox where id in (
       select id from outbox
       where published_at < current_timestamp - interval '7 days' limit $1 for update skip locked)",
];

/// Clean up once a minute until told to stop.
pub async fn run(database: &Database, stop: &CancellationToken) {
    let mut minutes = interval(PERIOD);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(minutes.tick()).await.is_some() {
        for statement in STATEMENTS {
            if let Err(error) = delete(database, statement, stop).await {
                tracing::warn!(%error, "what has expired is not deleted");
            }
        }
    }
}

async fn delete(
    database: &Database,
    statement: &str,
    stop: &CancellationToken,
) -> Result<(), DbErr> {
    let db = database.connection();
    while !stop.is_cancelled() {
        let backend = db.get_database_backend();
        let batch = Statement::from_sql_and_values(backend, statement, [BATCH.into()]);
        if db.execute_raw(batch).await?.rows_affected() < BATCH {
            break;
        }
    }
    Ok(())
}
