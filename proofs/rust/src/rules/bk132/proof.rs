//! A worker runs while the transaction stands behind a row lock, after its commit, and after a rollback.

use sqlx::PgPool;

use crate::{
    rules::bk132::{avoid, prefer},
    support::{fresh_database, hold, rows, until_blocked},
};

const SHOP: &str = "
    alter table products add constraint stock_is_left check (stock >= 0);
    insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 1), ('desk', 9900, 0)";

/// Takes the jobs that a worker sees, and says of each whether its order was there.
async fn work(url: &str) -> Vec<(i64, bool)> {
    let take = "with taken as (
            delete from jobs where id in (select id from jobs for update skip locked)
            returning (payload ->> 'orderId')::bigint as order_id
        ) select order_id, exists (select from orders where id = order_id) from taken";
    rows(url, take).await
}

async fn around_the_commit(
    place: impl AsyncFn(&PgPool, i64, i64) -> sqlx::Result<()>,
) -> (Vec<(i64, bool)>, Vec<(i64, bool)>) {
    let url = fresh_database(SHOP).await;
    let db = PgPool::connect(&url).await.unwrap();
    let product = hold(&url, "select from products for no key update").await;
    let (placed, before) = tokio::join!(place(&db, 1, 1), async {
        until_blocked(&url, 1).await;
        let before = work(&url).await;
        product.release().await;
        before
    });
    placed.unwrap();
    (before, work(&url).await)
}

async fn after_a_rollback(
    place: impl AsyncFn(&PgPool, i64, i64) -> sqlx::Result<()>,
) -> Vec<(i64, bool)> {
    let url = fresh_database(SHOP).await;
    let db = PgPool::connect(&url).await.unwrap();
    let refused = place(&db, 1, 2).await.unwrap_err();
    let constraint = refused.as_database_error().unwrap().constraint();
    assert_eq!(constraint, Some("stock_is_left"));
    work(&url).await
}

#[tokio::test]
async fn avoid_the_worker_finds_no_order_and_the_order_gets_no_receipt() {
    let (before, after) = around_the_commit(avoid::place).await;
    assert_eq!((before, after), (vec![(1, false)], vec![]));
}

#[tokio::test]
async fn avoid_the_job_of_an_order_that_was_rolled_back_runs() {
    assert_eq!(after_a_rollback(avoid::place).await, [(1, false)]);
}

#[tokio::test]
async fn prefer_the_worker_gets_the_job_together_with_the_order() {
    let (before, after) = around_the_commit(prefer::place).await;
    assert_eq!((before, after), (vec![], vec![(1, true)]));
}

#[tokio::test]
async fn prefer_an_order_that_was_rolled_back_leaves_no_job() {
    assert_eq!(after_a_rollback(prefer::place).await, []);
}
