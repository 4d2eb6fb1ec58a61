//! A client that speaks HTTP/2 by single frames, and so can do what no library would.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
pub(super) const DATA: u8 = 0;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
/// Of a ping.
pub(super) const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// The largest window that there is.
const WINDOW_MAX: u32 = (1 << 31) - 1;
const FIRST_WINDOW: u32 = (1 << 16) - 1;

pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) payload: Vec<u8>,
}

/// Greets the server, and lets it send as much as it likes.
pub(super) async fn greet(stream: &mut (impl AsyncWrite + Unpin)) {
    stream.write_all(PREFACE).await.unwrap();
    let mut settings = vec![0, 4];
    settings.extend_from_slice(&WINDOW_MAX.to_be_bytes());
    send(stream, SETTINGS, 0, 0, &settings).await;
    send(stream, WINDOW_UPDATE, 0, 0, &(WINDOW_MAX - FIRST_WINDOW).to_be_bytes()).await;
}

/// Asks for a path, which is short, as the request of this number. They are odd.
pub(super) async fn get(stream: &mut (impl AsyncWrite + Unpin), number: u32, path: &str) {
    // Indexed by the static table: GET, http; and literally, by its names: the path, the authority.
    let mut head = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    head.extend_from_slice(path.as_bytes());
    head.extend_from_slice(&[0x01, 1, b'a']);
    send(stream, HEADERS, END_HEADERS | END_STREAM, number, &head).await;
}

pub(super) async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    kind: u8,
    flags: u8,
    number: u32,
    payload: &[u8],
) {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend_from_slice(&[kind, flags]);
    frame.extend_from_slice(&number.to_be_bytes());
    frame.extend_from_slice(payload);
    stream.write_all(&frame).await.unwrap();
}

/// The next frame; nothing when the server has closed.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.ok()?;
    let [a, b, c, kind, flags, ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
    stream.read_exact(&mut payload).await.unwrap();
    Some(Frame { kind, flags, payload })
}
