//! Mirrors of how money moved, and of what was owed to the world outside.

use bincode::{BorrowDecode, Decode, Encode};
use boxoffice_engine::concert::{ErrandNumber, Settlement};
use boxoffice_engine::time::Time;

#[derive(Clone, Copy, Encode, BorrowDecode)]
pub(in crate::wire) enum WireSettlement<'a> {
    Declined { reason: &'a str, expires_at: Option<i64> },
    Confirmed,
    Retaken,
    ChangeMade,
    GivenBack,
}

#[derive(Clone, Copy, Encode, Decode)]
pub(in crate::wire) struct WireErrand {
    sequence: u64,
    index: u32,
}

impl<'a> From<&'a Settlement> for WireSettlement<'a> {
    fn from(settlement: &'a Settlement) -> Self {
        match settlement {
            Settlement::Declined { reason, expires_at } => {
                Self::Declined { reason, expires_at: expires_at.map(|time| time.0) }
            }
            Settlement::Confirmed => Self::Confirmed,
            Settlement::Retaken => Self::Retaken,
            Settlement::ChangeMade => Self::ChangeMade,
            Settlement::GivenBack => Self::GivenBack,
        }
    }
}

impl From<WireSettlement<'_>> for Settlement {
    fn from(settlement: WireSettlement<'_>) -> Self {
        match settlement {
            WireSettlement::Declined { reason, expires_at } => {
                Self::Declined { reason: reason.into(), expires_at: expires_at.map(Time) }
            }
            WireSettlement::Confirmed => Self::Confirmed,
            WireSettlement::Retaken => Self::Retaken,
            WireSettlement::ChangeMade => Self::ChangeMade,
            WireSettlement::GivenBack => Self::GivenBack,
        }
    }
}

impl From<ErrandNumber> for WireErrand {
    fn from(ErrandNumber { sequence, index }: ErrandNumber) -> Self {
        Self { sequence, index }
    }
}

impl From<WireErrand> for ErrandNumber {
    fn from(WireErrand { sequence, index }: WireErrand) -> Self {
        Self { sequence, index }
    }
}
