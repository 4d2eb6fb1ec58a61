//! A concert as naively as it can be told: a list of bookings, recounted from scratch for every question.
//!
//! It shares no code with the core: its own times, its own roles, its own words for refusals.

use crate::actions::{Action, BEGIN, DAY, Key, Times};

mod rules;

/// What the model expects of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Event,
    Nothing,
    /// A repetition; where it had made or ended a booking, which one.
    Repeated(Option<u64>),
    Refused(&'static str),
    /// Refused with the numbers that it tells.
    RefusedWith(&'static str, Vec<u64>),
}

#[derive(Clone, Debug)]
pub(crate) struct SeatType {
    pub(crate) name: String,
    pub(crate) price: i64,
    pub(crate) seats: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Booking {
    pub(crate) number: u64,
    pub(crate) user: u8,
    pub(crate) items: Vec<(u16, u32, i64)>,
    pub(crate) ended_by: Option<u64>,
}

#[derive(Clone, Debug)]
struct UsedKey {
    user: u8,
    key: Key,
    at: i64,
    booking: Option<u64>,
}

/// Where the concert stands, as everybody would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Absent,
    Draft,
    Scheduled,
    OnSale,
    Over,
    Closed,
    Cancelled,
    Deleted,
}

#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "plain facts: a state machine is what the core is checked for"
)]
pub(crate) struct Model {
    /// Milliseconds since the beginning of the history.
    pub(crate) now: i64,
    pub(crate) events: u64,
    pub(crate) version: u64,
    organizer: u8,
    made: bool,
    published: bool,
    closed: bool,
    cancelled: bool,
    swept: bool,
    deleted: bool,
    pub(crate) name: String,
    pub(crate) times: Times,
    pub(crate) limit: u32,
    pub(crate) seat_types: Vec<SeatType>,
    pub(crate) bookings: Vec<Booking>,
    keys: Vec<UsedKey>,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            now: 0,
            events: 0,
            version: 0,
            organizer: 0,
            made: false,
            published: false,
            closed: false,
            cancelled: false,
            swept: false,
            deleted: false,
            name: String::new(),
            times: Times { start: 0, open: None, close: None },
            limit: 0,
            seat_types: Vec::new(),
            bookings: Vec::new(),
            keys: Vec::new(),
        }
    }

    fn closes(&self) -> i64 {
        self.times.close.unwrap_or(self.times.start)
    }

    /// What the schedule and the organizer's doings come to at this moment.
    pub(crate) fn standing(&self) -> Standing {
        if !self.made {
            Standing::Absent
        } else if self.deleted {
            Standing::Deleted
        } else if self.cancelled {
            Standing::Cancelled
        } else if !self.published {
            Standing::Draft
        } else if self.closed {
            Standing::Closed
        } else if self.now >= self.closes() {
            Standing::Over
        } else if self.times.open.is_some_and(|open| self.now < open) {
            Standing::Scheduled
        } else {
            Standing::OnSale
        }
    }

    pub(crate) fn booked(&self, number: u16) -> u64 {
        let standing = self.bookings.iter().filter(|booking| booking.ended_by.is_none());
        let items = standing.flat_map(|booking| &booking.items).filter(|item| item.0 == number);
        items.map(|item| u64::from(item.1)).sum()
    }

    pub(crate) fn owned_by(&self, user: u8) -> u64 {
        let theirs = |booking: &&Booking| booking.user == user && booking.ended_by.is_none();
        let items = self.bookings.iter().filter(theirs).flat_map(|booking| &booking.items);
        items.map(|item| u64::from(item.1)).sum()
    }

    /// The day after each key that was used, for the clock to be put there.
    pub(crate) fn day_after_key(&self, nth: usize) -> Option<i64> {
        let place = nth.checked_rem(self.keys.len())?;
        Some(self.keys[place].at + DAY)
    }

    fn is_manager(&self, user: u8) -> bool {
        user == 1 || (user == 0 && self.organizer == 0) || (user == 2 && self.organizer == 2)
    }

    /// What comes of an action, and the model after it.
    pub(crate) fn act(&mut self, action: &Action) -> Expected {
        let mut after = self.clone();
        after.events += 1;
        match after.try_to(action) {
            Ok(()) => {
                *self = after;
                Expected::Event
            }
            Err(expected) => expected,
        }
    }
}

impl Times {
    fn closes(&self) -> i64 {
        self.close.unwrap_or(self.start)
    }

    fn are_sound(&self) -> bool {
        self.open.is_none_or(|open| open < self.closes()) && self.closes() <= self.start
    }

    /// Times that change lie ahead; those that stay may have passed.
    fn changes_lie_ahead(&self, before: &Times, now: i64) -> bool {
        let start_is_good = self.start == before.start || self.start > now;
        let close_is_good = self.closes() == before.closes() || self.closes() > now;
        start_is_good && close_is_good
    }

    fn equal(&self, other: &Times) -> bool {
        (self.start, self.open, self.close) == (other.start, other.open, other.close)
    }
}

/// A moment of the history as the core has it.
pub(crate) fn time(moment: i64) -> boxoffice_engine::time::Time {
    boxoffice_engine::time::Time(BEGIN.0 + moment)
}
