//! A partner answers at once, and then sends one space at a time before the document.

use std::time::{Duration, Instant};

use axum::{Router, routing::get};
use reqwest::Client;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::{self, sleep, timeout},
};

use crate::{
    rules::bk134::{avoid, prefer},
    support::{figure, serve},
};

const BUDGET: Duration = Duration::from_millis(300);
const DRIBBLE: Duration = Duration::from_secs(3);
const DOCUMENT: &str = r#"{"totalMinor":1900}"#;
const HEAD: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";

/// Answers one request, a space every 20 ms and then the document; reports when the caller has hung up.
async fn dribbling_partner() -> (String, oneshot::Receiver<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (hung_up, caller_left) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        if dribble(&mut stream).await.is_err() {
            hung_up.send(()).unwrap();
        }
    });
    (url, caller_left)
}

async fn dribble(stream: &mut TcpStream) -> std::io::Result<()> {
    let begun = Instant::now();
    let _ = stream.read(&mut [0; 1024]).await?;
    stream.write_all(HEAD.as_bytes()).await?;
    while begun.elapsed() < DRIBBLE {
        stream.write_all(b" ").await?;
        sleep(Duration::from_millis(20)).await;
    }
    stream.write_all(DOCUMENT.as_bytes()).await
}

#[tokio::test]
async fn avoid_a_body_that_dribbles_takes_many_times_the_deadline() {
    let mut elapsed = Duration::ZERO;
    // On a machine that stood still for the budget, the headers were too late: then again.
    for _ in 0..5 {
        let (url, _left) = dribbling_partner().await;
        let begun = Instant::now();
        let answer = avoid::quote(&Client::new(), &url, time::Instant::now() + BUDGET).await;
        if let Ok(quote) = answer {
            assert_eq!(quote.total_minor, 1900);
            elapsed = begun.elapsed();
            break;
        }
    }
    assert!(elapsed > 5 * BUDGET, "{elapsed:?}");
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap();
    figure(
        "BK134",
        "a call with a budget of 300 ms took",
        milliseconds,
        "ms",
    );
}

#[tokio::test]
async fn prefer_a_body_that_dribbles_is_given_up_at_the_deadline() {
    let (url, caller_left) = dribbling_partner().await;
    let begun = Instant::now();
    let quote = prefer::quote(&Client::new(), &url, time::Instant::now() + BUDGET).await;
    let elapsed = begun.elapsed();
    let error = quote.unwrap_err().downcast::<reqwest::Error>().unwrap();
    assert!(error.is_timeout(), "{error:?}");
    assert!(elapsed < DRIBBLE, "{elapsed:?}");
    let left = timeout(Duration::from_secs(10), caller_left).await;
    assert!(
        left.is_ok_and(|left| left.is_ok()),
        "the connection is open"
    );

    let well = serve(Router::new().route("/", get(DOCUMENT))).await;
    let soon = time::Instant::now() + Duration::from_secs(10);
    let quote = prefer::quote(&Client::new(), &well, soon).await;
    assert_eq!(quote.unwrap().total_minor, 1900);
}
