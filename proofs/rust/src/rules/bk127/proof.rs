//! Three idle connections of a pool are terminated, as a failover would, and three reads follow.

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbErr};

use crate::{
    rules::bk127::{avoid, prefer},
    support::{figure, fresh_database, hold, scalar, until_blocked},
};

const TERMINATE: &str = "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()";

async fn read(db: &DatabaseConnection) -> Result<(), DbErr> {
    db.execute_unprepared("select price_minor from products")
        .await
        .map(|_| ())
}

/// Returns how many of three reads fail.
async fn failed_after_failover(
    connect: impl AsyncFn(&str) -> Result<DatabaseConnection, DbErr>,
) -> usize {
    let url = fresh_database("").await;
    let db = connect(&url).await.unwrap();
    let table = hold(&url, "lock table products").await;
    let (one, two, three, ()) = tokio::join!(read(&db), read(&db), read(&db), async {
        until_blocked(&url, 3).await;
        table.release().await;
    });
    one.and(two).and(three).unwrap();
    assert!(scalar::<i64>(&url, TERMINATE).await >= 3);
    let mut failed = 0;
    for _ in 0..3 {
        failed += usize::from(read(&db).await.is_err());
    }
    failed
}

#[tokio::test]
async fn avoid_reads_after_a_failover_fail() {
    let failed = failed_after_failover(avoid::connect).await;
    assert!(failed > 0, "all reads were answered");
    figure(
        "BK127",
        "reads of three that failed after the failover",
        failed,
        "reads",
    );
}

#[tokio::test]
async fn prefer_reads_after_a_failover_are_answered() {
    assert_eq!(failed_after_failover(prefer::connect).await, 0);
}
