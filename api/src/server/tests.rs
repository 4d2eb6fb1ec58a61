//! The accept loop through real sockets. Where time has to pass, the runtime's clock is paused: it jumps as soon as nobody has
//! anything else to do.

mod frames;
mod http2;

use axum::Router;
use axum::routing::{get, post};
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::*;
use crate::body;

/// A server and the way to stop it.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Running {
    async fn start(application: Router, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { stopped.await.unwrap_or(()) };
        let served = tokio::spawn(serve(listener, application, limits, shutdown));
        Self { address, stop, served }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends these bytes and reads until the server closes.
    async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // A server that has heard enough closes before everything is sent.
        let _ = stream.write_all(bytes).await;
        read_to_end(&mut stream).await
    }
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

/// Reads one answer, up to the end of its body.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 1_024];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        assert_ne!(count, 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_some_and(|length| length.parse() == Ok(body.len())) {
                return text;
            }
        }
    }
}

fn application() -> Router {
    let echo = |request: Request| async {
        match body::read(request.into_body(), body::BODY_BYTES_MAX).await {
            Ok(bytes) => Response::new(bytes.into()),
            Err(refusal) => axum::response::IntoResponse::into_response(refusal),
        }
    };
    Router::new().route("/", get(|| async { "hello" })).route("/echo", post(echo))
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn connection_is_kept_for_the_next_request() {
    let server = Running::start(application(), Limits::default()).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(GET).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("x-request-id: "), "{answer}");
    }
}

#[tokio::test]
async fn contradictory_heads_are_refused_and_the_connection_closed() {
    let server = Running::start(application(), Limits::default()).await;
    let header = |bytes: usize| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(bytes));
    let cases: [(String, u16, &str); 14] = [
        ("GET / HTTP/1.1\r\n\r\n".into(), 400, "malformed_request"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".into(), 400, "malformed_request"),
        (
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(),
            400,
            "malformed_request",
        ),
        (
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n".into(),
            400,
            "malformed_request",
        ),
        (header(HEAD_BYTES_MAX as usize), 431, "headers_too_large"),
        // What hyper refuses by itself.
        (header(3 * HEAD_BYTES_MAX as usize), 431, ""),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd".into(), 400, ""),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n".into(), 400, ""),
        (format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\nx", u64::MAX), 413, "body_too_large"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n".into(), 400, ""),
        ("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(), 400, ""),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n".into(), 400, ""),
        ("garbage\r\n\r\n".into(), 400, ""),
        ("GET / HTTP/7.1\r\n\r\n".into(), 400, ""),
    ];
    for (request, expected, code) in cases {
        let answer = server.exchange(request.as_bytes()).await;
        assert_eq!(status(&answer), expected, "{request:.90} {answer}");
        assert!(answer.contains(code), "{request:.90} {answer}");
    }
}

#[tokio::test]
async fn honest_bodies_are_read() {
    let server = Running::start(application(), Limits::default()).await;
    let mut stream = server.connect().await;
    for request in [
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    ] {
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert!(status(&answer) == 200 && answer.ends_with("\r\n\r\nabc"), "{request} {answer}");
    }
    let old = server.exchange(b"GET / HTTP/1.0\r\n\r\n").await;
    assert!(status(&old) == 200 && old.ends_with("hello"), "{old}");
}

#[tokio::test]
async fn body_over_the_limit_is_refused_however_it_comes() {
    let server = Running::start(application(), Limits::default()).await;
    let length = 4 * body::BODY_BYTES_MAX;
    let filler = "x".repeat(length);
    let head = "POST /echo HTTP/1.1\r\nHost: a";
    let cases = [
        format!("{head}\r\nContent-Length: {length}\r\n\r\n{filler}"),
        format!("{head}\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{filler}\r\n0\r\n\r\n"),
        format!("{head}\r\nContent-Length: {length}\r\n\r\nx"),
        format!("{head}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"),
    ];
    for request in cases {
        let mut stream = server.connect().await;
        // The whole of it can be sent, although nobody wants it.
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_to_end(&mut stream).await;
        assert_eq!(status(&answer), 413, "{request:.90} {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_clients_are_closed() {
    const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const SETTINGS: &str = "\0\0\0\u{4}\0\0\0\0\0";
    let server = Running::start(application(), Limits::default()).await;
    let handshake = format!("{PREFACE}{SETTINGS}");
    let cases = [
        ("", 10),
        ("G", 10),
        ("GET / HTTP/1.1\r\nHost: ", 10),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 10),
        ("PRI * HT", 10),
        (PREFACE, 20),
        (&handshake, 20),
    ];
    for (bytes, seconds) in cases {
        let mut stream = server.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let begun = tokio::time::Instant::now();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let took = begun.elapsed();
        assert!(took <= Duration::from_secs(seconds + 1), "{bytes:?} {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn head_that_dribbles_in_after_an_answer_is_not_waited_for() {
    let server = Running::start(application(), Limits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(GET).await.unwrap();
    read_answer(&mut stream).await;
    let begun = tokio::time::Instant::now();
    let (mut reading, mut writing) = stream.split();
    let dribble = async {
        while writing.write_all(b"G").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let mut nothing = Vec::new();
    tokio::select! {
        () = dribble => {}
        _ = reading.read_to_end(&mut nothing) => {}
    }
    assert!(nothing.is_empty());
    assert!(begun.elapsed() <= Limits::default().head_read + Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// More than the system keeps for a client by far.
const LARGE_BYTES: usize = 64 << 20;

fn large() -> Router {
    application().route("/large", get(|| async { vec![b'x'; LARGE_BYTES] }))
}

#[tokio::test(start_paused = true)]
async fn client_that_takes_its_time_gets_the_whole_answer() {
    let server = Running::start(large(), Limits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let (begun, mut received, mut part) = (tokio::time::Instant::now(), 0, vec![0; LARGE_BYTES / 10]);
    while received < LARGE_BYTES {
        tokio::time::sleep(Duration::from_secs(40)).await;
        let mut here = 0;
        while here < part.len() && received + here < LARGE_BYTES {
            let count = stream.read(&mut part[here..]).await.unwrap();
            assert_ne!(count, 0, "cut off {} after {received} bytes", begun.elapsed().as_secs());
            here += count;
        }
        received += here;
    }
}

#[tokio::test(start_paused = true)]
async fn client_that_takes_nothing_makes_room_for_another() {
    let limits = Limits { connections_max: 1, ..Limits::default() };
    for (head, more) in [
        ("GET /large HTTP/1.1\r\nHost: a\r\n\r\n", ""),
        ("GET /large HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        // hyper takes in the next request here, and never comes to answer it.
        (
            "GET /large HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
            "xGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        ),
    ] {
        let server = Running::start(large(), limits).await;
        let mut stuck = server.connect().await;
        stuck.write_all(format!("{head}{more}").as_bytes()).await.unwrap();
        let begun = tokio::time::Instant::now();
        let mut next = server.connect().await;
        next.write_all(GET).await.unwrap();
        let answer = tokio::time::timeout(Duration::from_hours(1), read_answer(&mut next)).await;
        assert_eq!(answer.map(|answer| status(&answer)), Ok(200), "{more:?}");
        let took = begun.elapsed();
        assert!(took > limits.head_read && took <= limits.idle + Duration::from_secs(1), "{more:?} {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn answer_that_is_made_while_it_is_sent_may_take_its_time() {
    let seconds = [1, 11, 140];
    let late = move || async move {
        let parts = futures_util::stream::iter(seconds).then(|seconds| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            io::Result::Ok(format!("after {seconds} s\n"))
        });
        axum::body::Body::from_stream(parts)
    };
    let server = Running::start(application().route("/late", get(late)), Limits::default()).await;
    let begun = tokio::time::Instant::now();
    // The client has nothing to say for so long, and is closed after the answer as every other.
    let answer = server.exchange(b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.ends_with("after 140 s\n\r\n0\r\n\r\n"), "{answer}");
    let closed = Duration::from_secs(seconds.iter().sum()) + Limits::default().head_read;
    assert!(begun.elapsed() <= closed + Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// Tells when it is dropped.
struct Held(mpsc::Sender<()>);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.try_send(());
    }
}

#[tokio::test(start_paused = true)]
async fn handler_of_a_client_that_hangs_up_is_given_up() {
    let (arrived, mut arrivals) = mpsc::channel(1);
    let (let_go, mut given_up) = mpsc::channel(1);
    let stuck = move || {
        let (held, arrived) = (Held(let_go.clone()), arrived.clone());
        async move {
            arrived.send(()).await.unwrap();
            std::future::pending::<()>().await;
            drop(held);
        }
    };
    let server = Running::start(application().route("/stuck", get(stuck)), Limits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    arrivals.recv().await.unwrap();
    drop(stream);
    let noticed = tokio::time::timeout(Duration::from_hours(1), given_up.recv()).await;
    assert_eq!(noticed, Ok(Some(())));
}

#[tokio::test(start_paused = true)]
async fn body_that_does_not_arrive_is_a_timeout_and_closes() {
    let server = Running::start(application(), Limits::default()).await;
    let begun = tokio::time::Instant::now();
    let answer = server.exchange(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na").await;
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(begun.elapsed() <= body::BODY_READ_TIMEOUT + Duration::from_secs(1));
}

#[tokio::test]
async fn draining_answers_what_is_under_way_and_closes_what_is_idle() {
    let (arrived, mut arrivals) = mpsc::channel(1);
    let (finish, finished) = watch::channel(false);
    let slow = move || {
        let (arrived, mut finished) = (arrived.clone(), finished.clone());
        async move {
            arrived.send(()).await.unwrap();
            finished.wait_for(|finished| *finished).await.unwrap();
            "done"
        }
    };
    let server = Running::start(application().route("/slow", get(slow)), Limits::default()).await;
    let (mut idle, mut silent, mut busy) =
        (server.connect().await, server.connect().await, server.connect().await);
    idle.write_all(GET).await.unwrap();
    read_answer(&mut idle).await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    arrivals.recv().await.unwrap();
    server.stop.send(()).unwrap();
    assert_eq!(read_to_end(&mut idle).await, "");
    assert_eq!(read_to_end(&mut silent).await, "");
    finish.send(true).unwrap();
    let answer = read_to_end(&mut busy).await;
    assert!(
        status(&answer) == 200 && answer.ends_with("done") && answer.contains("connection: close"),
        "{answer}"
    );
    server.served.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn draining_does_not_wait_for_ever() {
    let stuck = || async { std::future::pending::<&str>().await };
    let server = Running::start(application().route("/stuck", get(stuck)), Limits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let begun = tokio::time::Instant::now();
    server.stop.send(()).unwrap();
    server.served.await.unwrap();
    assert!(begun.elapsed() <= Limits::default().drain + Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let limits = Limits { connections_max: 1, ..Limits::default() };
    let server = Running::start(application(), limits).await;
    let mut first = server.connect().await;
    first.write_all(GET).await.unwrap();
    read_answer(&mut first).await;
    let mut second = server.connect().await;
    second.write_all(GET).await.unwrap();
    // The first is served while the second waits; when it goes, the second has its turn.
    first.write_all(GET).await.unwrap();
    read_answer(&mut first).await;
    let nothing = second.try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    drop(first);
    assert_eq!(status(&read_answer(&mut second).await), 200);
}

#[tokio::test]
async fn odd_targets_are_answered_like_any_other() {
    let server = Running::start(crate::middleware::with_fallbacks(application()), Limits::default()).await;
    let cases = [
        ("OPTIONS * HTTP/1.1", 404),
        ("CONNECT a:80 HTTP/1.1", 404),
        ("GET http://a/ HTTP/1.1", 200),
        ("GET //a HTTP/1.1", 404),
        ("GET /%ff%00 HTTP/1.1", 404),
        ("DELETE / HTTP/1.1", 405),
        ("FOO / HTTP/1.1", 405),
    ];
    for (line, expected) in cases {
        let answer =
            server.exchange(format!("{line}\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(status(&answer), expected, "{line} {answer}");
    }
}
