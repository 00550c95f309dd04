//! A module that is added later, and requests without a session.

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{FromRequestParts, State},
    http::{HeaderValue, Request, StatusCode, request::Parts},
    routing::get,
};
use sqlx::PgPool;
use tower::ServiceExt as _;

use crate::{
    rules::bk118::{avoid, prefer},
    support::{Database, fresh_database},
};

const SHOP: &str = "
    insert into tenants (name) values ('Harbour');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 5);
    insert into orders (user_id, product_id, total_minor) values (1, 1, 1900);
    create table sessions (token_hash bytea primary key, user_id bigint references users);
    insert into sessions values (sha256('ada''s session'), 1);";

/// All that is registered: Axum itself has no list of routes.
const INVENTORY: [&str; 3] = ["/health", "/orders/1", "/reports/revenue"];

/// Whoever has a session.
struct User;

impl FromRequestParts<PgPool> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, db: &PgPool) -> Result<Self, StatusCode> {
        let token = parts.headers.get("x-session").map(HeaderValue::as_bytes);
        let sql = "select exists (select from sessions where token_hash = sha256($1))";
        let known = sqlx::query_scalar(sql).bind(token).fetch_one(db).await;
        if known.unwrap() {
            Ok(Self)
        } else {
            Err(StatusCode::UNAUTHORIZED)
        }
    }
}

type App = fn(PgPool, Router<PgPool>, Router<PgPool>) -> Router;

async fn revenue(State(db): State<PgPool>) -> Json<i64> {
    let sql = "select sum(total_minor)::bigint from orders";
    Json(sqlx::query_scalar(sql).fetch_one(&db).await.unwrap())
}

/// Builds the shop with the module that somebody wrote last.
async fn shop(app: App) -> (Database, Router) {
    let url = fresh_database(SHOP).await;
    let db = PgPool::connect(&url).await.unwrap();
    let orders = Router::new().route("/{id}", get(revenue));
    let reports = Router::new().route("/revenue", get(revenue));
    (url, app(db, orders, reports))
}

async fn ask(app: &Router, path: &str, session: &str) -> (StatusCode, String) {
    let request = Request::get(path).header("x-session", session);
    let request = request.body(Body::empty()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Returns the routes that serve somebody without a session.
async fn unguarded(app: &Router) -> Vec<&'static str> {
    let mut found = vec![];
    for path in INVENTORY {
        if ask(app, path, "").await.0 != StatusCode::UNAUTHORIZED {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn avoid_a_new_module_shows_the_revenue_to_strangers() {
    let (_url, app) = shop(avoid::app::<User>).await;
    let (status, _) = ask(&app, "/orders/1", "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let answer = ask(&app, "/reports/revenue", "").await;
    assert_eq!(answer, (StatusCode::OK, "1900".to_owned()));
}

#[tokio::test]
async fn avoid_the_walk_through_all_routes_finds_one_that_nobody_listed() {
    let (_url, app) = shop(avoid::app::<User>).await;
    assert_eq!(unguarded(&app).await, ["/health", "/reports/revenue"]);
}

#[tokio::test]
async fn prefer_the_walk_through_all_routes_finds_the_listed_one_only() {
    let (_url, app) = shop(prefer::app::<User>).await;
    assert_eq!(unguarded(&app).await, ["/health"]);
}

#[tokio::test]
async fn prefer_a_new_module_is_for_those_who_are_signed_in() {
    let (_url, app) = shop(prefer::app::<User>).await;
    let (status, _) = ask(&app, "/reports/revenue", "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let answer = ask(&app, "/reports/revenue", "ada's session").await;
    assert_eq!(answer, (StatusCode::OK, "1900".to_owned()));
    let (nowhere, _) = ask(&app, "/nothing", "").await;
    assert_eq!(nowhere, StatusCode::UNAUTHORIZED);
}
