//! A transaction locks a product and is left alone, as by a handler that hangs.

use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait};

use crate::{
    rules::bk107::{avoid, prefer},
    support::{Database, fresh_database, scalar},
};

const PRODUCT: &str = "insert into products (name, price_minor, stock) values ('lamp', 4900, 10)";

/// Says whether the product can be sold within that many seconds.
async fn is_sold(
    connect: impl AsyncFn(&str) -> Result<DatabaseConnection, DbErr>,
    patience: u64,
) -> (bool, Database) {
    let url = fresh_database(PRODUCT).await;
    let db = connect(&url).await.unwrap();
    let stuck = db.begin().await.unwrap();
    stuck
        .execute_unprepared("update products set name = 'desk lamp' where id = 1")
        .await
        .unwrap();
    let end = Instant::now() + Duration::from_secs(patience);
    let mut sold = false;
    while !sold && Instant::now() < end {
        let sale = db.execute_unprepared("update products set stock = stock - 1 where id = 1");
        sold = sale.await.is_ok();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    if !sold {
        let idle = scalar::<i64>(&url, IDLE).await;
        assert_eq!(idle, 1, "the session that hangs is there");
    }
    drop(stuck);
    (sold, url)
}

const IDLE: &str = "
    select count(*) from pg_stat_activity
    where datname = current_database() and state = 'idle in transaction'";

#[tokio::test]
async fn avoid_the_row_stays_locked_as_long_as_the_session_that_hangs_lives() {
    let (sold, url) = is_sold(avoid::connect, 4).await;
    assert!(!sold);
    assert_eq!(scalar::<i32>(&url, "select stock from products").await, 10);
}

#[tokio::test]
async fn prefer_the_session_that_hangs_is_ended_and_the_row_is_free() {
    let (sold, url) = is_sold(prefer::connect, 10).await;
    assert!(sold);
    assert_eq!(scalar::<i32>(&url, "select stock from products").await, 9);
    assert_eq!(
        scalar::<String>(&url, "select name from products").await,
        "lamp",
        "its change is rolled back"
    );
}
