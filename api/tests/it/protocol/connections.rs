//! Connections of clients that do not keep to HTTP, or keep it waiting.

use std::thread;

use serde_json::json;

use crate::harness::{BoxOffice, RawAnswer, Wire};

const HEADER_BYTES_MAX: usize = 64 << 10;

/// Sends what must be refused with this status, and its connection closed.
#[track_caller]
fn is_refused_and_closed(office: &BoxOffice, request: &str, status: u16) -> RawAnswer {
    let mut wire = Wire::to(office);
    let answer = wire.says(request).hears();
    let begin: String = request.chars().take(200).collect();
    assert_eq!(answer.status, status, "{begin:?}: {answer:?}");
    assert_eq!(wire.closes(), b"", "what follows is no request: {begin:?}");
    answer
}

#[test]
fn what_never_became_a_request_is_answered_as_everything_else_is() {
    let office = BoxOffice::open();
    let too_long =
        format!("GET /livez HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "x".repeat(4 * HEADER_BYTES_MAX));
    for (request, status) in [
        ("GET /livez HTTP/1.1\r\n\r\n", 400),
        ("nonsense\r\n\r\n", 400),
        ("GET /livez HTTP/1.1\r\nhost: x\r\ncontent-length: two\r\n\r\n", 400),
        (too_long.as_str(), 431),
    ] {
        let answer = is_refused_and_closed(&office, request, status);
        for header in [
            "content-type: application/problem+json",
            "x-request-id: ",
            "x-content-type-options: nosniff",
            "content-security-policy: ",
            "referrer-policy: ",
            "cache-control: ",
        ] {
            assert!(answer.head.contains(header), "{header}: {answer:?}");
        }
        assert_eq!(answer.json()["status"], status);
        assert!(status != 400 || answer.json()["code"] == "malformed_request", "{answer:?}");
    }
}

#[test]
fn a_request_without_a_host_is_refused() {
    let office = BoxOffice::open();
    is_refused_and_closed(&office, "GET /livez HTTP/1.1\r\n\r\n", 400);
    is_refused_and_closed(&office, "GET /api/concerts HTTP/1.1\r\naccept: */*\r\n\r\n", 400);
}

#[test]
fn contradictory_lengths_are_refused_and_nothing_is_read_after_them() {
    let office = BoxOffice::open();
    let smuggled = "GET /api/concerts HTTP/1.1\r\nhost: x\r\n\r\n";
    for framing in [
        "content-length: 2\r\ncontent-length: 4",
        "content-length: 2, 4",
        "content-length: 2\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 2",
        "content-length: two",
        "content-length: -2",
        "content-length: +2",
        "transfer-encoding: chunked, gzip",
    ] {
        let head = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json";
        is_refused_and_closed(&office, &format!("{head}\r\n{framing}\r\n\r\n{{}}{smuggled}"), 400);
    }
}

#[test]
fn what_is_no_http_is_refused() {
    let office = BoxOffice::open();
    for nonsense in
        ["nonsense\r\n\r\n", "GET\r\n\r\n", "GET /a b HTTP/1.1\r\nhost: x\r\n\r\n", "\u{0}\u{0}\u{0}\r\n\r\n"]
    {
        is_refused_and_closed(&office, nonsense, 400);
    }
    office.guest().get("/concerts").is(200);
}

#[test]
fn headers_over_64_kibibytes_are_refused() {
    let office = BoxOffice::open();
    let with_headers =
        |value: String| format!("GET /livez HTTP/1.1\r\nhost: x\r\nx-padding: {value}\r\n\r\n");
    let answer = Wire::to(&office).says(with_headers("x".repeat(HEADER_BYTES_MAX - 1_000))).hears();
    assert_eq!(answer.status, 200, "{answer:?}");
    for bytes in [HEADER_BYTES_MAX + 1, 4 * HEADER_BYTES_MAX] {
        is_refused_and_closed(&office, &with_headers("x".repeat(bytes)), 431);
    }
    office.guest().get("/concerts").is(200);
}

#[test]
fn a_connection_serves_one_request_after_another() {
    let office = BoxOffice::open();
    let mut wire = Wire::to(&office);
    for _ in 0..3 {
        wire.says("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(wire.hears().status, 200);
    }
    wire.says("GET /livez HTTP/1.1\r\nhost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!((wire.hears().status, wire.hears().status), (200, 404), "pipelined, in order");
}

/// This waits for as long as the contract lets a client dawdle: nothing but the real clock ends that.
#[test]
fn clients_that_keep_it_waiting_are_hung_up_on() {
    let office = BoxOffice::open();
    let silent = Wire::to(&office);
    let mut without_end_of_headers = Wire::to(&office);
    without_end_of_headers.says("GET /livez HTTP/1.1\r\nhost: x\r\n");
    let mut without_end_of_body = Wire::to(&office);
    let head = "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";
    without_end_of_body.says(format!("{head}{{"));
    let waiting = [silent, without_end_of_headers, without_end_of_body];
    let waiting = waiting.map(|mut wire| thread::spawn(move || wire.closes()));
    for wire in waiting {
        wire.join().expect("the connection is closed");
    }
    office.guest().post("/auth/login", &json!({"username": "nobody", "password": "nothing"})).is(401);
}
