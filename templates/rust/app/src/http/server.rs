//! Serves connections, with the limits that `axum::serve` does not have, until told to stop.

use std::time::Duration;

use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::guard::Peer;

const LARGEST_HEAD: usize = 32 * 1024;
const PAUSE: Duration = Duration::from_millis(100);

pub struct Server {
    pub listener: TcpListener,
    pub router: Router,
    /// For a request's head, and so for the pause between two requests of a connection too.
    pub head_timeout: Duration,
}

impl Server {
    /// Return when the listener is closed and all requests are answered.
    pub async fn run(self, stop: CancellationToken) {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.head_timeout);
        http.max_buf_size(LARGEST_HEAD);
        let connections = GracefulShutdown::new();
        while let Some(accepted) = stop.run_until_cancelled(self.listener.accept()).await {
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection is not accepted");
                    sleep(PAUSE).await; // out of files, most likely: others have to close theirs
                    continue;
                }
            };
            stream.set_nodelay(true).unwrap_or_default(); // without it, answers are slower
            let (router, peer) = (self.router.clone(), Peer(peer.ip()));
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(peer);
                router.clone().oneshot(request)
            });
            let connection = http.serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connections.watch(connection));
        }
        drop(self.listener);
        connections.shutdown().await;
    }
}
