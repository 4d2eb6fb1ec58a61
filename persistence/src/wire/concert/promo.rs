//! Mirrors of promo codes.

use bincode::{BorrowDecode, Decode, Encode};
use boxoffice_engine::concert::{CodeText, PromoCode, Reduction};
use boxoffice_engine::ids::SeatTypeNumber;
use boxoffice_engine::time::Time;

use crate::wire::WireError;
use crate::wire::list::List;

#[derive(Encode, BorrowDecode)]
pub(in crate::wire) struct WireCode<'a> {
    text: &'a str,
    reduction: WireReduction,
    uses_max: Option<u32>,
    valid_until: Option<i64>,
    opens: List<u16>,
    withdrawn: bool,
}

#[derive(Clone, Copy, Encode, Decode)]
enum WireReduction {
    Nothing,
    BasisPoints(u32),
    Amount(i64),
}

impl<'a> From<&'a PromoCode> for WireCode<'a> {
    fn from(code: &'a PromoCode) -> Self {
        let PromoCode { text, reduction, uses_max, valid_until, opens, withdrawn } = code;
        Self {
            text: text.as_str(),
            reduction: (*reduction).into(),
            uses_max: *uses_max,
            valid_until: valid_until.map(|time| time.0),
            opens: opens.iter().map(|number| number.0).collect(),
            withdrawn: *withdrawn,
        }
    }
}

impl TryFrom<WireCode<'_>> for PromoCode {
    type Error = WireError;

    fn try_from(code: WireCode<'_>) -> Result<Self, WireError> {
        let WireCode { text, reduction, uses_max, valid_until, opens, withdrawn } = code;
        // A text in small letters would be read as another one.
        let known = CodeText::new(text).filter(|known| known.as_str() == text);
        Ok(Self {
            text: known.ok_or(WireError::Value("promo code"))?,
            reduction: reduction.into(),
            uses_max,
            valid_until: valid_until.map(Time),
            opens: opens.0.into_iter().map(SeatTypeNumber).collect(),
            withdrawn,
        })
    }
}

impl From<Reduction> for WireReduction {
    fn from(reduction: Reduction) -> Self {
        match reduction {
            Reduction::Nothing => Self::Nothing,
            Reduction::BasisPoints(points) => Self::BasisPoints(points),
            Reduction::Amount(amount) => Self::Amount(amount),
        }
    }
}

impl From<WireReduction> for Reduction {
    fn from(reduction: WireReduction) -> Self {
        match reduction {
            WireReduction::Nothing => Self::Nothing,
            WireReduction::BasisPoints(points) => Self::BasisPoints(points),
            WireReduction::Amount(amount) => Self::Amount(amount),
        }
    }
}
