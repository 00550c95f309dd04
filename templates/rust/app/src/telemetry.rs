//! Logs, traces and metrics.

pub mod log;
pub mod metrics;
pub mod trace;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Metadata;
use tracing_subscriber::{
    Layer,
    filter::filter_fn,
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

use crate::config;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot export traces")]
    Traces(#[from] ExporterBuildError),
    #[error("logs go elsewhere already")]
    Logs(#[from] TryInitError),
}

/// What has to be flushed at the end of the process.
#[must_use = "traces that were not exported are lost without `shutdown`"]
pub struct Telemetry {
    tracer: Option<SdkTracerProvider>,
}

/// Begin to log, and to trace where there is an endpoint. Call it outside of the runtime: the exporter blocks.
pub fn start(settings: &config::Telemetry) -> Result<Telemetry, Error> {
    let level = settings.log_level;
    // A library says what it fails at; below that, drivers print addresses and statements.
    let is_logged = move |of: &Metadata<'_>| {
        if is_own(of) {
            of.is_span() || *of.level() <= level
        } else {
            of.is_event() && *of.level() <= level.min(tracing::Level::WARN)
        }
    };
    let tracer = settings.otlp_endpoint.as_ref();
    let tracer = tracer.map(|url| trace::provider(url, &settings.service_name)).transpose()?;
    let spans = tracer.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
            .with_filter(filter_fn(|of| of.is_span() && is_own(of)))
    });
    tracing_subscriber::registry()
        .with(log::JsonLines::default().with_filter(filter_fn(is_logged)))
        .with(spans)
        .try_init()?;
    log::log_panics();
    Ok(Telemetry { tracer })
}

fn is_own(of: &Metadata<'_>) -> bool {
    of.target().starts_with(env!("CARGO_CRATE_NAME"))
}

impl Telemetry {
    pub fn shutdown(self) {
        if let Some(Err(error)) = self.tracer.map(|tracer| tracer.shutdown()) {
            tracing::warn!(%error, "traces are lost");
        }
    }
}
