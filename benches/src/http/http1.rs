//! HTTP/1.1 as far as callers need it who know what they will be answered.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use bytes::{Buf, BytesMut};
use memchr::memmem::Finder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Calls, Ends};

/// Room for an answer before it is known how long it is.
const ROOM_BYTES: usize = 16 * 1024;

/// Sends one request after another and counts the answers.
pub(super) async fn call(address: SocketAddr, calls: Arc<Calls>, ends: Ends) -> u64 {
    let mut connection = Connection::to(address).await;
    let mut answers = 0;
    while !ends.has_come() {
        connection.send(&calls.next().http1).await;
        let head = connection.read_head().await;
        assert_eq!(head.status, calls.status, "{}", connection.said());
        connection.skip_body(&head).await;
        answers += 1;
    }
    answers
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

/// What is known of an answer from its head.
pub(crate) struct Head {
    pub(crate) status: u16,
    bytes: usize,
    /// The length of the body; nothing where it comes in chunks.
    length: Option<usize>,
}

impl Connection {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server takes connections");
        stream.set_nodelay(true).expect("a connection can be told to hurry");
        Self { stream, buffer: BytesMut::with_capacity(ROOM_BYTES) }
    }

    pub(crate) async fn send(&mut self, request: &[u8]) {
        self.stream.write_all(request).await.expect("the server reads");
    }

    /// Reads until the head of the next answer is there.
    pub(crate) async fn read_head(&mut self) -> Head {
        loop {
            if let Some(head) = head_in(&self.buffer) {
                return head;
            }
            self.read_more().await;
        }
    }

    /// Reads a body whose length is told, and drops it with its head.
    pub(crate) async fn skip_body(&mut self, head: &Head) {
        let end = self.read_whole(head).await;
        self.buffer.advance(end);
    }

    /// Reads a body whose length is told, and gives it as text.
    pub(crate) async fn read_body(&mut self, head: &Head) -> String {
        let end = self.read_whole(head).await;
        let answer = self.buffer.split_to(end);
        String::from_utf8(answer[head.bytes..].to_vec()).expect("the answer is text")
    }

    async fn read_whole(&mut self, head: &Head) -> usize {
        let end = head.bytes + head.length.expect("the answer tells its length");
        while self.buffer.len() < end {
            self.read_more().await;
        }
        end
    }

    /// Reads a body that comes in chunks, and gives each of them to `visit`.
    pub(crate) async fn read_chunks(&mut self, head: &Head, mut visit: impl FnMut(&[u8])) {
        assert_eq!(head.length, None, "the answer comes in chunks");
        self.buffer.advance(head.bytes);
        loop {
            let Some(end) = memchr::memchr(b'\n', &self.buffer) else {
                self.read_more().await;
                continue;
            };
            let size = number(&self.buffer[..end], 16).expect("a chunk has a size");
            // The chunk is followed by a line's end of its own.
            let whole = end + 1 + size + 2;
            while self.buffer.len() < whole {
                self.read_more().await;
            }
            visit(&self.buffer[end + 1..end + 1 + size]);
            self.buffer.advance(whole);
            if size == 0 {
                return;
            }
        }
    }

    /// What has arrived, for whoever wonders about it.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.buffer).into_owned()
    }

    async fn read_more(&mut self) {
        self.buffer.reserve(ROOM_BYTES);
        let read = self.stream.read_buf(&mut self.buffer).await.expect("the server answers");
        assert_ne!(read, 0, "the server closes the connection after {:?}", self.said());
    }
}

fn head_in(buffer: &[u8]) -> Option<Head> {
    const NAME: &[u8] = b"content-length:";
    const STATUS_PLACE: usize = "HTTP/1.1 ".len();
    static END: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"\r\n\r\n"));
    let bytes = END.find(buffer)? + 4;
    let head = &buffer[..bytes];
    let status = number(head.get(STATUS_PLACE..STATUS_PLACE + 3)?, 10)?;
    let mut length = None;
    let mut begin = 0;
    for end in memchr::memchr_iter(b'\n', head) {
        let line = &head[begin..end];
        begin = end + 1;
        if line.len() > NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME) {
            length = number(&line[NAME.len()..], 10);
        }
    }
    Some(Head { status: u16::try_from(status).ok()?, bytes, length })
}

fn number(text: &[u8], radix: u32) -> Option<usize> {
    usize::from_str_radix(std::str::from_utf8(text).ok()?.trim(), radix).ok()
}
