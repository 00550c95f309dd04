//! Connections: who is slow is let go, and what has begun is finished.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use storefront::http::server::Server;

const REQUEST: &[u8] = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n";

async fn serve(stop: &CancellationToken) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let slow = get(async || {
        sleep(Duration::from_millis(500)).await;
        "done"
    });
    let router = Router::new().route("/slow", slow);
    let server = Server { listener, router, head_timeout: Duration::from_millis(300) };
    (address, tokio::spawn(server.run(stop.clone())))
}

async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    let read = stream.read_to_string(&mut text);
    timeout(Duration::from_secs(5), read).await.unwrap().unwrap();
    text
}

#[tokio::test]
async fn a_request_whose_head_does_not_end_is_cut() {
    let (address, _server) = serve(&CancellationToken::new()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /slow HTTP/1.1\r\nX-Slow: ").await.unwrap();
    assert_eq!(rest(stream).await, "");
}

#[tokio::test]
async fn a_request_in_flight_is_finished_and_none_is_taken_after() {
    let stop = CancellationToken::new();
    let (address, server) = serve(&stop).await;
    let idle = TcpStream::connect(address).await.unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    stop.cancel();
    assert!(rest(stream).await.ends_with("done"));
    timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}
