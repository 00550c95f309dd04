//! Reads what is left of a body that nobody wanted, so that its sender can read the answer.
//!
//! hyper answers and closes the connection, without saying so: what is on its way then resets the connection, and a client
//! that keeps it for the next request finds it closed.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::{sync::oneshot, time::timeout};

const MOST: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_millis(500);

pub async fn linger(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (give_back, mut unread) = oneshot::channel();
    let lend = |body| Body::new(Lent { body: Some(body), give_back: Some(give_back) });
    let mut response = next.run(request.map(lend)).await;
    if let Ok(rest) = unread.try_recv() {
        let is_read = timeout(PATIENCE, read_up(rest)).await.unwrap_or(false);
        if !is_read {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
    response
}

/// Tell whether a body ends soon.
async fn read_up(mut body: Body) -> bool {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        length += frame.data_ref().map_or(0, Bytes::len);
        if length > MOST {
            return false;
        }
    }
    true
}

/// A body that comes back when it is dropped before its end.
struct Lent {
    body: Option<Body>,
    give_back: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let unread = self.body.take().filter(|body| !body.is_end_stream());
        if let (Some(body), Some(give_back)) = (unread, self.give_back.take()) {
            drop(give_back.send(body)); // where nobody waits for it, the client has gone
        }
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
