//! Transactions: whoever leaves, they end.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
use tokio::time::{Instant, sleep, timeout};

use storefront::database::{Rollback, UnitOfWork};

use crate::support::Service;

/// Writes an event, slowly.
struct Slow(&'static str);

impl UnitOfWork for Slow {
    type Output = ();
    type Refusal = ();

    async fn run(&self, tx: &DatabaseTransaction) -> Result<(), Rollback<()>> {
        tx.execute_unprepared("insert into outbox (topic, payload) values ('slow', '{}')").await?;
        tx.execute_unprepared(self.0).await?;
        Ok(())
    }
}

const HALF_A_SECOND: Slow = Slow("select pg_sleep(0.5)");

fn in_seconds(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_tear_a_transaction() {
    let service = Service::start().await;
    let left = service.database.transact(in_seconds(5), HALF_A_SECOND);
    assert!(timeout(Duration::from_millis(100), left).await.is_err());
    sleep(Duration::from_secs(1)).await;
    assert_eq!(service.count("outbox").await, 1);
}

#[tokio::test]
async fn closing_waits_for_the_transactions_that_run() {
    let service = Service::start().await;
    let database = service.database.clone();
    let running =
        tokio::spawn(async move { database.transact(in_seconds(5), HALF_A_SECOND).await });
    sleep(Duration::from_millis(100)).await;
    service.database.clone().close().await.unwrap();
    assert!(running.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_deadline_rolls_back_and_gives_the_connections_back() {
    let service = Service::start().await;
    for _ in 0..10 {
        let deadline = Instant::now() + Duration::from_millis(100);
        let outcome = service.database.transact(deadline, HALF_A_SECOND).await;
        assert!(matches!(outcome, Err(Rollback::Late)));
    }
    assert_eq!(service.count("outbox").await, 0);
    let open = "pg_stat_activity where datname = current_database() and xact_start < now()";
    sleep(Duration::from_secs(1)).await;
    assert_eq!(service.count(open).await, 0, "a transaction is left open");
}

#[tokio::test]
async fn a_conflict_is_tried_again_and_no_more_than_twice() {
    let service = Service::start().await;
    service
        .execute(
            "create sequence failures; create function fail(times int) returns void language plpgsql as
             $$ begin if nextval('failures') <= times then raise sqlstate '40001'; end if; end $$",
        )
        .await;
    let outcome = service.database.transact(in_seconds(5), Slow("select fail(2)")).await;
    assert!(outcome.is_ok());
    assert_eq!(service.count("outbox").await, 1);
    service.execute("alter sequence failures restart").await;
    let outcome = service.database.transact(in_seconds(5), Slow("select fail(3)")).await;
    assert!(matches!(outcome, Err(Rollback::Database(_))));
    assert_eq!(service.count("outbox").await, 1);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_holds_no_lock() {
    let service = Service::start().await;
    let lamp = service.add_product(5).await;
    let update = format!("update products set stock = 0 where id = '{lamp}'");
    let tx = service.database.connection().begin().await.unwrap();
    tx.execute_unprepared(&update).await.unwrap();
    drop(tx);
    service.execute(&update).await;
}
