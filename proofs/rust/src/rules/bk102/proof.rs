//! An order is paid while the provider, who got the charge, keeps silent.

use std::{sync::Arc, time::Duration};

use axum::Router;
use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgPoolOptions};
use tokio::sync::Semaphore;

use crate::{
    rules::bk102::{avoid, prefer},
    support::{fresh_database, scalar, serve},
};

const ORDER: &str = "insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 7);
    insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);";

const SHORT: Duration = Duration::from_millis(1_500);
const LONG: Duration = Duration::from_secs(5);

/// Pays on a pool of one, and does something else between the charge and its answer.
async fn during<T, E: std::fmt::Debug>(
    pay: impl AsyncFn(&PgPool, String) -> Result<bool, E>,
    something_else: impl AsyncFn(&str, &PgPool) -> T,
    patience: Duration,
) -> T {
    let url = fresh_database(ORDER).await;
    let options = PgPoolOptions::new().max_connections(1);
    let options = options.acquire_timeout(patience);
    let db = options.connect(&url).await.unwrap();
    let (charged, told) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (at_door, answer) = (Arc::clone(&charged), Arc::clone(&told));
    let provider = serve(Router::new().fallback(async move || {
        at_door.add_permits(1);
        drop(answer.acquire().await.unwrap());
    }));
    let provider = provider.await;
    let (paid, seen) = tokio::join!(pay(&db, provider), async {
        drop(charged.acquire().await.unwrap());
        let seen = something_else(&url, &db).await;
        told.add_permits(1);
        seen
    });
    assert!(paid.unwrap());
    let status: String = scalar(&url, "select status from orders").await;
    assert_eq!(status, "paid");
    seen
}

async fn pay_avoid(db: &PgPool, charges: String) -> Result<bool, avoid::PayError> {
    let http = reqwest::Client::new();
    avoid::pay(db, &avoid::Provider { http, charges }, 1).await
}

async fn pay_prefer(db: &PgPool, charges: String) -> Result<bool, prefer::PayError> {
    let http = reqwest::Client::new();
    prefer::pay(db, &prefer::Provider { http, charges }, 1).await
}

/// Counts the sessions that are idle in transaction, and changes the order, waiting for locks no longer than a moment.
async fn change(url: &str, _: &PgPool) -> (i64, Option<String>) {
    let idle = "select count(*) from pg_stat_activity
        where datname = current_database() and state = 'idle in transaction'";
    let idle = scalar(url, idle).await;
    let mut session = PgConnection::connect(url).await.unwrap();
    let sql = "set lock_timeout = '300ms'; update orders set quantity = 2";
    let failure = sqlx::raw_sql(sql).execute(&mut session).await.err();
    let code = failure.map(|error| error.into_database_error().unwrap().code().unwrap().into());
    (idle, code)
}

/// Counts products through the pool of the application.
async fn count(_: &str, db: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select count(*) from products")
        .fetch_one(db)
        .await
}

#[tokio::test]
async fn avoid_the_order_is_locked_while_the_provider_is_silent() {
    let seen = during(pay_avoid, change, LONG).await;
    assert_eq!(seen, (1, Some("55P03".to_owned())));
}

#[tokio::test]
async fn avoid_a_query_that_has_nothing_to_do_with_it_gets_no_connection() {
    let counted = during(pay_avoid, count, SHORT).await;
    assert!(
        matches!(counted, Err(sqlx::Error::PoolTimedOut)),
        "{counted:?}"
    );
}

#[tokio::test]
async fn prefer_the_order_can_be_changed_while_the_provider_is_silent() {
    assert_eq!(during(pay_prefer, change, LONG).await, (0, None));
}

#[tokio::test]
async fn prefer_the_connection_is_free_while_the_provider_is_silent() {
    assert_eq!(during(pay_prefer, count, LONG).await.unwrap(), 1);
}
