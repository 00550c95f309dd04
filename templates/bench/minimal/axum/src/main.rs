//! Answers the two reads of the contract with Axum and SeaORM, and does nothing else.

use std::env;
use std::error::Error;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectOptions, Database, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

mod product {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "products")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub price_minor: i64,
        pub currency: String,
        pub stock: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Serialize)]
struct Money {
    amount_minor: i64,
    currency: String,
}

#[derive(Serialize)]
struct Product {
    id: Uuid,
    name: String,
    price: Money,
    stock: i32,
}

impl From<product::Model> for Product {
    fn from(row: product::Model) -> Self {
        let price = Money {
            amount_minor: row.price_minor,
            currency: row.currency,
        };
        Self {
            id: row.id,
            name: row.name,
            price,
            stock: row.stock,
        }
    }
}

#[derive(Serialize)]
struct Page {
    items: Vec<Product>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Wanted {
    limit: Option<usize>,
}

async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn one(
    State(db): State<DatabaseConnection>,
    Path(id): Path<Uuid>,
) -> Result<Json<Product>, StatusCode> {
    let found = product::Entity::find_by_id(id)
        .one(&db)
        .await
        .map_err(failed)?;
    Ok(Json(found.ok_or(StatusCode::NOT_FOUND)?.into()))
}

async fn page(
    State(db): State<DatabaseConnection>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page>, StatusCode> {
    let limit = wanted.limit.unwrap_or(20);
    let ordered = product::Entity::find().order_by_asc(product::Column::Id);
    let mut rows = ordered
        .limit(limit as u64 + 1)
        .all(&db)
        .await
        .map_err(failed)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = if more { rows.last() } else { None };
    let next_cursor = last.map(|row| URL_SAFE_NO_PAD.encode(row.id.to_string()));
    Ok(Json(Page {
        items: rows.into_iter().map(Product::from).collect(),
        next_cursor,
    }))
}

fn failed(error: DbErr) -> StatusCode {
    eprintln!("{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut options = ConnectOptions::new(env::var("DATABASE_URL")?);
    options
        .max_connections(env::var("DATABASE_POOL_SIZE")?.parse()?)
        .sqlx_logging(false);
    let db = Database::connect(options).await?;
    let routes = Router::new()
        .route("/healthz", get(healthz))
        .route("/v1/products", get(page))
        .route("/v1/products/{id}", get(one))
        .with_state(db);
    let listener =
        tokio::net::TcpListener::bind(format!("127.0.0.1:{}", env::var("PORT")?)).await?;
    axum::serve(listener, routes).await?;
    Ok(())
}
