//! A service with a database of its own, and somebody who asks it.

use std::{env, thread, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use reqwest::Url;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use storefront::{
    account::{AccessTokens, Accounts, Hasher},
    config,
    database::Database,
    http::App,
    migration,
    telemetry::metrics::Metrics,
};

pub const PASSWORD: &str = "correct horse battery staple";

pub struct Service {
    pub database: Database,
    pub settings: config::Migration,
    pub router: Router,
    name: String,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Somebody who is signed in.
pub struct Account {
    pub id: Uuid,
    pub email: String,
    pub access_token: String,
    pub refresh_token: String,
}

fn server() -> Url {
    let url = env::var("DATABASE_URL").expect("DATABASE_URL of somebody who may create databases");
    url.parse().unwrap()
}

fn telemetry() -> config::Telemetry {
    config::Telemetry {
        log_level: tracing::Level::INFO,
        otlp_endpoint: None,
        service_name: "orders-api".to_owned(),
    }
}

async fn administer(statement: String) {
    let server = sea_orm::Database::connect(server().as_str()).await.unwrap();
    server.execute_unprepared(&statement).await.unwrap();
    server.close().await.unwrap();
}

impl Service {
    /// With an empty database.
    pub async fn without_schema() -> Self {
        let name = format!("orders_{}", Uuid::new_v4().simple());
        administer(format!("create database {name}")).await;
        let mut url = server();
        url.set_path(&name);
        let settings = config::Migration {
            url: url.as_str().into(),
            lock_timeout: Duration::from_secs(2),
            telemetry: telemetry(),
        };
        let pool = config::Database {
            url: url.as_str().into(),
            pool_size: 8,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(5),
        };
        let database = Database::open(&pool).await.unwrap();
        let router = router(database.clone());
        Self { database, settings, router, name }
    }

    pub async fn start() -> Self {
        let service = Self::without_schema().await;
        migration::up(&service.settings).await.unwrap();
        service
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(posting(path, body)).await
    }

    pub async fn get(&self, account: &Account, path: &str) -> Answer {
        let request = account.request(Method::GET, path).body(Body::empty());
        self.ask(request.unwrap()).await
    }

    pub async fn sign_up(&self) -> Account {
        let email = format!("{}@example.com", Uuid::new_v4().simple());
        let credentials = json!({ "email": email, "password": PASSWORD });
        let user = self.post("/v1/users", &credentials).await;
        assert_eq!(user.status, StatusCode::CREATED, "{}", user.body);
        let tokens = self.post("/v1/auth/sign-in", &credentials).await;
        assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.body);
        let text = |name: &str| tokens.body[name].as_str().unwrap().to_owned();
        Account {
            id: user.body["id"].as_str().unwrap().parse().unwrap(),
            email,
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
        }
    }

    pub async fn place(&self, account: &Account, key: &str, lines: &[(Uuid, i32)]) -> Answer {
        let line = |(id, quantity): &(Uuid, i32)| json!({ "product_id": id, "quantity": quantity });
        let body = json!({ "lines": lines.iter().map(line).collect::<Vec<_>>() });
        let mut request = posting("/v1/orders", &body);
        request.headers_mut().extend(account.headers());
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        self.ask(request).await
    }

    pub async fn cancel(&self, account: &Account, order: &Value, etag: &str) -> Answer {
        let path = format!("/v1/orders/{}/cancel", order["id"].as_str().unwrap());
        let request = account.request(Method::POST, &path).header(header::IF_MATCH, etag);
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    pub async fn add_product(&self, stock: i32) -> Uuid {
        let sql = format!(
            "insert into products (name, price_minor, currency, stock)
             values ('Lamp', 1250, 'EUR', {stock}) returning id"
        );
        self.row(&sql).await.try_get_by_index(0).unwrap()
    }

    pub async fn stock(&self, product: Uuid) -> i32 {
        let row = self.row(&format!("select stock from products where id = '{product}'")).await;
        row.try_get_by_index(0).unwrap()
    }

    pub async fn count(&self, from: &str) -> i64 {
        self.row(&format!("select count(*) from {from}")).await.try_get_by_index(0).unwrap()
    }

    pub async fn execute(&self, sql: &str) {
        self.database.connection().execute_unprepared(sql).await.unwrap();
    }

    async fn row(&self, sql: &str) -> QueryResult {
        let db = self.database.connection();
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let row: Result<_, DbErr> = db.query_one_raw(statement).await;
        row.unwrap().unwrap()
    }
}

impl Drop for Service {
    /// The test's own runtime may be ending.
    fn drop(&mut self) {
        let statement = format!("drop database {} with (force)", self.name);
        let dropping = thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(administer(statement));
        });
        drop(dropping.join());
    }
}

impl Account {
    pub fn headers(&self) -> HeaderMap {
        let bearer = format!("Bearer {}", self.access_token).parse().unwrap();
        HeaderMap::from_iter([(header::AUTHORIZATION, bearer)])
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let mut request = Request::builder().method(method).uri(path);
        request.headers_mut().unwrap().extend(self.headers());
        request
    }
}

fn posting(path: &str, body: &Value) -> Request<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    request.body(body.to_string().into()).unwrap()
}

fn router(database: Database) -> Router {
    let tokens = config::Tokens {
        secret: vec![7; 32].into(),
        issuer: "orders".to_owned(),
        audience: "orders-api".to_owned(),
        access_lifetime: Duration::from_mins(1),
        refresh_lifetime: Duration::from_hours(1),
    };
    let limits = config::Limits {
        request_timeout: Duration::from_secs(10),
        read_timeout: Duration::from_secs(5),
        body_bytes: 65_536,
        auth_per_minute: 10_000,
        per_minute: 10_000,
        proxy_hops: 0,
    };
    let (_, requests) = Metrics::new(database.clone());
    let accounts = Accounts {
        database,
        hasher: Hasher::new(2).unwrap(),
        access_tokens: AccessTokens::new(&tokens),
        refresh_lifetime: tokens.refresh_lifetime,
    };
    App::new(accounts, limits, requests).router()
}
