//! Placing orders: all of it or nothing, and once for each key.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Account, Service};

#[tokio::test]
async fn an_order_takes_the_stock_and_is_read_as_it_was_answered() {
    let service = Service::start().await;
    let (account, lamp) = (service.sign_up().await, service.add_product(5).await);
    let placed = service.place(&account, "k", &[(lamp, 2)]).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
    assert_eq!(placed.body["total"]["amount_minor"], 2500);
    let location = placed.headers["location"].to_str().unwrap();
    let read = service.get(&account, location).await;
    assert_eq!((read.status, read.body), (StatusCode::OK, placed.body));
    assert_eq!(read.headers["etag"], "\"1\"");
    assert_eq!(service.stock(lamp).await, 3);
    assert_eq!(service.count("outbox where topic = 'order.placed'").await, 1);
}

#[tokio::test]
async fn somebody_elses_order_is_not_found() {
    let service = Service::start().await;
    let (owner, other) = (service.sign_up().await, service.sign_up().await);
    let lamp = service.add_product(5).await;
    let order = service.place(&owner, "k", &[(lamp, 1)]).await;
    let path = order.headers["location"].to_str().unwrap();
    for path in [path.to_owned(), format!("{path}/lines")] {
        assert_eq!(service.get(&owner, &path).await.status, StatusCode::OK);
        assert_eq!(service.get(&other, &path).await.status, StatusCode::NOT_FOUND);
    }
    let refused = service.cancel(&other, &order.body, "*").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind_and_the_key_free() {
    let service = Service::start().await;
    let (account, lamp) = (service.sign_up().await, service.add_product(1).await);
    let refused = service.place(&account, "k", &[(lamp, 2)]).await;
    assert_eq!(refused.body["type"], "urn:problem:insufficient-stock");
    let refused = service.place(&account, "k", &[(lamp, 1), (Uuid::nil(), 1)]).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/lines/1/product_id");
    for table in ["orders", "order_lines", "outbox", "idempotency_keys"] {
        assert_eq!(service.count(table).await, 0, "{table}");
    }
    let placed = service.place(&account, "k", &[(lamp, 1)]).await;
    assert_eq!(placed.status, StatusCode::CREATED);
}

#[tokio::test]
async fn of_many_orders_at_once_as_many_succeed_as_there_are_pieces() {
    let service = Arc::new(Service::start().await);
    let (account, lamp) = (Arc::new(service.sign_up().await), service.add_product(5).await);
    let statuses = at_once(20, &service, &account, move |number| (number.to_string(), lamp)).await;
    let succeeded = statuses.iter().filter(|status| **status == StatusCode::CREATED);
    assert_eq!(succeeded.count(), 5, "{statuses:?}");
    assert_eq!(service.stock(lamp).await, 0);
    assert_eq!(service.count("orders").await, 5);
}

#[tokio::test]
async fn one_key_many_times_at_once_places_one_order() {
    let service = Arc::new(Service::start().await);
    let (account, lamp) = (Arc::new(service.sign_up().await), service.add_product(5).await);
    let statuses = at_once(20, &service, &account, move |_| ("k".to_owned(), lamp)).await;
    assert!(statuses.contains(&StatusCode::CREATED));
    let rest = [StatusCode::CREATED, StatusCode::CONFLICT];
    assert!(statuses.iter().all(|status| rest.contains(status)), "{statuses:?}");
    assert_eq!((service.stock(lamp).await, service.count("orders").await), (4, 1));
    let again = service.place(&account, "k", &[(lamp, 1)]).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_account() {
    let service = Service::start().await;
    let (one, other) = (service.sign_up().await, service.sign_up().await);
    let lamp = service.add_product(5).await;
    let first = service.place(&one, "k", &[(lamp, 1)]).await;
    let reused = service.place(&one, "k", &[(lamp, 2)]).await;
    assert_eq!(reused.body["type"], "urn:problem:key-reused");
    let theirs = service.place(&other, "k", &[(lamp, 2)]).await;
    assert_eq!(theirs.status, StatusCode::CREATED);
    assert_ne!(first.body["id"], theirs.body["id"]);
}

#[tokio::test]
async fn a_key_that_has_expired_is_free_again() {
    let service = Service::start().await;
    let (account, lamp) = (service.sign_up().await, service.add_product(5).await);
    let first = service.place(&account, "k", &[(lamp, 1)]).await;
    service.execute("update idempotency_keys set expires_at = now() - interval '1 s'").await;
    let second = service.place(&account, "k", &[(lamp, 2)]).await;
    assert_eq!(second.status, StatusCode::CREATED);
    assert_ne!(first.body["id"], second.body["id"]);
}

async fn at_once(
    count: usize,
    service: &Arc<Service>,
    account: &Arc<Account>,
    what: impl Fn(usize) -> (String, Uuid),
) -> Vec<StatusCode> {
    let mut attempts = JoinSet::new();
    for number in 0..count {
        let (key, product) = what(number);
        let (service, account) = (Arc::clone(service), Arc::clone(account));
        attempts.spawn(async move { service.place(&account, &key, &[(product, 1)]).await.status });
    }
    attempts.join_all().await
}
