//! Migrations, and what is seeded after them.

use storefront::{migration, seed};

use crate::support::Service;

#[tokio::test]
async fn two_releases_may_migrate_at_once() {
    let service = Service::without_schema().await;
    let (one, other) =
        tokio::join!(migration::up(&service.settings), migration::up(&service.settings));
    one.unwrap();
    other.unwrap();
    assert_eq!(service.count("seaql_migrations").await, 1);
}

#[tokio::test]
async fn a_migration_can_be_taken_back_and_applied_again() {
    let service = Service::start().await;
    migration::down(&service.settings).await.unwrap();
    let own = "pg_tables where schemaname = 'public' and tablename <> 'seaql_migrations'";
    assert_eq!(service.count(own).await, 0);
    migration::up(&service.settings).await.unwrap();
    assert_eq!(service.count("orders").await, 0);
}

#[tokio::test]
async fn seeding_twice_makes_the_products_once() {
    let service = Service::start().await;
    for _ in 0..2 {
        seed::development(&service.settings).await.unwrap();
        assert_eq!(service.count("products").await, 5);
        assert_eq!(service.count("users").await, 1);
    }
}
