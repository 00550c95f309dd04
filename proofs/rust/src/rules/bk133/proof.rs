//! A process gets SIGTERM while one of its requests waits for a row lock.

use std::{
    env,
    io::Write as _,
    process::Stdio,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use sqlx::PgPool;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::{Child, Command},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    rules::bk133::{avoid, prefer},
    support::{Database, Holder, figure, fresh_database, hold, until_blocked},
};

const LAME_DUCK: Duration = Duration::from_secs(2);
/// What the avoid sample ignores; long, so that a slow machine is not taken for a wait.
const IGNORED: Duration = Duration::from_secs(8);
const ROLE: &str = "BK133_ROLE";

/// Is the service, and does not return, in the process that a test has started.
async fn serve_in_child() {
    let Ok(role) = env::var(ROLE) else { return };
    let seconds = |name: &str| Duration::from_secs(env::var(name).unwrap().parse().unwrap());
    let (lame_duck, drain) = (seconds("BK133_LAME_DUCK"), seconds("BK133_DRAIN"));
    let db = PgPool::connect(&env::var("BK133_DATABASE").unwrap())
        .await
        .unwrap();
    let pool = db.clone();
    let work = async move || {
        let rows = sqlx::query("select id from products for update").fetch_all(&pool);
        rows.await.unwrap().len().to_string()
    };
    let router = Router::new()
        .route("/hello", get(|| async {}))
        .route("/work", get(work));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    writeln!(std::io::stdout(), "listening http://{address}").unwrap();
    let result = if role == "avoid" {
        avoid::run(avoid::Service {
            listener,
            router,
            db,
            lame_duck,
            drain,
        })
        .await
    } else {
        prefer::run(prefer::Service {
            listener,
            router,
            db,
            lame_duck,
            drain,
        })
        .await
    };
    std::process::exit(i32::from(result.is_err()));
}

/// Opens a connection of its own; returns the status, 0 when the connection is refused, or 1 when it is cut.
async fn ask(url: String) -> u16 {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30));
    match client.build().unwrap().get(url).send().await {
        Ok(response) => response.status().as_u16(),
        Err(error) if error.is_connect() => 0,
        Err(_) => 1,
    }
}

struct Busy {
    url: String,
    process: Child,
    row: Option<Holder>,
    work: JoinHandle<u16>,
    told: Instant,
    _database: Database,
}

impl Busy {
    /// Waits until connections are refused; returns what other requests got while readiness said 503.
    async fn until_refused(&self) -> Vec<u16> {
        let mut seen = Vec::new();
        while self.told.elapsed() < Duration::from_secs(20) {
            match ask(format!("{}/readyz", self.url)).await {
                0 => return seen,
                503 => seen.push(ask(format!("{}/hello", self.url)).await),
                _ => {}
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("still accepts connections");
    }

    /// Returns the exit code; nothing when the process is still there after so many seconds.
    async fn exit_code(&mut self, seconds: u64) -> Option<i32> {
        let ended = timeout(Duration::from_secs(seconds), self.process.wait()).await;
        ended.ok().map(|status| status.unwrap().code().unwrap())
    }
}

/// Starts the service in a process of its own, and a request that waits for a row lock; then sends SIGTERM.
async fn stop_while_busy(test: &str, role: &str, lame_duck: Duration, drain: u64) -> Busy {
    let database =
        fresh_database("insert into products (name, price_minor, stock) values ('lamp', 1900, 10)")
            .await;
    let mut process = Command::new(env::current_exe().unwrap())
        .args([&format!("proofs::bk133::{test}"), "--exact", "--nocapture"])
        .env(ROLE, role)
        .env("BK133_DATABASE", &*database)
        .env("BK133_LAME_DUCK", lame_duck.as_secs().to_string())
        .env("BK133_DRAIN", drain.to_string())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = loop {
        let line = lines.next_line().await.unwrap().expect("no address");
        if let Some((_, url)) = line.split_once("listening ") {
            break url.to_owned();
        }
    };
    let row = hold(&database, "select from products for update").await;
    let work = tokio::spawn(ask(format!("{url}/work")));
    until_blocked(&database, 1).await;
    assert_eq!(ask(format!("{url}/readyz")).await, 200);
    let pid = process.id().unwrap().to_string();
    let told = Command::new("kill").args(["-TERM", &pid]).status().await;
    assert!(told.unwrap().success());
    Busy {
        url,
        process,
        row: Some(row),
        work,
        told: Instant::now(),
        _database: database,
    }
}

#[tokio::test]
async fn avoid_new_requests_are_refused_before_a_balancer_can_know() {
    serve_in_child().await;
    let test = "avoid_new_requests_are_refused_before_a_balancer_can_know";
    let busy = stop_while_busy(test, "avoid", IGNORED, 20).await;
    busy.until_refused().await;
    let elapsed = busy.told.elapsed();
    assert!(elapsed < IGNORED, "refused after {elapsed:?}");
}

#[tokio::test]
async fn avoid_a_request_that_never_ends_holds_the_process() {
    serve_in_child().await;
    let test = "avoid_a_request_that_never_ends_holds_the_process";
    let mut busy = stop_while_busy(test, "avoid", Duration::ZERO, 1).await;
    assert_eq!(busy.exit_code(4).await, None);
}

#[tokio::test]
async fn prefer_readiness_fails_first_every_request_is_answered_and_the_process_ends_with_0() {
    serve_in_child().await;
    let test = "prefer_readiness_fails_first_every_request_is_answered_and_the_process_ends_with_0";
    let mut busy = stop_while_busy(test, "prefer", LAME_DUCK, 20).await;
    let seen = busy.until_refused().await;
    assert!(seen.contains(&200), "requests got {seen:?}");
    busy.row.take().unwrap().release().await;
    assert_eq!((&mut busy.work).await.unwrap(), 200);
    assert_eq!(busy.exit_code(10).await, Some(0));
    let milliseconds = u64::try_from(busy.told.elapsed().as_millis()).unwrap();
    let name = "from SIGTERM to exit, with a lame duck of 2 s";
    figure("BK133", name, milliseconds, "ms");
}

#[tokio::test]
async fn prefer_a_request_that_never_ends_holds_the_process_no_longer_than_the_deadline() {
    serve_in_child().await;
    let test = "prefer_a_request_that_never_ends_holds_the_process_no_longer_than_the_deadline";
    let mut busy = stop_while_busy(test, "prefer", Duration::ZERO, 1).await;
    assert_eq!(busy.exit_code(10).await, Some(1));
}
