//! Two transactions that conflict, at a statement or at their commit, and works that never succeed.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    Statement, TransactionError, sqlx::error::DatabaseError,
};
use tokio::sync::Barrier;

use crate::{
    rules::bk104::{avoid, prefer},
    support::{connect, fresh_database, hold, scalar, until_blocked},
};

const ACCOUNTS: &str = "insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into accounts (user_id, balance_minor) values (1, 100), (1, 100);";

type Answer = Result<&'static str, TransactionError<DbErr>>;
type Running<'t> = Pin<Box<dyn Future<Output = Result<&'static str, DbErr>> + Send + 't>>;
type Work = Box<dyn for<'t> Fn(&'t DatabaseTransaction) -> Running<'t> + Send + Sync>;

/// Returns the answer, or the code of the server's error.
fn told(answer: Answer) -> String {
    match answer {
        Ok(answer) => answer.to_owned(),
        Err(TransactionError::Connection(error) | TransactionError::Transaction(error)) => {
            let (DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error))) = error
            else {
                return error.to_string();
            };
            let code = error.as_database_error().and_then(DatabaseError::code);
            code.map_or_else(|| error.to_string(), Into::into)
        }
    }
}

/// Lets two payments of 30 out of one account meet; returns what they were told, and what is left of 100.
async fn one_row(
    serializable: impl AsyncFn(&DatabaseConnection, Work) -> Answer,
) -> (Vec<String>, i64) {
    let url = fresh_database(ACCOUNTS).await;
    let db = connect(&url).await;
    let row = hold(&url, "select from accounts where id = 1 for update").await;
    let pay = || -> Work {
        Box::new(|tx| {
            Box::pin(async move {
                let sql = "update accounts set balance_minor = balance_minor - 30 where id = 1";
                tx.execute_unprepared(sql).await?;
                Ok("paid")
            })
        })
    };
    let (one, two, ()) = tokio::join!(serializable(&db, pay()), serializable(&db, pay()), async {
        until_blocked(&url, 2).await;
        row.release().await;
    });
    let mut answers = vec![told(one), told(two)];
    answers.sort();
    let left = scalar(&url, "select balance_minor from accounts where id = 1").await;
    (answers, left)
}

/// Takes 150 from either account if their sum covers it. Both have written before either commits.
async fn two_rows(
    serializable: impl AsyncFn(&DatabaseConnection, Work) -> Answer,
) -> (Vec<String>, i64) {
    let url = fresh_database(ACCOUNTS).await;
    let db = connect(&url).await;
    let both = Arc::new(Barrier::new(2));
    let pay = |id: i64| -> Work {
        let (both, tries) = (Arc::clone(&both), Arc::new(AtomicU32::new(0)));
        Box::new(move |tx| {
            let (both, tries) = (Arc::clone(&both), Arc::clone(&tries));
            Box::pin(async move {
                let sum = "select sum(balance_minor)::bigint from accounts";
                let sum = Statement::from_string(DbBackend::Postgres, sum);
                let sum: i64 = tx.query_one_raw(sum).await?.unwrap().try_get_by_index(0)?;
                if sum < 150 {
                    return Ok("refused");
                }
                let sql = format!(
                    "update accounts set balance_minor = balance_minor - 150 where id = {id}"
                );
                tx.execute_unprepared(&sql).await?;
                if tries.fetch_add(1, Ordering::Relaxed) == 0 {
                    both.wait().await;
                }
                Ok("paid")
            })
        })
    };
    let (one, two) = tokio::join!(serializable(&db, pay(1)), serializable(&db, pay(2)));
    let mut answers = vec![told(one), told(two)];
    answers.sort();
    let sum = scalar(&url, "select sum(balance_minor)::bigint from accounts").await;
    (answers, sum)
}

fn strings(of: [&str; 2]) -> Vec<String> {
    of.map(str::to_owned).into()
}

#[tokio::test]
async fn avoid_one_of_two_payments_out_of_one_account_fails() {
    assert_eq!(
        one_row(avoid::serializable).await,
        (strings(["40001", "paid"]), 70)
    );
}

#[tokio::test]
async fn avoid_a_conflict_at_commit_reaches_the_caller() {
    assert_eq!(
        two_rows(avoid::serializable).await,
        (strings(["40001", "paid"]), 50)
    );
}

#[tokio::test]
async fn prefer_the_payment_that_lost_runs_again() {
    assert_eq!(
        one_row(prefer::serializable).await,
        (strings(["paid", "paid"]), 40)
    );
}

#[tokio::test]
async fn prefer_who_loses_at_commit_decides_anew() {
    assert_eq!(
        two_rows(prefer::serializable).await,
        (strings(["paid", "refused"]), 50)
    );
}

#[tokio::test]
async fn prefer_lasting_conflicts_end_and_other_errors_are_not_repeated() {
    let url = fresh_database("").await;
    for (state, expected) in [("40001", 5), ("40P01", 5), ("23505", 1)] {
        let attempts = Arc::new(AtomicU32::new(0));
        let (db, counter) = (connect(&url).await, Arc::clone(&attempts));
        // In a task, as a handler runs: the future has to be `Send`.
        let ended = tokio::spawn(async move {
            let work: Work = Box::new(move |tx| {
                counter.fetch_add(1, Ordering::Relaxed);
                Box::pin(async move {
                    let sql =
                        format!("do $$ begin raise exception using errcode = '{state}'; end $$");
                    tx.execute_unprepared(&sql).await?;
                    Ok("done")
                })
            });
            prefer::serializable(&db, work).await
        });
        assert_eq!(told(ended.await.unwrap()), state);
        assert_eq!(
            attempts.load(Ordering::Relaxed),
            expected,
            "attempts for {state}"
        );
    }
}
