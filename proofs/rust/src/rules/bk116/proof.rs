//! The start-up of a release on the database of the release before.

use sqlx::{Connection as _, PgConnection};

use crate::{
    rules::bk116::{avoid, prefer},
    support::{connect, fresh_database},
};

const HISTORY: &str = "create table seaql_migrations
    (version varchar primary key, applied_at bigint not null)";
const DEPLOY: &str = "
    alter table products add column note text not null default '';
    insert into seaql_migrations (version, applied_at) values ('m20261122_090000_product_note', 0)";
const REQUEST: &str =
    "insert into products (name, price_minor, stock, note) values ('lamp', 4900, 1, 'fragile')";

async fn run(url: &str, sql: &'static str) -> Result<(), String> {
    let mut session = PgConnection::connect(url).await.unwrap();
    match sqlx::raw_sql(sql).execute(&mut session).await {
        Ok(_) => Ok(()),
        Err(error) => Err(error
            .as_database_error()
            .unwrap()
            .code()
            .unwrap()
            .to_string()),
    }
}

#[tokio::test]
async fn avoid_the_process_starts_and_the_first_request_that_needs_the_new_column_fails() {
    let url = fresh_database(HISTORY).await;
    avoid::prepare(&connect(&url).await).await.unwrap();
    assert_eq!(run(&url, REQUEST).await, Err("42703".into()));
}

#[tokio::test]
async fn prefer_the_process_refuses_to_start_until_the_migration_has_run() {
    let url = fresh_database(HISTORY).await;
    let db = connect(&url).await;
    let refused = prefer::prepare(&db).await.unwrap_err().to_string();
    assert!(refused.contains("has not run"), "{refused}");
    run(&url, DEPLOY).await.unwrap();
    prefer::prepare(&db).await.unwrap();
    run(&url, REQUEST).await.unwrap();
}
