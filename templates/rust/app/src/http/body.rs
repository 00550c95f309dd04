//! Reads bodies: JSON, not too long, and not too slowly.

use std::error::Error;

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{FromRequest, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use http_body_util::LengthLimitError;
use serde_json::Value;
use tokio::time::timeout;

use super::{
    App, Problem,
    json::{Faults, FromJson},
    problem::Kind,
};

/// Replace a body that comes in pieces by one that is there.
pub async fn intake(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if !is_json(request.headers()) {
        return Err(Kind::UnsupportedMediaType.into());
    }
    let (head, body) = request.into_parts();
    // One deadline for all of it: one for each piece would let a client drip for ever.
    let read = timeout(app.limits.read_timeout, read(body, app.limits.body_bytes)).await;
    let bytes = read.map_err(|_| Problem::from(Kind::RequestTimeout))??;
    Ok(next.run(Request::from_parts(head, bytes.into())).await)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let is_utf_8 = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or_default();
        name.eq_ignore_ascii_case("charset")
            && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    };
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && parts.all(is_utf_8)
        && !headers.contains_key(header::CONTENT_ENCODING)
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Kind::TooLarge.into());
    }
    to_bytes(body, limit).await.map_err(|error| {
        if error.source().is_some_and(<dyn Error>::is::<LengthLimitError>) {
            Kind::TooLarge.into()
        } else {
            Problem::malformed("The body ends early.")
        }
    })
}

/// The body, read as JSON; an argument of handlers.
pub struct Content<T>(pub T);

impl<T: FromJson> FromRequest<App> for Content<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, app).await;
        let bytes = bytes.map_err(|_| Problem::malformed("The body cannot be read."))?;
        parse(&bytes).map(Self)
    }
}

/// `serde_json` refuses what is no UTF-8, lone surrogates and more than 128 levels.
fn parse<T: FromJson>(bytes: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|_| Problem::malformed("The body is no JSON in UTF-8, or nested too deeply."))?;
    let mut faults = Faults::default();
    match T::from_json(value, "", &mut faults) {
        Some(parsed) if faults.is_empty() => Ok(parsed),
        _ => Err(Problem::invalid(faults.into_vec())),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn json_may_say_that_it_is_utf_8_and_nothing_else() {
        let is = |value: &'static str| {
            let value = HeaderValue::from_static(value);
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, value)]))
        };
        assert!(is("application/json"));
        assert!(is("Application/JSON;charset=\"UTF-8\""));
        for value in
            ["", "text/json", "application/jsonx", "application/json; charset=latin1", "*/*"]
        {
            assert!(!is(value), "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
        assert_eq!(read(Body::from("12345"), 5).await.unwrap(), "12345");
        assert!(read(Body::from("123456"), 5).await.is_err());
    }
}
