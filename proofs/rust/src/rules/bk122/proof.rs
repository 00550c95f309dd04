//! The future of a charge is dropped while it waits, as Axum does when a client disconnects, and the client tries again.

use sqlx::PgPool;

use crate::{
    rules::bk122::{avoid, prefer},
    support::{fresh_database, hold, scalar, until_blocked},
};

const ORDER: &str = "
    insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
    insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);";

async fn avoided(db: &PgPool) -> sqlx::Result<bool> {
    avoid::charge(
        db,
        avoid::Claim {
            user_id: 1,
            key: "8e03978e",
        },
        1,
    )
    .await
}

async fn preferred(db: &PgPool) -> sqlx::Result<bool> {
    prefer::charge(
        db,
        prefer::Claim {
            user_id: 1,
            key: "8e03978e",
        },
        1,
    )
    .await
}

/// Returns what the retry answers, and how many payments there are and orders that are paid.
async fn retry(charge: impl AsyncFn(&PgPool) -> sqlx::Result<bool>) -> (bool, i64, i64) {
    let url = fresh_database(ORDER).await;
    let db = PgPool::connect(&url).await.unwrap();
    let order = hold(&url, "select from orders where id = 1 for update").await;
    tokio::select! {
        _ = charge(&db) => panic!("the charge did not wait"),
        () = until_blocked(&url, 1) => {}
    }
    order.release().await;
    let charged = charge(&db).await.unwrap();
    let payments = scalar(&url, "select count(*) from payments").await;
    let paid = scalar(&url, "select count(*) from orders where status = 'paid'").await;
    (charged, payments, paid)
}

#[tokio::test]
async fn avoid_a_charge_whose_client_went_away_keeps_its_key_and_is_never_made() {
    assert_eq!(retry(avoided).await, (false, 0, 0));
}

#[tokio::test]
async fn prefer_a_charge_whose_client_went_away_is_made_by_the_retry() {
    assert_eq!(retry(preferred).await, (true, 1, 1));
}
