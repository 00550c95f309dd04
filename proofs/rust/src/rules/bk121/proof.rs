//! A client gives up on an answer, its request is carried out nevertheless, and it sends it again.

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
    routing::post,
};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tower::ServiceExt as _;

use crate::{
    rules::bk121::{avoid, prefer},
    support::{figure, fresh_database, hold, scalar, until_blocked},
};

const SHOP: &str = "
    alter table orders add column idempotency_key text, add unique (user_id, product_id, idempotency_key);
    insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 5);";

fn avoid_app(db: PgPool) -> Router {
    Router::new()
        .route("/products/{id}/orders", post(avoid::buy))
        .layer(Extension(avoid::Caller(1)))
        .with_state(db)
}

fn prefer_app(db: PgPool) -> Router {
    Router::new()
        .route("/products/{id}/orders", post(prefer::buy))
        .layer(Extension(prefer::Caller(1)))
        .with_state(db)
}

async fn buy(app: &Router, key: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::post("/products/1/orders");
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1024).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Drops the first request as hyper does when its client goes away, lets its statement end, and sends it again.
async fn orders_after_a_retry(app: fn(PgPool) -> Router) -> (i64, StatusCode, String) {
    let url = fresh_database(SHOP).await;
    // The only connection serves the retry when the statement that was left behind has ended.
    let db = PgPoolOptions::new()
        .max_connections(1)
        .connect(&url)
        .await
        .unwrap();
    let app = app(db);
    let product = hold(&url, "select from products where id = 1 for update").await;
    tokio::select! {
        _ = buy(&app, Some("8e03978e-40d5-43e8")) => panic!("the request did not wait"),
        () = until_blocked(&url, 1) => {}
    }
    product.release().await;
    let (status, body) = buy(&app, Some("8e03978e-40d5-43e8")).await;
    (
        scalar(&url, "select count(*) from orders").await,
        status,
        body,
    )
}

#[tokio::test]
async fn avoid_a_retry_after_a_lost_answer_buys_twice() {
    let (orders, status, _) = orders_after_a_retry(avoid_app).await;
    assert_eq!((orders, status), (2, StatusCode::CREATED));
    figure("BK121", "orders of one click, sent twice", orders, "");
}

#[tokio::test]
async fn prefer_a_retry_after_a_lost_answer_gets_the_first_order() {
    let (orders, status, body) = orders_after_a_retry(prefer_app).await;
    assert_eq!((orders, status, &*body), (1, StatusCode::CREATED, "1"));
}

#[tokio::test]
async fn prefer_an_order_without_a_key_is_refused() {
    let url = fresh_database(SHOP).await;
    let app = prefer_app(PgPool::connect(&url).await.unwrap());
    assert_eq!(buy(&app, None).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(scalar::<i64>(&url, "select count(*) from orders").await, 0);
}
