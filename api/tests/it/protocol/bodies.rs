//! Bodies that are no good JSON, or too much of it.

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, BoxOffice, Wire, concert, with};

const BODY_BYTES_MAX: usize = 1 << 20;

fn posts(office: &BoxOffice, body: impl Into<Vec<u8>>) -> Answer {
    let call = office.organizer("olga").call(Method::POST, "/concerts");
    call.header("content-type", "application/json").bytes(body).send()
}

/// A request as bytes, with a length that may be a lie.
fn register(office: &BoxOffice, framing: &str, body: &[u8]) -> Vec<u8> {
    let address = office.address();
    let head = format!(
        "POST /api/auth/register HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n{framing}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn what_is_no_json_is_malformed() {
    let office = BoxOffice::open();
    let whole = concert("Night").to_string();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        posts(&office, &whole[..length]).refused(400, "malformed_json");
    }
    for text in
        ["nonsense", "{'name': 'Night'}", "{\"name\": NaN}", "{\"name\": \"Night\",}", "{\"name\": 01}"]
    {
        posts(&office, text).refused(400, "malformed_json");
    }
    posts(&office, format!("{whole} {whole}")).refused(400, "malformed_json");
    posts(&office, "{\"name\": \"line\nbreak\"}").refused(400, "malformed_json");
    assert_eq!(office.guest().lists("/concerts"), Vec::<Value>::new());
}

#[test]
fn a_number_beyond_every_double_is_out_of_range_like_any_other() {
    let office = BoxOffice::open();
    let long = "9".repeat(400);
    for number in ["1e400", "-1e400", &long] {
        let body = with(concert("Night"), &json!({"maxTicketsPerUser": 77, "x": 1})).to_string();
        posts(&office, body.replace("77", number)).faults(&["/maxTicketsPerUser", "/x"]);
    }
    assert_eq!(office.guest().lists("/concerts"), Vec::<Value>::new());
}

#[test]
fn a_body_where_there_is_nothing_to_say_is_refused_and_changes_nothing() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 2})));
    let booking = olga.has_booked(&made, 1);
    let of_booking = |rest: &str| format!("/bookings/{}{rest}", booking["id"].as_str().expect("an id"));
    let calls = [
        (Method::POST, of_booking("/extend")),
        (Method::POST, of_booking("/confirm")),
        (Method::DELETE, of_booking("")),
        (Method::POST, made.path("/open")),
        (Method::POST, made.path("/close")),
        (Method::POST, made.path("/cancel")),
        (Method::DELETE, made.path("")),
        (Method::DELETE, made.path("/codes/HALF")),
    ];
    let before = office.guest().sees(&made);
    for (method, path) in &calls {
        let call = || olga.call(method.clone(), path);
        call().json(&json!({"seconds": 100})).send().faults(&["/seconds"]);
        call().json(&json!([])).send().faults(&[""]);
        call().header("content-type", "application/json").bytes("{").send().refused(400, "malformed_json");
        call().header("content-type", "text/plain").bytes("{}").send().refused(415, "unsupported_media_type");
        assert_eq!(office.guest().sees(&made), before, "{method} {path}");
        assert_eq!(olga.sees_booking(&booking), booking, "{method} {path}");
    }
    // An object without members says nothing, and neither does `null`, or a type without a body.
    for nothing in [json!({}), Value::Null] {
        let closed = olga.call(Method::POST, &made.path("/close")).json(&nothing).send().is(200);
        assert_eq!(closed.json()["status"], "closed");
    }
    let call = olga.call(Method::POST, &made.path("/open")).header("content-type", "application/json");
    assert_eq!(call.send().is(200).json()["status"], "on_sale");
    olga.call(Method::DELETE, &of_booking("")).json(&json!({})).send().is(204);
}

#[test]
fn invalid_utf8_is_malformed() {
    let office = BoxOffice::open();
    let text = concert("N?ght").to_string();
    let place = text.find("N?ght").expect("the name") + 1;
    for wrong in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\xaf"] {
        let body = [&text.as_bytes()[..place], wrong, &text.as_bytes()[place + 1..]].concat();
        posts(&office, body).refused(400, "malformed_json");
    }
    posts(&office, text.replace('?', "\\ud800")).refused(400, "malformed_json");
    assert_eq!(office.guest().lists("/concerts"), Vec::<Value>::new());
}

#[test]
fn json_that_is_too_deep_is_refused() {
    let office = BoxOffice::open();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        // The body itself is the first level.
        let deep = |levels: usize| {
            let nested = format!("{}1{}", open.repeat(levels - 1), close.repeat(levels - 1));
            posts(
                &office,
                with(concert("?"), &json!({"x": 0}))
                    .to_string()
                    .replace("\"x\":0", &format!("\"x\":{nested}")),
            )
        };
        deep(32).faults(&["/x"]);
        for levels in [33, 129, 100_000] {
            let problem = deep(levels).is(400).problem();
            assert!(
                problem["code"] == "malformed_json" || problem["code"] == "validation_failed",
                "{problem}"
            );
            assert!(
                !problem["errors"].to_string().contains("\"/x\""),
                "the depth is what is wrong: {problem}"
            );
        }
    }
    office.guest().get("/concerts").is(200);
}

#[test]
fn a_member_that_comes_twice_is_refused() {
    let office = BoxOffice::open();
    let whole = concert("Night").to_string();
    for twice in [
        whole.replacen('{', "{\"name\": \"Day\", ", 1),
        whole.replacen("\"price\"", "\"price\": 0, \"price\"", 1),
    ] {
        let problem = posts(&office, twice).is(400).problem();
        assert!(problem["code"] == "malformed_json" || problem["code"] == "validation_failed", "{problem}");
    }
    assert_eq!(office.guest().lists("/concerts"), Vec::<Value>::new());
}

#[test]
fn a_body_that_is_not_called_json_is_not_read() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let body = concert("Night").to_string();
    olga.call(Method::POST, "/concerts").bytes(body.as_str()).send().refused(415, "unsupported_media_type");
    for other in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "nonsense", ""] {
        let call = olga.call(Method::POST, "/concerts").header("content-type", other).bytes(body.as_str());
        call.send().refused(415, "unsupported_media_type");
    }
    assert_eq!(olga.lists("/concerts"), Vec::<Value>::new());
    for json in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        let call = olga.call(Method::POST, "/concerts").header("content-type", json).bytes(body.as_str());
        call.send().is(201);
    }
}

#[test]
fn a_body_of_one_mebibyte_is_read_and_one_byte_more_is_not() {
    let office = BoxOffice::open();
    let mut body = concert("Night").to_string();
    body.push_str(&" ".repeat(BODY_BYTES_MAX - body.len()));
    posts(&office, body.as_str()).is(201);
    body.push(' ');
    posts(&office, body).refused(413, "body_too_large");
    assert_eq!(office.guest().lists("/concerts").len(), 1);
}

#[test]
fn a_body_that_is_announced_or_sent_too_large_is_refused() {
    let office = BoxOffice::open();
    let announced = register(&office, "content-length: 99999999999", b"{");
    let answer = Wire::to(&office).says(announced).hears();
    assert_eq!((answer.status, &answer.json()["code"]), (413, &json!("body_too_large")));

    let mut chunks = Vec::new();
    for _ in 0..20 {
        chunks.extend_from_slice(b"10000\r\n");
        chunks.extend_from_slice(&vec![b' '; 0x10000]);
        chunks.extend_from_slice(b"\r\n");
    }
    let chunked = register(&office, "transfer-encoding: chunked", &chunks);
    let answer = Wire::to(&office).says(chunked).hears();
    assert_eq!((answer.status, &answer.json()["code"]), (413, &json!("body_too_large")));
    assert_eq!(office.admin().lists("/users").len(), 1);
}

#[test]
fn a_call_that_needs_no_body_takes_an_empty_one() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    olga.does("close", &made).is(200);
    olga.post(&made.path("/open"), &json!({})).is(200);
    olga.delete(&made.path("")).is(204);
}
