//! Finds heads that say both `Content-Length` and `Transfer-Encoding`.
//!
//! The two together are how requests are smuggled past proxies, and hyper 1.12 cannot be asked about them: it goes by
//! `Transfer-Encoding`, drops `Content-Length` from the headers, and closes after the answer. So the bytes are
//! followed here, line by line, only as far as needed to know where heads begin. Whatever hyper refuses by itself
//! (a broken chunk, two lengths) ends the connection, and what is followed wrongly from there on does not matter.

/// A line longer than this is in no head that hyper accepts.
const LINE_BYTES_MAX: usize = 256 * 1024;

/// Follows the bytes of one HTTP/1.1 connection.
#[derive(Debug, Default)]
pub(super) struct LengthWatch {
    place: Place,
    /// The begin of a line whose end has not arrived yet.
    line: Vec<u8>,
    head: Head,
}

/// What the head that is being read has said so far.
#[derive(Debug, Default)]
struct Head {
    has_request_line: bool,
    length: Option<u64>,
    is_chunked: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Head,
    /// So many bytes to skip, then a head.
    Body(u64),
    ChunkSize,
    /// So many bytes to skip, then a chunk's size.
    Chunk(u64),
    Trailers,
    /// Nothing to be found here any more: it is HTTP/2, or no HTTP.
    Nowhere,
}

impl LengthWatch {
    /// Whether a head that ends in these bytes contradicts itself.
    pub(super) fn contradict_in(&mut self, mut bytes: &[u8]) -> bool {
        let mut contradict = false;
        while !bytes.is_empty() {
            match self.place {
                Place::Nowhere => break,
                Place::Body(rest) => self.place = skip(&mut bytes, rest).map_or(Place::Head, Place::Body),
                Place::Chunk(rest) => {
                    self.place = skip(&mut bytes, rest).map_or(Place::ChunkSize, Place::Chunk);
                }
                Place::Head | Place::ChunkSize | Place::Trailers => {
                    let Some(end) = memchr::memchr(b'\n', bytes) else {
                        self.keep(bytes);
                        break;
                    };
                    let (line, rest) = bytes.split_at(end);
                    bytes = &rest[1..];
                    contradict |= if self.line.is_empty() {
                        self.end_line(line)
                    } else {
                        let mut whole = std::mem::take(&mut self.line);
                        whole.extend_from_slice(line);
                        self.end_line(&whole)
                    };
                }
            }
        }
        contradict
    }

    /// Whether the bytes may still be those of HTTP/1.1.
    pub(super) fn is_http1(&self) -> bool {
        !matches!(self.place, Place::Nowhere)
    }

    /// Whether a head has ended and told how long its body is, which has not arrived whole.
    pub(super) fn is_within_body(&self) -> bool {
        matches!(self.place, Place::Body(_))
    }

    /// Whether a message has begun that has not arrived whole.
    pub(super) fn is_within_message(&self) -> bool {
        match self.place {
            Place::Head => self.head.has_request_line || !self.line.is_empty(),
            Place::Nowhere => false,
            Place::Body(_) | Place::ChunkSize | Place::Chunk(_) | Place::Trailers => true,
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.line.extend_from_slice(bytes);
        if self.line.len() > LINE_BYTES_MAX {
            *self = Self { place: Place::Nowhere, ..Self::default() };
        }
    }

    /// Takes a line without its `\n`; says whether it ended a head that contradicts itself.
    fn end_line(&mut self, line: &[u8]) -> bool {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.place {
            Place::ChunkSize => {
                // The size is followed by extensions, the chunk by a line's end of its own.
                let digits = line.split(|byte| !byte.is_ascii_hexdigit()).next().unwrap_or_default();
                self.place = match number(digits, 16) {
                    Some(0) => Place::Trailers,
                    Some(size) => Place::Chunk(size.saturating_add(2)),
                    None => Place::Nowhere,
                };
            }
            Place::Trailers if line.is_empty() => self.place = Place::Head,
            Place::Head if line.is_empty() => return self.end_head(),
            Place::Head if !self.head.has_request_line => {
                self.head.has_request_line = true;
                if line == b"PRI * HTTP/2.0" {
                    self.place = Place::Nowhere;
                }
            }
            Place::Head => self.note_header(line),
            _ => {}
        }
        false
    }

    fn note_header(&mut self, line: &[u8]) {
        const LENGTH: &[u8] = b"content-length:";
        const ENCODING: &[u8] = b"transfer-encoding:";
        // Most headers are told apart by their first letter.
        if !matches!(line.first(), Some(b'C' | b'c' | b'T' | b't')) {
            return;
        }
        let named =
            |name: &[u8]| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if named(LENGTH) {
            // A length that is none is refused by hyper.
            self.head.length = Some(number(line[LENGTH.len()..].trim_ascii(), 10).unwrap_or(0));
        } else if named(ENCODING) {
            self.head.is_chunked = true;
        }
    }

    fn end_head(&mut self) -> bool {
        if !self.head.has_request_line {
            // Empty lines before a request are allowed.
            return false;
        }
        let head = std::mem::take(&mut self.head);
        self.place = match (head.is_chunked, head.length) {
            (true, _) => Place::ChunkSize,
            (false, Some(length @ 1..)) => Place::Body(length),
            (false, _) => Place::Head,
        };
        head.is_chunked && head.length.is_some()
    }
}

/// Skips up to `count` bytes; says how many are left to skip.
fn skip(bytes: &mut &[u8], count: u64) -> Option<u64> {
    let here = usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len());
    *bytes = &bytes[here..];
    Some(count - here as u64).filter(|rest| *rest > 0)
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const WITH_LENGTH: &str =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 37\r\n\r\nTransfer-Encoding: x\r\nContent-Length:";
    const CHUNKED: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1a;x=y\r\nContent-Length: 7\r\n\r\nabcde\r\n0\r\nContent-Length: 1\r\n\r\n";
    const BOTH: &str = "POST / HTTP/1.1\r\ncontent-LENGTH: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    const BOTH_TURNED: &str =
        "POST / HTTP/1.1\nTransfer-Encoding: chunked\nHost: a\nContent-Length: 3\n\n0\n\n";
    const HTTP_2: &str =
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";

    #[test]
    fn only_contradictory_heads_are_found_however_the_bytes_arrive() {
        let cases: [(&[&str], bool); 8] = [
            (&[PLAIN, PLAIN], false),
            (&[WITH_LENGTH, CHUNKED, WITH_LENGTH, PLAIN], false),
            (&[BOTH], true),
            (&[BOTH_TURNED], true),
            (&[PLAIN, WITH_LENGTH, "\r\n", BOTH], true),
            (&[CHUNKED, BOTH_TURNED], true),
            (&[HTTP_2], false),
            (&["garbage"], false),
        ];
        for (requests, expected) in cases {
            let bytes = requests.concat();
            for size in [1, 2, 3, 7, 64, bytes.len()] {
                let mut watch = LengthWatch::default();
                let mut found = false;
                for part in bytes.as_bytes().chunks(size) {
                    found |= watch.contradict_in(part);
                }
                assert_eq!(found, expected, "{requests:?} in parts of {size}");
                assert_eq!(
                    watch.is_within_message(),
                    requests == ["garbage"],
                    "{requests:?} in parts of {size}"
                );
            }
        }
    }

    #[test]
    fn endless_line_is_given_up() {
        let mut watch = LengthWatch::default();
        for _ in 0..1_000 {
            assert!(!watch.contradict_in(&[b'x'; 1_024]));
        }
        assert!(watch.line.len() <= LINE_BYTES_MAX);
    }
}
