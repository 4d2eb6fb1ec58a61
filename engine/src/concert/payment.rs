//! Money that moves for a booking. No payment is ever forgotten.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::errand::ErrandNumber;
use crate::ids::{BookingNumber, PaymentNumber};
use crate::money::MinorUnits;
use crate::time::Time;

/// One payment for a booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its number: the sequence of the event that made it.
    pub number: PaymentNumber,
    /// What it pays.
    pub booking: BookingNumber,
    /// How much.
    pub amount: MinorUnits,
    /// Whether it pays a change of the booking, and not the booking.
    pub for_change: bool,
    /// The gateway that takes it.
    pub gateway: CompactString,
    /// How the buyer pays: a word of the gateway's.
    pub method: CompactString,
    /// How it stands.
    pub status: PaymentStatus,
    /// What the gateway calls it, once it knows of it.
    pub reference: Option<CompactString>,
    /// What the buyer's client needs to finish it with the gateway.
    pub client_secret: Option<CompactString>,
    /// What was given back of it or is to be.
    #[serde(deserialize_with = "crate::form::list")]
    pub refunds: SmallVec<[Refund; 1]>,
    /// When it was made.
    pub created_at: Time,
}

/// How a payment stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaymentStatus {
    /// Nobody knows yet.
    Processing,
    /// The money was captured.
    Succeeded,
    /// It was not, for this reason.
    Failed(CompactString),
}

/// A part of a payment that is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The errand by which it is given back.
    pub errand: ErrandNumber,
    /// How much.
    pub amount: MinorUnits,
    /// Whether the gateway has done it.
    pub is_made: bool,
}

impl Payment {
    /// What was captured.
    pub fn captured(&self) -> MinorUnits {
        if self.status == PaymentStatus::Succeeded { self.amount } else { 0 }
    }

    /// Given back so far.
    pub fn refunded(&self) -> MinorUnits {
        self.refunds.iter().filter(|refund| refund.is_made).map(|refund| refund.amount).sum()
    }

    /// Captured, and neither given back nor owed back.
    pub(super) fn kept(&self) -> MinorUnits {
        self.captured() - self.refunds.iter().map(|refund| refund.amount).sum::<MinorUnits>()
    }
}

/// The money of a concert. **Invariant: `captured - refunded - owed = confirmed + fees`.** What is captured is decided on in the same
/// event, so nothing ever waits for a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Captured by payments, ever.
    pub captured: MinorUnits,
    /// Given back by the gateway, ever.
    pub refunded: MinorUnits,
    /// To be given back.
    pub owed: MinorUnits,
    /// Price of what is confirmed and was paid.
    pub confirmed: MinorUnits,
    /// Kept of bookings that were cancelled.
    pub fees: MinorUnits,
}

impl Ledger {
    /// Whether every unit of money is accounted for.
    pub(super) fn balances(&self) -> bool {
        self.captured - self.refunded - self.owed == self.confirmed + self.fees
    }
}
