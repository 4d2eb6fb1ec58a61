//! Who a concert has to do with, and which bookings are theirs.

use std::num::NonZeroU32;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// Everybody whom a concert has to do with, in the order in which they came. Their ids are the box office's own or stand in tokens that it
/// trusts, so nobody chooses them to collide, and a cheap hash will do: there is one for every booking that is made or made again.
pub(super) type People = IndexMap<UserId, Person, FxBuildHasher>;

/// Somebody who booked at this concert or used an idempotency key here. There is one for nearly every booking, so it is kept small.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Person {
    /// Seats in bookings that are not ended.
    #[serde(skip)]
    pub(super) tickets: u32,
    /// Their newest booking.
    #[serde(skip)]
    pub(super) newest: Option<BookingPlace>,
}

/// The place of a booking in `bookings`, in a form of which none takes no more room than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BookingPlace(NonZeroU32);

impl BookingPlace {
    /// Nothing for a place that no concert reaches.
    pub(super) fn new(place: usize) -> Option<Self> {
        u32::try_from(place + 1).ok().and_then(NonZeroU32::new).map(Self)
    }

    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}
