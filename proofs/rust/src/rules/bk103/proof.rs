//! One order of a lamp that there is, or is not, over a pool with one connection or more.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{
    rules::bk103::{avoid, prefer},
    support::{fresh_database, rows},
};

const SHOP: &str = "insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');";

const SHORT: Duration = Duration::from_millis(1_500);
const LONG: Duration = Duration::from_secs(5);

/// Orders one lamp; returns how it ended, and how many orders and messages there are.
async fn order(
    place: impl AsyncFn(&PgPool, i64, i64) -> Result<bool, sqlx::Error>,
    stock: i32,
    connections: u32,
    patience: Duration,
) -> (Result<bool, sqlx::Error>, (i64, i64)) {
    let lamp =
        format!("insert into products (name, price_minor, stock) values ('lamp', 1900, {stock})");
    let url = fresh_database(&format!("{SHOP} {lamp}")).await;
    let options = PgPoolOptions::new().max_connections(connections);
    let options = options.acquire_timeout(patience);
    let db = options.connect(&url).await.unwrap();
    let ended = place(&db, 1, 1).await;
    let counts = "select (select count(*) from orders), (select count(*) from outbox)";
    (ended, rows(&url, counts).await[0])
}

#[tokio::test]
async fn avoid_an_order_that_was_rolled_back_is_announced() {
    let (ended, counts) = order(avoid::place, 0, 10, LONG).await;
    assert!(matches!(ended, Ok(false)), "{ended:?}");
    assert_eq!(counts, (0, 1));
}

#[tokio::test]
async fn avoid_on_a_pool_of_one_the_transaction_waits_for_itself() {
    let (ended, counts) = order(avoid::place, 5, 1, SHORT).await;
    assert!(matches!(ended, Err(sqlx::Error::PoolTimedOut)), "{ended:?}");
    assert_eq!(counts, (0, 0));
}

#[tokio::test]
async fn prefer_an_order_that_was_rolled_back_is_not_announced() {
    let (ended, counts) = order(prefer::place, 0, 10, LONG).await;
    assert!(matches!(ended, Ok(false)), "{ended:?}");
    assert_eq!(counts, (0, 0));
}

#[tokio::test]
async fn prefer_one_connection_is_enough_for_an_order_and_its_announcement() {
    let (ended, counts) = order(prefer::place, 5, 1, LONG).await;
    assert!(matches!(ended, Ok(true)), "{ended:?}");
    assert_eq!(counts, (1, 1));
}
