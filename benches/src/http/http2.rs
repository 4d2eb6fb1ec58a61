//! HTTP/2 without TLS as far as callers need it who know what they will be answered: many requests at a time on each connection.
//!
//! Frames are those of RFC 9113, heads those of RFC 7541 without their texts: of an answer's head only the status is read, and whether it asks
//! to come again.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Calls, Ends};

mod heads;

use heads::Names;
pub(crate) use heads::{head, push_field};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Room for answers before it is known how long they are.
const ROOM_BYTES: usize = 64 * 1024;
const FRAME_HEAD_BYTES: usize = 9;
/// Bytes that the server may send ahead on a stream: callers read everything at once.
const WINDOW_BYTES: u32 = (1 << 31) - 1;
/// After so many bytes of bodies the server may send as many more.
const WINDOW_STEP_BYTES: u32 = 1 << 20;
/// What any connection may send ahead, before the server says more.
const FIRST_WINDOW_BYTES: u32 = 65_535;

/// Kinds of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
/// Flags of frames.
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const INITIAL_WINDOW_SIZE: u16 = 4;

/// Sends requests on so many streams of a connection, each after the answer to the one before; counts the answers.
pub(super) async fn call(address: SocketAddr, calls: Arc<Calls>, ends: Ends, streams: usize) -> u64 {
    let mut connection = Connection::to(address).await;
    let ask = |connection: &mut Connection| {
        let prepared = calls.next();
        connection.ask(&[&prepared.http2], &prepared.body);
    };
    for _ in 0..streams {
        ask(&mut connection);
    }
    let (mut answers, mut under_way) = (0, streams);
    while under_way > 0 {
        let answer = connection.answer().await;
        assert_eq!(answer.status, calls.status, "{}", String::from_utf8_lossy(&answer.body));
        answers += 1;
        if ends.has_come() {
            under_way -= 1;
        } else {
            ask(&mut connection);
        }
    }
    answers
}

/// A connection, and the bytes that wait on it either way.
pub(crate) struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    heard: BytesMut,
    next_stream: u32,
    /// Bytes of bodies that may still be sent.
    window_bytes: u32,
    /// Bytes of bodies that came since the server was last told that it may send more.
    heard_bytes: u32,
    names: Names,
    /// What has come of answers that are not whole.
    under_way: HashMap<u32, Answer>,
}

/// An answer to a request.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// On which stream.
    pub(crate) stream: u32,
    pub(crate) status: u16,
    /// Whether it has a header `retry-after`.
    pub(crate) asks_to_retry: bool,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server takes connections");
        stream.set_nodelay(true).expect("a connection can be told to hurry");
        let mut out = PREFACE.to_vec();
        let setting = [&INITIAL_WINDOW_SIZE.to_be_bytes()[..], &WINDOW_BYTES.to_be_bytes()].concat();
        push_frame(&mut out, SETTINGS, 0, 0, &[&setting]);
        push_frame(&mut out, WINDOW_UPDATE, 0, 0, &[&(WINDOW_BYTES - FIRST_WINDOW_BYTES).to_be_bytes()]);
        Self {
            stream,
            out,
            heard: BytesMut::with_capacity(ROOM_BYTES),
            next_stream: 1,
            window_bytes: FIRST_WINDOW_BYTES,
            heard_bytes: 0,
            names: Names::default(),
            under_way: HashMap::new(),
        }
    }

    /// Puts a request among those that are sent together, once an answer is waited for. Gives the number of its stream.
    pub(crate) fn ask(&mut self, head: &[&[u8]], body: &[u8]) -> u32 {
        let stream = self.next_stream;
        self.next_stream += 2;
        let last = if body.is_empty() { END_STREAM } else { 0 };
        push_frame(&mut self.out, HEADERS, END_HEADERS | last, stream, head);
        if !body.is_empty() {
            push_frame(&mut self.out, DATA, END_STREAM, stream, &[body]);
            let bytes = u32::try_from(body.len()).expect("a body is short");
            self.window_bytes = self.window_bytes.checked_sub(bytes).expect("the server reads bodies");
        }
        stream
    }

    /// The next answer that is whole, whichever request it is to.
    pub(crate) async fn answer(&mut self) -> Answer {
        loop {
            while let Some(frame) = Frame::of(&self.heard) {
                if self.heard.len() < FRAME_HEAD_BYTES + frame.bytes {
                    break;
                }
                self.heard.advance(FRAME_HEAD_BYTES);
                let payload = self.heard.split_to(frame.bytes);
                if let Some(answer) = self.take(frame, &payload) {
                    return answer;
                }
            }
            if !self.out.is_empty() {
                self.stream.write_all(&self.out).await.expect("the server reads");
                self.out.clear();
            }
            self.heard.reserve(ROOM_BYTES);
            let read = self.stream.read_buf(&mut self.heard).await.expect("the server answers");
            assert_ne!(
                read,
                0,
                "the server closes the connection while {} requests wait",
                self.under_way.len()
            );
        }
    }

    /// Takes a frame; gives the answer that it ends.
    fn take(&mut self, frame: Frame, payload: &[u8]) -> Option<Answer> {
        let Frame { kind, flags, stream, .. } = frame;
        let is_reply = flags & ACK != 0;
        match kind {
            HEADERS => {
                assert_eq!(flags & !END_STREAM, END_HEADERS, "heads come whole and plain");
                let mut answer = Answer { stream, ..Answer::default() };
                self.names.read(payload, &mut answer);
                self.under_way.insert(stream, answer);
            }
            DATA => {
                assert_eq!(flags & !END_STREAM, 0, "bodies come plain");
                self.note(frame.bytes);
                let answer = self.under_way.get_mut(&stream).expect("a head comes before its body");
                answer.body.extend_from_slice(payload);
            }
            SETTINGS if !is_reply => push_frame(&mut self.out, SETTINGS, ACK, 0, &[]),
            PING if !is_reply => push_frame(&mut self.out, PING, ACK, 0, &[payload]),
            // Bodies are shorter than any window of a stream.
            WINDOW_UPDATE if stream == 0 => {
                let more = payload.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
                self.window_bytes += more.expect("an update of a window says how much");
            }
            _ => assert!(
                matches!(kind, SETTINGS | PING | WINDOW_UPDATE),
                "a frame of kind {kind} on stream {stream}: {payload:?}"
            ),
        }
        let is_last = matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0;
        is_last.then(|| self.under_way.remove(&stream).expect("it was under way"))
    }

    /// Lets the server send more, now and then.
    fn note(&mut self, bytes: usize) {
        self.heard_bytes += u32::try_from(bytes).expect("a frame is short");
        if self.heard_bytes >= WINDOW_STEP_BYTES {
            push_frame(&mut self.out, WINDOW_UPDATE, 0, 0, &[&self.heard_bytes.to_be_bytes()]);
            self.heard_bytes = 0;
        }
    }
}

/// The head of a frame.
#[derive(Clone, Copy)]
struct Frame {
    bytes: usize,
    kind: u8,
    flags: u8,
    stream: u32,
}

impl Frame {
    fn of(heard: &[u8]) -> Option<Self> {
        let [a, b, c, kind, flags, stream @ ..] = *heard.first_chunk::<FRAME_HEAD_BYTES>()?;
        let bytes = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        Some(Self { bytes, kind, flags, stream: u32::from_be_bytes(stream) })
    }
}

fn push_frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[&[u8]]) {
    let bytes: usize = payload.iter().map(|part| part.len()).sum();
    let bytes = u32::try_from(bytes).expect("a frame is short").to_be_bytes();
    out.extend_from_slice(&bytes[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    for part in payload {
        out.extend_from_slice(part);
    }
}
