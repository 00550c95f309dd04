//! Brings the schema up to date, as the role that owns it, under a lock. BK116: nothing else changes it.

#[allow(elided_lifetimes_in_paths, reason = "`async_trait` wants the signatures of the trait")]
mod m20261122_000001_schema;

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use secrecy::ExposeSecret;
use tokio::time::sleep;

use crate::{config, database::sqlstate};

/// Whatever number: every release has to use the same.
const LOCK: i64 = 7_213_000_551;
const ATTEMPTS: u32 = 20;
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261122_000001_schema::Migration)]
    }
}

/// Apply what has not been applied.
pub async fn up(settings: &config::Migration) -> Result<(), DbErr> {
    let db = connect(settings).await?;
    lock(&db).await?;
    let done = apply(&db).await;
    db.close().await?; // and with it the session, which has the lock
    done?;
    tracing::info!("the schema is up to date");
    Ok(())
}

/// Take back what was applied last.
pub async fn down(settings: &config::Migration) -> Result<(), DbErr> {
    let db = connect(settings).await?;
    lock(&db).await?;
    let done = Migrator::down(&db, Some(1)).await;
    db.close().await?;
    done
}

/// Open the one connection as the role that owns the schema.
pub async fn connect(settings: &config::Migration) -> Result<DatabaseConnection, DbErr> {
    let lock_timeout = format!("{}ms", settings.lock_timeout.as_millis());
    let mut options = ConnectOptions::new(settings.url.expose_secret());
    options
        .max_connections(1) // a lock belongs to a session: the migrations have to run in the same
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false)
        .set_application_name(env!("CARGO_PKG_NAME"))
        .map_sqlx_postgres_opts(move |postgres| {
            postgres.options([("lock_timeout", lock_timeout.as_str())])
        });
    Database::connect(options).await
}

/// SeaORM takes no lock itself: of two releases at once, one would fail halfway.
async fn lock(db: &DatabaseConnection) -> Result<(), DbErr> {
    loop {
        let attempt = Statement::from_sql_and_values(
            db.get_database_backend(),
            "select pg_try_advisory_lock($1)",
            [LOCK.into()],
        );
        let row = db.query_one_raw(attempt).await?;
        if row.map_or(Ok(false), |row| row.try_get_by_index(0))? {
            return Ok(());
        }
        tracing::info!("somebody else migrates");
        sleep(Duration::from_millis(500)).await;
    }
}

/// BK113: DDL that waits for a lock makes everybody wait behind it, so it gives up soon and tries again.
async fn apply(db: &DatabaseConnection) -> Result<(), DbErr> {
    let mut pause = Duration::from_secs(1);
    for _ in 1..ATTEMPTS {
        match Migrator::up(db, None).await {
            Err(error) if sqlstate(&error).as_deref() == Some("55P03") => {
                tracing::warn!("a table is in use, trying again");
            }
            done => return done,
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Migrator::up(db, None).await
}
