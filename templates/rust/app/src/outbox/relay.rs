//! Takes events that are due and delivers them.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Statement};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::Destination;
use crate::{
    database::Database,
    entity::outbox::{Entity, Model},
    telemetry::trace,
};

/// With the deadline of a delivery, five of them end before their lease of 30 s does.
const BATCH: i64 = 5;

/// The lease is committed at once: what a worker that dies had at hand, another delivers afterwards.
const CLAIM: &str = "
    update outbox set next_attempt_at = current_timestamp + interval '30 seconds'
    where id in (
      select id from outbox
      where published_at is null and next_attempt_at <= current_timestamp
      order by next_attempt_at limit $1 for update skip locked
    )
    returning *";
const PUBLISHED: &str =
    "update outbox set published_at = current_timestamp, attempts = attempts + 1 where id = $1";
const FAILED: &str = "
    update outbox
    set attempts = attempts + 1, next_attempt_at = current_timestamp + make_interval(secs => $2)
    where id = $1";

pub struct Relay {
    pub database: Database,
    pub destination: Destination,
    pub poll: Duration,
}

impl Relay {
    /// Deliver until told to stop; the delivery at hand is finished.
    pub async fn run(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let events = self.claim().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "events cannot be read");
                Vec::new()
            });
            if events.is_empty() {
                let pause = sleep(self.poll);
                stop.run_until_cancelled(pause).await;
            }
            for event in events {
                if stop.is_cancelled() {
                    return;
                }
                self.deliver(event).await;
            }
        }
    }

    async fn claim(&self) -> Result<Vec<Model>, DbErr> {
        let db = self.database.connection();
        let claim =
            Statement::from_sql_and_values(db.get_database_backend(), CLAIM, [BATCH.into()]);
        Entity::find().from_raw_sql(claim).all(db).await
    }

    async fn deliver(&self, event: Model) {
        let span = tracing::info_span!(
            "deliver",
            otel.name = %format!("deliver {}", event.topic),
            otel.kind = "producer",
            event_id = %event.id,
            trace_id = tracing::field::Empty,
        );
        let context = trace::continue_from(&span, event.traceparent.as_deref());
        if let Some(context) = &context {
            span.record("trace_id", context.trace_id().to_string());
        }
        let traceparent = context.as_ref().map(trace::traceparent);
        let delivery = async {
            let delivered = self.destination.deliver(&event, traceparent).await;
            let kept = match delivered {
                Ok(()) => self.mark(PUBLISHED, [event.id.into()].to_vec()).await,
                Err(error) => {
                    let pause = pause_after(event.attempts);
                    tracing::warn!(%error, pause, topic = event.topic, "an event is not delivered");
                    self.mark(FAILED, [event.id.into(), pause.into()].to_vec()).await
                }
            };
            if let Err(error) = kept {
                tracing::warn!(%error, "the event will be delivered again");
            }
        };
        delivery.instrument(span).await;
    }

    async fn mark(&self, statement: &str, values: Vec<sea_orm::Value>) -> Result<(), DbErr> {
        let db = self.database.connection();
        let backend = db.get_database_backend();
        db.execute_raw(Statement::from_sql_and_values(backend, statement, values)).await?;
        Ok(())
    }
}

/// Return the seconds to wait after one more failure: 1, 2, 4 and so on, up to five minutes.
fn pause_after(failures: i32) -> f64 {
    let doublings = failures.clamp(0, 9);
    let seconds = (1_i32 << doublings).min(300);
    seconds.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_become_rarer_up_to_five_minutes() {
        let pauses: Vec<String> = [0, 1, 2, 5, 8, 9, 40].map(|n| pause_after(n).to_string()).into();
        assert_eq!(pauses, ["1", "2", "4", "32", "256", "300", "300"]);
    }
}
