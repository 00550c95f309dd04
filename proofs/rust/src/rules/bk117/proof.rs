//! Ada's order, asked for by her and by Brian.

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
    routing::get,
};
use tower::ServiceExt;

use crate::{
    rules::bk117::{avoid, prefer},
    support::{connect, fresh_database},
};

const OWN: &str = r#"{"id":"1","status":"paid"}"#;
const ADA: i64 = 1;
const BRIAN: i64 = 2;
const SHOP: &str = "
    insert into tenants (name) values ('Harbour');
    insert into users (tenant_id, email) values (1, 'ada@example.com'), (1, 'brian@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 4900, 10);
    insert into orders (user_id, product_id, total_minor, status) values (1, 1, 4900, 'paid')";

/// Returns the status and the body that an application answers with.
async fn answer(app: Router, order: i64) -> (StatusCode, String) {
    let request = Request::get(format!("/orders/{order}"))
        .body(Body::empty())
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn avoid_another_users_order_is_answered_with_200() {
    let url = fresh_database(SHOP).await;
    let app = Router::new()
        .route("/orders/{id}", get(avoid::get_order))
        .layer(Extension(avoid::Caller(BRIAN)))
        .with_state(connect(&url).await);
    assert_eq!(answer(app, 1).await, (StatusCode::OK, OWN.into()));
}

#[tokio::test]
async fn prefer_the_owner_gets_it_and_anybody_else_the_answer_for_one_that_does_not_exist() {
    let url = fresh_database(SHOP).await;
    let db = connect(&url).await;
    let app = |caller| {
        Router::new()
            .route("/orders/{id}", get(prefer::get_order))
            .layer(Extension(prefer::Caller(caller)))
            .with_state(db.clone())
    };
    assert_eq!(answer(app(ADA), 1).await, (StatusCode::OK, OWN.into()));
    assert_eq!(answer(app(BRIAN), 1).await.0, StatusCode::NOT_FOUND);
    assert_eq!(answer(app(BRIAN), 1).await, answer(app(BRIAN), 999).await);
}
