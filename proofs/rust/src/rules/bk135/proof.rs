//! Searches for texts that LIKE takes for patterns.

use sqlx::PgPool;

use crate::{
    rules::bk135::{avoid, prefer},
    support::fresh_database,
};

const NAMES: [&str; 6] = [
    "Wool 100%",
    "Wool 1000 g",
    "code_1",
    "code-1",
    r"code\1",
    "code/1",
];

/// Searches for each text, and compares what is found.
async fn expect(
    search: impl AsyncFn(&PgPool, &str) -> sqlx::Result<Vec<String>>,
    expected: &[(&str, &[&str])],
) {
    let url = fresh_database("").await;
    let db = PgPool::connect(&url).await.unwrap();
    sqlx::query("insert into products (name, price_minor, stock) select unnest($1), 1900, 1")
        .bind(NAMES)
        .execute(&db)
        .await
        .unwrap();
    for (text, names) in expected {
        assert_eq!(search(&db, text).await.unwrap(), *names, "{text}");
    }
}

#[tokio::test]
async fn avoid_percent_and_underscore_find_what_does_not_contain_them() {
    let (wool, codes) = NAMES.split_at(2);
    expect(
        avoid::search,
        &[("wool", wool), ("100%", wool), ("code_1", codes)],
    )
    .await;
}

#[tokio::test]
async fn avoid_a_percent_sign_lists_everything() {
    expect(avoid::search, &[("%", &NAMES)]).await;
}

#[tokio::test]
async fn avoid_a_backslash_hides_the_row_that_has_it() {
    expect(avoid::search, &[("code-1", &["code-1"]), (r"code\1", &[])]).await;
}

#[tokio::test]
async fn prefer_each_text_finds_the_rows_that_contain_it() {
    expect(
        prefer::search,
        &[
            ("", &NAMES),
            ("WOOL", &NAMES[..2]),
            ("code/1", &["code/1"]),
            ("100%", &["Wool 100%"]),
            ("%", &["Wool 100%"]),
            ("CODE_1", &["code_1"]),
            (r"\", &[r"code\1"]),
            (r"code\1", &[r"code\1"]),
            (r"\%", &[]),
        ],
    )
    .await;
}
