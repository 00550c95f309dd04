//! Events: delivered after the commit, again after a failure, and cleaned up at last.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::Mutex,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use storefront::{
    housekeeping,
    outbox::{Destination, Relay},
};

use crate::support::Service;

/// Refuses the first event that it gets.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<(HeaderMap, Value)>>>);

impl Receiver {
    async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(receive)).with_state(self.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        url
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    Json(event): Json<Value>,
) -> StatusCode {
    let mut events = receiver.0.lock().await;
    events.push((headers, event));
    if events.len() == 1 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::NO_CONTENT }
}

#[tokio::test]
async fn an_event_is_delivered_again_until_it_is_taken() {
    let service = Service::start().await;
    let (account, lamp) = (service.sign_up().await, service.add_product(5).await);
    let order = service.place(&account, "k", &[(lamp, 1)]).await.body;
    let receiver = Receiver::default();
    let url = receiver.listen().await.parse().unwrap();
    let relay = Relay {
        database: service.database.clone(),
        destination: Destination::new(Some(url)).unwrap(),
        poll: Duration::from_millis(20),
    };
    let stop = CancellationToken::new();
    let until_published = async {
        while service.count("outbox where published_at is not null").await == 0 {
            sleep(Duration::from_millis(20)).await;
        }
        stop.cancel();
    };
    let both = async { tokio::join!(relay.run(&stop), until_published) };
    timeout(Duration::from_secs(10), both).await.unwrap();

    let events = receiver.0.lock().await;
    let [(_, refused), (headers, taken)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(refused, taken);
    assert_eq!(taken["type"], "order.placed");
    assert_eq!(taken["data"], order);
    assert_eq!(headers["webhook-id"], taken["id"].as_str().unwrap());
    assert_eq!(service.count("outbox where attempts = 2").await, 1);
}

#[tokio::test]
async fn what_has_expired_is_deleted_and_nothing_else() {
    let service = Service::start().await;
    let account = service.sign_up().await;
    let insert = format!(
        "insert into refresh_tokens (family_id, user_id, token_hash, expires_at)
         select gen_random_uuid(), '{}', sha256(n::text::bytea), now() - interval '1 s'
         from generate_series(1, 2500) as n",
        account.id
    );
    service.execute(&insert).await;
    let stop = CancellationToken::new();
    let until_deleted = async {
        while service.count("refresh_tokens").await > 1 {
            sleep(Duration::from_millis(20)).await;
        }
        stop.cancel();
    };
    let both = async { tokio::join!(housekeeping::run(&service.database, &stop), until_deleted) };
    timeout(Duration::from_secs(10), both).await.unwrap();
    assert_eq!(service.count("refresh_tokens").await, 1);
}
