//! A title is changed while the standby's replay is paused, and read by the user who changed it.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::{
    rules::bk109::{avoid, prefer},
    support::{Database, fresh_database},
};

const PROJECT: &str = "
    insert into tenants (name) values ('Acme');
    insert into projects (tenant_id, name) values (1, 'Bridge');
    insert into documents (project_id, title) values (1, 'Plan');";

/// Key of the advisory lock that a test holds: all share one standby.
const STANDBY: &str = "select pg_advisory_lock(7770109)::text";

/// A database whose copy on the standby stands still until this is dropped.
struct Paused {
    primary: PgPool,
    replica: PgPool,
    copy: String,
    _resume: Resume,
    _database: Database,
    _alone: PgConnection,
}

/// Resumes replay, however the test ends.
struct Resume;

impl Drop for Resume {
    fn drop(&mut self) {
        let resumed = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async { resume().await.unwrap() });
        });
        assert!(
            resumed.join().is_ok() || std::thread::panicking(),
            "replay was not resumed"
        );
    }
}

async fn paused() -> Paused {
    let cluster = std::env::var("DATABASE_URL").unwrap();
    let mut alone = PgConnection::connect(&cluster).await.unwrap();
    sqlx::query(STANDBY).execute(&mut alone).await.unwrap();
    resume().await.unwrap();
    let database = fresh_database(PROJECT).await;
    let resume = Resume;
    let mut copy = reqwest::Url::parse(&standby()).unwrap();
    copy.set_path(reqwest::Url::parse(&database).unwrap().path());
    let copy = String::from(copy);
    until(&copy, "select title from documents", "Plan").await;
    ask(&standby(), "select pg_wal_replay_pause()::text")
        .await
        .unwrap();
    until(
        &standby(),
        "select pg_get_wal_replay_pause_state()",
        "paused",
    )
    .await;
    Paused {
        primary: PgPool::connect(&database).await.unwrap(),
        replica: PgPool::connect(&copy).await.unwrap(),
        copy,
        _resume: resume,
        _database: database,
        _alone: alone,
    }
}

fn standby() -> String {
    std::env::var("REPLICA_URL").expect("REPLICA_URL names no standby")
}

async fn resume() -> Result<String, sqlx::Error> {
    ask(&standby(), "select pg_wal_replay_resume()::text").await
}

async fn ask(url: &str, sql: &str) -> Result<String, sqlx::Error> {
    let mut session = PgConnection::connect(url).await?;
    let answer = sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(&mut session)
        .await;
    session.close().await?;
    answer
}

/// Waits until a query of the standby gives the value.
async fn until(url: &str, sql: &str, expected: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let seen = ask(url, sql).await;
        if seen.as_ref().is_ok_and(|seen| seen == expected) {
            return;
        }
        assert!(Instant::now() < end, "the standby says {seen:?} to {sql}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn avoid_a_user_sees_the_old_title_again_as_soon_as_the_grace_period_is_over() {
    let paused = paused().await;
    let db = avoid::Databases {
        primary: paused.primary.clone(),
        replica: paused.replica.clone(),
    };
    let mark = avoid::rename(&db, 1, "Budget").await.unwrap();
    assert_eq!(avoid::title(&db, 1, &mark).await.unwrap(), "Budget");
    tokio::time::sleep(Duration::from_millis(1100)).await; // longer than the period, which is the point
    assert_eq!(avoid::title(&db, 1, &mark).await.unwrap(), "Plan");
}

#[tokio::test]
async fn prefer_a_user_sees_the_new_title_however_long_the_replica_lags() {
    let paused = paused().await;
    let db = prefer::Databases {
        primary: paused.primary.clone(),
        replica: paused.replica.clone(),
    };
    let mark = prefer::rename(&db, 1, "Budget").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await; // as in the test above
    assert_eq!(prefer::title(&db, 1, &mark).await.unwrap(), "Budget");
    let alone = prefer::Databases {
        replica: db.primary.clone(),
        primary: db.primary,
    };
    let title = prefer::title(&alone, 1, &mark).await.unwrap();
    assert_eq!(title, "Budget", "there is no replica");
}

#[tokio::test]
async fn prefer_the_replica_answers_when_it_has_caught_up() {
    let paused = paused().await;
    let db = prefer::Databases {
        primary: paused.primary.clone(),
        replica: paused.replica.clone(),
    };
    let mark = prefer::rename(&db, 1, "Budget").await.unwrap();
    resume().await.unwrap();
    until(&paused.copy, "select title from documents", "Budget").await;
    let replayed = format!("select (pg_last_wal_replay_lsn() >= '{mark}')::text");
    assert!(replayed.contains('/'), "a position in the log: {replayed}");
    until(&paused.copy, &replayed, "true").await;
    db.primary.close().await;
    assert_eq!(prefer::title(&db, 1, &mark).await.unwrap(), "Budget");
}
