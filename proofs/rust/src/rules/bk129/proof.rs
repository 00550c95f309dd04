//! A reader walks the pages of 25 orders; after the first page somebody inserts or deletes three.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use crate::{
    rules::bk129::{avoid, prefer},
    support::{connect, figure, fresh_database},
};

const ORDERS: &str = "
    insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 1);
    insert into orders (user_id, product_id, total_minor) select 1, 1, 1900 from generate_series(1, 25)";
const ARRIVE: &str = "insert into orders (user_id, product_id, total_minor)
    select 1, 1, 1900 from generate_series(1, 3)";
const DELETE: &str = "delete from orders where id in (20, 21, 22)";

type Page = Result<(Vec<i64>, Option<u64>), DbErr>;

async fn badly(db: &DatabaseConnection, cursor: Option<u64>) -> Page {
    let (page, next) = avoid::newest(db, 1, cursor).await?;
    Ok((page.iter().map(|order| order.id).collect(), next))
}

async fn well(db: &DatabaseConnection, cursor: Option<u64>) -> Page {
    let (page, next) = prefer::newest(db, 1, cursor).await?;
    Ok((page.iter().map(|order| order.id).collect(), next))
}

/// Returns the ids of all pages in their order.
async fn walk(
    read: impl AsyncFn(&DatabaseConnection, Option<u64>) -> Page,
    change: &str,
) -> Vec<i64> {
    let url = fresh_database(ORDERS).await;
    let db = connect(&url).await;
    let (mut seen, mut next) = read(&db, None).await.unwrap();
    db.execute_unprepared(change).await.unwrap();
    while next.is_some() {
        let (ids, after) = read(&db, next).await.unwrap();
        seen.extend(ids);
        next = after;
    }
    seen
}

fn all() -> Vec<i64> {
    (1..=25).rev().collect()
}

#[tokio::test]
async fn avoid_orders_that_arrive_meanwhile_push_three_others_onto_the_next_page_again() {
    let seen = walk(badly, ARRIVE).await;
    let mut distinct = seen.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(seen.len() - distinct.len(), 3, "{seen:?}");
    figure(
        "BK129",
        "orders shown twice after three arrived",
        3,
        "orders",
    );
}

#[tokio::test]
async fn avoid_orders_that_are_deleted_meanwhile_pull_three_others_past_the_reader() {
    let seen = walk(badly, DELETE).await;
    assert!([13, 14, 15].iter().all(|id| !seen.contains(id)), "{seen:?}");
}

#[tokio::test]
async fn prefer_each_order_comes_once_while_others_arrive() {
    assert_eq!(walk(well, ARRIVE).await, all());
}

#[tokio::test]
async fn prefer_each_order_comes_once_while_others_are_deleted() {
    assert_eq!(walk(well, DELETE).await, all());
}
