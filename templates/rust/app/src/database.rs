//! The pool of connections, and transactions that end whatever their caller does.

mod failure;

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    panic,
    time::Duration,
};

use sea_orm::{ConnectOptions, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

pub use self::failure::{constraint, is_unavailable, sqlstate};
use crate::config;

const ATTEMPTS: u32 = 3;
const IDLE_IN_TRANSACTION: &str = "10s";
const IDLE: Duration = Duration::from_mins(5);

/// BK125: made once in a process, and cloned.
#[derive(Clone)]
pub struct Database {
    connection: DatabaseConnection,
    transactions: TaskTracker,
}

/// How many connections a pool has.
pub struct Usage {
    pub used: u32,
    pub idle: u32,
    pub max: u32,
}

/// What has to happen in one transaction, or not at all. It may run more than once.
pub trait UnitOfWork: Send + Sync + 'static {
    type Output: Send + 'static;
    type Refusal: Send + 'static;

    /// BK103: every statement runs on `tx`. BK102: and nothing waits for the network meanwhile.
    fn run(
        &self,
        tx: &DatabaseTransaction,
    ) -> impl Future<Output = Result<Self::Output, Rollback<Self::Refusal>>> + Send;
}

/// Why a transaction did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Rollback<R> {
    #[error("refused")]
    Refused(R),
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error("the deadline has passed")]
    Late,
}

impl Database {
    /// Prepare a pool; it connects when it is asked to, so that a process starts without its database.
    pub async fn open(settings: &config::Database) -> Result<Self, DbErr> {
        let milliseconds = |limit: Duration| format!("{}ms", limit.as_millis());
        // BK107: what PostgreSQL itself ends, whatever becomes of this process.
        let session = [
            ("lock_timeout", milliseconds(settings.lock_timeout)),
            ("statement_timeout", milliseconds(settings.statement_timeout)),
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION.to_owned()),
        ];
        let slow = settings.acquire_timeout / 2;
        let mut options = ConnectOptions::new(settings.url.expose_secret());
        // BK126: SQLx waits 30 s by default. BK127: a connection that died meanwhile is replaced, not used.
        options
            .max_connections(settings.pool_size)
            .acquire_timeout(settings.acquire_timeout)
            .idle_timeout(IDLE)
            .test_before_acquire(true)
            .connect_lazy(true)
            .sqlx_logging(false)
            .set_application_name(env!("CARGO_PKG_NAME"))
            .map_sqlx_postgres_opts(move |postgres| postgres.options(session.clone()))
            .map_sqlx_postgres_pool_opts(move |pool| pool.acquire_slow_threshold(slow));
        let connection = sea_orm::Database::connect(options).await?;
        Ok(Self { connection, transactions: TaskTracker::new() })
    }

    /// For single statements.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Do a piece of work in a transaction of its own, and again if somebody else's conflicts with it.
    ///
    /// A caller who leaves does not stop it: dropped while it begins, a transaction would stay open in a connection of
    /// which SQLx 0.9 thinks that it has none (<https://github.com/transact-rs/sqlx/issues/4393>). The deadline does,
    /// between `begin` and `commit`.
    pub async fn transact<W: UnitOfWork>(
        &self,
        deadline: Instant,
        work: W,
    ) -> Result<W::Output, Rollback<W::Refusal>> {
        let connection = self.connection.clone();
        let attempts = async move { repeat(&connection, deadline, &work).await };
        let task = self.transactions.spawn(attempts.in_current_span());
        match timeout_at(deadline, task).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(failed)) => match failed.try_into_panic() {
                Ok(panic) => panic::resume_unwind(panic),
                Err(_cancelled) => Err(Rollback::Late), // the runtime is ending
            },
            Err(_elapsed) => Err(Rollback::Late),
        }
    }

    pub fn usage(&self) -> Usage {
        let pool = self.connection.get_postgres_connection_pool();
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        let used = pool.size().saturating_sub(idle);
        Usage { used, idle, max: pool.options().get_max_connections() }
    }

    /// Wait for the transactions that run, and close the connections.
    pub async fn close(self) -> Result<(), DbErr> {
        self.transactions.close();
        self.transactions.wait().await;
        self.connection.close().await
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Database")
    }
}

/// BK104: the whole transaction again, on conflicts only, with a bound and jitter.
async fn repeat<W: UnitOfWork>(
    connection: &DatabaseConnection,
    deadline: Instant,
    work: &W,
) -> Result<W::Output, Rollback<W::Refusal>> {
    let mut attempt = 1;
    loop {
        match once(connection, deadline, work).await {
            Err(Rollback::Database(error)) if attempt < ATTEMPTS && is_conflict(&error) => {
                tracing::debug!(attempt, "a transaction conflicts with another");
            }
            outcome => return outcome,
        }
        let jitter = RandomState::new().hash_one(attempt) % (20 << attempt);
        sleep(Duration::from_millis(jitter)).await;
        attempt += 1;
    }
}

async fn once<W: UnitOfWork>(
    connection: &DatabaseConnection,
    deadline: Instant,
    work: &W,
) -> Result<W::Output, Rollback<W::Refusal>> {
    let tx = connection.begin().await?;
    match timeout_at(deadline, work.run(&tx)).await {
        Ok(Ok(output)) => {
            tx.commit().await?;
            Ok(output)
        }
        Ok(Err(reason)) => {
            if let Err(error) = tx.rollback().await {
                tracing::debug!(%error, "the connection is gone, and the transaction with it");
            }
            Err(reason)
        }
        Err(_elapsed) => Err(Rollback::Late), // dropped, `tx` rolls back when its statement has ended
    }
}

fn is_conflict(error: &DbErr) -> bool {
    matches!(sqlstate(error).as_deref(), Some("40001" | "40P01"))
}
