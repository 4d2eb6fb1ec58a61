//! Puts records together again that were taken apart.

use boxoffice_engine::ids::ConcertId;

use super::super::LENGTH_BYTES;
use super::super::quick::{CONCERT, Rest};
use super::super::short_id::{self, ID_BYTES};
use super::{
    AGAIN, Apart, Before, COLUMNS, EPOCH, ID, ID_CHARACTERS, KEY, KNOWN, NEW_REQUEST, NOBODY, NUMBER, OWNER,
    REQUESTS_FROM, TEXT, WHOLE, WHOSE, put,
};

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
            // Else bytes could ask for more records than they have room for.
            let record = rests.bytes(length).filter(|record| record.len() >= LENGTH_BYTES)?;
            packed.extend_from_slice(record);
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
                packed.push(ID_CHARACTERS);
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
                NEW_REQUEST => {
                    self.numbered.push(self.requests.take()?);
                    *self.numbered.last()?
                }
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
