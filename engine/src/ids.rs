//! Identities and their text forms.
//!
//! A concert's id is 64 random bits, written as 13 characters of Crockford's base 32. What belongs to a concert carries the
//! concert's id in its own: `<concert>-b<number>` is a booking, `<concert>-p<number>` a payment, `<concert>-t<number>` a seat type. So an id alone says which
//! actor to ask, and an id of another concert can never be mistaken for one of this.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Longest text of a user's id, in bytes.
pub const USER_ID_BYTES_MAX: usize = 64;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// What each character of it stands for: ids are read in every request.
static DIGITS: [Option<u8>; 256] = {
    let mut digits = [None; 256];
    let mut digit: u8 = 0;
    while (digit as usize) < ALPHABET.len() {
        digits[ALPHABET[digit as usize] as usize] = Some(digit);
        digit += 1;
    }
    digits
};
const CONCERT_ID_CHARS: usize = 13;
const MARK_CHARS: usize = 2;
const NUMBER_CHARS_MAX: usize = 20;
const ID_CHARS_MAX: usize = CONCERT_ID_CHARS + MARK_CHARS + NUMBER_CHARS_MAX;

/// A text that is no id of the asked-for kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct InvalidId;

/// Which concert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConcertId(u64);

impl ConcertId {
    /// The id with these 64 bits.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The 64 bits of the id.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The id's text.
    pub fn text(self) -> IdText {
        let mut text = IdText { bytes: [0; ID_CHARS_MAX], length: CONCERT_ID_CHARS };
        for (place, character) in text.bytes[..CONCERT_ID_CHARS].iter_mut().rev().enumerate() {
            *character = ALPHABET[((self.0 >> (5 * place)) & 31) as usize];
        }
        text
    }

    /// The text of the id of something that belongs to the concert.
    fn text_with(self, mark: [u8; MARK_CHARS], mut number: u64) -> IdText {
        let mut text = self.text();
        text.bytes[CONCERT_ID_CHARS..][..MARK_CHARS].copy_from_slice(&mark);
        let first = CONCERT_ID_CHARS + MARK_CHARS;
        text.length = first + number.checked_ilog10().map_or(1, |digits| digits as usize + 1);
        for digit in text.bytes[first..text.length].iter_mut().rev() {
            *digit = b"0123456789"[(number % 10) as usize];
            number /= 10;
        }
        text
    }
}

/// The text of an id, where it needs no allocation: every answer has several.
#[derive(Clone, Copy, Debug)]
pub struct IdText {
    bytes: [u8; ID_CHARS_MAX],
    length: usize,
}

impl AsRef<[u8]> for IdText {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl fmt::Display for IdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self.as_ref()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Display for ConcertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl FromStr for ConcertId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.len() != CONCERT_ID_CHARS {
            return Err(InvalidId);
        }
        let mut bits: u64 = 0;
        for (place, character) in text.bytes().enumerate() {
            let digit = DIGITS[usize::from(character)].ok_or(InvalidId)?;
            // 13 characters hold 65 bits: the first stands for four.
            if place == 0 && digit > 15 {
                return Err(InvalidId);
            }
            bits = (bits << 5) | u64::from(digit);
        }
        Ok(Self(bits))
    }
}

/// The number of a seat type within its concert, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeatTypeNumber(pub u16);

impl SeatTypeNumber {
    /// A number that no seat type has.
    pub const NOBODYS: Self = Self(u16::MAX);

    /// Where this seat type lies in a list of all seat types of its concert.
    pub fn index(self) -> usize {
        usize::from(self.0).wrapping_sub(1)
    }

    /// The number of the seat type at this place of the list.
    pub fn from_index(index: usize) -> Option<Self> {
        u16::try_from(index + 1).ok().map(Self)
    }
}

/// The number of a booking within its concert: the sequence of the event that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BookingNumber(pub u64);

/// The number of a payment within its concert: the sequence of the event that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PaymentNumber(pub u64);

/// Which seat type of which concert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatTypeId {
    /// The concert that it belongs to.
    pub concert: ConcertId,
    /// Its number there.
    pub number: SeatTypeNumber,
}

/// Which booking of which concert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BookingId {
    /// The concert that it belongs to.
    pub concert: ConcertId,
    /// Its number there.
    pub number: BookingNumber,
}

/// Which payment of which concert. Its number is the sequence of the event that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaymentId {
    /// The concert that it belongs to.
    pub concert: ConcertId,
    /// Its number there.
    pub number: PaymentNumber,
}

impl SeatTypeId {
    /// The id with this text, if it is one of this concert's.
    pub fn at(concert: ConcertId, text: &str) -> Option<Self> {
        text.parse::<Self>().ok().filter(|id| id.concert == concert)
    }

    /// The id's text.
    pub fn text(self) -> IdText {
        self.concert.text_with(*b"-t", self.number.0.into())
    }
}

impl fmt::Display for SeatTypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl BookingId {
    /// The id's text.
    pub fn text(self) -> IdText {
        self.concert.text_with(*b"-b", self.number.0)
    }
}

impl fmt::Display for BookingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl PaymentId {
    /// The id's text.
    pub fn text(self) -> IdText {
        self.concert.text_with(*b"-p", self.number.0)
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl FromStr for SeatTypeId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (concert, number) = parse_numbered(text, "-t")?;
        let number = u16::try_from(number).map_err(|_| InvalidId)?;
        Ok(Self { concert, number: SeatTypeNumber(number) })
    }
}

impl FromStr for BookingId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (concert, number) = parse_numbered(text, "-b")?;
        Ok(Self { concert, number: BookingNumber(number) })
    }
}

impl FromStr for PaymentId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (concert, number) = parse_numbered(text, "-p")?;
        Ok(Self { concert, number: PaymentNumber(number) })
    }
}

/// `<concert><mark><number>`; the number has no sign and no leading zero, so every id has exactly one text.
fn parse_numbered(text: &str, mark: &str) -> Result<(ConcertId, u64), InvalidId> {
    let (concert, rest) = text.split_at_checked(CONCERT_ID_CHARS).ok_or(InvalidId)?;
    let number = rest.strip_prefix(mark).ok_or(InvalidId)?;
    let plain = (1..=NUMBER_CHARS_MAX).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !number.starts_with('0');
    if !plain {
        return Err(InvalidId);
    }
    Ok((concert.parse()?, number.parse().map_err(|_| InvalidId)?))
}

/// Who: the `sub` of a token, 1 to 64 URL-safe characters. Ids of up to 24 bytes, as ours are, need no allocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "CompactString")]
pub struct UserId(CompactString);

impl UserId {
    /// The id with this text.
    ///
    /// # Errors
    /// When the text is empty, longer than 64 bytes, or has characters other than letters, digits, `-`, `.`, `_`, `~`.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        if is_user_id(text) { Ok(Self(CompactString::new(text))) } else { Err(InvalidId) }
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<CompactString> for UserId {
    type Error = InvalidId;

    fn try_from(text: CompactString) -> Result<Self, InvalidId> {
        if is_user_id(&text) { Ok(Self(text)) } else { Err(InvalidId) }
    }
}

/// Bytes that are looked at together.
const BLOCK: usize = 16;

/// Whether a text can be an id. Ids are read in every request, and with every booking that a start makes again; one of 16 to 32 bytes is
/// looked at in two blocks, which overlap, instead of byte by byte.
fn is_user_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) if bytes.len() <= 2 * BLOCK => {
            is_url_safe_block(first) && is_url_safe_block(last)
        }
        _ => (1..=USER_ID_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(|byte| is_url_safe(*byte)),
    }
}

/// With bits for an answer and differences for ranges, so that the compiler looks at all of them at once.
fn is_url_safe_block(bytes: &[u8; BLOCK]) -> bool {
    bytes.iter().fold(0, |unsafe_bits, byte| unsafe_bits | if is_url_safe(*byte) { 0 } else { u8::MAX }) == 0
}

fn is_url_safe(byte: u8) -> bool {
    let is_within = |first: u8, count: u8| byte.wrapping_sub(first) < count;
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    is_letter || is_within(b'0', 10) || is_within(b'-', 2) || byte == b'_' || byte == b'~'
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UserId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_concert_id_has_one_text() {
        for bits in [0, 1, 31, 32, u64::MAX, 0x0123_4567_89ab_cdef] {
            let id = ConcertId::from_bits(bits);
            assert_eq!(id.to_string().len(), CONCERT_ID_CHARS);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in
            ["", "0", "zzzzzzzzzzzzz", "000000000000", "0000000000000A", "000000000000u", "000000000000é"]
        {
            assert_eq!(text.parse::<ConcertId>(), Err(InvalidId), "{text:?}");
        }
    }

    #[test]
    fn ids_of_bookings_and_seat_types_carry_their_concert() {
        let concert = ConcertId::from_bits(77);
        for number in [0, 1, 9, 10, 12, 99, 100, 1_234_567_890, u64::MAX - 1, u64::MAX] {
            let booking = BookingId { concert, number: BookingNumber(number) };
            assert_eq!(booking.to_string(), format!("{concert}-b{number}"));
        }
        let booking = BookingId { concert, number: BookingNumber(12) };
        assert_eq!(booking.to_string().parse(), Ok(booking));
        let seat_type = SeatTypeId { concert, number: SeatTypeNumber(3) };
        assert_eq!(seat_type.to_string().parse(), Ok(seat_type));
        for wrong in ["-b", "-b0", "-b+1", "-b01", "-b99999999999999999999", "-t1", ""] {
            assert_eq!(format!("{concert}{wrong}").parse::<BookingId>(), Err(InvalidId), "{wrong:?}");
        }
    }

    #[test]
    fn user_ids_are_url_safe_and_bounded() {
        let may_stand = |character: char| character.is_ascii_alphanumeric() || "-._~".contains(character);
        for length in 1..=USER_ID_BYTES_MAX {
            for place in 0..length {
                for character in '\0'..='\u{ff}' {
                    let filled = |count: usize| "a".repeat(count);
                    let text = format!("{}{character}{}", filled(place), filled(length - 1 - place));
                    assert_eq!(UserId::new(&text).is_ok(), may_stand(character), "{text:?}");
                }
            }
        }
        for wrong in ["", &"a".repeat(65)] {
            assert_eq!(UserId::new(wrong), Err(InvalidId), "{wrong:?}");
        }
    }
}
