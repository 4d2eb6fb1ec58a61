//! HTTP/2 with prior knowledge.

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::frames::{self, ACK, DATA, GOAWAY, PING};
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
    assert!(response.headers().contains_key("x-request-id"));
    let problem = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&problem).contains("headers_too_large"), "{problem:?}");
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

#[tokio::test(start_paused = true)]
async fn client_that_takes_its_time_gets_the_whole_answer() {
    let server = Running::start(large(), Limits::default()).await;
    let mut stream = server.connect().await;
    frames::greet(&mut stream).await;
    frames::get(&mut stream, 1, "/large").await;
    let (mut received, mut rest) = (0, 0);
    while received < LARGE_BYTES {
        // Nothing is read meanwhile, so no ping could be answered.
        if rest == 0 {
            tokio::time::sleep(Duration::from_secs(40)).await;
            rest = 1 + LARGE_BYTES / 10;
        }
        let frame = frames::read(&mut stream).await;
        let frame = frame.unwrap_or_else(|| panic!("cut off after {received} bytes"));
        if frame.kind == DATA {
            received += frame.payload.len();
            rest = rest.saturating_sub(frame.payload.len());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pings_keep_no_connection() {
    let limits = Limits::default();
    let server = Running::start(application(), limits).await;
    let mut stream = server.connect().await;
    frames::greet(&mut stream).await;
    frames::get(&mut stream, 1, "/").await;
    let begun = tokio::time::Instant::now();
    let (mut reading, mut writing) = stream.split();
    let pings = async {
        while begun.elapsed() <= 2 * limits.idle {
            tokio::time::sleep(Duration::from_secs(5)).await;
            frames::send(&mut writing, PING, 0, 0, &[0; 8]).await;
        }
    };
    let goodbye =
        async { while frames::read(&mut reading).await.is_some_and(|frame| frame.kind != GOAWAY) {} };
    tokio::select! {
        () = pings => {}
        () = goodbye => {}
    }
    let took = begun.elapsed();
    assert!(took >= limits.idle && took <= limits.idle + Duration::from_secs(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn request_that_crosses_the_goodbye_is_answered() {
    let limits = Limits::default();
    let slow = move || async move {
        tokio::time::sleep(3 * limits.drain).await;
        "late"
    };
    let server = Running::start(application().route("/slow", get(slow)), limits).await;
    let mut stream = server.connect().await;
    frames::greet(&mut stream).await;
    frames::get(&mut stream, 1, "/").await;
    let (mut bodies, mut has_crossed) = (Vec::new(), false);
    while let Some(frame) = frames::read(&mut stream).await {
        match frame.kind {
            GOAWAY if !has_crossed => {
                // It was sent before we heard of that.
                frames::get(&mut stream, 3, "/slow").await;
                has_crossed = true;
            }
            PING if frame.flags & ACK == 0 => {
                frames::send(&mut stream, PING, ACK, 0, &frame.payload).await;
            }
            DATA => bodies.push(String::from_utf8(frame.payload).unwrap()),
            _ => {}
        }
    }
    assert!(has_crossed);
    assert_eq!(bodies.concat(), "hellolate");
}
