//! A few products, and in development somebody to buy them.

use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, TryInsertResult,
};
use uuid::{Uuid, uuid};

use crate::{
    account::{HashError, Hasher, Password},
    config,
    entity::{product, user},
    migration,
};

const PRODUCTS: [(Uuid, &str, i64, i32); 4] = [
    (uuid!("0193e1a0-0000-7000-8000-000000000001"), "Desk lamp", 4900, 120),
    (uuid!("0193e1a0-0000-7000-8000-000000000002"), "Office chair", 24_900, 35),
    (uuid!("0193e1a0-0000-7000-8000-000000000003"), "Standing desk", 58_900, 12),
    (uuid!("0193e1a0-0000-7000-8000-000000000004"), "Monitor arm", 11_900, 60),
];
const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery staple";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("the password of the seeded account {0}")]
    Password(&'static str),
}

pub async fn run(settings: &config::Migration) -> Result<(), Error> {
    let db = migration::connect(&settings.url, settings.lock_timeout).await?;
    let products = add_products(&db).await?;
    tracing::info!(products, "seeded");
    // No release build knows a password.
    if cfg!(debug_assertions) {
        add_account(&db).await?;
        tracing::info!(EMAIL, "an account for development");
    }
    db.close().await?;
    Ok(())
}

/// Return how many are new.
async fn add_products(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let products = PRODUCTS.map(|(id, name, price_minor, stock)| product::ActiveModel {
        id: Set(id),
        name: Set(name.to_owned()),
        price_minor: Set(price_minor),
        currency: Set("EUR".to_owned()),
        stock: Set(stock),
        ..Default::default()
    });
    let insert = product::Entity::insert_many(products);
    let insert = insert.on_conflict_do_nothing_on([product::Column::Id]); // BK110
    match insert.exec_without_returning(db).await? {
        TryInsertResult::Inserted(new) => Ok(new),
        TryInsertResult::Empty | TryInsertResult::Conflicted => Ok(0),
    }
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
    Ok(())
}
