//! Heads of requests and answers, packed as RFC 7541 has it.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use bytes::Buf;

use super::super::Call;
use super::Answer;

/// The head of a request, for every connection: nothing in it counts on what was sent before.
pub(crate) fn head(call: &Call) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in [
        (":method", call.method.as_str()),
        (":scheme", "http"),
        (":path", &*call.path),
        (":authority", "127.0.0.1"),
    ] {
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
        push_length(head, text.len());
        head.extend_from_slice(text.as_bytes());
    }
}

const LITERAL_NEVER_KEPT: u8 = 0b0001_0000;

/// Appends how long a text is, which is written as it is.
fn push_length(head: &mut Vec<u8>, length: usize) {
    const MOST: usize = 127;
    let byte = |number: usize| u8::try_from(number).expect("it fits");
    head.push(byte(length.min(MOST)));
    if let Some(mut rest) = length.checked_sub(MOST) {
        while rest >= 128 {
            head.push(0x80 | byte(rest % 128));
            rest /= 128;
        }
        head.push(byte(rest));
    }
}

/// What the server has told to keep of its heads, the last of it first. What it has forgotten by now it does not name any more.
#[derive(Debug, Default)]
pub(super) struct Names(VecDeque<Kept>);

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
const STATUS: RangeInclusive<usize> = 8..=14;
const STATUS_VALUES: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
/// Where `retry-after` stands.
const RETRY_AFTER: usize = 53;

impl Names {
    pub(super) fn read(&mut self, mut head: &[u8], answer: &mut Answer) {
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
            push_length(&mut bytes, number);
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
