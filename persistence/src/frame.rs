//! The frame: one value of the store, holding (a part of) one commit group.
//!
//! Key: the frame's number, a big-endian `u64`, from 0 without gaps. Value, numbers big-endian:
//!
//! ```text
//! version u8 | number u64 | position u64 | records u32 | part u32 | last u8 | body length u32 | previous [u8; 32] | body | hash [u8; 32]
//! ```
//!
//! `position` counts the records that begin in earlier frames, `records` those that begin in this one. A group that does not
//! fit one body is cut into parts, numbered from 0; only its last part has `last` = 1. `previous` is the hash of the frame
//! before, `hash` is BLAKE3 of everything before it in the value. In every version the first byte is the version and the last
//! 32 bytes are the hash, so that a frame of a newer program is never mistaken for damage.

use std::fmt;

use crate::fields::Fields;

/// The only version so far. It covers the frame and the records in it: see [`crate::wire`].
pub(crate) const VERSION: u8 = 1;

/// Longest body. With it, a leaf of sled (17 values at most) stays far below 256 KiB, where sled would move it to a blob file.
pub(crate) const BODY_BYTES_MAX: usize = 8 * 1024;

const HASH_BYTES: usize = 32;
const HEADER_BYTES: usize = 1 + 8 + 8 + 4 + 4 + 1 + 4 + HASH_BYTES;

/// BLAKE3 of a frame, and through its `previous` of everything before it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ChainHash(pub(crate) [u8; HASH_BYTES]);

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a frame says about itself besides its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) number: u64,
    pub(crate) position: u64,
    pub(crate) records: u32,
    pub(crate) part: u32,
    pub(crate) last: bool,
    pub(crate) previous: ChainHash,
}

/// A frame that is whole in itself; whether it has its place in the chain is the chain's question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) header: Header,
    pub(crate) body: &'a [u8],
    pub(crate) hash: ChainHash,
}

/// What can be wrong with a frame or with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("is missing")]
    Missing,
    #[error("has a key of {0} bytes instead of 8")]
    Key(usize),
    #[error("has only {0} bytes")]
    Short(usize),
    #[error("does not match its checksum")]
    Hash,
    #[error("has format version {0}; this program reads up to {VERSION}")]
    Version(u8),
    #[error("does not fit its own length")]
    Length,
    #[error("says that it is frame {0}")]
    Number(u64),
    #[error("does not follow the frame before it")]
    Chain,
    #[error("begins at record {found} instead of {expected}")]
    Position { expected: u64, found: u64 },
    #[error("is part {found} of its group instead of {expected}")]
    Part { expected: u32, found: u32 },
    #[error("ends a group with bad records: {0}")]
    Records(String),
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

/// The key of a frame.
pub(crate) fn key(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}

/// Reads a key.
pub(crate) fn number_of(key: &[u8]) -> Result<u64, Flaw> {
    key.try_into().map(u64::from_be_bytes).map_err(|_| Flaw::Key(key.len()))
}

/// Writes a frame's value over whatever is in `value` and returns its hash. The body must not be longer than
/// [`BODY_BYTES_MAX`].
pub(crate) fn encode(header: &Header, body: &[u8], value: &mut Vec<u8>) -> ChainHash {
    assert!(
        body.len() <= BODY_BYTES_MAX,
        "a frame's body keeps its limit: sled moves larger values to files it never syncs"
    );
    let length = u32::try_from(body.len()).expect("the limit of a body fits 32 bits");
    value.clear();
    value.reserve(HEADER_BYTES + body.len() + HASH_BYTES);
    value.push(VERSION);
    value.extend_from_slice(&header.number.to_be_bytes());
    value.extend_from_slice(&header.position.to_be_bytes());
    value.extend_from_slice(&header.records.to_be_bytes());
    value.extend_from_slice(&header.part.to_be_bytes());
    value.push(u8::from(header.last));
    value.extend_from_slice(&length.to_be_bytes());
    value.extend_from_slice(&header.previous.0);
    value.extend_from_slice(body);
    let hash = ChainHash(*blake3::hash(value).as_bytes());
    value.extend_from_slice(&hash.0);
    hash
}

/// Reads a frame's value. The order of the checks makes the message right: only what has its checksum is asked for more.
pub(crate) fn decode(value: &[u8]) -> Result<Frame<'_>, Flaw> {
    let short = || Flaw::Short(value.len());
    let (sealed, hash) = value.split_last_chunk::<HASH_BYTES>().ok_or_else(short)?;
    let version = *sealed.first().ok_or_else(short)?;
    if blake3::hash(sealed).as_bytes() != hash {
        return Err(Flaw::Hash);
    }
    if version != VERSION {
        return Err(Flaw::Version(version));
    }
    let mut fields = Fields::new(&sealed[1..]);
    let number = fields.u64().ok_or_else(short)?;
    let position = fields.u64().ok_or_else(short)?;
    let records = fields.u32().ok_or_else(short)?;
    let part = fields.u32().ok_or_else(short)?;
    let [last] = fields.take().ok_or_else(short)?;
    let length = fields.u32().ok_or_else(short)?;
    let previous = ChainHash(fields.take().ok_or_else(short)?);
    let body = fields.rest();
    if usize::try_from(length) != Ok(body.len()) || body.len() > BODY_BYTES_MAX || last > 1 {
        return Err(Flaw::Length);
    }
    let header = Header { number, position, records, part, last: last == 1, previous };
    Ok(Frame { header, body, hash: ChainHash(*hash) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    fn header() -> Header {
        Header { number: 7, position: 900, records: 3, part: 1, last: true, previous: ChainHash([9; 32]) }
    }

    fn value() -> Vec<u8> {
        let mut value = vec![1, 2, 3];
        encode(&header(), b"body", &mut value);
        value
    }

    /// The value with other bytes and a checksum that fits them: what only a program can have written.
    fn resealed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut value = value();
        value.truncate(value.len() - HASH_BYTES);
        change(&mut value);
        let hash = *blake3::hash(&value).as_bytes();
        value.extend_from_slice(&hash);
        value
    }

    #[test]
    fn what_is_written_is_read() {
        let value = value();
        let frame = decode(&value).unwrap();
        assert_eq!((frame.header, frame.body), (header(), &b"body"[..]));
        assert_eq!(frame.hash.0, value[value.len() - HASH_BYTES..]);
    }

    #[test]
    fn a_frame_has_the_bytes_of_version_1() {
        golden::check(&value(), include_str!("../tests/golden/frame-v1.hex"));
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let value = value();
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&flipped), Err(Flaw::Hash), "bit {bit}");
        }
    }

    #[test]
    fn every_cut_is_seen() {
        let value = value();
        for length in 0..value.len() {
            assert!(matches!(decode(&value[..length]), Err(Flaw::Short(_) | Flaw::Hash)), "{length} bytes");
        }
    }

    #[test]
    fn a_frame_of_a_newer_program_is_no_damage() {
        assert_eq!(decode(&resealed(|value| value[0] = 2)), Err(Flaw::Version(2)));
        // Nothing but the first byte and the checksum is known about another version.
        let mut strange = vec![3, 1, 4];
        strange.extend_from_slice(blake3::hash(&[3, 1, 4]).as_bytes());
        assert_eq!(decode(&strange), Err(Flaw::Version(3)));
    }

    #[test]
    fn a_sealed_frame_must_still_make_sense() {
        assert_eq!(decode(&resealed(|value| value.push(0))), Err(Flaw::Length));
        assert_eq!(decode(&resealed(|value| value[25] = 2)), Err(Flaw::Length));
        assert_eq!(decode(&resealed(|value| value.truncate(10))), Err(Flaw::Short(42)));
    }

    #[test]
    fn keys_are_numbers() {
        assert_eq!(number_of(&key(u64::MAX)), Ok(u64::MAX));
        assert_eq!(number_of(b"frame"), Err(Flaw::Key(5)));
        assert!(key(255) < key(256), "keys sort as numbers do");
    }
}
