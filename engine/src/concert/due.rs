//! What happens to bookings by time alone.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::booking::Booking;
use crate::time::Time;

/// Something that happens to one booking when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Due {
    /// When.
    pub(super) at: Time,
    /// To which booking: its place in `bookings`.
    pub(super) place: u32,
    /// What.
    pub(super) what: DueWhat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum DueWhat {
    /// Its owner is told that the hold is about to expire.
    Warn,
    /// The hold expires.
    Expire,
    /// The change that waits for its payment is given up.
    DropChange,
}

/// Everything that is due, the next first.
pub(super) type Dues = BTreeSet<Due>;

impl Due {
    /// The ends of whatever this booking, at its place, holds for a while. Whether its owner is yet to be warned it does not tell.
    pub(super) fn ends_of(place: u32, booking: &Booking) -> impl Iterator<Item = Self> {
        let hold_ends = booking.expires_at().map(|at| Self { at, place, what: DueWhat::Expire });
        let dropped_at = booking.pending().map(|pending| pending.expires_at);
        let change_ends = dropped_at.map(|at| Self { at, place, what: DueWhat::DropChange });
        hold_ends.into_iter().chain(change_ends)
    }
}
