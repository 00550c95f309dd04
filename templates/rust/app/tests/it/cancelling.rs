//! Cancelling orders.

use axum::http::StatusCode;

use crate::support::Service;

#[tokio::test]
async fn an_order_is_cancelled_once_and_its_stock_comes_back() {
    let service = Service::start().await;
    let (account, lamp) = (service.sign_up().await, service.add_product(5).await);
    let order = service.place(&account, "k", &[(lamp, 2)]).await.body;
    let cancelled = service.cancel(&account, &order, "\"7\", \"1\"").await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
    assert_eq!(
        (&cancelled.body["status"], &cancelled.body["version"]),
        (&"cancelled".into(), &2.into())
    );
    assert_eq!(cancelled.headers["etag"], "\"2\"");
    assert_eq!(service.stock(lamp).await, 5);

    let stale = service.cancel(&account, &order, "\"1\"").await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let again = service.cancel(&account, &order, "*").await;
    assert_eq!(again.body["type"], "urn:problem:order-not-cancellable");
    assert_eq!(service.stock(lamp).await, 5);
    assert_eq!(service.count("outbox where topic = 'order.cancelled'").await, 1);
}

#[tokio::test]
async fn another_version_than_the_one_that_was_seen_is_not_cancelled() {
    let service = Service::start().await;
    let (account, lamp) = (service.sign_up().await, service.add_product(5).await);
    let order = service.place(&account, "k", &[(lamp, 2)]).await.body;
    for etag in ["\"2\"", "W/\"1\"", "garbage"] {
        let refused = service.cancel(&account, &order, etag).await;
        assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED, "{etag}");
    }
    assert_eq!(service.stock(lamp).await, 3);
}
