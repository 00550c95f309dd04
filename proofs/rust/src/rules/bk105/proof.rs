//! Two transfers at once out of an account that covers one of them.

use sqlx::PgPool;

use crate::{
    rules::bk105::{avoid, prefer},
    support::{figure, fresh_database, hold, scalar, until_blocked},
};

const ACCOUNTS: &str = "insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com'), (1, 'bob@example.com');
    insert into accounts (user_id, balance_minor) values (1, 100), (2, 0);";

/// Moves 80 twice out of 100; returns what both calls said, sorted, and the money there is.
async fn twice(
    transfer: impl AsyncFn(&PgPool, i64, i64, i64) -> Result<bool, sqlx::Error>,
) -> ([bool; 2], i64) {
    let url = fresh_database(ACCOUNTS).await;
    let db = PgPool::connect(&url).await.unwrap();
    let row = hold(&url, "select from accounts where id = 1 for update").await;
    let (one, two, ()) = tokio::join!(transfer(&db, 1, 2, 80), transfer(&db, 1, 2, 80), async {
        until_blocked(&url, 2).await;
        row.release().await;
    });
    let mut moved = [one.unwrap(), two.unwrap()];
    moved.sort_unstable();
    let left = scalar::<i64>(&url, "select balance_minor from accounts where id = 1").await;
    assert_eq!(left, 20, "the payer is debited once");
    (
        moved,
        scalar(&url, "select sum(balance_minor)::bigint from accounts").await,
    )
}

#[tokio::test]
async fn avoid_two_transfers_at_once_credit_what_was_debited_once() {
    let (moved, money) = twice(avoid::transfer).await;
    assert_eq!((moved, money), ([true, true], 180));
    figure("BK105", "money made out of 100", money - 100, "");
}

#[tokio::test]
async fn prefer_the_transfer_that_is_not_covered_moves_nothing() {
    assert_eq!(twice(prefer::transfer).await, ([false, true], 100));
}
