//! Products over HTTP.

use axum::{Json, extract::State, response::IntoResponse};
use serde::Serialize;
use uuid::Uuid;

use super::{
    App, Problem, cursor,
    page::{Listing, Page},
    query::{Id, Nothing, Query},
};
use crate::{catalog, entity::product, money::Money};

/// BK130
#[derive(Serialize)]
struct ProductDocument {
    id: Uuid,
    name: String,
    price: Money,
    stock: i32,
}

impl From<product::Model> for ProductDocument {
    fn from(product: product::Model) -> Self {
        let price = product.price();
        Self { id: product.id, name: product.name, price, stock: product.stock }
    }
}

pub async fn list(
    State(app): State<App>,
    Query(page): Query<Page>,
) -> Result<impl IntoResponse, Problem> {
    let cursor = page.cursor.as_deref().map(cursor::decode::<cursor::Products>).transpose()?;
    let after = cursor.map(|cursor| cursor.product);
    let found = catalog::list(app.database.connection(), after, page.limit + 1).await?;
    let items = found.into_iter().map(ProductDocument::from).collect();
    let listing = Listing::new(items, page.limit, |last: &ProductDocument| {
        cursor::encode(&cursor::Products { product: last.id })
    });
    Ok(Json(listing?))
}

pub async fn show(
    State(app): State<App>,
    Id(id): Id,
    _: Query<Nothing>,
) -> Result<impl IntoResponse, Problem> {
    let product = catalog::find(app.database.connection(), id).await?;
    let product = product.ok_or_else(Problem::not_found)?;
    Ok(Json(ProductDocument::from(product)))
}
