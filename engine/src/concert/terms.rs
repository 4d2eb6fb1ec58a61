//! What a concert is offered as: its description, times, rules and seat types, and what of them is acceptable.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::seating::{RowNames, SeatMap, row_faults};
use crate::faults::Faults;
use crate::limits;
use crate::money::{Currency, MinorUnits};
use crate::time::Time;

pub(super) mod checks;
pub use checks::check_seat_type_name;

/// A concert as its organizer makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConcert {
    /// Description, times and rules.
    pub details: Details,
    /// Of all prices.
    pub currency: Currency,
    /// Whether seats are held until they are paid for.
    pub payment_required: bool,
    /// How long a hold lasts, in seconds.
    pub hold_seconds: u32,
    /// How long an offer to somebody on the waiting list lasts, in seconds.
    pub offer_seconds: u32,
    /// Not to be seen by others until it is opened.
    pub draft: bool,
    /// Its seat types, at least one.
    pub seat_types: Vec<NewSeatType>,
}

/// What an organizer may change about a concert later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// What it is called.
    #[serde(deserialize_with = "crate::form::text")]
    pub name: String,
    /// Any text.
    #[serde(deserialize_with = "crate::form::text")]
    pub description: String,
    /// A kind of music; may be empty.
    #[serde(deserialize_with = "crate::form::text")]
    pub genre: String,
    /// Where it takes place.
    #[serde(deserialize_with = "crate::form::text")]
    pub venue: String,
    /// When it begins.
    pub start: LocalTime,
    /// When the sale opens; `None`: at once.
    pub sales_open_at: Option<Time>,
    /// When the sale closes; `None`: when the concert begins.
    pub sales_close_at: Option<Time>,
    /// Tickets that one user may have.
    pub tickets_per_user_max: u32,
    /// What a cancelled booking costs.
    pub cancellation: CancellationTerms,
    /// Whether buyers must not leave a single seat over between others.
    pub forbids_orphan_seats: bool,
}

impl Details {
    /// When the sale closes by itself.
    pub fn closes_at(&self) -> Time {
        self.sales_close_at.unwrap_or(self.start.time)
    }

    /// These details with a change.
    #[must_use]
    pub fn with(&self, change: &DetailsChange) -> Self {
        fn pick<T: Clone>(new: Option<&T>, old: &T) -> T {
            new.unwrap_or(old).clone()
        }
        Self {
            name: pick(change.name.as_ref(), &self.name),
            description: pick(change.description.as_ref(), &self.description),
            genre: pick(change.genre.as_ref(), &self.genre),
            venue: pick(change.venue.as_ref(), &self.venue),
            start: pick(change.start.as_ref(), &self.start),
            sales_open_at: pick(change.sales_open_at.as_ref(), &self.sales_open_at),
            sales_close_at: pick(change.sales_close_at.as_ref(), &self.sales_close_at),
            tickets_per_user_max: pick(change.tickets_per_user_max.as_ref(), &self.tickets_per_user_max),
            cancellation: pick(change.cancellation.as_ref(), &self.cancellation),
            forbids_orphan_seats: change.forbids_orphan_seats.unwrap_or(self.forbids_orphan_seats),
        }
    }
}

/// What is different about a concert; what is `None` stays. A sale time of `Some(None)` is back at its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DetailsChange {
    /// New name.
    pub name: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New genre.
    pub genre: Option<String>,
    /// New venue.
    pub venue: Option<String>,
    /// New start.
    pub start: Option<LocalTime>,
    /// New opening of the sale.
    pub sales_open_at: Option<Option<Time>>,
    /// New close of the sale.
    pub sales_close_at: Option<Option<Time>>,
    /// New ticket limit.
    pub tickets_per_user_max: Option<u32>,
    /// New cancellation terms.
    pub cancellation: Option<CancellationTerms>,
    /// Whether buyers must not leave a single seat over between others.
    pub forbids_orphan_seats: Option<bool>,
}

/// A point in time with the offset from UTC that was in force where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalTime {
    /// When.
    pub time: Time,
    /// Offset from UTC, in seconds: its calendar day is the day there.
    pub offset_seconds: i32,
}

/// What a cancelled booking costs, and until when it can be cancelled for money back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationTerms {
    /// Hours before the start.
    pub deadline_hours: u32,
    /// Fixed fee per booking.
    pub fee_fixed: MinorUnits,
    /// Fee as hundredths of a percent of the booking's total: 0 to 10,000.
    pub fee_basis_points: u32,
}

/// A seat type as its organizer makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSeatType {
    /// What it is called; unique within the concert.
    pub name: String,
    /// Price of one seat.
    pub price: MinorUnits,
    /// What seats it has.
    pub layout: Layout,
    /// Whether only a promo code opens it.
    pub hidden: bool,
}

/// What seats a seat type has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// So many places without numbers.
    GeneralAdmission {
        /// How many.
        total_seats: u32,
    },
    /// Numbered seats.
    Numbered(Arc<SeatMap>),
}

impl Layout {
    /// Seats in all.
    pub fn total_seats(&self) -> u32 {
        match self {
            Self::GeneralAdmission { total_seats } => *total_seats,
            Self::Numbered(map) => map.total_seats(),
        }
    }

    /// Seats with a number.
    pub(super) fn numbered_seats(&self) -> u64 {
        self.map().map_or(0, |map| u64::from(map.total_seats()))
    }

    /// The map of its seats, where they are numbered.
    pub fn map(&self) -> Option<&Arc<SeatMap>> {
        match self {
            Self::GeneralAdmission { .. } => None,
            Self::Numbered(map) => Some(map),
        }
    }
}

impl CancellationTerms {
    /// What a booking that was paid this much costs when its owner cancels it at `now`.
    pub(super) fn fee(&self, paid: MinorUnits, start: Time, now: Time) -> MinorUnits {
        if now > start.plus_seconds(-i64::from(self.deadline_hours) * 3_600) {
            return paid;
        }
        let share = (paid * MinorUnits::from(self.fee_basis_points) + 5_000) / 10_000;
        (self.fee_fixed + share).min(paid)
    }
}

impl NewConcert {
    /// Everything about it that cannot be accepted at `now`, by the names of the HTTP contract.
    pub fn faults(&self, now: Time) -> Faults {
        let mut faults = self.details.faults(self.currency);
        self.details.check_start_ahead(now, &mut faults);
        // A close that was not given is the start, which has been checked.
        if self.details.sales_close_at.is_some() {
            self.details.check_close_ahead(now, &mut faults);
        }
        let hold_seconds = 1..=limits::HOLD_SECONDS_MAX;
        faults.check("/holdSeconds", checks::within(i64::from(self.hold_seconds), &hold_seconds));
        let offer_seconds = 1..=limits::OFFER_SECONDS_MAX;
        faults.check("/offerSeconds", checks::within(i64::from(self.offer_seconds), &offer_seconds));
        let seat_types = 1..=limits::SEAT_TYPES_MAX;
        if !seat_types.contains(&self.seat_types.len()) {
            let detail = format!("a concert has 1 to {} seat types", limits::SEAT_TYPES_MAX);
            faults.add("/seatTypes", detail);
        }
        let mut row_names = RowNames::default();
        for (index, seat_type) in self.seat_types.iter().enumerate().take(limits::SEAT_TYPES_MAX) {
            let base = format!("/seatTypes/{index}");
            seat_type.add_faults(&base, self.currency, &mut faults);
            if let Some(map) = seat_type.layout.map() {
                row_names.check(map, &base, &mut faults);
                row_names.add(&seat_type.name, map);
            }
            if self.seat_types[..index].iter().any(|other| other.name == seat_type.name) {
                faults.add(format!("{base}/name"), "another seat type of this concert has this name");
            }
        }
        let numbered = self.seat_types.iter().map(|seat_type| seat_type.layout.numbered_seats()).sum();
        faults.check("/seatTypes", checks::numbered_seats(numbered));
        faults
    }
}

impl Details {
    /// Everything about them that can never be accepted.
    pub fn faults(&self, currency: Currency) -> Faults {
        let mut faults = Faults::default();
        faults.check("/name", checks::line(&self.name, 1, limits::NAME_CHARS_MAX));
        faults.check("/description", checks::text(&self.description, limits::DESCRIPTION_CHARS_MAX));
        faults.check("/genre", checks::line(&self.genre, 0, limits::NAME_CHARS_MAX));
        faults.check("/venue", checks::line(&self.venue, 1, limits::NAME_CHARS_MAX));
        let tickets = 1..=limits::TICKETS_PER_USER_MAX;
        faults.check("/maxTicketsPerUser", checks::within(i64::from(self.tickets_per_user_max), &tickets));
        let CancellationTerms { deadline_hours, fee_fixed, fee_basis_points } = self.cancellation;
        let deadline = 0..=limits::DEADLINE_HOURS_MAX;
        faults.check("/cancellation/deadlineHours", checks::within(i64::from(deadline_hours), &deadline));
        faults.check("/cancellation/feeFixed", checks::price(fee_fixed, currency));
        if fee_basis_points > 10_000 {
            faults.add("/cancellation/feePercent", "must lie between 0 and 100");
        }
        if self.start.offset_seconds.abs() > limits::OFFSET_SECONDS_MAX {
            faults.add("/startTime", "has an offset from UTC of a day or more");
        }
        if self.sales_open_at.is_some_and(|opens_at| opens_at >= self.closes_at()) {
            faults.add("/salesOpenAt", "the sale must open before it closes and before the concert begins");
        }
        if self.closes_at() > self.start.time {
            faults.add("/salesCloseAt", "the sale must close before the concert begins, or when it does");
        }
        faults
    }

    /// Notes a start that does not lie ahead of `now`, or too far.
    pub(super) fn check_start_ahead(&self, now: Time, faults: &mut Faults) {
        faults.check("/startTime", checks::start(self.start.time, now));
    }

    /// Notes a close of the sale that does not lie ahead of `now`.
    pub(super) fn check_close_ahead(&self, now: Time, faults: &mut Faults) {
        if self.closes_at() <= now {
            faults.add("/salesCloseAt", "must lie in the future");
        }
    }
}

impl NewSeatType {
    /// Everything about it that cannot be accepted; `base` is the pointer of the seat type itself.
    pub fn add_faults(&self, base: &str, currency: Currency, faults: &mut Faults) {
        faults.check(format!("{base}/name"), check_seat_type_name(&self.name));
        faults.check(format!("{base}/price"), checks::price(self.price, currency));
        match &self.layout {
            Layout::GeneralAdmission { total_seats } => {
                let seats = 1..=limits::TOTAL_SEATS_MAX;
                faults.check(format!("{base}/totalSeats"), checks::within(i64::from(*total_seats), &seats));
            }
            Layout::Numbered(map) => row_faults(map.rows(), base, faults),
        }
    }
}

impl super::event::SeatTypeChange {
    /// Everything about it that cannot be accepted.
    pub fn faults(&self, currency: Currency) -> Faults {
        let mut faults = Faults::default();
        if let Some(name) = &self.name {
            faults.check("/name", check_seat_type_name(name));
        }
        if let Some(price) = self.price {
            faults.check("/price", checks::price(price, currency));
        }
        if let Some(total_seats) = self.total_seats {
            let seats = 1..=limits::TOTAL_SEATS_MAX;
            faults.check("/totalSeats", checks::within(i64::from(total_seats), &seats));
        }
        faults
    }
}
