//! Reads query parameters, each by its name, and headers and path parameters beside them.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderName, request::Parts},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    App, Problem, json,
    problem::{Fault, Place},
};

/// The query, read into a type; an argument of handlers.
pub struct Query<T>(pub T);

pub trait FromQuery: Sized {
    fn from_query(parameters: &mut Parameters) -> Result<Self, Noted>;
}

/// Something is wrong, and the parameters know what.
pub struct Noted;

/// For operations without parameters: whatever comes is refused.
pub struct Nothing;

impl FromQuery for Nothing {
    fn from_query(_parameters: &mut Parameters) -> Result<Self, Noted> {
        Ok(Self)
    }
}

/// The parameters that came and were not asked for yet, and what is wrong so far.
pub struct Parameters {
    given: Vec<(String, String)>,
    faults: Vec<Fault>,
}

impl Parameters {
    pub fn parse(query: &str) -> Self {
        let given = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { given, faults: Vec::new() }
    }

    /// Return a parameter if it came; the outer None says that something is wrong with it.
    pub fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, Noted> {
        let is_named = |(given, _): &mut (String, String)| given.as_str() == name;
        let values: Vec<_> = self.given.extract_if(.., is_named).collect();
        let parsed = match values.as_slice() {
            [] => return Ok(None),
            [(_, value)] => parse(value),
            _ => Err("may come once only"),
        };
        parsed.map(Some).map_err(|detail| {
            self.faults.push(fault(name, detail));
            Noted
        })
    }

    pub fn finish<T>(mut self, read: Result<T, Noted>) -> Result<T, Problem> {
        let unknown = self.given.iter().map(|(name, _)| fault(name, "is not known here"));
        self.faults.extend(unknown);
        match read {
            Ok(read) if self.faults.is_empty() => Ok(read),
            _ => Err(Problem::invalid(self.faults)),
        }
    }
}

impl<T: FromQuery> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Problem> {
        let mut parameters = Parameters::parse(parts.uri.query().unwrap_or_default());
        let read = T::from_query(&mut parameters);
        parameters.finish(read).map(Self)
    }
}

/// The one parameter of a path. What is no id belongs to nothing.
pub struct Id(pub Uuid);

impl FromRequestParts<App> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, app).await;
        let parameters = parameters.map_err(|_| Problem::not_found())?;
        let id = parameters.iter().next().and_then(|(_, text)| json::uuid(text));
        id.map(Self).ok_or_else(Problem::not_found)
    }
}

/// BK121: the client's name for what it wants done once.
pub struct IdempotencyKey(pub String);

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Problem> {
        let name = HeaderName::from_static("idempotency-key");
        let mut values = parts.headers.get_all(name).iter();
        let (value, more) = (values.next(), values.next());
        let key = value.and_then(|value| value.to_str().ok());
        let key = key.filter(|key| more.is_none() && is_key(key)).map(str::to_owned);
        key.map(Self).ok_or_else(|| Problem::malformed("Idempotency-Key is missing or malformed."))
    }
}

fn is_key(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    (1..=255).contains(&text.len()) && text.bytes().all(is_fit)
}

/// Read a time in UTC with at most milliseconds, which is all that the database keeps.
pub fn time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let is_utc = text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let time = DateTime::parse_from_rfc3339(text).ok().filter(|_| is_utc && fraction <= 4);
    let time = time.map(|time| time.to_utc());
    time.ok_or("has to be a time in UTC such as 2026-11-22T18:00:00.000Z")
}

fn fault(name: &str, detail: &'static str) -> Fault {
    Fault { place: Place::Parameter(name.to_owned()), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_with_at_most_milliseconds() {
        for text in ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00.1Z", "2026-03-01T12:00:00.123Z"] {
            assert!(time(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T12:00:00",
            "2026-03-01T12:00:00.1234Z",
            "2026-03-01T12:00:00+01:00",
            "2026-02-30T12:00:00Z",
            "2026-03-01 12:00:00Z",
            "2026-03-01T12:00:00z",
            "infinity",
        ] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_is_short_and_plain() {
        assert!(is_key("AZaz09_.:-") && is_key(&"a".repeat(255)));
        for text in ["", "a b", "a/b", "a,b", "\"a\"", &"a".repeat(256)] {
            assert!(!is_key(text), "{text}");
        }
    }
}
