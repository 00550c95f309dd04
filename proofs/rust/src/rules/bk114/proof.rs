//! A backfill that stops at the last order, is killed there, and runs again.

use sqlx::{Connection as _, PgConnection, PgPool};

use crate::{
    rules::bk114::{avoid, prefer},
    support::{fresh_database, hold, rows, scalar, until_blocked},
};

const ORDERS: &str = "
    insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 10);
    alter table orders add column currency text;
    insert into orders (user_id, product_id, total_minor) select 1, 1, 1900 from generate_series(1, 2500);";
const FILLED: &str = "select count(*) from orders where currency = 'EUR'";
const KILL: &str = "
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'";

/// Tells whether the first order can be paid within half a second.
async fn can_pay(url: &str) -> bool {
    let mut session = PgConnection::connect(url).await.unwrap();
    let pay = "set lock_timeout = '500ms'; update orders set status = 'paid' where id = 1";
    match sqlx::raw_sql(pay).execute(&mut session).await {
        Ok(_) => true,
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => false,
        Err(error) => panic!("{error}"),
    }
}

/// Returns whether an order could be paid meanwhile, and how many were filled when the backfill was killed.
async fn killed_at_the_last(backfill: impl AsyncFn(&PgPool) -> sqlx::Result<()>) -> (bool, i64) {
    let url = fresh_database(ORDERS).await;
    let pool = PgPool::connect(&url).await.unwrap();
    let order = hold(&url, "select from orders where id = 2500 for update").await;
    let (killed, paid) = tokio::join!(backfill(&pool), async {
        until_blocked(&url, 1).await;
        let paid = can_pay(&url).await;
        rows::<(bool,)>(&url, KILL).await;
        paid
    });
    assert!(killed.is_err());
    let kept = scalar(&url, FILLED).await;
    order.release().await;
    backfill(&pool).await.unwrap();
    assert_eq!(scalar::<i64>(&url, FILLED).await, 2500);
    (paid, kept)
}

#[tokio::test]
async fn avoid_an_order_waits_for_the_whole_backfill_which_loses_all_when_it_is_killed() {
    assert_eq!(killed_at_the_last(avoid::backfill).await, (false, 0));
}

#[tokio::test]
async fn prefer_an_order_is_paid_meanwhile_and_a_killed_backfill_keeps_what_it_has_done() {
    assert_eq!(killed_at_the_last(prefer::backfill).await, (true, 2000));
}
