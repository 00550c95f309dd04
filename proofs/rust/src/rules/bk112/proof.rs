//! Somebody signs up while a new foreign key is held against the old rows.

use sea_orm_migration::{MigrationTrait, MigratorTrait};
use sqlx::{Connection as _, PgConnection};

use crate::{
    rules::bk112::{avoid, prefer},
    support::{connect, fresh_database, hold, scalar, until_blocked},
};

const OLD_KEY: &str = "
    insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into idempotency_keys (user_id, route, key, request_hash) values (1, 'POST /orders', 'k', 'h');";
const VALIDATED: &str = "
    select count(*) from pg_constraint where conname = 'idempotency_keys_user_id_fkey' and convalidated";

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

/// Tells whether a new user can sign up within half a second.
async fn can_sign_up(url: &str) -> bool {
    let mut session = PgConnection::connect(url).await.unwrap();
    let user = "set lock_timeout = '500ms';
        insert into users (tenant_id, email) values (1, 'grace@example.com')";
    match sqlx::raw_sql(user).execute(&mut session).await {
        Ok(_) => true,
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => false,
        Err(error) => panic!("{error}"),
    }
}

/// Stops the check of the old rows half-way, and lets somebody sign up.
async fn sign_up_meanwhile<M: MigratorTrait>() -> bool {
    let url = fresh_database(OLD_KEY).await;
    let db = connect(&url).await;
    let hold_index = "alter index idempotency_keys_pkey set tablespace pg_default";
    let index = hold(&url, hold_index).await;
    let (migration, signed_up) = tokio::join!(M::up(&db, None), async {
        until_blocked(&url, 1).await;
        let signed_up = can_sign_up(&url).await;
        index.release().await;
        signed_up
    });
    migration.unwrap();
    assert_eq!(scalar::<i64>(&url, VALIDATED).await, 1);
    signed_up
}

#[tokio::test]
async fn avoid_nobody_can_sign_up_while_old_keys_are_checked() {
    assert!(!sign_up_meanwhile::<Avoid>().await);
}

#[tokio::test]
async fn prefer_sign_ups_go_on_while_old_keys_are_checked() {
    assert!(sign_up_meanwhile::<Prefer>().await);
}
