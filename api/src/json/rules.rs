//! What a field's value may be. The details are what the caller reads after the pointer.

use std::ops::RangeInclusive;

use boxoffice_engine::money::{Currency, MinorUnits};
use jiff::civil;
use jiff::fmt::temporal::Pieces;

use super::Json;
use super::value::FARTHEST;
use crate::respond::Amount;

/// How one value is read.
pub trait Rule: Copy {
    /// What comes out.
    type Value;

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it, in a few words that follow the field's name.
    fn read(self, json: Json) -> Result<Self::Value, String>;
}

fn wrong_kind<T>(expected: &str, json: &Json) -> Result<T, String> {
    Err(format!("must be {expected}, not {}", json.kind()))
}

/// A text, bounded in characters. Which characters a name may have is the engine's to say.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    min: usize,
    max: usize,
}

impl Text {
    /// A text of so many characters.
    pub fn of(characters: RangeInclusive<usize>) -> Self {
        let (min, max) = characters.into_inner();
        Self { min, max }
    }

    /// A text whose length is checked elsewhere.
    pub fn any() -> Self {
        Self { min: 0, max: usize::MAX }
    }
}

impl Rule for Text {
    type Value = String;

    fn read(self, json: Json) -> Result<String, String> {
        let Self { min, max } = self;
        let Json::Text(text) = json else { return wrong_kind("a text", &json) };
        let characters = text.chars().count();
        if (min..=max).contains(&characters) {
            Ok(text)
        } else {
            Err(format!("must have {min} to {max} characters, has {characters}"))
        }
    }
}

/// `true` or `false`.
#[derive(Clone, Copy, Debug)]
pub struct Boolean;

impl Rule for Boolean {
    type Value = bool;

    fn read(self, json: Json) -> Result<bool, String> {
        match json {
            Json::Boolean(value) => Ok(value),
            other => wrong_kind("true or false", &other),
        }
    }
}

/// A whole number. `2.0` and `2e0` are whole, too: JSON knows one kind of number only.
#[derive(Clone, Copy, Debug)]
pub struct Integer<T> {
    min: T,
    max: T,
}

impl<T> Integer<T> {
    /// A whole number within these bounds.
    pub fn of(bounds: RangeInclusive<T>) -> Self {
        let (min, max) = bounds.into_inner();
        Self { min, max }
    }
}

impl<T> Rule for Integer<T>
where
    T: TryFrom<i128> + Into<i128> + Copy,
{
    type Value = T;

    fn read(self, json: Json) -> Result<T, String> {
        let (min, max): (i128, i128) = (self.min.into(), self.max.into());
        let (number, written) = match json {
            Json::Integer(number) => (Some(number), number.to_string()),
            // Written out in full, a double says whether it is whole without any arithmetic; one that
            // does not fit in 128 bits is certainly out of bounds.
            Json::Float(double) if double.fract() == 0.0 => {
                (format!("{double:.0}").parse().ok(), number_text(&json))
            }
            other @ Json::Float(_) => {
                return Err(format!("must be a whole number, not {}", number_text(&other)));
            }
            other => return wrong_kind("a whole number", &other),
        };
        let within =
            number.filter(|number| (min..=max).contains(number)).and_then(|number| T::try_from(number).ok());
        within.ok_or_else(|| format!("must be {min} to {max}, is {}", shortened(&written)))
    }
}

/// An amount of money in major units, with at most the currency's decimals; read as minor units.
#[derive(Clone, Copy, Debug)]
pub struct Money {
    /// The currency, which knows its decimals.
    pub currency: Currency,
    /// The highest amount, in minor units; the lowest is zero.
    pub max: MinorUnits,
}

impl Rule for Money {
    type Value = MinorUnits;

    fn read(self, json: Json) -> Result<MinorUnits, String> {
        let decimals = self.currency.decimals() as usize;
        let Scaled { text, parts } = scaled(&json, decimals, &format!(" in {}", self.currency.code()))?;
        parts.filter(|minor| (0..=self.max).contains(minor)).ok_or_else(|| {
            let max = Amount { minor: self.max, currency: self.currency };
            format!("must be 0 to {max}, is {}", shortened(&text))
        })
    }
}

/// A number, below zero too, with at most two decimals; read as hundredths.
#[derive(Clone, Copy, Debug)]
pub struct Hundredths {
    /// How far from zero it may lie, in hundredths.
    pub farthest: i32,
}

impl Rule for Hundredths {
    type Value = i32;

    fn read(self, json: Json) -> Result<i32, String> {
        let Scaled { text, parts } = scaled(&json, 2, "")?;
        let hundredths = parts.and_then(|hundredths| i32::try_from(hundredths).ok());
        let near = |hundredths: &i32| hundredths.unsigned_abs() <= self.farthest.unsigned_abs();
        hundredths.filter(near).ok_or_else(|| {
            let farthest = self.farthest / 100;
            format!("must be -{farthest} to {farthest}, is {}", shortened(&text))
        })
    }
}

/// A number with few decimals.
struct Scaled {
    /// In decimal notation.
    text: String,
    /// How many of the smallest part it is; `None` if that is beyond 64 bits.
    parts: Option<i64>,
}

/// Reads a number of at most so many decimals; `unit` says in a refusal of what.
fn scaled(json: &Json, decimals: usize, unit: &str) -> Result<Scaled, String> {
    if !matches!(json, Json::Integer(_) | Json::Float(_)) {
        return wrong_kind("a number", json);
    }
    let text = number_text(json);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if fraction.len() > decimals {
        return Err(format!("must have at most {decimals} decimals{unit}, is {}", shortened(&text)));
    }
    // The digits of the whole followed by those of the fraction: no arithmetic, no rounding.
    let parts = format!("{whole}{fraction:0<decimals$}").parse().ok();
    Ok(Scaled { text, parts })
}

/// A number in decimal notation. For a double it is the shortest decimal that means this double: what was written, up to
/// trailing zeros, for anything of up to 15 digits. What is [beyond](Json::Float) all of them is told so.
fn number_text(json: &Json) -> String {
    match json {
        Json::Integer(number) => number.to_string(),
        Json::Float(double) if double.abs() >= FARTHEST => format!("beyond {double:e}"),
        // A negative zero is a zero.
        Json::Float(double) => (double + 0.0).to_string(),
        other => other.kind().to_owned(),
    }
}

/// A number for a message: nobody wants 300 digits of it.
fn shortened(number: &str) -> String {
    const CHARACTERS_MAX: usize = 24;
    match number.get(..CHARACTERS_MAX) {
        Some(start) if number.len() > CHARACTERS_MAX => format!("{start}..."),
        _ => number.to_owned(),
    }
}

/// One of a few words; read as the thing that the word stands for.
#[derive(Clone, Copy, Debug)]
pub struct OneOf<T: 'static>(pub &'static [(T, &'static str)]);

impl<T: Copy> Rule for OneOf<T> {
    type Value = T;

    fn read(self, json: Json) -> Result<T, String> {
        let Json::Text(text) = json else { return wrong_kind("a text", &json) };
        let known = self.0.iter().find(|(_, word)| *word == text);
        known.map(|(thing, _)| *thing).ok_or_else(|| {
            let words: Vec<&str> = self.0.iter().map(|(_, word)| *word).collect();
            format!("must be one of {}", words.join(", "))
        })
    }
}

/// A point in time and the offset in which it was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the Unix epoch.
    pub milliseconds: i64,
    /// Seconds east of UTC.
    pub offset_seconds: i32,
}

/// An RFC 3339 timestamp: date, `T`, time with seconds, and an offset or `Z`.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp;

impl Rule for Timestamp {
    type Value = Moment;

    fn read(self, json: Json) -> Result<Moment, String> {
        let Json::Text(text) = json else { return wrong_kind("a text", &json) };
        moment(&text).ok_or_else(|| {
            "must be a time with offset that exists, like 2027-06-01T20:00:00+02:00".to_owned()
        })
    }
}

/// Reads an RFC 3339 timestamp; digits beyond milliseconds are dropped. For query parameters as well.
pub fn moment(text: &str) -> Option<Moment> {
    const OFFSET_SECONDS_MAX: i32 = 24 * 3_600;
    // jiff reads more than RFC 3339 (a blank for the `T`, times without seconds, zone names), so the shape comes first.
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00";
    let fits = |(byte, expected): (&u8, &u8)| match expected {
        b'0' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't'),
        _ => byte == expected,
    };
    let rest = bytes.get(shape.len()..)?;
    let offset_start = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
    let offset_fits = match &rest[offset_start..] {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    if !bytes.iter().zip(shape).all(fits) || !offset_fits {
        return None;
    }
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset()?;
    let time = offset.to_timestamp(pieces.date().to_datetime(pieces.time()?)).ok()?;
    let offset_seconds = offset.seconds();
    let known = offset_seconds.abs() < OFFSET_SECONDS_MAX;
    known.then(|| Moment { milliseconds: time.as_millisecond(), offset_seconds })
}

/// A day of the calendar, `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug)]
pub struct Date;

impl Rule for Date {
    type Value = civil::Date;

    fn read(self, json: Json) -> Result<civil::Date, String> {
        let Json::Text(text) = json else { return wrong_kind("a text", &json) };
        date(&text).ok_or_else(|| "must be a date that exists, like 2027-06-01".to_owned())
    }
}

/// Reads `YYYY-MM-DD`. For query parameters as well.
pub fn date(text: &str) -> Option<civil::Date> {
    const DATE_BYTES: usize = 10;
    if text.len() == DATE_BYTES { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
