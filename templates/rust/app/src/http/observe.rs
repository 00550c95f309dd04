//! What every request gets: an id, a span, security headers, a line in the log and a measurement.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, Span, field::Empty};
use uuid::Uuid;

use super::{App, Problem};
use crate::telemetry::{metrics::Requests, trace};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NO_ROUTE: &str = "none";
/// The client went away before there was an answer; nginx says so too.
const CLIENT_CLOSED: u16 = 499;

const SECURITY_HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (header::CACHE_CONTROL, "no-store"),
];

/// How a trace is continued: in the request's extensions.
#[derive(Clone, Debug)]
pub struct Traceparent(pub Option<String>);

pub async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let exchange = Exchange::begin(&request, app.requests);
    let span = exchange.span.clone();
    let traceparent = exchange.continue_trace(request.headers());
    request.extensions_mut().insert(traceparent);
    let respond = async {
        let mut response = next.run(request).await;
        if let Some(problem) = Problem::of(&mut response) {
            let allow = response.headers_mut().remove(header::ALLOW);
            response = problem.render(&exchange.request_id);
            if let Some(allow) = allow {
                response.headers_mut().insert(header::ALLOW, allow);
            }
        }
        for (name, value) in SECURITY_HEADERS {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Ok(id) = exchange.request_id.parse() {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        exchange.end(response.status().as_u16());
        response
    };
    respond.instrument(span).await
}

/// A request until it is answered, or dropped because its client has gone.
struct Exchange {
    requests: Requests,
    started: Instant,
    method: &'static str,
    route: Option<MatchedPath>,
    request_id: String,
    span: Span,
    status: u16,
}

impl Exchange {
    fn begin(request: &Request, requests: Requests) -> Self {
        let method = known(request.method());
        let route = request.extensions().get::<MatchedPath>().cloned();
        let request_id = request_id(request.headers());
        let pattern = route.as_ref().map(MatchedPath::as_str);
        let span = tracing::info_span!(
            "request",
            otel.name = %format!("{method} {}", pattern.unwrap_or_default()),
            otel.kind = "server",
            http.request.method = method,
            http.route = pattern,
            http.response.status_code = Empty,
            request_id,
            trace_id = Empty,
        );
        let started = Instant::now();
        Self { requests, started, method, route, request_id, span, status: CLIENT_CLOSED }
    }

    fn continue_trace(&self, headers: &HeaderMap) -> Traceparent {
        let given = headers.get("traceparent").and_then(|value| value.to_str().ok());
        let context = trace::continue_from(&self.span, given);
        if let Some(context) = &context {
            self.span.record("trace_id", context.trace_id().to_string());
        }
        Traceparent(context.as_ref().map(trace::traceparent))
    }

    fn end(mut self, status: u16) {
        self.status = status;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        let route = self.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        self.requests.observe(self.method, route, self.status, took);
        self.span.record("http.response.status_code", self.status);
        let duration_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
        let (method, status) = (self.method, self.status);
        self.span.in_scope(|| tracing::info!(method, route, status, duration_ms, "request"));
    }
}

/// Take over the caller's id, if it is fit for logs and headers.
fn request_id(headers: &HeaderMap) -> String {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let given = given.filter(|id| (1..=128).contains(&id.len()) && id.bytes().all(is_fit));
    given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

/// Methods that callers make up are one, or each would be a time series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(given: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_str(given).unwrap());
        request_id(&headers)
    }

    #[test]
    fn a_well_formed_id_is_taken_over() {
        for given in ["a", "A-Z.a_z-0.9", &"x".repeat(128)] {
            assert_eq!(id_for(given), given);
        }
    }

    #[test]
    fn any_other_is_replaced() {
        for given in ["", "a b", "a/b", "{\"a\":1}", &"x".repeat(129)] {
            assert!(Uuid::parse_str(&id_for(given)).is_ok(), "{given}");
        }
    }
}
