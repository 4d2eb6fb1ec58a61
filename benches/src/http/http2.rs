//! HTTP/2 without TLS as far as callers need it who know what they will be answered: many requests at a time on each connection.
//!
//! Frames are those of RFC 9113, heads those of RFC 7541 without their texts: of an answer's head only the status is read, and whether it asks
//! to come again.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Call, Calls, Ends};

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

/// The head of a request, for every connection: nothing in it counts on what was sent before.
pub(crate) fn head(call: &Call) -> Vec<u8> {
    let mut head = Vec::new();
    let fields = [(":method", call.method.as_str()), (":scheme", "http"), (":path", &*call.path)];
    let authority = [(":authority", "127.0.0.1")];
    for (name, value) in fields.into_iter().chain(authority) {
        push_field(&mut head, name, value);
    }
    for (name, value) in call.headers() {
        push_field(&mut head, name, &value);
    }
    head
}

/// Appends a header, as one that nobody on the way shall keep.
pub(crate) fn push_field(head: &mut Vec<u8>, name: &str, value: &str) {
    head.push(LITERAL_NEVER_KEPT);
    for text in [name, value] {
        push_integer(head, 7, text.len());
        head.extend_from_slice(text.as_bytes());
    }
}

const LITERAL_NEVER_KEPT: u8 = 0b0001_0000;

/// Appends a number to what stands in the last `8 - bits` bits before it; here always nothing.
fn push_integer(head: &mut Vec<u8>, bits: u32, number: usize) {
    let most = (1 << bits) - 1;
    if number < most {
        head.push(u8::try_from(number).expect("it fits"));
        return;
    }
    head.push(u8::try_from(most).expect("it fits"));
    let mut rest = number - most;
    while rest >= 128 {
        head.push(0x80 | u8::try_from(rest % 128).expect("it fits"));
        rest /= 128;
    }
    head.push(u8::try_from(rest).expect("it fits"));
}

/// What the server has told to keep of its heads, the last of it first. What it has forgotten by now it does not name any more.
#[derive(Debug, Default)]
struct Names(VecDeque<Kept>);

/// A header of which it is told that it may be named again.
#[derive(Clone, Copy, Debug)]
struct Kept {
    /// In the list of names that all know, if it stands there.
    name: usize,
    status: u16,
}

/// Entries that all know.
const COMMON: usize = 61;
/// More than fit into the four kilobytes that the server may have us keep.
const KEPT_MAX: usize = 128;
/// Where `:status` stands in that list, with these values.
const STATUS: std::ops::RangeInclusive<usize> = 8..=14;
const STATUS_VALUES: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
/// Where `retry-after` stands.
const RETRY_AFTER: usize = 53;

impl Names {
    fn read(&mut self, mut head: &[u8], answer: &mut Answer) {
        while let Some(first) = head.first() {
            let is_kept = first & 0b1100_0000 == 0b0100_0000;
            let field = if first & 0b1000_0000 != 0 {
                self.entry(take_integer(&mut head, 7))
            } else if first & 0b1110_0000 == 0b0010_0000 {
                // How much is to be kept.
                take_integer(&mut head, 5);
                continue;
            } else {
                let name = take_integer(&mut head, if is_kept { 6 } else { 4 });
                let name = if name == 0 {
                    take_text(&mut head);
                    0
                } else {
                    self.entry(name).name
                };
                let (is_huffman, value) = take_text(&mut head);
                let status = if STATUS.contains(&name) { status(is_huffman, value) } else { 0 };
                Kept { name, status }
            };
            if STATUS.contains(&field.name) {
                answer.status = field.status;
            }
            answer.asks_to_retry |= field.name == RETRY_AFTER;
            if is_kept {
                self.0.push_front(field);
                self.0.truncate(KEPT_MAX);
            }
        }
    }

    fn entry(&self, index: usize) -> Kept {
        if index > COMMON {
            return self.0[index - COMMON - 1];
        }
        let status = index.checked_sub(*STATUS.start()).and_then(|place| STATUS_VALUES.get(place));
        Kept { name: index, status: status.copied().unwrap_or(0) }
    }
}

/// Takes the number in the last `bits` bits of the next byte, and what follows of it.
fn take_integer(head: &mut &[u8], bits: u32) -> usize {
    let most = (1 << bits) - 1;
    let mut number = usize::from(head.get_u8()) & most;
    if number == most {
        let mut shift = 0;
        loop {
            let byte = usize::from(head.get_u8());
            number += (byte & 127) << shift;
            shift += 7;
            if byte < 128 {
                break;
            }
        }
    }
    number
}

/// Takes a text as it is packed, and whether it is.
fn take_text<'h>(head: &mut &'h [u8]) -> (bool, &'h [u8]) {
    let is_huffman = head[0] & 128 != 0;
    let length = take_integer(head, 7);
    let (text, rest) = head.split_at(length);
    *head = rest;
    (is_huffman, text)
}

/// A status of three digits. Of Huffman's code only digits are known: five bits for the first three, six for the others.
fn status(is_huffman: bool, text: &[u8]) -> u16 {
    if !is_huffman {
        return text.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
    }
    let mut bits = 0_u32;
    for byte in text.iter().copied().chain([0; 4]).take(4) {
        bits = bits << 8 | u32::from(byte);
    }
    let mut status = 0;
    for _ in 0..3 {
        let (digit, length) = match bits >> 27 {
            digit @ 0..=2 => (digit, 5),
            _ => ((bits >> 26) - 0b01_1001 + 3, 6),
        };
        status = status * 10 + digit;
        bits <<= length;
    }
    u16::try_from(status).expect("three digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_went() {
        for number in [0, 1, 126, 127, 128, 254, 255, 300, 5_000, 70_000] {
            let mut bytes = Vec::new();
            push_integer(&mut bytes, 7, number);
            let mut rest = &bytes[..];
            assert_eq!((take_integer(&mut rest, 7), rest), (number, &b""[..]));
        }
    }

    #[test]
    fn statuses_are_read_however_they_are_written() {
        // 302 and 307 as RFC 7541 writes them in its examples (C.6); 201, 409 and 503 after its table.
        for (bytes, expected) in [
            (&[0x64, 0x02][..], 302),
            (&[0x64, 0x0e, 0xff], 307),
            (&[0b0001_0000, 0b0000_0011], 201),
            (&[0b0110_1000, 0b0000_1111, 0b1111_1111], 409),
            (&[0b0110_1100, 0b0000_1100, 0b1111_1111], 503),
        ] {
            assert_eq!(status(true, bytes), expected);
        }
        assert_eq!(status(false, b"409"), 409);
    }

    #[test]
    fn heads_name_what_was_sent_before() {
        let mut names = Names::default();
        let mut read = |head: &[u8]| {
            let mut answer = Answer::default();
            names.read(head, &mut answer);
            (answer.status, answer.asks_to_retry)
        };
        // `:status: 201` to be kept, a name of its own, `:status: 200` of the list.
        assert_eq!(read(&[0x48, 3, b'2', b'0', b'1']), (201, false));
        assert_eq!(read(&[0x88, 0x40, 1, b'a', 1, b'b']), (200, false));
        // The last but one that was kept, and again after its table was made smaller; another status under its name.
        assert_eq!(read(&[0x80 | 63]), (201, false));
        assert_eq!(read(&[0x20, 0x80 | 63]), (201, false));
        assert_eq!(read(&[0x0f, 63 - 15, 3, b'5', b'0', b'3', 0x0f, 53 - 15, 1, b'1']), (503, true));
    }

    #[test]
    fn a_head_says_what_is_called() {
        let mut head = Vec::new();
        push_field(&mut head, "authorization", "Bearer x");
        assert_eq!(&head[..2], [LITERAL_NEVER_KEPT, 13]);
        let mut answer = Answer::default();
        let mut names = Names::default();
        names.read(&super::head(&Call::post("/", "x", "{}")), &mut answer);
        assert_eq!((answer.status, names.0.len()), (0, 0), "nothing of it is kept");
    }
}
