//! Four queries are blocked, as many as the pool has connections, and one more caller comes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use crate::{
    rules::bk126::{avoid, prefer},
    support::{figure, fresh_database, hold, until_blocked},
};

#[tokio::test]
async fn avoid_a_caller_waits_past_its_patience_and_no_metric_shows_it() {
    let url = fresh_database("").await;
    let table = hold(&url, "lock table products").await;
    let db = Arc::new(avoid::Database::open(&url).await.unwrap());
    let mut four = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let db = Arc::clone(&db);
        four.spawn(async move { db.names().await });
    }
    until_blocked(&url, 4).await;

    let before = db.metrics();
    let caller = Arc::clone(&db);
    let mut fifth = tokio::spawn(async move { caller.names().await });
    let ended = timeout(Duration::from_millis(2500), &mut fifth).await;
    assert!(ended.is_err(), "the fifth caller was answered: {ended:?}");
    assert_eq!(db.metrics(), before);

    table.release().await;
    assert!(four.join_all().await.iter().all(Result::is_ok));
    assert!(fifth.await.unwrap().is_ok());
}

#[tokio::test]
async fn prefer_a_caller_is_counted_while_it_waits_and_turned_away_in_time() {
    let url = fresh_database("").await;
    let table = hold(&url, "lock table products").await;
    let db = Arc::new(prefer::Database::open(&url).await.unwrap());
    let mut four = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let db = Arc::clone(&db);
        four.spawn(async move { db.names().await });
    }
    until_blocked(&url, 4).await;

    let start = Instant::now();
    let caller = Arc::clone(&db);
    let fifth = tokio::spawn(async move { caller.names().await });
    while !db.metrics().contains("db_pool_waiting 1") {
        assert!(
            !fifth.is_finished() && start.elapsed() < Duration::from_secs(10),
            "{}",
            db.metrics()
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let ended = timeout(Duration::from_secs(10), fifth).await;
    let told = u64::try_from(start.elapsed().as_millis()).unwrap();
    assert!(
        matches!(ended, Ok(Ok(Err(sqlx::Error::PoolTimedOut)))),
        "{ended:?}"
    );
    figure(
        "BK126",
        "until the caller was told, of a bound of 1,000 ms",
        told,
        "ms",
    );

    table.release().await;
    assert!(four.join_all().await.iter().all(Result::is_ok));
}
