//! A product's name, before and after the column is renamed.

use sea_orm_migration::{MigrationTrait, MigratorTrait};

use crate::{
    rules::bk115::{avoid, prefer},
    support::{connect, fresh_database, scalar},
};

struct Avoid;

impl MigratorTrait for Avoid {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(avoid::Migration)]
    }
}

struct Prefer;

impl MigratorTrait for Prefer {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(prefer::Migration)]
    }
}

/// Returns the title of the one product after the migration.
async fn title<M: MigratorTrait>() -> String {
    let lamp = "insert into products (name, price_minor, stock) values ('lamp', 4900, 10)";
    let url = fresh_database(lamp).await;
    M::up(&connect(&url).await, None).await.unwrap();
    scalar(&url, "select title from products").await
}

#[tokio::test]
async fn avoid_the_migration_succeeds_and_the_values_are_gone() {
    assert_eq!(title::<Avoid>().await, "");
}

#[tokio::test]
async fn prefer_the_values_stand_under_the_new_name() {
    assert_eq!(title::<Prefer>().await, "lamp");
}
