//! The contract, as it was agreed upon. Tests hold the routes to it.

use axum::{http::header, response::IntoResponse};

pub const DOCUMENT: &str = include_str!("../../openapi.json");

pub async fn show() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}
