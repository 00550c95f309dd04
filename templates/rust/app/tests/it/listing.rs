//! Listings: every row once, in order.

use axum::http::StatusCode;
use serde_json::Value;

use crate::support::{Account, Service};

async fn pages(service: &Service, account: &Account, path: &str) -> Vec<Vec<String>> {
    let (mut pages, mut address) = (Vec::new(), path.to_owned());
    loop {
        let page = service.get(account, &address).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let ids = page.body["items"].as_array().unwrap().iter();
        pages.push(ids.map(|item| item["id"].as_str().unwrap().to_owned()).collect());
        let Value::String(cursor) = &page.body["next_cursor"] else { return pages };
        address = format!("{path}&cursor={cursor}");
    }
}

/// Seven orders, five of them at the same moment.
async fn add_orders(service: &Service, account: &Account) {
    let insert = format!(
        "insert into orders (user_id, total_minor, currency, created_at, status)
         select '{}', 0, 'EUR', timestamptz '2026-03-01 12:00:00Z' + make_interval(secs => greatest(n, 5) / 1000.0),
                case when n = 3 then 'cancelled' else 'placed' end
         from generate_series(1, 7) as n",
        account.id
    );
    service.execute(&insert).await;
}

#[tokio::test]
async fn pages_of_any_size_have_every_order_once_newest_first() {
    let service = Service::start().await;
    let account = service.sign_up().await;
    add_orders(&service, &account).await;
    add_orders(&service, &service.sign_up().await).await;
    let whole = pages(&service, &account, "/v1/orders?limit=100").await.concat();
    assert_eq!(whole.len(), 7);
    for limit in [1, 2, 7] {
        let pages = pages(&service, &account, &format!("/v1/orders?limit={limit}")).await;
        assert_eq!(pages.concat(), whole, "{limit}");
        assert_eq!(pages.len(), 7_usize.div_ceil(limit), "{limit}");
    }
}

#[tokio::test]
async fn filters_go_through_all_pages_and_a_cursor_keeps_to_them() {
    let service = Service::start().await;
    let account = service.sign_up().await;
    add_orders(&service, &account).await;
    let cancelled = pages(&service, &account, "/v1/orders?limit=1&status=cancelled").await;
    assert_eq!(cancelled.concat().len(), 1);
    let from = "/v1/orders?limit=1&placed_from=2026-03-01T12:00:00.006Z";
    assert_eq!(pages(&service, &account, from).await.concat().len(), 2);

    let first = service.get(&account, "/v1/orders?limit=1&status=placed").await;
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let other = service.get(&account, &format!("/v1/orders?cursor={cursor}")).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.body["errors"][0]["parameter"], "cursor");
}

#[tokio::test]
async fn products_are_listed_in_the_order_of_their_ids() {
    let service = Service::start().await;
    let account = service.sign_up().await;
    let mut products = Vec::new();
    for stock in 0..5 {
        products.push(service.add_product(stock).await.to_string());
    }
    products.sort_unstable();
    let listed = pages(&service, &account, "/v1/products?limit=2").await;
    assert_eq!(listed.concat(), products);
}
