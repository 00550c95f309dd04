//! Metrics in the text format of Prometheus, named as OpenTelemetry names them.

use std::{fmt, time::Duration};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text},
    metrics::{MetricType, family::Family, gauge::ConstGauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::database::Database;

pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds, as OpenTelemetry's conventions for HTTP advise.
const BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
#[allow(clippy::struct_field_names, reason = "they are the labels' names")]
struct RequestLabels {
    http_request_method: &'static str,
    http_route: String,
    http_response_status_code: u16,
}

type Durations = Family<RequestLabels, Histogram, fn() -> Histogram>;

/// How long requests took.
#[derive(Clone, Debug)]
pub struct Requests(Durations);

impl Requests {
    /// The route is a pattern: what callers make up would make a time series each.
    pub fn observe(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let labels = RequestLabels {
            http_request_method: method,
            http_route: route.to_owned(),
            http_response_status_code: status,
        };
        self.0.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// Everything that is measured.
pub struct Metrics(Registry);

impl Metrics {
    pub fn new(database: Database) -> (Self, Requests) {
        let mut registry = Registry::default();
        let durations: Durations = Family::new_with_constructor(|| Histogram::new(BUCKETS));
        registry.register_with_unit(
            "http_server_request_duration",
            "Duration of HTTP server requests",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register_collector(Box::new(Pool(database)));
        (Self(registry), Requests(durations))
    }

    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut written = String::new();
        text::encode(&mut written, &self.0)?;
        Ok(written)
    }
}

/// BK126: a pool whose connections are all used is why callers wait.
#[derive(Debug)]
struct Pool(Database);

impl Collector for Pool {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let usage = self.0.usage();
        let mut states = encoder.encode_descriptor(
            "db_client_connection_count",
            "Connections to the database, by state",
            None,
            MetricType::Gauge,
        )?;
        for (state, count) in [("used", usage.used), ("idle", usage.idle)] {
            let labels = [("db_client_connection_state", state)];
            ConstGauge::new(i64::from(count)).encode(states.encode_family(&labels)?)?;
        }
        let most = encoder.encode_descriptor(
            "db_client_connection_max",
            "Connections to the database that there may be",
            None,
            MetricType::Gauge,
        )?;
        ConstGauge::new(i64::from(usage.max)).encode(most)
    }
}
