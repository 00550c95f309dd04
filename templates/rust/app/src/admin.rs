//! Health, readiness and metrics, on a listener of their own.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    database::Database,
    telemetry::metrics::{CONTENT_TYPE, Metrics},
};

const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub struct Admin {
    pub database: Database,
    pub metrics: Arc<Metrics>,
    pub leaving: CancellationToken,
}

impl Admin {
    pub fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(async || Json(json!({ "status": "ok" }))))
            .route("/readyz", get(readiness))
            .route("/metrics", get(metrics))
            .with_state(self)
    }

    async fn status(&self) -> (StatusCode, &'static str) {
        if self.leaving.is_cancelled() {
            return (StatusCode::SERVICE_UNAVAILABLE, "shutting down");
        }
        match timeout(PATIENCE, self.database.connection().ping()).await {
            Ok(Ok(())) => (StatusCode::OK, "ok"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "no database"),
        }
    }
}

async fn readiness(State(admin): State<Admin>) -> impl IntoResponse {
    let (code, status) = admin.status().await;
    (code, Json(json!({ "status": status })))
}

async fn metrics(State(admin): State<Admin>) -> impl IntoResponse {
    let text = admin.metrics.text().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR);
    text.map(|text| ([(header::CONTENT_TYPE, CONTENT_TYPE)], text))
}
