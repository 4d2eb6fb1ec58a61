//! A bare connection, for what no well-behaved client would send.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use super::box_office::BoxOffice;
use super::process::HANG;

/// A connection on which a test writes bytes of its own.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    /// Status line and headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    pub(crate) fn to(office: &BoxOffice) -> Self {
        let stream = TcpStream::connect(office.address()).expect("the box office takes connections");
        stream.set_read_timeout(Some(HANG)).expect("a read can be bounded");
        stream.set_write_timeout(Some(HANG)).expect("a write can be bounded");
        Self { stream: BufReader::new(stream) }
    }

    /// Writes, and does not mind when the other side has hung up: its answer may wait all the same.
    pub(crate) fn says(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let stream = self.stream.get_mut();
        if let Err(error) = stream.write_all(bytes.as_ref()) {
            let gone = matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset);
            assert!(gone, "the box office reads what it is sent: {error}");
        }
        self
    }

    /// Reads the next answer.
    #[track_caller]
    pub(crate) fn hears(&mut self) -> RawAnswer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read =
                self.stream.read_line(&mut head).expect("an answer comes before the connection breaks");
            assert_ne!(read, 0, "the connection closes within the head of an answer: {head:?}");
        }
        let head = head.to_lowercase();
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("a status line");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length = length.map_or(0, |text| text.trim().parse().expect("a length"));
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the whole body comes");
        RawAnswer { status, head, body }
    }

    /// Waits until the other side closes: what it still says.
    #[track_caller]
    pub(crate) fn closes(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        if let Err(error) = self.stream.read_to_end(&mut rest) {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "the connection is closed: {error}");
        }
        rest
    }
}

impl RawAnswer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}
