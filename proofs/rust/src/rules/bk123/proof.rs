//! Two tenants send one key, and one tenant sends its key with another body.

use axum::{
    Extension, Router,
    body::Body,
    http::{Request, StatusCode},
    routing::post,
};
use sqlx::PgPool;
use tower::ServiceExt as _;

use crate::{
    rules::bk123::{avoid, prefer},
    support::{Database, fresh_database, rows},
};

// Each sample has a column of its own for the key, with its own constraint.
const SHOP: &str = "
    alter table projects add column request_id text unique,
      add column idempotency_key text, add unique (tenant_id, idempotency_key);
    insert into tenants (name) values ('Acme'), ('Globex');";

fn avoided(db: PgPool, tenant: i64) -> Router {
    Router::new()
        .route("/projects", post(avoid::create))
        .layer(Extension(avoid::Tenant(tenant)))
        .with_state(db)
}

fn preferred(db: PgPool, tenant: i64) -> Router {
    Router::new()
        .route("/projects", post(prefer::create))
        .layer(Extension(prefer::Tenant(tenant)))
        .with_state(db)
}

struct Shop {
    url: Database,
    db: PgPool,
    app: fn(PgPool, i64) -> Router,
}

impl Shop {
    async fn new(app: fn(PgPool, i64) -> Router) -> Self {
        let url = fresh_database(SHOP).await;
        let db = PgPool::connect(&url).await.unwrap();
        Self { url, db, app }
    }

    /// Creates a project, always with the same key.
    async fn create(&self, tenant: i64, name: &str) -> StatusCode {
        let request = Request::post("/projects")
            .header("content-type", "application/json")
            .header("idempotency-key", "8e03978e-40d5-43e8")
            .body(Body::from(serde_json::json!({ "name": name }).to_string()))
            .unwrap();
        let app = (self.app)(self.db.clone(), tenant);
        app.oneshot(request).await.unwrap().status()
    }

    async fn projects(&self) -> Vec<(i64, String)> {
        rows(
            &self.url,
            "select tenant_id, name from projects order by 1, 2",
        )
        .await
    }
}

#[tokio::test]
async fn avoid_another_tenant_with_the_same_key_overwrites_the_first_ones_project() {
    let shop = Shop::new(avoided).await;
    shop.create(1, "Merger").await;
    assert_eq!(shop.create(2, "Website").await, StatusCode::OK);
    assert_eq!(shop.projects().await, [(1, "Website".to_owned())]);
}

#[tokio::test]
async fn avoid_another_body_under_the_same_key_changes_what_the_first_request_created() {
    let shop = Shop::new(avoided).await;
    shop.create(1, "Website").await;
    assert_eq!(shop.create(1, "Shop").await, StatusCode::OK);
    assert_eq!(shop.projects().await, [(1, "Shop".to_owned())]);
}

#[tokio::test]
async fn prefer_each_tenant_has_its_own_keys() {
    let shop = Shop::new(preferred).await;
    shop.create(1, "Merger").await;
    assert_eq!(shop.create(2, "Website").await, StatusCode::OK);
    let expected = [(1, "Merger".to_owned()), (2, "Website".to_owned())];
    assert_eq!(shop.projects().await, expected);
}

#[tokio::test]
async fn prefer_another_body_under_the_same_key_is_refused_and_the_same_body_is_not() {
    let shop = Shop::new(preferred).await;
    shop.create(1, "Website").await;
    assert_eq!(shop.create(1, "Website").await, StatusCode::OK);
    assert_eq!(
        shop.create(1, "Shop").await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(shop.projects().await, [(1, "Website".to_owned())]);
}
