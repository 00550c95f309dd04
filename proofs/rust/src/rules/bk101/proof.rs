//! Two reservations read the same stock while somebody else holds the row, and write one after the other.

use sea_orm::{DatabaseConnection, DbErr};

use crate::{
    rules::bk101::{avoid, prefer},
    support::{connect, figure, fresh_database, hold, scalar, until_blocked},
};

/// Reserves 3 and 4 of 10 pieces at once, and returns what is left.
async fn left_of_ten(
    reserve: impl AsyncFn(&DatabaseConnection, i64, i32) -> Result<bool, DbErr>,
) -> i32 {
    let url = fresh_database("insert into products values (1, 'lamp', 4900, 10)").await;
    let db = connect(&url).await;
    let row = hold(&url, "select from products where id = 1 for update").await;
    let (three, four, ()) = tokio::join!(reserve(&db, 1, 3), reserve(&db, 1, 4), async {
        until_blocked(&url, 2).await;
        row.release().await;
    });
    assert!(three.unwrap() && four.unwrap());
    scalar(&url, "select stock from products").await
}

#[tokio::test]
async fn avoid_two_reservations_at_once_lose_one() {
    let left = left_of_ten(avoid::reserve).await;
    assert!(matches!(left, 6 | 7), "{left} pieces are left");
    figure("BK101", "pieces sold twice", left - 3, "");
}

#[tokio::test]
async fn prefer_two_reservations_at_once_both_count() {
    assert_eq!(left_of_ten(prefer::reserve).await, 3);
}
