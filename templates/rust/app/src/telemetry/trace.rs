//! Traces by OpenTelemetry, and the header that hands them on (W3C Trace Context).

use std::{collections::HashMap, time::Duration};

use opentelemetry::{
    Context,
    propagation::TextMapPropagator,
    trace::{SpanContext, TraceContextExt},
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use reqwest::Url;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const HEADER: &str = "traceparent";

/// Return what sends spans to a collector, in batches, from a thread of its own.
pub fn provider(endpoint: &Url, service: &str) -> Result<SdkTracerProvider, ExporterBuildError> {
    let endpoint = endpoint.as_str().trim_end_matches('/');
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{endpoint}/v1/traces")) // taken as it is, unlike the variable
        .with_timeout(Duration::from_secs(5))
        .build()?;
    let resource = Resource::builder().with_service_name(service.to_owned()).build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter);
    Ok(provider.with_resource(resource).build())
}

/// Make a span the continuation of the trace that a header names, and return how to continue it further.
///
/// Where no traces are made, that is what the header said, if it was well-formed.
pub fn continue_from(span: &Span, traceparent: Option<&str>) -> Option<SpanContext> {
    let carrier = traceparent.map(|value| (HEADER.to_owned(), value.to_owned()));
    let carrier: HashMap<_, _> = carrier.into_iter().collect();
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    let context = match span.set_parent(parent.clone()) {
        Ok(()) => span.context(),
        Err(_) => parent, // no traces are made
    };
    let context = context.span().span_context().clone();
    context.is_valid().then_some(context)
}

/// Return the value of the header that continues a trace.
pub fn traceparent(context: &SpanContext) -> String {
    let mut carrier = HashMap::new();
    let context = Context::new().with_remote_span_context(context.clone());
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove(HEADER).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn without_traces_a_header_is_handed_on_as_it_came() {
        let context = continue_from(&Span::none(), Some(GIVEN)).unwrap();
        assert_eq!(context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(traceparent(&context), GIVEN);
    }

    #[test]
    fn a_malformed_header_is_none() {
        for value in ["", "garbage", "00-0-0-01", &GIVEN.replace("0af7", "zzzz")] {
            assert!(continue_from(&Span::none(), Some(value)).is_none(), "{value}");
        }
    }
}
