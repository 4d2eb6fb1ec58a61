//! Money: whole minor units of a currency.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// An amount in minor units (cents) of the currency it is told with.
pub type MinorUnits = i64;

/// An ISO 4217 currency with a defined number of decimals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "CompactString")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// US dollar, the default.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// The currency with this three-letter code, in capitals. Codes that are no money to pay with (gold, testing) are not known.
    pub fn from_code(code: &str) -> Option<Self> {
        let currency = iso_currency::Currency::from_code(code)?;
        currency.exponent().map(|_| Self(currency))
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimals of the major unit: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn decimals(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }

    /// Minor units in one major unit.
    pub fn minor_per_major(self) -> MinorUnits {
        10_i64.pow(self.decimals())
    }
}

impl From<Currency> for &'static str {
    fn from(currency: Currency) -> Self {
        currency.code()
    }
}

impl TryFrom<CompactString> for Currency {
    type Error = String;

    fn try_from(code: CompactString) -> Result<Self, String> {
        Self::from_code(&code).ok_or_else(|| format!("{code:?} is no currency"))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
