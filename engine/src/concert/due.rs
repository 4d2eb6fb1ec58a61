//! What happens to bookings by time alone.

use crate::time::Time;

/// Something that happens to one booking when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    /// When.
    pub(super) at: Time,
    /// To which booking: its place in `bookings`.
    pub(super) place: u32,
    /// What.
    pub(super) what: DueWhat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DueWhat {
    /// Its owner is told that the hold is about to expire.
    Warn,
    /// The hold expires.
    Expire,
    /// The change that waits for its payment is given up.
    DropChange,
}
