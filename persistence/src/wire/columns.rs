//! The records of a block of the archive, taken apart, so that each kind of bytes lies beside its like: what compresses well together,
//! and what is random, which hardly compresses at all. Put together again they are the same bytes, to the last bit.
//!
//! ```text
//! plain:  length of each column * 8 | shapes | variants | times | numbers | lengths | rests | overhangs | requests
//! random: ids of users, 16 bytes each | idempotency keys, 16 bytes each | requests that are not told by a number, 16 bytes each
//! ```
//!
//! Each record has a byte in `shapes`, by which what it has of the others is known. One at a time, and each only if the shape says so:
//! its variant; its time, less the one before; its epoch, where another than before; the booking that it names, less the one named
//! before; whose it is; what is left, with its length; its key. Numbers are written as in records. An id of 22 characters, of 6 bits each
//! as ours are, takes 128 bits and what hangs over. Who cancels their own booking is not named once more if the booking lies in the block,
//! and whoever else was named before is told by how many records ago. What came with a key is mostly the same request for all, so it is
//! told by a number: 0 for a new one, and from 1 on those that were new in the block.
//! A record that is not of this form stands in `rests` as it is.

use std::ops::Range;

use bincode::Encode;
use boxoffice_engine::ids::ConcertId;

use super::short_id::ID_BYTES;
use super::{Appender, CONFIG, WireHead, WireStream};

mod putting;
mod taking;
#[cfg(test)]
mod tests;

pub(crate) use putting::together;
pub(crate) use taking::apart;

const COLUMNS: usize = 8;
/// The length of an [`ID`], as it stands in records.
const ID_CHARACTERS: u8 = 22;
/// Longest text that tells whose a record is.
const USER_BYTES_MAX: usize = 64;
/// An `Option` of a key, where there is one: its mark, the key, and its request.
const KEY_BYTES: usize = 1 + 2 * ID_BYTES;

/// Whose a record is, in the lowest bits of its shape: nobody's, or somebody who is not known by where users stand in most records.
const NOBODY: u8 = 0;
/// An id of 22 characters.
const ID: u8 = 1;
/// Whoever made the booking that it names.
const OWNER: u8 = 2;
/// Any other text.
const TEXT: u8 = 3;
/// Whoever was named so many records ago.
const AGAIN: u8 = 4;
const WHOSE: u8 = 7;
/// It names a booking, or something else by its number, in front of whose it is.
const NUMBER: u8 = 1 << 3;
/// It ends with a key.
const KEY: u8 = 1 << 4;
/// It is of another epoch than the one before.
const EPOCH: u8 = 1 << 5;
/// It is as it is.
const WHOLE: u8 = u8::MAX;
const KNOWN: u8 = WHOSE | NUMBER | KEY | EPOCH;

/// Numbers of requests: one that is new in the block, and from which on there are those that were new.
const NEW_REQUEST: u64 = 0;
const REQUESTS_FROM: u64 = 1;

/// Records that were taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Apart {
    pub(crate) plain: Vec<u8>,
    pub(crate) random: Vec<u8>,
}

/// What the columns of one record are told in relation to.
struct Before {
    concert: ConcertId,
    first: u64,
    sequence: u64,
    epoch: u64,
    time: i64,
    number: u64,
    /// Where among the records' bytes it is told whose they are, of each record from the first on.
    users: Vec<Range<usize>>,
}

impl Before {
    fn new(concert: ConcertId, first: u64) -> Self {
        Self { concert, first, sequence: first, epoch: 0, time: 0, number: 0, users: Vec::new() }
    }

    /// Where the user stands who made the booking of this number.
    fn owner(&self, number: u64) -> Option<Range<usize>> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.users.get(place).filter(|user| !user.is_empty()).cloned()
    }

    /// Appends the head of the next record, which has this epoch and time.
    fn put_head(&self, epoch: u64, time: i64, bytes: &mut Vec<u8>) {
        let stream = WireStream::Concert(self.concert.bits());
        put(WireHead { stream, sequence: self.sequence, epoch, time }, bytes);
    }

    /// Goes on to the next record. The user of this one stands there.
    fn advance(&mut self, user: Range<usize>) {
        self.users.push(user);
        self.sequence = self.sequence.wrapping_add(1);
    }
}

fn put(value: impl Encode, bytes: &mut Vec<u8>) {
    bincode::encode_into_writer(value, Appender(bytes), CONFIG)
        .expect("memory takes every byte, and numbers can be written");
}
