//! Reads what is left of a body that nobody wanted, so that its sender can read the answer.
//!
//! hyper answers and closes the connection, without saying so: what is on its way then resets the connection, and a client
//! that keeps it for the next request finds it closed.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Frame, SizeHint};
use tokio::time::timeout;

const MOST: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_millis(500);

pub async fn linger(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let body = Shared(Arc::new(Mutex::new(body)));
    let mut response = next.run(Request::from_parts(head, Body::new(body.clone()))).await;
    let is_read = timeout(PATIENCE, read_up(body)).await.unwrap_or(false);
    if !is_read {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Tell whether a body ends soon.
async fn read_up(body: Shared) -> bool {
    let mut body = Limited::new(body, MOST);
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            return false;
        }
    }
    true
}

/// A body that can be read on when the request is gone.
#[derive(Clone)]
struct Shared(Arc<Mutex<Body>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.lock()).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.lock().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::StatusCode, middleware::from_fn, routing::post};
    use tower::ServiceExt;

    use super::*;

    /// Of a client that announces more than it sends.
    struct Never;

    impl HttpBody for Never {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Pending
        }
    }

    async fn answer(body: Body) -> Response {
        let refuse = post(async |_request: Request| StatusCode::UNAUTHORIZED);
        let router = Router::new().route("/", refuse).layer(from_fn(linger));
        let request = Request::post("/").body(body).unwrap();
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_body_that_is_there_keeps_the_connection() {
        let response = answer(Body::from("unwanted")).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(!response.headers().contains_key(header::CONNECTION));
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_costs_the_connection() {
        for body in [Body::new(Never), Body::from(vec![0; MOST + 1])] {
            let response = answer(body).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
            assert_eq!(response.headers()[header::CONNECTION], "close");
        }
    }
}
