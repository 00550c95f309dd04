//! An order that is placed while the migration builds its index, and a second try.

use sea_orm_migration::{MigrationTrait, MigratorTrait};
use sqlx::{Connection as _, PgConnection};

use crate::{
    rules::bk111::{avoid, prefer},
    support::{connect, fresh_database, hold, scalar, until_blocked},
};

const SHOP: &str = "
    insert into tenants (name) values ('Acme');
    insert into users (tenant_id, email) values (1, 'ada@example.com');
    insert into products (name, price_minor, stock) values ('lamp', 1900, 10);";
const BROKEN: &str = "
    create index orders_user_id_idx on orders (user_id);
    update pg_index set indisvalid = false where indexrelid = 'orders_user_id_idx'::regclass;";
const VALID: &str = "
    select count(*) from pg_index where indexrelid = to_regclass('orders_user_id_idx') and indisvalid";

struct Avoid;

impl MigratorTrait for Avoid {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(avoid::Migration)]
    }
}

struct Prefer;

impl MigratorTrait for Prefer {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(prefer::Migration)]
    }
}

/// Places an order, unless that waits for half a second.
async fn is_placed(url: &str) -> bool {
    let mut session = PgConnection::connect(url).await.unwrap();
    let order = "set lock_timeout = '500ms';
        insert into orders (user_id, product_id, total_minor) values (1, 1, 1900)";
    match sqlx::raw_sql(order).execute(&mut session).await {
        Ok(_) => true,
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => false,
        Err(error) => panic!("{error}"),
    }
}

async fn placed_while_it_is_built<M: MigratorTrait>() -> bool {
    let url = fresh_database(SHOP).await;
    let db = connect(&url).await;
    M::install(&db).await.unwrap(); // the table of versions, there from the releases before
    let index_list = hold(&url, "lock table pg_index in share mode").await;
    let (deployment, placed) = tokio::join!(M::up(&db, None), async {
        until_blocked(&url, 1).await;
        let placed = is_placed(&url).await;
        index_list.release().await;
        placed
    });
    deployment.unwrap();
    assert_eq!(scalar::<i64>(&url, VALID).await, 1);
    placed
}

/// Returns whether the migration succeeds after a run that failed, and how many valid indexes there are.
async fn after_a_failed_run<M: MigratorTrait>() -> (bool, i64) {
    let url = fresh_database(&[SHOP, BROKEN].concat()).await;
    let db = connect(&url).await;
    let deployment = M::up(&db, None).await;
    (deployment.is_ok(), scalar(&url, VALID).await)
}

#[tokio::test]
async fn avoid_orders_wait_while_the_index_is_built() {
    assert!(!placed_while_it_is_built::<Avoid>().await);
}

#[tokio::test]
async fn avoid_the_broken_index_of_a_failed_run_stays() {
    assert_eq!(after_a_failed_run::<Avoid>().await, (false, 0));
}

#[tokio::test]
async fn prefer_orders_go_on_while_the_index_is_built() {
    assert!(placed_while_it_is_built::<Prefer>().await);
}

#[tokio::test]
async fn prefer_the_broken_index_of_a_failed_run_is_built_anew() {
    assert_eq!(after_a_failed_run::<Prefer>().await, (true, 1));
}
