//! Requests meet a server that grants the application's role six connections, and a pool of four.

use std::time::{Duration, Instant};

use axum::{Router, body::Body, http::Request};
use sea_orm::ConnectionTrait as _;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::{
    rules::bk125::{avoid, prefer},
    support::{Database, connect, figure, fresh_database, hold, scalar, until_blocked},
};

/// A role of the database's name, and a view in place of the table that notes who reads it.
const LAMP: &str = "
    do $$ begin
      execute format('create role %I login connection limit 6 in role pg_read_all_data', current_database());
    end $$;
    insert into products (name, price_minor, stock) values ('lamp', 1900, 1);
    alter table products rename to shelf;
    create table readers (pid integer);
    create function note() returns boolean language plpgsql security definer as $$
      begin insert into readers values (pg_backend_pid()); return true; end $$;
    create view products as select * from shelf where note()";

/// Makes the database, and returns the URL of the role as well.
async fn start() -> (Database, String) {
    let url = fresh_database(LAMP).await;
    let mut own = reqwest::Url::parse(&url).unwrap();
    let role = own.path().trim_start_matches('/').to_owned();
    own.set_username(&role).unwrap();
    (url, own.into())
}

async fn status(app: Router) -> u16 {
    let request = Request::get("/products/1").body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap().status().as_u16()
}

/// Sends eight requests, one after the other, and returns how many sessions served them.
async fn sessions_of_eight(url: &str, app: Router) -> i64 {
    for _ in 0..8 {
        assert_eq!(status(app.clone()).await, 200);
    }
    sessions(url).await
}

async fn sessions(url: &str) -> i64 {
    scalar(url, "select count(distinct pid) from readers").await
}

/// Sends eight requests while nobody can read the table, and returns how many were served.
///
/// The last two begin when the first six have opened `sessions`: those that begin at once count
/// each other, and the server may refuse more of them than it has to.
async fn eight_at_once(url: &str, app: Router, sessions: usize, patience: Duration) -> usize {
    let table = hold(url, "lock table shelf").await;
    let mut calls = JoinSet::new();
    for _ in 0..6 {
        calls.spawn(status(app.clone()));
    }
    until_blocked(url, sessions).await;
    for _ in 0..2 {
        calls.spawn(status(app.clone()));
    }
    let deadline = Instant::now() + patience;
    let mut answers = Vec::new();
    while answers.len() < 2 && Instant::now() < deadline {
        answers.extend(calls.try_join_next().map(Result::unwrap));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    table.release().await;
    answers.extend(calls.join_all().await);
    answers.iter().filter(|status| **status == 200).count()
}

async fn drop_role(url: &str) {
    let drop = "do $$ begin execute format('drop role %I', current_database()); end $$";
    connect(url).await.execute_unprepared(drop).await.unwrap();
}

#[tokio::test]
async fn avoid_each_request_opens_a_session() {
    let (url, own) = start().await;
    let app = avoid::app(&own).await.unwrap();
    let sessions = sessions_of_eight(&url, app).await;
    drop_role(&url).await;
    assert_eq!(sessions, 8);
}

#[tokio::test]
async fn avoid_the_server_refuses_two_of_eight_requests_at_once() {
    let (url, own) = start().await;
    let app = avoid::app(&own).await.unwrap();
    let served = eight_at_once(&url, app, 6, Duration::from_secs(10)).await;
    drop_role(&url).await;
    assert_eq!(served, 6);
    figure("BK125", "requests refused of eight at once", 2, "requests");
}

#[tokio::test]
async fn prefer_the_requests_share_the_sessions_of_the_pool() {
    let (url, own) = start().await;
    let app = prefer::app(&own).await.unwrap();
    let sessions = sessions_of_eight(&url, app).await;
    drop_role(&url).await;
    assert!(sessions <= 4, "{sessions} sessions"); // SQLx takes a connection back in a task of its own
}

#[tokio::test]
async fn prefer_eight_requests_at_once_wait_for_each_other() {
    let (url, own) = start().await;
    let app = prefer::app(&own).await.unwrap();
    let served = eight_at_once(&url, app, 4, Duration::from_millis(300)).await;
    let sessions = sessions(&url).await;
    drop_role(&url).await;
    assert_eq!((served, sessions), (8, 4));
}
