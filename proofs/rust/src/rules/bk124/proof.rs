//! A retry arrives while the first attempt runs, and another one after it has ended.

use sqlx::PgPool;

use crate::{
    rules::bk124::{avoid, prefer},
    support::{Database, fresh_database, hold, scalar, until_blocked},
};

const SHOP: &str = "
    insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 5);";
const ORDER: &str = "
    with made as (insert into orders (user_id, product_id, total_minor) values (1, 1, 1900) returning id)
    update idempotency_keys set response_status = 201, response_body = to_jsonb(made.id)
    from made where key = '8e03978e'";

/// Answers as a handler would: the status, and the id of the order.
macro_rules! handler {
    ($name:ident, $sample:ident) => {
        async fn $name(db: &PgPool) -> (i32, Option<i64>) {
            let claim = $sample::Claim {
                user_id: 1,
                route: "POST /orders".to_owned(),
                key: "8e03978e".to_owned(),
            };
            match $sample::attempt(db, &claim).await {
                Ok($sample::Attempt::First(mut tx)) => {
                    sqlx::query(ORDER).execute(&mut *tx).await.unwrap();
                    tx.commit().await.unwrap();
                    (201, None)
                }
                Ok($sample::Attempt::Again(status, body)) => (status, body.as_i64()),
                Ok($sample::Attempt::Running) => (409, None),
                Err(error) => {
                    let code = error.as_database_error().and_then(|error| error.code());
                    assert_eq!(code.as_deref(), Some("25P02"), "{error}");
                    (500, None)
                }
            }
        }
    };
}
handler!(avoided, avoid);
handler!(preferred, prefer);

async fn shop() -> (Database, PgPool) {
    let url = fresh_database(SHOP).await;
    let db = PgPool::connect(&url).await.unwrap();
    (url, db)
}

/// Returns how a retry is answered while the first attempt waits, or nothing when it waits as well.
async fn retry_while_running(
    handle: impl AsyncFn(&PgPool) -> (i32, Option<i64>),
) -> Option<(i32, Option<i64>)> {
    let (url, db) = shop().await;
    let product = hold(&url, "select from products where id = 1 for update").await;
    let retry = async {
        until_blocked(&url, 1).await;
        let answer = tokio::select! {
            answer = handle(&db) => Some(answer),
            () = until_blocked(&url, 2) => None,
        };
        product.release().await;
        answer
    };
    let (first, answer) = tokio::join!(handle(&db), retry);
    assert_eq!(first, (201, None));
    answer
}

#[tokio::test]
async fn avoid_a_retry_of_an_order_that_was_created_fails_in_an_aborted_transaction() {
    let (url, db) = shop().await;
    assert_eq!(avoided(&db).await, (201, None));
    assert_eq!(avoided(&db).await, (500, None));
    assert_eq!(scalar::<i64>(&url, "select count(*) from orders").await, 1);
}

#[tokio::test]
async fn avoid_a_retry_waits_while_the_first_attempt_runs() {
    assert_eq!(retry_while_running(avoided).await, None);
}

#[tokio::test]
async fn prefer_a_retry_of_an_order_that_was_created_gets_the_first_answer() {
    let (url, db) = shop().await;
    assert_eq!(preferred(&db).await, (201, None));
    assert_eq!(preferred(&db).await, (201, Some(1)));
    assert_eq!(scalar::<i64>(&url, "select count(*) from orders").await, 1);
}

#[tokio::test]
async fn prefer_a_retry_is_told_409_while_the_first_attempt_runs() {
    assert_eq!(retry_while_running(preferred).await, Some((409, None)));
}
