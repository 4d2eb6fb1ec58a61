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
//! told by a number: 0 for a new one, 1 for one with the hash of its key, and from 2 on those that were new in the block.
//! A record that is not of this form stands in `rests` as it is.

use std::ops::Range;

use bincode::Encode;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::Stream;
use rustc_hash::FxHashMap;

use super::quick::{self, CONCERT, Rest};
use super::short_id::{self, ID_BYTES};
use super::{Appender, CONFIG, Head, LENGTH_BYTES, WireError, WireHead, WireStream, cut};

#[cfg(test)]
mod tests;

const COLUMNS: usize = 8;
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
/// A request with the hash of its key.
const AS_ITS_KEY: u64 = 1;
/// Numbers below that of the first request.
const REQUESTS_FROM: u64 = 2;
const KNOWN: u8 = WHOSE | NUMBER | KEY | EPOCH;

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

/// Takes records apart, which are a concert's from this sequence on.
pub(crate) fn apart(concert: ConcertId, first_sequence: u64, packed: &[u8]) -> Result<Apart, WireError> {
    let mut taking = Taking::new(concert, first_sequence, packed);
    let mut begin = 0;
    for record in cut(packed) {
        let end = begin + record?.len();
        taking.take(begin..end);
        begin = end;
    }
    Ok(taking.end())
}

struct Taking<'a> {
    packed: &'a [u8],
    before: Before,
    plain: [Vec<u8>; COLUMNS],
    ids: Vec<u8>,
    keys: Vec<u8>,
    requests: Vec<u8>,
    /// The last record of each user, by its place.
    named: FxHashMap<&'a [u8], usize>,
    /// Numbers of requests.
    numbers: FxHashMap<&'a [u8], u64>,
    head: Vec<u8>,
}

impl<'a> Taking<'a> {
    fn new(concert: ConcertId, first_sequence: u64, packed: &'a [u8]) -> Self {
        Self {
            packed,
            before: Before::new(concert, first_sequence),
            plain: Default::default(),
            ids: Vec::new(),
            keys: Vec::new(),
            requests: Vec::new(),
            named: FxHashMap::default(),
            numbers: FxHashMap::default(),
            head: Vec::new(),
        }
    }

    fn take(&mut self, record: Range<usize>) {
        let user = self.take_in_form(record.clone()).unwrap_or_else(|| {
            let [shapes, _, _, _, lengths, rests, ..] = &mut self.plain;
            shapes.push(WHOLE);
            put(record.len() as u64, lengths);
            rests.extend_from_slice(&self.packed[record]);
            0..0
        });
        self.before.advance(user);
    }

    /// Takes a record apart, if it is of the form, and tells where its user stands.
    fn take_in_form(&mut self, record: Range<usize>) -> Option<Range<usize>> {
        let bytes = &self.packed[record.start + LENGTH_BYTES..record.end];
        let (Head { stream, sequence, epoch, time }, _) = quick::head(bytes)?;
        if (stream, sequence) != (Stream::Concert(self.before.concert), self.before.sequence) {
            return None;
        }
        self.head.clear();
        self.before.put_head(epoch, time.0, &mut self.head);
        let [CONCERT, variant, payload @ ..] = bytes.strip_prefix(&self.head[..])? else { return None };
        let payload_at = record.end - payload.len();
        let Whose { number, user, after } = Whose::of(payload);
        let user = payload_at + user.start..payload_at + user.end;
        let packed = self.packed;
        let text = &packed[user.clone()];
        let owner = number.and_then(|number| self.before.owner(number));
        let place = self.before.users.len();
        let named = if text.is_empty() { None } else { self.named.insert(text, place) };
        let [shapes, variants, times, numbers, lengths, rests, overhangs, requests] = &mut self.plain;
        variants.push(*variant);
        put(time.0.wrapping_sub(self.before.time), times);
        let mut shape = 0;
        if epoch != self.before.epoch {
            shape |= EPOCH;
            put(epoch, numbers);
        }
        (self.before.epoch, self.before.time) = (epoch, time.0);
        if let Some(number) = number {
            shape |= NUMBER;
            put(number.wrapping_sub(self.before.number).cast_signed(), numbers);
            self.before.number = number;
        }
        if text.is_empty() {
            shape |= NOBODY;
        } else if owner.is_some_and(|owner| packed[owner] == *text) {
            shape |= OWNER;
        } else if let Some(named) = named {
            shape |= AGAIN;
            put((place - named) as u64, lengths);
        } else if let Some((id, overhang)) = short_id::pack(text) {
            shape |= ID;
            self.ids.extend_from_slice(&id);
            overhangs.push(overhang);
        } else {
            shape |= TEXT;
            put(text.len() as u64, lengths);
            rests.extend_from_slice(text);
        }
        let mut rest = &packed[payload_at + after..record.end];
        if let Some((in_front, [1, key @ ..])) = rest.split_last_chunk::<KEY_BYTES>() {
            shape |= KEY;
            let (key, request) = key.split_at(ID_BYTES);
            self.keys.extend_from_slice(key);
            let next = self.numbers.len() as u64 + REQUESTS_FROM;
            if key == request {
                put(AS_ITS_KEY, requests);
            } else if let Some(number) = self.numbers.get(request) {
                put(*number, requests);
            } else {
                put(0_u64, requests);
                self.numbers.insert(request, next);
                self.requests.extend_from_slice(request);
            }
            rest = in_front;
        }
        put(rest.len() as u64, lengths);
        rests.extend_from_slice(rest);
        shapes.push(shape);
        Some(user)
    }

    fn end(self) -> Apart {
        let mut plain = Vec::new();
        for column in &self.plain {
            put(column.len() as u64, &mut plain);
        }
        self.plain.iter().for_each(|column| plain.extend_from_slice(column));
        Apart { plain, random: [self.ids, self.keys, self.requests].concat() }
    }
}

/// Whose a record is, by where users stand in most of them: in front, or behind the number of a booking.
struct Whose {
    number: Option<u64>,
    /// Empty if it is nobody's.
    user: Range<usize>,
    /// Where the rest begins.
    after: usize,
}

impl Whose {
    fn of(payload: &[u8]) -> Self {
        if let Some(user) = user_at(payload, 0) {
            return Self { number: None, after: user.end, user };
        }
        let mut rest = Rest(payload);
        let number = rest.number();
        let number_bytes = payload.len() - rest.0.len();
        let written = number.map(|number| {
            let mut written = Vec::with_capacity(number_bytes);
            put(number, &mut written);
            written
        });
        match user_at(payload, number_bytes).filter(|_| written.as_deref() == Some(&payload[..number_bytes]))
        {
            Some(user) => Self { number, after: user.end, user },
            None => Self { number: None, user: 0..0, after: 0 },
        }
    }
}

/// Where the text of a user lies whose length stands there. Those of records take one byte for their length.
fn user_at(payload: &[u8], at: usize) -> Option<Range<usize>> {
    let user = at + 1..at + 1 + usize::from(*payload.get(at)?);
    let text = payload.get(user.clone()).filter(|text| (1..=USER_BYTES_MAX).contains(&text.len()))?;
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte)).then_some(user)
}

fn put(value: impl Encode, bytes: &mut Vec<u8>) {
    bincode::encode_into_writer(value, Appender(bytes), CONFIG)
        .expect("memory takes every byte, and numbers can be written");
}

/// The records that were taken apart into this, so many of so many bytes together; nothing if that cannot be.
pub(crate) fn together(
    (concert, first_sequence): (ConcertId, u64),
    count: u32,
    length: u32,
    Apart { plain, random }: &Apart,
) -> Option<Vec<u8>> {
    let length = usize::try_from(length).ok()?;
    let mut putting = Putting::new(concert, first_sequence, plain, random)?;
    let mut packed = Vec::with_capacity(length);
    while let Some([shape]) = putting.plain[0].take() {
        putting.put_next(shape, &mut packed)?;
        if packed.len() > length {
            return None;
        }
    }
    let put = putting.before.sequence.checked_sub(first_sequence);
    (put == Some(count.into()) && packed.len() == length && putting.is_empty()).then_some(packed)
}

struct Putting<'a> {
    before: Before,
    plain: [Rest<'a>; COLUMNS],
    ids: Rest<'a>,
    keys: Rest<'a>,
    requests: Rest<'a>,
    /// Those that came so far.
    numbered: Vec<[u8; ID_BYTES]>,
}

impl<'a> Putting<'a> {
    fn new(concert: ConcertId, first_sequence: u64, plain: &'a [u8], random: &'a [u8]) -> Option<Self> {
        let mut rest = Rest(plain);
        let mut lengths = [0; COLUMNS];
        for length in &mut lengths {
            *length = usize::try_from(rest.number()?).ok()?;
        }
        let mut columns = [const { Rest(&[]) }; COLUMNS];
        for (column, length) in columns.iter_mut().zip(lengths) {
            *column = Rest(rest.bytes(length)?);
        }
        let shapes = columns[0].0.iter().filter(|shape| **shape != WHOLE);
        let ids = shapes.clone().filter(|shape| **shape & WHOSE == ID).count();
        let keys = shapes.filter(|shape| **shape & KEY != 0).count();
        let mut random = Rest(random);
        let mut of = |count: usize| random.bytes(count.checked_mul(ID_BYTES)?).map(Rest);
        let (ids, keys) = (of(ids)?, of(keys)?);
        let (before, numbered) = (Before::new(concert, first_sequence), Vec::new());
        rest.0.is_empty().then_some(Self { before, plain: columns, ids, keys, requests: random, numbered })
    }

    fn put_next(&mut self, shape: u8, packed: &mut Vec<u8>) -> Option<()> {
        let [_, variants, times, numbers, lengths, rests, overhangs, requests] = &mut self.plain;
        if shape == WHOLE {
            let length = usize::try_from(lengths.number()?).ok()?;
            packed.extend_from_slice(rests.bytes(length)?);
            self.before.advance(0..0);
            return Some(());
        }
        if shape & !KNOWN != 0 {
            return None;
        }
        let begin = packed.len();
        packed.extend_from_slice(&[0; LENGTH_BYTES]);
        self.before.time = self.before.time.wrapping_add(times.signed()?);
        if shape & EPOCH != 0 {
            self.before.epoch = numbers.number()?;
        }
        self.before.put_head(self.before.epoch, self.before.time, packed);
        let [variant] = variants.take()?;
        packed.extend_from_slice(&[CONCERT, variant]);
        if shape & NUMBER != 0 {
            self.before.number = self.before.number.wrapping_add_signed(numbers.signed()?);
            put(self.before.number, packed);
        }
        let mut user = packed.len() + 1..packed.len() + 1;
        match shape & WHOSE {
            ID => {
                let [overhang] = overhangs.take()?;
                packed.push(22);
                packed.extend_from_slice(&short_id::unpack(self.ids.take()?, overhang)?);
            }
            OWNER => {
                let owner = self.before.owner(self.before.number)?;
                packed.push(u8::try_from(owner.len()).ok()?);
                packed.extend_from_within(owner);
            }
            AGAIN => {
                let ago = usize::try_from(lengths.number()?).ok()?;
                let named = self.before.users.len().checked_sub(ago)?;
                let named = self.before.users.get(named).filter(|user| !user.is_empty())?.clone();
                packed.push(u8::try_from(named.len()).ok()?);
                packed.extend_from_within(named);
            }
            TEXT => {
                let length = u8::try_from(lengths.number()?).ok()?;
                packed.push(length);
                packed.extend_from_slice(rests.bytes(length.into())?);
            }
            NOBODY => {}
            _ => return None,
        }
        user.end = user.end.max(packed.len());
        let length = usize::try_from(lengths.number()?).ok()?;
        packed.extend_from_slice(rests.bytes(length)?);
        if shape & KEY != 0 {
            packed.push(1);
            let key = self.keys.take::<ID_BYTES>()?;
            let request = match requests.number()? {
                0 => {
                    self.numbered.push(self.requests.take()?);
                    *self.numbered.last()?
                }
                AS_ITS_KEY => key,
                number => *self.numbered.get(usize::try_from(number - REQUESTS_FROM).ok()?)?,
            };
            packed.extend_from_slice(&key);
            packed.extend_from_slice(&request);
        }
        let length = u32::try_from(packed.len() - begin - LENGTH_BYTES).ok()?;
        packed[begin..begin + LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
        self.before.advance(user);
        Some(())
    }

    fn is_empty(&self) -> bool {
        let random = [&self.ids, &self.keys, &self.requests];
        self.plain.iter().chain(random).all(|column| column.0.is_empty())
    }
}
