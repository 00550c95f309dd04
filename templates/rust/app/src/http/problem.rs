//! Failures as clients see them (RFC 9457).

mod domain;

use std::{any::Any, fmt::Display};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// More than these help nobody, and a body of many faults would make an answer of many more.
const MOST_FAULTS: usize = 100;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    MalformedRequest,
    Unauthorized,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    EmailTaken,
    InsufficientStock,
    MixedCurrencies,
    OrderNotCancellable,
    RequestInProgress,
    Stale,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    KeyReused,
    PreconditionRequired,
    TooManyRequests,
    InternalError,
    Unavailable,
}

impl Kind {
    /// Return its status, its name and what is said to a person.
    #[rustfmt::skip]
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::MalformedRequest => (S::BAD_REQUEST, "malformed-request", "The request cannot be read"),
            Self::Unauthorized => (S::UNAUTHORIZED, "unauthorized", "Not signed in"),
            Self::NotFound => (S::NOT_FOUND, "not-found", "There is no such thing"),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method-not-allowed", "The method is not allowed here"),
            Self::RequestTimeout => (S::REQUEST_TIMEOUT, "request-timeout", "The request came too slowly"),
            Self::EmailTaken => (S::CONFLICT, "email-taken", "The email belongs to an account"),
            Self::InsufficientStock => (S::CONFLICT, "insufficient-stock", "There is not enough in stock"),
            Self::MixedCurrencies => (S::CONFLICT, "mixed-currencies", "An order has one currency"),
            Self::OrderNotCancellable => (S::CONFLICT, "order-not-cancellable", "The order cannot be cancelled"),
            Self::RequestInProgress => (S::CONFLICT, "request-in-progress", "The first request still runs"),
            Self::Stale => (S::PRECONDITION_FAILED, "stale", "It has changed since it was read"),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too-large", "The body is too large"),
            Self::UnsupportedMediaType => (S::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body has to be application/json"),
            Self::Invalid => (S::UNPROCESSABLE_ENTITY, "invalid", "The request is invalid"),
            Self::KeyReused => (S::UNPROCESSABLE_ENTITY, "key-reused", "The key belongs to another request"),
            Self::PreconditionRequired => (S::PRECONDITION_REQUIRED, "precondition-required", "If-Match is required"),
            Self::TooManyRequests => (S::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
            Self::InternalError => (S::INTERNAL_SERVER_ERROR, "internal-error", "Something went wrong"),
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable", "Not available now"),
        }
    }
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Fault {
    #[serde(flatten)]
    pub place: Place,
    pub detail: &'static str,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the body, as a JSON pointer; an empty one means all of it.
    Pointer(String),
    /// A query parameter or a header.
    Parameter(String),
}

/// What a client is told about a failure, and in `cause` what only the log is.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Kind,
    detail: Option<&'static str>,
    faults: Vec<Fault>,
    hint: Option<Hint>,
    cause: Option<String>,
}

/// What the client may do about it, in a header.
#[derive(Clone, Copy, Debug)]
enum Hint {
    RetryAfter(u64),
    Authenticate(&'static str),
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        let hint = match kind {
            Kind::Unauthorized => Some(Hint::Authenticate("Bearer")),
            Kind::RequestInProgress | Kind::Unavailable => Some(Hint::RetryAfter(1)),
            _ => None,
        };
        Self { kind, detail: None, faults: Vec::new(), hint, cause: None }
    }
}

impl Problem {
    pub fn not_found() -> Self {
        Kind::NotFound.into()
    }

    pub fn method_not_allowed() -> Self {
        Kind::MethodNotAllowed.into()
    }

    pub fn malformed(detail: &'static str) -> Self {
        Self::from(Kind::MalformedRequest).with_detail(detail)
    }

    pub fn unauthorized(detail: &'static str) -> Self {
        Self::from(Kind::Unauthorized).with_detail(detail)
    }

    /// The token that came does not count (RFC 6750).
    pub fn invalid_token() -> Self {
        let hint = Some(Hint::Authenticate("Bearer error=\"invalid_token\""));
        Self { hint, ..Self::unauthorized("The access token does not count (any more).") }
    }

    pub fn too_many_requests(seconds: u64) -> Self {
        Self { hint: Some(Hint::RetryAfter(seconds)), ..Kind::TooManyRequests.into() }
    }

    pub fn invalid(mut faults: Vec<Fault>) -> Self {
        faults.truncate(MOST_FAULTS);
        Self { faults, ..Kind::Invalid.into() }
    }

    pub fn invalid_at(pointer: String, detail: &'static str) -> Self {
        Self::invalid(vec![Fault { place: Place::Pointer(pointer), detail }])
    }

    pub fn internal(cause: impl Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Kind::InternalError.into() }
    }

    fn unavailable(cause: impl Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Kind::Unavailable.into() }
    }

    pub fn late() -> Self {
        Self::unavailable("the deadline has passed")
    }

    fn with_detail(self, detail: &'static str) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// Return the problem that an answer is; also of one that a framework or a library made on its own.
    pub fn of(response: &mut Response) -> Option<Self> {
        let status = response.status();
        let own = response.extensions_mut().remove::<Self>();
        own.or_else(|| match status {
            StatusCode::NOT_FOUND => Some(Kind::NotFound.into()),
            StatusCode::METHOD_NOT_ALLOWED => Some(Kind::MethodNotAllowed.into()),
            StatusCode::REQUEST_TIMEOUT => Some(Kind::RequestTimeout.into()),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Kind::TooLarge.into()),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Some(Kind::UnsupportedMediaType.into()),
            StatusCode::SERVICE_UNAVAILABLE => Some(Kind::Unavailable.into()),
            _ if status.is_client_error() => Some(Kind::MalformedRequest.into()),
            _ if status.is_server_error() => Some(Self::internal(status)),
            _ => None,
        })
    }

    /// Return the answer that says it.
    pub fn render(self, request_id: &str) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            r#type: String,
            title: &'static str,
            status: u16,
            #[serde(skip_serializing_if = "Option::is_none")]
            detail: Option<&'static str>,
            request_id: &'a str,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            errors: Vec<Fault>,
        }

        let (status, name, title) = self.kind.parts();
        match self.cause {
            Some(error) if self.kind == Kind::Unavailable => tracing::warn!(error, "unavailable"),
            Some(error) => tracing::error!(error, "the request failed"),
            None => {}
        }
        let body = Json(Body {
            r#type: format!("urn:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: self.detail,
            request_id,
            errors: self.faults,
        });
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, content_type, body).into_response();
        let (name, value) = match self.hint {
            Some(Hint::RetryAfter(seconds)) => (header::RETRY_AFTER, seconds.into()),
            Some(Hint::Authenticate(how)) => {
                (header::WWW_AUTHENTICATE, HeaderValue::from_static(how))
            }
            None => return response,
        };
        response.headers_mut().insert(name, value);
        response
    }
}

/// The middleware that knows the request's id renders it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, _, _) = self.kind.parts();
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// For the layer that catches panics; what was said has been logged by the panic's hook.
#[allow(clippy::needless_pass_by_value, reason = "the layer wants it so")]
pub fn of_panic(_panic: Box<dyn Any + Send>) -> Response {
    Problem::internal("a thread panicked").into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use sea_orm::DbErr;
    use serde_json::{Value, json};

    use super::*;
    use crate::order::Refusal;

    async fn rendered(problem: Problem) -> (StatusCode, Value) {
        let response = problem.render("r1");
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn faults_are_named_where_they_are() {
        let refusal = Refusal::NoSuchProduct { line: 2 };
        let (status, body) = rendered(refusal.into()).await;
        assert_eq!(status, 422);
        let errors =
            json!([{ "pointer": "/lines/2/product_id", "detail": "There is no such product." }]);
        let expected = json!({
            "type": "urn:problem:invalid", "title": "The request is invalid", "status": 422,
            "request_id": "r1", "errors": errors
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn a_cause_is_not_told() {
        let (status, body) = rendered(DbErr::Type("select canary".to_owned()).into()).await;
        assert_eq!(status, 500);
        assert!(!body.to_string().contains("canary"), "{body}");
    }

    #[test]
    fn what_may_be_tried_again_says_when() {
        for kind in [Kind::Unavailable, Kind::RequestInProgress] {
            assert_eq!(Problem::from(kind).render("r1").headers()[header::RETRY_AFTER], "1");
        }
        let limited = Problem::too_many_requests(42).render("r1");
        assert_eq!(limited.headers()[header::RETRY_AFTER], "42");
    }

    #[test]
    fn an_answer_that_a_library_made_is_a_problem_too() {
        let of = |status: StatusCode| Problem::of(&mut status.into_response()).map(|p| p.kind);
        assert_eq!(of(StatusCode::URI_TOO_LONG), Some(Kind::MalformedRequest));
        assert_eq!(of(StatusCode::BAD_GATEWAY), Some(Kind::InternalError));
        assert_eq!(of(StatusCode::CREATED), None);
    }
}
