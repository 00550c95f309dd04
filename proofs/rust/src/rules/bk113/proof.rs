//! Somebody reads a table while a report is open and a migration waits for it.

use sea_orm::{ConnectionTrait as _, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager, async_trait};
use sqlx::{Connection as _, PgConnection};

use crate::{
    rules::bk113::{avoid, prefer},
    support::{fresh_database, hold, scalar, until_blocked},
};

const READ: &str = "select count(*) from orders";
const COLUMNS: &str = "select count(*) from information_schema.columns where column_name = 'note'";

struct Note;

impl MigrationName for Note {
    fn name(&self) -> &'static str {
        "m20261122_000001_note"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Note {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("alter table orders add column note text")
            .await?;
        Ok(())
    }
}

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Note)]
    }
}

/// Tells whether somebody can read the table within three seconds.
async fn can_read(url: &str) -> bool {
    let mut session = PgConnection::connect(url).await.unwrap();
    let read = "set lock_timeout = '3s'; select count(*) from orders";
    match sqlx::raw_sql(read).execute(&mut session).await {
        Ok(_) => true,
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => false,
        Err(error) => panic!("{error}"),
    }
}

async fn read_behind(migrate: impl AsyncFn(&str) -> Result<(), DbErr>) -> bool {
    let url = fresh_database("").await;
    let report = hold(&url, READ).await;
    let (migration, readable) = tokio::join!(migrate(&url), async {
        until_blocked(&url, 1).await;
        let readable = can_read(&url).await;
        report.release().await;
        readable
    });
    migration.unwrap();
    assert_eq!(scalar::<i64>(&url, COLUMNS).await, 1);
    readable
}

#[tokio::test]
async fn avoid_nobody_can_read_the_table_while_the_migration_waits_for_a_report() {
    assert!(!read_behind(avoid::migrate::<Migrator>).await);
}

#[tokio::test]
async fn prefer_reads_go_on_and_the_migration_is_done_after_the_report() {
    assert!(read_behind(prefer::migrate::<Migrator>).await);
}
