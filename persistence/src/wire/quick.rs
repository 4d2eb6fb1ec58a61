//! A short way to what a start reads a million times: the heads of records, and bookings of seats at their price.
//!
//! It reads the same bytes as the mirrors do, without a call for each number. Whatever it does not know, or finds wrong, it leaves to
//! them: they alone say what is an error, and which.

use boxoffice_engine::concert::{BookedItem, BookedItems, ConcertEvent, Seats};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{ConcertId, SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Stream};
use boxoffice_engine::time::Time;

use super::Head;
use super::concert::unsaid;

/// Variants by their place, as the mirrors have them.
const ACCOUNTS: u8 = 0;
pub(super) const CONCERT: u8 = 1;
const BOOKED: u8 = 9;
const BOOKED_ON_TERMS: u8 = 15;

/// bincode's marks of numbers that take more than one byte. What is smaller is the number itself.
const IN_TWO_BYTES: u8 = 251;
const IN_FOUR_BYTES: u8 = 252;
const IN_EIGHT_BYTES: u8 = 253;

/// The head at the beginning of these bytes, and how many of them it takes.
#[inline]
pub(super) fn head(bytes: &[u8]) -> Option<(Head, usize)> {
    let mut rest = Rest(bytes);
    let stream = rest.stream()?;
    let head = Head { stream, sequence: rest.number()?, epoch: rest.number()?, time: Time(rest.signed()?) };
    Some((head, bytes.len() - rest.0.len()))
}

/// The stream at the beginning of these bytes.
#[inline]
pub(super) fn stream(bytes: &[u8]) -> Option<Stream> {
    Rest(bytes).stream()
}

/// Shows the booking that these bytes are, if they are one of places of one seat type, without numbers, and nothing else. It is made only
/// where it is shown, of numbers that the processor still holds: handed from one to the next, it would be written and read back each time.
#[inline(always)]
pub(super) fn plain_booking<T>(payload: &[u8], show: impl FnOnce(Event) -> T) -> Option<T> {
    let (mut rest, has_terms) = Rest::of_booking(payload)?;
    let user = rest.user()?;
    let 1 = rest.number()? else { return None };
    let (seat_type, quantity, unit_price) = (rest.seat_type()?, rest.short()?, rest.signed()?);
    let 0 = rest.number()? else { return None };
    let (mail, idempotency) = rest.ending(has_terms)?;
    let item = BookedItem { seat_type, quantity, unit_price, seats: Seats::new() };
    let items = BookedItems::from_buf([item]);
    Some(show(Event::Concert(ConcertEvent::Booked { user, items, terms: None, mail, idempotency })))
}

/// The booking that these bytes are, whatever was booked, if they are one and nothing else.
pub(super) fn booking(payload: &[u8]) -> Option<Event> {
    let (mut rest, has_terms) = Rest::of_booking(payload)?;
    let (user, items) = (rest.user()?, rest.items()?);
    let (mail, idempotency) = rest.ending(has_terms)?;
    Some(Event::Concert(ConcertEvent::Booked { user, items, terms: None, mail, idempotency }))
}

/// What is left to read.
pub(super) struct Rest<'a>(pub(super) &'a [u8]);

impl<'a> Rest<'a> {
    /// What follows the variant of a booking, and whether that has terms.
    #[inline(always)]
    fn of_booking(payload: &'a [u8]) -> Option<(Self, bool)> {
        match payload {
            [CONCERT, BOOKED, rest @ ..] => Some((Self(rest), false)),
            [CONCERT, BOOKED_ON_TERMS, rest @ ..] => Some((Self(rest), true)),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    #[inline]
    fn flag(&mut self) -> Option<bool> {
        match self.take()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn number(&mut self) -> Option<u64> {
        Some(match self.take()? {
            [IN_TWO_BYTES] => u16::from_le_bytes(self.take()?).into(),
            [IN_FOUR_BYTES] => u32::from_le_bytes(self.take()?).into(),
            [IN_EIGHT_BYTES] => u64::from_le_bytes(self.take()?),
            [number] if number < IN_TWO_BYTES => number.into(),
            _ => return None,
        })
    }

    /// A number that may be negative: the lowest bit says so.
    #[inline]
    pub(super) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// A number of at most 32 bits. One in more bytes than that is none, even where it would fit.
    #[inline]
    fn short(&mut self) -> Option<u32> {
        if self.0.first() == Some(&IN_EIGHT_BYTES) { None } else { self.number()?.try_into().ok() }
    }

    #[inline]
    fn stream(&mut self) -> Option<Stream> {
        match self.take()? {
            [ACCOUNTS] => Some(Stream::Accounts),
            [CONCERT] => self.number().map(|bits| Stream::Concert(ConcertId::from_bits(bits))),
            _ => None,
        }
    }

    #[inline]
    fn user(&mut self) -> Option<UserId> {
        let length = usize::try_from(self.number()?).ok()?;
        UserId::new(str::from_utf8(self.bytes(length)?).ok()?).ok()
    }

    fn items(&mut self) -> Option<BookedItems> {
        (0..self.number()?).map(|_| self.item()).collect()
    }

    fn item(&mut self) -> Option<BookedItem> {
        let (seat_type, quantity, unit_price) = (self.seat_type()?, self.short()?, self.signed()?);
        let seats = (0..self.number()?).map(|_| self.short()).collect::<Option<_>>()?;
        Some(BookedItem { seat_type, quantity, unit_price, seats })
    }

    #[inline(always)]
    fn seat_type(&mut self) -> Option<SeatTypeNumber> {
        let [number @ 0..IN_TWO_BYTES] = self.take()? else { return None };
        Some(SeatTypeNumber(number.into()))
    }

    /// What follows the items to the end: whether there is mail, and the key.
    #[inline(always)]
    fn ending(&mut self, has_terms: bool) -> Option<(bool, Option<IdempotencyKey>)> {
        let mut mail = unsaid::MAIL;
        if has_terms {
            // One with terms takes the long way.
            self.flag()?.eq(&false).then_some(())?;
            mail = self.flag()?;
        }
        let idempotency = if self.flag()? {
            Some(IdempotencyKey { key: self.take()?, request: self.take()? })
        } else {
            None
        };
        self.0.is_empty().then_some((mail, idempotency))
    }
}
