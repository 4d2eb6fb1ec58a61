//! HTTP/2 without TLS: many requests at a time on each connection.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use h2::client::SendRequest;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{Calls, Ends};

/// Bytes that the server may send ahead, on each stream and on the connection: callers read everything at once.
const WINDOW_BYTES: u32 = 1 << 24;

/// Opens a connection, on which as many callers as there are streams send one request after another; counts the answers.
pub(super) async fn call(address: SocketAddr, calls: Arc<Calls>, ends: Ends, streams: usize) -> u64 {
    let (sender, connection) = open(address).await;
    let connection = tokio::spawn(connection);
    let mut callers = JoinSet::new();
    for _ in 0..streams {
        callers.spawn(call_on(sender.clone(), Arc::clone(&calls), ends.clone()));
    }
    drop(sender);
    let answers = callers.join_all().await.into_iter().sum();
    connection.await.expect("the connection is driven").expect("the connection ends in peace");
    answers
}

/// Opens a connection; it has to be driven.
pub(crate) async fn open(address: SocketAddr) -> (SendRequest<Bytes>, h2::client::Connection<TcpStream>) {
    let stream = TcpStream::connect(address).await.expect("the server takes connections");
    stream.set_nodelay(true).expect("a connection can be told to hurry");
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(WINDOW_BYTES).initial_connection_window_size(WINDOW_BYTES);
    builder.handshake(stream).await.expect("the server speaks HTTP/2")
}

async fn call_on(mut sender: SendRequest<Bytes>, calls: Arc<Calls>, ends: Ends) -> u64 {
    let mut answers = 0;
    while !ends.has_come() {
        let prepared = calls.next();
        let has_body = !prepared.body.is_empty();
        sender = sender.ready().await.expect("the server takes requests");
        let (answer, mut body) =
            sender.send_request(prepared.http2.clone(), !has_body).expect("a request can be sent");
        if has_body {
            body.send_data(prepared.body.clone(), true).expect("a body can be sent");
        }
        let answer = answer.await.expect("the server answers");
        assert_eq!(answer.status(), calls.status);
        let mut body = answer.into_body();
        while let Some(part) = body.data().await {
            let length = part.expect("the answer is whole").len();
            body.flow_control().release_capacity(length).expect("what was read was sent");
        }
        answers += 1;
    }
    answers
}
