//! How many seats of a type are free, and how many are not.

use serde::{Deserialize, Serialize};

use super::seating::SeatStatus;
use crate::money::MinorUnits;

/// The seats of one type by what they are. Their sum is the seat type's capacity, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Free to be booked.
    pub available: u32,
    /// Taken for a while.
    pub held: u32,
    /// Taken for good.
    pub booked: u32,
    /// Set aside by the organizer.
    pub blocked: u32,
}

impl Counts {
    /// All seats of a type that is new.
    pub fn all_available(capacity: u32) -> Self {
        Self { available: capacity, ..Self::default() }
    }

    /// Seats in all.
    pub fn capacity(self) -> u64 {
        u64::from(self.available) + self.taken()
    }

    /// Seats that are not free.
    pub fn taken(self) -> u64 {
        u64::from(self.held) + u64::from(self.booked) + u64::from(self.blocked)
    }

    /// Makes so many seats that were one thing another.
    pub(super) fn shift(&mut self, from: SeatStatus, to: SeatStatus, quantity: u32) {
        let before = self.of(from);
        *before = before.checked_sub(quantity).expect("seats become something else only once");
        *self.of(to) += quantity;
    }

    fn of(&mut self, status: SeatStatus) -> &mut u32 {
        match status {
            SeatStatus::Available => &mut self.available,
            SeatStatus::Held => &mut self.held,
            SeatStatus::Booked => &mut self.booked,
            SeatStatus::Blocked => &mut self.blocked,
        }
    }
}

/// The money of one seat type, before any discount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesTally {
    /// Price of the seats that are confirmed.
    pub revenue: MinorUnits,
    /// Price of the seats that were confirmed and paid, and came back.
    pub returned: MinorUnits,
}
