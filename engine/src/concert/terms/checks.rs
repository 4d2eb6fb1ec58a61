//! What a single value must be like. Each check says what is wrong in words for whoever sent the value.

use std::ops::RangeInclusive;

use crate::limits;
use crate::money::{Currency, MinorUnits};
use crate::time::Time;

/// A line of text: trimmed, without control characters, of bounded length.
pub(in crate::concert) fn line(text: &str, chars_min: usize, chars_max: usize) -> Result<(), String> {
    let chars = text.chars().count();
    if chars < chars_min || (chars_min > 0 && text.chars().all(is_blank)) {
        return Err("must not be empty".to_owned());
    }
    if chars > chars_max {
        return Err(format!("has {chars} characters; at most {chars_max} are allowed"));
    }
    if text.chars().any(is_unprintable) {
        return Err("must not contain control characters".to_owned());
    }
    if text.trim() != text {
        return Err("must not begin or end with white space".to_owned());
    }
    Ok(())
}

/// Text of several lines: no control characters but tabs and line ends, of bounded length.
pub(super) fn text(text: &str, chars_max: usize) -> Result<(), String> {
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(format!("has {chars} characters; at most {chars_max} are allowed"));
    }
    if text.chars().any(|character| is_unprintable(character) && !matches!(character, '\n' | '\r' | '\t')) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(())
}

/// Control characters, and the invisible ones that hide in a name or turn the direction of what is shown around them. The two
/// joiners stay: some scripts, and many emoji, are not written without them.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200c}' | '\u{200d}')
}

/// The name of a seat type.
///
/// # Errors
/// What is wrong with it.
pub fn check_seat_type_name(name: &str) -> Result<(), String> {
    line(name, 1, limits::SEAT_TYPE_NAME_CHARS_MAX)
}

/// An amount between zero (free) and the highest price.
pub(super) fn price(amount: MinorUnits, currency: Currency) -> Result<(), String> {
    let highest = limits::PRICE_MAJOR_MAX * currency.minor_per_major();
    if (0..=highest).contains(&amount) {
        Ok(())
    } else {
        Err(format!("must lie between 0 and {}", limits::PRICE_MAJOR_MAX))
    }
}

/// A whole number within a range.
pub(in crate::concert) fn within(number: i64, range: &RangeInclusive<u32>) -> Result<(), String> {
    if (i64::from(*range.start())..=i64::from(*range.end())).contains(&number) {
        Ok(())
    } else {
        Err(format!("must lie between {} and {}", range.start(), range.end()))
    }
}

/// Numbered seats of all types of a concert.
pub(in crate::concert) fn numbered_seats(seats: u64) -> Result<(), String> {
    let most = limits::SEATS_NUMBERED_MAX;
    if seats <= u64::from(most) {
        Ok(())
    } else {
        Err(format!("a concert has at most {most} numbered seats"))
    }
}

/// The start of a concert: ahead, but not beyond what anybody plans.
pub(super) fn start(start: Time, now: Time) -> Result<(), String> {
    if start <= now {
        Err("must lie in the future".to_owned())
    } else if start > now.plus_seconds(limits::START_AHEAD_SECONDS_MAX) {
        Err("lies more than a hundred years ahead".to_owned())
    } else {
        Ok(())
    }
}
