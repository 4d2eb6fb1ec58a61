//! HTTP/2 with prior knowledge.

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::*;

async fn client(server: &Running) -> SendRequest<Body> {
    let stream = TokioIo::new(server.connect().await);
    let (client, connection) = handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    client
}

fn request(header: &str) -> Request {
    Request::get("http://a/").header("x", header).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn is_spoken_on_the_same_port() {
    let server = Running::start(application(), Limits::default()).await;
    let mut client = client(&server).await;
    for _ in 0..2 {
        let response = client.send_request(request("y")).await.unwrap();
        assert!(response.status().is_success() && response.headers().contains_key("x-request-id"));
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
    }
}

#[tokio::test]
async fn head_over_the_limit_is_a_431() {
    let server = Running::start(application(), Limits::default()).await;
    let response =
        client(&server).await.send_request(request(&"x".repeat(HEAD_BYTES_MAX as usize))).await.unwrap();
    assert_eq!(response.status().as_u16(), 431);
}

#[tokio::test]
async fn drains() {
    let server = Running::start(application(), Limits::default()).await;
    let mut client = client(&server).await;
    client.send_request(request("y")).await.unwrap();
    server.stop.send(()).unwrap();
    server.served.await.unwrap();
    assert!(client.send_request(request("y")).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn idle_connection_is_closed() {
    let server = Running::start(application(), Limits::default()).await;
    let stream = TokioIo::new(server.connect().await);
    let (mut client, connection) = handshake::<_, _, Body>(TokioExecutor::new(), stream).await.unwrap();
    let connection = tokio::spawn(connection);
    client.send_request(request("y")).await.unwrap();
    // The client answers pings and says nothing else.
    let _ = connection.await.unwrap();
}

#[tokio::test]
async fn requests_of_one_connection_are_under_way_together() {
    const REQUESTS: usize = 100;
    let barrier = Arc::new(tokio::sync::Barrier::new(REQUESTS));
    let meet = move || {
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            "met"
        }
    };
    let server = Running::start(Router::new().route("/", get(meet)), Limits::default()).await;
    let client = client(&server).await;
    let mut answers = tokio::task::JoinSet::new();
    for _ in 0..REQUESTS {
        let mut client = client.clone();
        answers.spawn(async move { client.send_request(request("y")).await.unwrap().status().as_u16() });
    }
    assert_eq!(answers.join_all().await, [200; REQUESTS]);
}
