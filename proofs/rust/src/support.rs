//! What every proof needs: a database of its own, a lock held by somebody else, figures, and servers to talk to.
//!
//! These functions panic where they fail, and say which line of the proof had called them.

use std::{
    io::Write as _,
    ops::Deref,
    panic::Location,
    time::{Duration, Instant},
};

use axum::Router;
use sqlx::{
    AssertSqlSafe, Connection as _, FromRow, PgConnection, Postgres, Type, postgres::PgRow,
};
use tokio::net::TcpListener;

/// A database of one test, cloned from `shop`; dropped with the value. `&Database` reads as its URL.
pub struct Database {
    url: String,
    name: String,
}

impl Deref for Database {
    type Target = str;

    fn deref(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    /// Drops the database on a thread of its own, for the test's runtime may be busy unwinding.
    fn drop(&mut self) {
        let sql = format!("drop database if exists {} with (force)", self.name);
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .unwrap()
                .block_on(async { execute(&cluster(), &sql).await.unwrap() });
        });
        let dropped = dropped.join().is_ok();
        assert!(
            dropped || std::thread::panicking(),
            "{} was not dropped",
            self.name
        );
    }
}

/// Clones the template database `shop` and runs `extra_sql` in the clone.
#[track_caller]
pub fn fresh_database(extra_sql: &str) -> impl Future<Output = Database> {
    let caller = Location::caller();
    async move {
        let name = format!("proof_{}", uuid::Uuid::new_v4().simple());
        let create = format!("create database {name} template shop");
        let mut created = execute(&cluster(), &create).await;
        for _ in 0..4 {
            if !created.as_ref().is_err_and(is_in_use) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await; // somebody looks at `shop`
            created = execute(&cluster(), &create).await;
        }
        created.unwrap_or_else(|error| panic!("{caller}: {error}"));
        let mut url = reqwest::Url::parse(&cluster()).unwrap();
        url.set_path(&name);
        let database = Database {
            url: url.into(),
            name,
        };
        execute(&database, extra_sql)
            .await
            .unwrap_or_else(|error| panic!("{caller}: {error}"));
        database
    }
}

/// Returns a SeaORM connection pool of at most ten connections.
pub async fn connect(url: &str) -> sea_orm::DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(10).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap()
}

/// A transaction that keeps its locks until it is released.
pub struct Holder(PgConnection);

impl Holder {
    /// Rolls the transaction back, so that those who queue up behind it go on.
    pub async fn release(mut self) {
        sqlx::raw_sql("rollback")
            .execute(&mut self.0)
            .await
            .unwrap();
        self.0.close().await.unwrap();
    }
}

/// Opens a transaction on a connection of its own and runs `sql` in it, such as `select … for update`.
#[track_caller]
pub fn hold(url: &str, sql: &str) -> impl Future<Output = Holder> {
    let caller = Location::caller();
    async move {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let begin = AssertSqlSafe(format!("begin; {sql}"));
        let held = sqlx::raw_sql(begin).execute(&mut connection).await;
        held.unwrap_or_else(|error| panic!("{caller}: {error}"));
        Holder(connection)
    }
}

/// Returns once `n` sessions of the database wait for a lock; panics after ten seconds with what it saw.
#[track_caller]
pub fn until_blocked(url: &str, n: usize) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let seen: Vec<(bool, String)> = sqlx::query_as(SESSIONS)
                .fetch_all(&mut connection)
                .await
                .unwrap();
            if seen.iter().filter(|(blocked, _)| *blocked).count() >= n {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{caller}: no {n} sessions wait for a lock: {seen:#?}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

const SESSIONS: &str = "
    select coalesce(wait_event_type = 'Lock', false),
           concat_ws(' ', state, wait_event_type, wait_event, query)
    from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'";

/// Returns the rows of a query as tuples: `rows::<(i64, String)>(&db, "select id, name from products")`.
#[track_caller]
pub fn rows<T>(url: &str, sql: &str) -> impl Future<Output = Vec<T>>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let caller = Location::caller();
    async move {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let rows = sqlx::query_as(AssertSqlSafe(sql))
            .fetch_all(&mut connection)
            .await;
        rows.unwrap_or_else(|error| panic!("{caller}: {error}"))
    }
}

/// Returns the only value of a query: `scalar::<i64>(&db, "select count(*) from orders")`.
#[track_caller]
pub fn scalar<T>(url: &str, sql: &str) -> impl Future<Output = T>
where
    T: for<'r> sqlx::Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
{
    let caller = Location::caller();
    async move {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let value = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await;
        value.unwrap_or_else(|error| panic!("{caller}: {error}"))
    }
}

/// Appends a figure to the file that `$PROOF_RECORDS` names; does nothing where it names none.
pub fn figure(rule: &str, name: &str, value: impl Into<serde_json::Value>, unit: &str) {
    let Some(path) = std::env::var_os("PROOF_RECORDS").filter(|path| !path.is_empty()) else {
        return;
    };
    let record = serde_json::json!({
        "rule": rule, "stack": "rust", "name": name, "value": value.into(), "unit": unit,
    });
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(format!("{record}\n").as_bytes()).unwrap();
}

/// Serves a router on a free port of this machine until the test ends, and returns its base URL.
pub async fn serve(app: Router) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, app).into_future());
    url
}

/// Starts a server that answers every request with 200 after `delay`, and returns its base URL.
pub async fn late_server(delay: Duration) -> String {
    serve(Router::new().fallback(async move || tokio::time::sleep(delay).await)).await
}

/// Starts a server that takes connections and never says a word, and returns its base URL.
pub async fn silent_server() -> String {
    late_server(Duration::from_hours(1)).await
}

async fn execute(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await?;
    connection.close().await
}

/// Tells whether somebody else looks at the template database: `object_in_use`.
fn is_in_use(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .as_deref()
        == Some("55006")
}

fn cluster() -> String {
    std::env::var("DATABASE_URL").expect("DATABASE_URL names no PostgreSQL")
}
