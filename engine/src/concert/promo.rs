//! Promo and access codes: they lower a price, open hidden seat types, or both.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::booking::Discount;
use crate::faults::Faults;
use crate::ids::SeatTypeNumber;
use crate::limits;
use crate::money::{Currency, MinorUnits};
use crate::time::Time;

/// The text of a code, in capitals: case does not count.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "CompactString")]
pub struct CodeText(CompactString);

impl CodeText {
    /// The code with this text; nothing when no code can have it.
    pub fn new(text: &str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let fits = (1..=limits::CODE_CHARS_MAX).contains(&text.len()) && text.bytes().all(known);
        fits.then(|| Self(CompactString::new(text.to_ascii_uppercase())))
    }

    /// The code's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<CompactString> for CodeText {
    type Error = String;

    fn try_from(text: CompactString) -> Result<Self, String> {
        Self::new(&text).ok_or_else(|| format!("{text:?} is no code"))
    }
}

/// A code as its organizer made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromoCode {
    /// What buyers enter.
    pub text: CodeText,
    /// What it takes off a booking's price.
    pub reduction: Reduction,
    /// How many live bookings may use it at a time; `None`: any number.
    pub uses_max: Option<u32>,
    /// From when on it is no longer taken.
    pub valid_until: Option<Time>,
    /// Hidden seat types that it opens.
    pub opens: Vec<SeatTypeNumber>,
    /// Whether its organizer withdrew it.
    pub withdrawn: bool,
}

/// What a code takes off a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reduction {
    /// Nothing: it only opens seat types.
    Nothing,
    /// Hundredths of a percent of the booking's price: 1 to 10,000.
    BasisPoints(u32),
    /// So much of the booking's price, or all of it if that is less.
    Amount(MinorUnits),
}

impl Reduction {
    /// What is taken off this price, rounded to the nearest unit.
    pub fn of(self, price: MinorUnits) -> MinorUnits {
        match self {
            Self::Nothing => 0,
            // A seat costs less than 2^34 (a million, to four decimals), a booking has less than 2^14 seats, points are less than
            // 2^14: the product fits.
            Self::BasisPoints(points) => (price * MinorUnits::from(points) + 5_000) / 10_000,
            Self::Amount(amount) => amount.min(price),
        }
    }
}

impl PromoCode {
    /// Everything about it that cannot be accepted at `now`.
    pub fn faults(&self, currency: Currency, now: Time) -> Faults {
        let mut faults = Faults::default();
        match self.reduction {
            Reduction::Nothing if self.opens.is_empty() => {
                faults.add("", "the code has no effect: give percentOff, amountOff or opens");
            }
            Reduction::Nothing => {}
            Reduction::BasisPoints(points) if (1..=10_000).contains(&points) => {}
            Reduction::BasisPoints(_) => faults.add("/percentOff", "must be above 0 and at most 100"),
            Reduction::Amount(amount) => {
                let highest = limits::PRICE_MAJOR_MAX * currency.minor_per_major();
                if !(1..=highest).contains(&amount) {
                    faults.add(
                        "/amountOff",
                        format!("must be above 0 and at most {}", limits::PRICE_MAJOR_MAX),
                    );
                }
            }
        }
        if self.uses_max == Some(0) {
            faults.add("/maxUses", "must be at least 1");
        }
        if self.valid_until.is_some_and(|until| until <= now) {
            faults.add("/validUntil", "must lie in the future");
        }
        faults
    }

    /// Whether buyers may enter it at `now`, as far as that does not depend on how often it was used.
    pub fn is_taken_at(&self, now: Time) -> bool {
        !self.withdrawn && self.valid_until.is_none_or(|until| now < until)
    }

    /// What it takes off a booking of this price; it stands at this place among the concert's codes.
    pub(super) fn discount(&self, place: u16, price: MinorUnits) -> Discount {
        Discount { code: place, amount: self.reduction.of(price) }
    }
}
