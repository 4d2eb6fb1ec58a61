//! Batches of bookings, as partners send them.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use hyper::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::box_office::BoxOffice;
use super::client::Client;
use super::concert::{Concert, with};
use super::process::HANG;

impl Concert {
    /// The line of a batch that asks for seats of its first seat type for a user.
    #[track_caller]
    pub(crate) fn line(&self, user: &str, quantity: u64) -> Value {
        with(self.order(quantity), &json!({"userId": user}))
    }
}

/// Lines as they are sent.
pub(crate) fn ndjson(lines: &[Value]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| format!("{line}\n")).collect();
    lines.concat()
}

impl Client {
    /// Sends the body of a batch.
    #[track_caller]
    pub(crate) fn sends_batch(&self, body: impl Into<Vec<u8>>) -> Answer {
        let call = self.call(Method::POST, "/bookings/batch").header("content-type", "application/x-ndjson");
        call.bytes(body).send()
    }

    /// Sends a batch, which has to be taken, and gives what is answered to each line.
    #[track_caller]
    pub(crate) fn books_all(&self, lines: &[Value]) -> Vec<Value> {
        let told = self.sends_batch(ndjson(lines)).told();
        assert_eq!(told.len(), lines.len(), "every line is answered once");
        for (number, told) in (1..).zip(&told) {
            assert_eq!(told["line"], number, "in the order of the lines");
        }
        told
    }
}

impl Answer {
    /// The lines of an answer to a batch.
    #[track_caller]
    pub(crate) fn told(self) -> Vec<Value> {
        let answer = self.is(200);
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        let lines = answer.body.split_inclusive(|byte| *byte == b'\n');
        lines.map(|line| told_in(line).unwrap_or_else(|| panic!("no line: {answer:?}"))).collect()
    }
}

/// The status and the code of what was answered to a line; each refusal is a whole problem.
#[track_caller]
pub(crate) fn status_and_code(told: &Value) -> (u64, &str) {
    let status = told["status"].as_u64().expect("a status");
    if status == 201 {
        assert!(told["booking"].is_object() && told["error"].is_null(), "{told}");
        return (status, "");
    }
    let error = &told["error"];
    assert!(told["booking"].is_null(), "{told}");
    assert_eq!(error["status"], told["status"], "{told}");
    for member in ["type", "title", "detail"] {
        assert!(error[member].is_string(), "{member} is missing: {told}");
    }
    (status, error["code"].as_str().expect("a code"))
}

/// A batch whose answer is read while it comes.
pub(crate) struct Listening(BufReader<TcpStream>);

impl Listening {
    /// Sends a batch whole and reads nothing.
    pub(crate) fn to(office: &BoxOffice, partner: &Client, body: &str) -> Self {
        let mut stream = TcpStream::connect(office.address()).expect("the box office takes connections");
        stream.set_read_timeout(Some(HANG)).expect("a read can be bounded");
        stream.set_write_timeout(Some(HANG)).expect("a write can be bounded");
        let token = partner.token.as_deref().expect("a partner has a token");
        let request = format!(
            "POST /api/bookings/batch HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\
             content-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("the box office reads what it is sent");
        Self(BufReader::new(stream))
    }

    /// The next line of the answer; none once the connection breaks or the answer ends.
    pub(crate) fn hears(&mut self) -> Option<Value> {
        let mut line = Vec::new();
        loop {
            line.clear();
            // Chunks are of whole lines; the head and the sizes of chunks lie between them, and an empty chunk ends the answer.
            if self.0.read_until(b'\n', &mut line).unwrap_or(0) == 0 || line == b"0\r\n" {
                return None;
            }
            if let Some(told) = told_in(&line) {
                return Some(told);
            }
        }
    }
}

fn told_in(line: &[u8]) -> Option<Value> {
    let whole = line.strip_suffix(b"\n")?;
    serde_json::from_slice::<Value>(whole).ok().filter(|told| told["line"].is_u64())
}
