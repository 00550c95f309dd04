//! A reader walks the pages of fifty products that have one price, while nobody writes.

use crate::{
    rules::bk128::{avoid, prefer},
    support::{connect, figure, fresh_database},
};

const LAMPS: &str = "insert into products (name, price_minor, stock)
    select 'lamp ' || n, 1900, 1 from generate_series(1, 50) n";

#[tokio::test]
async fn avoid_a_product_comes_on_two_pages_and_another_one_on_none() {
    let url = fresh_database(LAMPS).await;
    let db = connect(&url).await;
    let mut ids = Vec::new();
    for page in 0..5 {
        ids.extend(
            avoid::cheapest(&db, page)
                .await
                .unwrap()
                .iter()
                .map(|p| p.id),
        );
    }
    assert_eq!(ids.len(), 50);
    let never = (1..=50).filter(|id| !ids.contains(id)).count();
    assert!(never > 0, "each product came once");
    figure(
        "BK128",
        "products of 50 that no page showed",
        never,
        "products",
    );
}

#[tokio::test]
async fn prefer_each_product_comes_once() {
    let url = fresh_database(LAMPS).await;
    let db = connect(&url).await;
    let mut ids = Vec::new();
    for page in 0..5 {
        ids.extend(
            prefer::cheapest(&db, page)
                .await
                .unwrap()
                .iter()
                .map(|p| p.id),
        );
    }
    assert_eq!(ids, (1..=50).collect::<Vec<_>>());
}
