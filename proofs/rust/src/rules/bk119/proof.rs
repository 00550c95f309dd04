//! Ada is signed in and orders for Bob.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::post,
};
use sqlx::PgPool;
use tower::ServiceExt as _;

use crate::{
    rules::bk119::{avoid, prefer},
    support::{Database, fresh_database, rows},
};

const SHOP: &str = "
    insert into tenants (name) values ('Harbour');
    insert into users (tenant_id, email) values (1, 'ada@example.com'), (1, 'bob@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
    create table sessions (token_hash bytea primary key, user_id bigint references users);
    insert into sessions values (sha256('ada''s session'), 1);";

/// Puts what the session says into the request, as both samples know it.
async fn verify(
    State(db): State<PgPool>,
    mut request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let token = request
        .headers()
        .get("x-session")
        .map(HeaderValue::as_bytes);
    let sql = "select user_id from sessions where token_hash = sha256($1)";
    let found = sqlx::query_scalar(sql)
        .bind(token)
        .fetch_optional(&db)
        .await;
    let user_id = found.unwrap().ok_or(StatusCode::UNAUTHORIZED)?;
    request.extensions_mut().insert(avoid::Session { user_id });
    request.extensions_mut().insert(prefer::Session { user_id });
    Ok(next.run(request).await)
}

async fn shop(orders: Router<PgPool>) -> (Database, Router) {
    let url = fresh_database(SHOP).await;
    let db = PgPool::connect(&url).await.unwrap();
    let verified = from_fn_with_state(db.clone(), verify);
    (url, orders.layer(verified).with_state(db))
}

/// Ada sends an order; returns the status and whose orders there are now.
async fn order(database: &Database, app: &Router, body: &'static str) -> (StatusCode, Vec<i64>) {
    let request = Request::post("/orders")
        .header("x-session", "ada's session")
        .header(CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body)).unwrap();
    let status = app.clone().oneshot(request).await.unwrap().status();
    let owners = rows::<(i64,)>(database, "select user_id from orders order by id").await;
    (status, owners.into_iter().map(|(owner,)| owner).collect())
}

#[tokio::test]
async fn avoid_a_field_of_the_body_orders_for_somebody_else() {
    let (url, app) = shop(Router::new().route("/orders", post(avoid::create_order))).await;
    let bobs = order(&url, &app, r#"{"user_id": 2, "product_id": 1}"#).await;
    assert_eq!(bobs, (StatusCode::CREATED, vec![2]));
}

#[tokio::test]
async fn prefer_the_order_belongs_to_whoever_is_signed_in() {
    let (url, app) = shop(Router::new().route("/orders", post(prefer::create_order))).await;
    let refused = order(&url, &app, r#"{"user_id": 2, "product_id": 1}"#).await;
    assert_eq!(refused, (StatusCode::UNPROCESSABLE_ENTITY, vec![]));
    let own = order(&url, &app, r#"{"product_id": 1}"#).await;
    assert_eq!(own, (StatusCode::CREATED, vec![1]));
}
