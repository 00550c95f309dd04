//! Two calls for one new address meet at a table that a third session holds.

use sea_orm::{DatabaseConnection, DbErr};

use crate::{
    rules::bk110::{avoid, prefer},
    support::{connect, fresh_database, hold, scalar, until_blocked},
};

const ADDRESS: &str = "ada@example.com";

/// Returns both answers, that of a third call afterwards, and the id of the one customer.
async fn two_at_once(
    customer: impl AsyncFn(&DatabaseConnection, i64, &str) -> Result<i64, DbErr>,
) -> ([Result<i64, DbErr>; 3], i64) {
    let url = fresh_database("insert into tenants (name) values ('Acme')").await;
    let db = connect(&url).await;
    let table = hold(&url, "lock table users in share mode").await;
    let (first, second, ()) = tokio::join!(
        customer(&db, 1, ADDRESS),
        customer(&db, 1, ADDRESS),
        async {
            until_blocked(&url, 2).await;
            table.release().await;
        }
    );
    let third = customer(&db, 1, ADDRESS).await;
    let id = scalar(&url, "select id from users").await;
    ([first, second, third], id)
}

#[tokio::test]
async fn avoid_a_customer_who_is_there_is_answered_with_an_error() {
    let (answers, _) = two_at_once(avoid::customer).await;
    let refused = |answer: &&Result<i64, DbErr>| matches!(answer, Err(DbErr::RecordNotInserted));
    assert_eq!(answers.iter().filter(refused).count(), 2, "{answers:?}");
}

#[tokio::test]
async fn prefer_both_first_requests_of_a_customer_and_the_next_one_get_the_same_id() {
    let (answers, id) = two_at_once(prefer::customer).await;
    assert_eq!(answers.map(Result::unwrap), [id; 3]);
}
