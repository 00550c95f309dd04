//! The caller leaves, or the broker is down, between the commit and the event; or the commit fails.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    rules::bk108::{avoid, prefer},
    support::{fresh_database, rows, scalar},
};

const SHOP: &str = "
    alter table orders alter constraint orders_product_id_fkey deferrable initially deferred;
    insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 10)";
const UNKNOWN: i64 = 404; // a product that there is not: found out at the commit

/// A broker that remembers events; while it hangs it takes none and answers nobody.
#[derive(Default)]
struct Broker {
    hangs: AtomicBool,
    reached: Notify,
    heard: Mutex<Vec<Value>>,
}

impl Broker {
    async fn take(&self, event: Value) -> Result<(), avoid::Error> {
        self.reached.notify_one();
        if self.hangs.load(Relaxed) {
            std::future::pending::<()>().await;
        }
        self.heard.lock().unwrap().push(event);
        Ok(())
    }

    /// Publishes what waits in the outbox.
    async fn relay(&self, url: &str) {
        let pending = "with taken as (
                update outbox set published_at = now() where published_at is null returning id, payload
            ) select payload from taken order by id";
        for (event,) in rows::<(Value,)>(url, pending).await {
            self.take(event).await.unwrap();
        }
    }

    fn heard(&self) -> Vec<Value> {
        self.heard.lock().unwrap().clone()
    }
}

impl avoid::Broker for &Broker {
    async fn publish(&self, event: Value) -> Result<(), avoid::Error> {
        self.take(event).await
    }
}

impl prefer::Broker for &Broker {
    async fn publish(&self, event: Value) -> Result<(), prefer::Error> {
        self.take(event).await
    }
}

#[tokio::test]
async fn avoid_a_caller_who_leaves_takes_the_event_along_but_not_the_order() {
    let url = fresh_database(SHOP).await;
    let broker = Broker::default();
    broker.hangs.store(true, Relaxed);
    let shop = avoid::Shop {
        db: PgPool::connect(&url).await.unwrap(),
        broker: &broker,
    };
    tokio::select! {
        placed = shop.place(1, 1, 1900) => panic!("{placed:?} before the broker answered"),
        () = broker.reached.notified() => {} // and the future is dropped
    }
    broker.hangs.store(false, Relaxed);
    broker.relay(&url).await;
    assert_eq!(scalar::<i64>(&url, "select id from orders").await, 1);
    assert_eq!(broker.heard(), Vec::<Value>::new());
}

#[tokio::test]
async fn prefer_what_was_committed_is_announced_once_whichever_side_fails() {
    let url = fresh_database(SHOP).await;
    let broker = Broker::default();
    let shop = prefer::Shop {
        db: PgPool::connect(&url).await.unwrap(),
        broker: &broker,
    };
    let refused = shop.place(1, UNKNOWN, 1900).await;
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("orders_product_id_fkey")
    );
    broker.hangs.store(true, Relaxed);
    let placed = tokio::time::timeout(Duration::from_secs(5), shop.place(1, 1, 1900)).await;
    let id = placed.expect("an order needs no broker").unwrap();
    broker.hangs.store(false, Relaxed);
    broker.relay(&url).await;
    assert_eq!(scalar::<i64>(&url, "select id from orders").await, id);
    assert_eq!(
        broker.heard(),
        [json!({ "type": "order.placed", "orderId": id })]
    );
}
