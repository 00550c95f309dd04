//! One user as JSON.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
    routing::get,
};
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    rules::bk130::{avoid, prefer},
    support::{connect, fresh_database},
};

const SHOP: &str = "
    insert into tenants (name) values ('Harbour');
    insert into users (tenant_id, email, password_hash) values (1, 'ada@example.com', '$argon2id$...');";

async fn ada(app: Router<DatabaseConnection>) -> Value {
    let url = fresh_database(SHOP).await;
    let app = app.with_state(connect(&url).await);
    let request = Request::get("/users/1").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn avoid_the_hash_that_serde_was_told_to_skip_is_sent() {
    let user = ada(Router::new().route("/users/{id}", get(avoid::show))).await;
    assert_eq!(user["password_hash"], "$argon2id$...");
}

#[tokio::test]
async fn prefer_the_answer_has_the_documented_fields() {
    let user = ada(Router::new().route("/users/{id}", get(prefer::show))).await;
    assert_eq!(user, json!({ "id": 1, "email": "ada@example.com" }));
}
