//! Signing up, in and out.

use std::time::Duration;

use axum::http::StatusCode;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;
use tokio::time::sleep;

use crate::support::{PASSWORD, Service};

#[tokio::test]
async fn an_email_is_taken_once_whatever_its_letter_case() {
    let service = Service::start().await;
    let account = service.sign_up().await;
    let again = json!({ "email": account.email.to_uppercase(), "password": PASSWORD });
    let refused = service.post("/v1/users", &again).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.body["type"], "urn:problem:email-taken");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_get_the_same_answer() {
    let service = Service::start().await;
    let account = service.sign_up().await;
    let wrong = json!({ "email": account.email, "password": "another horse battery" });
    let unknown = json!({ "email": "nobody@example.com", "password": PASSWORD });
    let mut bodies = Vec::new();
    for credentials in [wrong, unknown] {
        let mut refused = service.post("/v1/auth/sign-in", &credentials).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        refused.body["request_id"].take();
        bodies.push(refused.body);
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn the_second_use_of_a_refresh_token_ends_its_family() {
    let service = Service::start().await;
    let account = service.sign_up().await;
    let first = json!({ "refresh_token": account.refresh_token });
    let second = service.post("/v1/auth/refresh", &first).await;
    assert_eq!(second.status, StatusCode::OK);
    let reused = service.post("/v1/auth/refresh", &first).await;
    assert_eq!(reused.status, StatusCode::UNAUTHORIZED);
    let newest = json!({ "refresh_token": second.body["refresh_token"] });
    let ended = service.post("/v1/auth/refresh", &newest).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_out_ends_the_family_and_may_be_repeated() {
    let service = Service::start().await;
    let account = service.sign_up().await;
    let token = json!({ "refresh_token": account.refresh_token });
    for _ in 0..2 {
        let done = service.post("/v1/auth/sign-out", &token).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT);
    }
    let refused = service.post("/v1/auth/refresh", &token).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_family_that_ends_while_a_token_of_it_is_exchanged_ends_with_the_next_one() {
    let service = Service::start().await;
    let account = service.sign_up().await;
    let token = json!({ "refresh_token": account.refresh_token });
    let holder = service.database.connection().begin().await.unwrap();
    holder.execute_unprepared("select 1 from refresh_tokens for update").await.unwrap();
    let exchange = service.post("/v1/auth/refresh", &token);
    let end = async {
        sleep(Duration::from_millis(200)).await;
        let end = service.post("/v1/auth/sign-out", &token);
        let release = async {
            sleep(Duration::from_millis(200)).await;
            holder.rollback().await.unwrap();
        };
        tokio::join!(end, release).0
    };
    let (exchanged, ended) = tokio::join!(exchange, end);
    assert_eq!((exchanged.status, ended.status), (StatusCode::OK, StatusCode::NO_CONTENT));
    let next = json!({ "refresh_token": exchanged.body["refresh_token"] });
    let refused = service.post("/v1/auth/refresh", &next).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_token_of_an_account_that_was_deleted_does_not_count() {
    let service = Service::start().await;
    let (account, product) = (service.sign_up().await, service.add_product(1).await);
    service.execute("delete from users").await;
    assert_eq!(service.get(&account, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
    let refused = service.place(&account, "k", &[(product, 1)]).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(service.stock(product).await, 1);
}
