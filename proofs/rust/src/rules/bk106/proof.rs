//! Two transfers in opposite directions: the second starts when the first waits for the account they both need.

use sea_orm::{DatabaseConnection, DbErr, RuntimeErr};

use crate::{
    rules::bk106::{avoid, prefer},
    support::{connect, fresh_database, hold, rows, until_blocked},
};

const ACCOUNTS: &str = "
    insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into accounts (user_id, balance_minor) values (1, 100), (1, 100);";

/// Moves 30 from account 2 to 1 and 10 from 1 to 2; returns both outcomes and both balances.
async fn crossing(
    transfer: impl AsyncFn(&DatabaseConnection, i64, i64, i64) -> Result<bool, DbErr>,
) -> ([Result<bool, DbErr>; 2], Vec<i64>) {
    let url = fresh_database(ACCOUNTS).await;
    let db = connect(&url).await;
    let row = hold(&url, "select from accounts where id = 2 for update").await;
    let (there, back, ()) = tokio::join!(
        transfer(&db, 2, 1, 30),
        async {
            until_blocked(&url, 1).await;
            transfer(&db, 1, 2, 10).await
        },
        async {
            until_blocked(&url, 2).await;
            row.release().await;
        }
    );
    let balances = rows::<(i64,)>(&url, "select balance_minor from accounts order by id").await;
    (
        [there, back],
        balances.into_iter().map(|(each,)| each).collect(),
    )
}

/// Returns the SQLSTATE of a failure.
fn code(error: &DbErr) -> String {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return error.to_string();
    };
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.map_or_else(|| error.to_string(), Into::into)
}

#[tokio::test]
async fn avoid_two_transfers_in_opposite_directions_deadlock_and_one_fails() {
    let (outcomes, balances) = crossing(avoid::transfer).await;
    let failures: Vec<_> = outcomes
        .iter()
        .filter_map(|each| each.as_ref().err().map(code))
        .collect();
    assert_eq!(failures, ["40P01"]);
    assert!(
        balances == [130, 70] || balances == [90, 110],
        "balances {balances:?}"
    );
}

#[tokio::test]
async fn prefer_two_transfers_in_opposite_directions_both_succeed() {
    let (outcomes, balances) = crossing(prefer::transfer).await;
    assert!(
        outcomes.iter().all(|each| matches!(each, Ok(true))),
        "{outcomes:?}"
    );
    assert_eq!(balances, [120, 80]);
}
