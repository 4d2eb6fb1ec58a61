//! HTTP/2 with prior knowledge, on the port of HTTP/1.1.

use std::collections::BTreeSet;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::harness::{BoxOffice, audit, concert, with};

type Sender = SendRequest<Full<Bytes>>;

async fn connected(address: &str) -> Sender {
    let stream = TcpStream::connect(address).await.expect("the box office takes connections");
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("h2c");
    tokio::spawn(connection);
    sender
}

async fn sends(mut sender: Sender, request: Request<Full<Bytes>>) -> (StatusCode, Value) {
    sender.ready().await.expect("the connection is open");
    let response = sender.send_request(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("the whole body").to_bytes();
    (head.status, serde_json::from_slice(&body).unwrap_or_default())
}

fn run(future: impl Future<Output = ()>) {
    Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future);
}

#[test]
fn one_connection_serves_many_bookings_at_once() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 2})));
    let address = office.address();
    run(async {
        let sender = connected(&address).await;
        let mut calls = JoinSet::new();
        for number in 0..60 {
            let fan = office.customer(&format!("fan{number}"));
            let request = Request::post(format!("http://{address}/api/bookings"))
                .header("authorization", format!("Bearer {}", fan.token.expect("a token")))
                .header("content-type", "application/json")
                .body(Full::from(made.order(2).to_string()))
                .expect("a request");
            calls.spawn(sends(sender.clone(), request));
        }
        let mut ids = BTreeSet::new();
        let mut sold_out = 0;
        while let Some(answer) = calls.join_next().await {
            let (status, body) = answer.expect("the call is made");
            if status == StatusCode::CREATED {
                assert!(ids.insert(body["id"].to_string()));
            } else {
                assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("sold_out")));
                sold_out += 1;
            }
        }
        assert_eq!((ids.len(), sold_out), (50, 10), "100 seats, two to each");
    });
    assert_eq!(audit(&olga, &made).bookings.len(), 50);
}

#[test]
fn faults_are_the_same_over_http2() {
    let office = BoxOffice::open();
    let address = office.address();
    run(async {
        let sender = connected(&address).await;
        for (method, path, body, status, code) in [
            ("GET", "/api/nowhere", "", StatusCode::NOT_FOUND, "not_found"),
            ("DELETE", "/api/concerts", "", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            ("GET", "/api/bookings/mybookings", "", StatusCode::UNAUTHORIZED, "missing_token"),
            ("POST", "/api/auth/login", "{", StatusCode::BAD_REQUEST, "malformed_json"),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(format!("http://{address}{path}"))
                .header("content-type", "application/json")
                .body(Full::from(body))
                .expect("a request");
            let (answered, problem) = sends(sender.clone(), request).await;
            assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{method} {path}");
        }
    });
}
