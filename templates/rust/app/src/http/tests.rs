//! Holds the routes to the contract. Nothing here needs a database: what has no token, or no body, does not reach it.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
    response::Response,
};
use serde_json::Value;
use tower::ServiceExt;

use super::{openapi::DOCUMENT, *};
use crate::{
    account::{AccessTokens, Hasher},
    config,
    telemetry::metrics::Metrics,
};

async fn app() -> App {
    let settings = config::Database {
        url: "postgres://nobody@127.0.0.1:1/nothing".into(),
        pool_size: 1,
        acquire_timeout: Duration::from_millis(50),
        statement_timeout: Duration::from_secs(1),
        lock_timeout: Duration::from_secs(1),
    };
    let database = Database::open(&settings).await.unwrap();
    let tokens = config::Tokens {
        secret: vec![7; 32].into(),
        issuer: "orders".to_owned(),
        audience: "orders-api".to_owned(),
        access_lifetime: Duration::from_mins(1),
        refresh_lifetime: Duration::from_hours(1),
    };
    let limits = Limits {
        request_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(5),
        body_bytes: 1000,
        auth_per_minute: 1000,
        per_minute: 1000,
        proxy_hops: 0,
    };
    let (_, requests) = Metrics::new(database.clone());
    let accounts = Accounts {
        database,
        hasher: Hasher::new(1).unwrap(),
        access_tokens: AccessTokens::new(&tokens),
        refresh_lifetime: tokens.refresh_lifetime,
    };
    App::new(accounts, limits, requests)
}

async fn ask(app: &App, method: Method, path: &str) -> Response {
    let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    request.extensions_mut().insert(guard::Peer(IpAddr::from([192, 0, 2, 1])));
    app.clone().router().oneshot(request).await.unwrap()
}

fn contract() -> Vec<(String, Value)> {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    paths.into_iter().collect()
}

fn methods(path: &Value) -> BTreeSet<String> {
    path.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect()
}

/// Return a path of the contract with ids in the place of its parameters.
fn address(path: &str) -> String {
    let is_parameter = |part: &&str| part.starts_with('{');
    let parameter = path.split('/').find(is_parameter).unwrap_or("{}");
    path.replace(parameter, "00000000-0000-4000-8000-000000000000")
}

#[tokio::test]
async fn the_paths_are_those_of_the_contract() {
    let app = app().await;
    let routes = [app.open(), app.protected()].concat();
    let routes: BTreeSet<_> = routes.into_iter().map(|(path, _)| path.to_owned()).collect();
    let agreed = contract().into_iter().map(|(path, _)| path).collect();
    assert_eq!(routes, agreed);
}

#[tokio::test]
async fn each_path_has_the_methods_of_the_contract_and_no_other() {
    let app = app().await;
    for (path, operations) in contract() {
        let refused = ask(&app, Method::TRACE, &address(&path)).await;
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed = refused.headers()[header::ALLOW].to_str().unwrap();
        let allowed = allowed.split(',').filter(|method| *method != "HEAD");
        let allowed: BTreeSet<_> = allowed.map(str::to_owned).collect();
        assert_eq!(allowed, methods(&operations), "{path}");
    }
}

#[tokio::test]
async fn what_the_contract_does_not_open_wants_a_token() {
    let app = app().await;
    for (path, operations) in contract() {
        for method in methods(&operations) {
            let is_open = operations[method.to_lowercase()].get("security").is_some();
            let answer = ask(&app, method.parse().unwrap(), &address(&path)).await;
            let is_refused = answer.status() == StatusCode::UNAUTHORIZED;
            assert_eq!(is_refused, !is_open, "{method} {path}: {}", answer.status());
        }
    }
}

#[tokio::test]
async fn every_answer_is_a_problem_with_an_id_and_the_security_headers() {
    let app = app().await;
    for path in ["/nowhere", "/v1/me", "/v1/users"] {
        let answer = ask(&app, Method::GET, path).await;
        let id = answer.headers()["x-request-id"].clone();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json", "{path}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["request_id"], id.to_str().unwrap());
    }
}

#[tokio::test]
async fn a_database_that_is_away_makes_the_service_unavailable() {
    let app = app().await;
    let token = app.accounts.access_tokens.issue(uuid::Uuid::new_v4()).unwrap();
    let bearer = format!("Bearer {}", secrecy::ExposeSecret::expose_secret(&token));
    let request = Request::get("/v1/me").header(header::AUTHORIZATION, bearer);
    let answer = app.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
}

#[tokio::test]
async fn a_panic_is_an_internal_error() {
    let answer = problem::of_panic(Box::new("canary"));
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
