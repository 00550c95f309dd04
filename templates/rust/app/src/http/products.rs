//! Products over HTTP.

use axum::{Json, extract::State, response::IntoResponse};
use serde::Serialize;
use uuid::Uuid;

use super::{
    App, Problem, cursor,
    query::{Id, Nothing, Page, Query},
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

/// A page of a listing.
#[derive(Serialize)]
pub struct Listing<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

impl<T> Listing<T> {
    /// Make a page of what was found: one more than it may have, if there is a next one.
    pub fn new(
        mut items: Vec<T>,
        limit: u64,
        cursor: impl FnOnce(&T) -> Result<String, Problem>,
    ) -> Result<Self, Problem> {
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_next = items.len() > size;
        items.truncate(size);
        let last = items.last().filter(|_| has_next);
        let next_cursor = last.map(cursor).transpose()?;
        Ok(Self { items, next_cursor })
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
