//! Takes the records of a block apart.

use std::ops::Range;

use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::Stream;
use rustc_hash::FxHashMap;

use super::super::quick::{self, CONCERT, Rest};
use super::super::short_id::{self, ID_BYTES};
use super::super::{Head, LENGTH_BYTES, WireError, cut};
use super::{
    AGAIN, Apart, Before, COLUMNS, EPOCH, ID, KEY, KEY_BYTES, NEW_REQUEST, NOBODY, NUMBER, OWNER,
    REQUESTS_FROM, TEXT, USER_BYTES_MAX, WHOLE, put,
};

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
        let [_, variants, times, numbers, lengths, rests, overhangs, _] = &mut self.plain;
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
            self.take_key(key);
            rest = in_front;
        }
        let [shapes, _, _, _, lengths, rests, ..] = &mut self.plain;
        put(rest.len() as u64, lengths);
        rests.extend_from_slice(rest);
        shapes.push(shape);
        Some(user)
    }

    /// Takes a key with its request.
    fn take_key(&mut self, key: &'a [u8]) {
        let [.., requests] = &mut self.plain;
        let (key, request) = key.split_at(ID_BYTES);
        self.keys.extend_from_slice(key);
        let next = self.numbers.len() as u64 + REQUESTS_FROM;
        if let Some(number) = self.numbers.get(request) {
            put(*number, requests);
        } else {
            put(NEW_REQUEST, requests);
            self.numbers.insert(request, next);
            self.requests.extend_from_slice(request);
        }
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
