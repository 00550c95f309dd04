//! A few products, and in development somebody to buy them. Seeding again adds what is missing.

use sea_orm::{ActiveValue::Set, DatabaseConnection, DbErr, EntityTrait};
use uuid::{Uuid, uuid};

use crate::{
    account::{HashError, Hasher, Password},
    config,
    entity::{product, user},
    migration,
};

const PRODUCTS: [(Uuid, &str, i64, &str, i32); 5] = [
    (uuid!("01990000-0000-7000-8000-000000000001"), "Kettle", 3900, "EUR", 100),
    (uuid!("01990000-0000-7000-8000-000000000002"), "Teapot", 2450, "EUR", 100),
    (uuid!("01990000-0000-7000-8000-000000000003"), "Tea, 500 g", 990, "EUR", 500),
    (uuid!("01990000-0000-7000-8000-000000000004"), "Cup and saucer", 1200, "EUR", 250),
    (uuid!("01990000-0000-7000-8000-000000000005"), "Biscuits", 450, "USD", 300),
];
const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery staple"; // the README tells it too

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("the password of the seeded account {0}")]
    Password(&'static str),
}

pub async fn products(settings: &config::Migration) -> Result<(), Error> {
    let db = migration::connect(settings).await?;
    add_products(&db).await?;
    Ok(db.close().await?)
}

/// Products, and an account whose password everybody knows.
pub async fn development(settings: &config::Migration) -> Result<(), Error> {
    let db = migration::connect(settings).await?;
    add_products(&db).await?;
    add_account(&db).await?;
    Ok(db.close().await?)
}

async fn add_products(db: &DatabaseConnection) -> Result<(), DbErr> {
    let products = PRODUCTS.map(|(id, name, price, currency, stock)| product::ActiveModel {
        id: Set(id),
        name: Set(name.to_owned()),
        price_minor: Set(price),
        currency: Set(currency.to_owned()),
        stock: Set(stock),
        ..Default::default()
    });
    let insert = product::Entity::insert_many(products);
    let insert = insert.on_conflict_do_nothing_on([product::Column::Id]); // BK110
    insert.exec_without_returning(db).await?;
    tracing::info!("products are there");
    Ok(())
}

async fn add_account(db: &DatabaseConnection) -> Result<(), Error> {
    let password = Password::parse(PASSWORD).map_err(Error::Password)?;
    let user = user::ActiveModel {
        email: Set(EMAIL.to_owned()),
        password_hash: Set(Hasher::new(1)?.hash(password).await?),
        ..Default::default()
    };
    let insert = user::Entity::insert(user).on_conflict_do_nothing_on([user::Column::Email]);
    insert.exec_without_returning(db).await?;
    tracing::info!(email = EMAIL, "an account for development is there");
    Ok(())
}
