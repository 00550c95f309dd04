//! Logs as JSON, one object a line, on standard output.

use std::{
    io::{self, Write},
    panic,
};

use chrono::Utc;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{
    Event, Level, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_serde::fields::AsMap;
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use crate::timestamp;

/// Writes events with the fields of the spans around them.
pub struct JsonLines<W = fn(&[u8]) -> io::Result<()>> {
    write: W,
}

impl Default for JsonLines {
    fn default() -> Self {
        Self { write: |line| io::stdout().lock().write_all(line) }
    }
}

/// Log panics as all else is logged; by default they go to standard error, over several lines.
pub fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let words = panic.payload_as_str();
        tracing::error!(place, error = words, "a thread panicked");
    }));
}

#[derive(Serialize)]
struct Line {
    time: String,
    level: &'static str,
    msg: Value,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// The fields of a span.
struct Fields(Map<String, Value>);

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&[u8]) -> io::Result<()> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Fields(logged(&attributes.field_map())));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            fields.0.append(&mut logged(&values.field_map()));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Map::new();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(own) = span.extensions().get::<Fields>() {
                fields.append(&mut own.0.clone());
            }
        }
        fields.append(&mut logged(&event.field_map()));
        let line = Line {
            time: timestamp::text(Utc::now()),
            level: name_of(*event.metadata().level()),
            msg: fields.remove("message").unwrap_or_else(|| "".into()),
            fields,
        };
        if let Ok(mut text) = serde_json::to_vec(&line) {
            text.push(b'\n');
            // Where standard output is gone, there is nobody left to tell.
            (self.write)(&text).unwrap_or_default();
        }
    }
}

/// Return fields without those whose names have a dot: they are attributes of traces, and no matter of logs.
fn logged(fields: &impl Serialize) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(fields) else {
        return Map::new();
    };
    fields.retain(|name, _| !name.contains('.'));
    fields
}

fn name_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        _ => "debug",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn a_line_has_the_fields_of_its_event_and_of_the_spans_around_it() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&written);
        let write = move |line: &[u8]| lines.lock().unwrap().write_all(line);
        let subscriber = tracing_subscriber::registry().with(JsonLines { write });
        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!("request", request_id = "r1", otel.kind = "server");
            request.in_scope(|| tracing::warn!(status = 503_u16, "a \"word\"\nand more"));
        });
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1);
        let mut line: Value = serde_json::from_str(&text).unwrap();
        assert!(line["time"].take().as_str().unwrap().ends_with('Z'));
        let expected = serde_json::json!({
            "time": null, "level": "warn", "msg": "a \"word\"\nand more", "request_id": "r1", "status": 503
        });
        assert_eq!(line, expected);
    }
}
