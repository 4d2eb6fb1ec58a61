//! What is looked for among the bookings that states have shed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::concert::{BookingStatus, EndedBooking};
use crate::ids::{BookingId, BookingNumber, ConcertId, PaymentId, UserId};
use crate::time::Time;

/// Which ended bookings are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndedQuery {
    /// This one.
    Booking(BookingId),
    /// The one that this payment pays.
    Payment(PaymentId),
    /// One user's at all concerts, newest first: the latest `created_at`, and of several the highest id.
    Of {
        /// Whose.
        user: UserId,
        /// Only with this status.
        status: Option<BookingStatus>,
        /// Only those that come after this place in the same order.
        after: Option<(Time, BookingId)>,
        /// So many at most.
        limit: usize,
    },
    /// One concert's, in the order of their numbers.
    At {
        /// Whose.
        concert: ConcertId,
        /// Only with this status.
        status: Option<BookingStatus>,
        /// Only with a higher number.
        after: Option<BookingNumber>,
        /// So many at most.
        limit: usize,
    },
}

impl EndedQuery {
    /// Whether a booking is among those that are wanted, but for the limit.
    pub fn wants(&self, ended: &EndedBooking) -> bool {
        let has = |wanted: &Option<BookingStatus>| wanted.is_none_or(|wanted| ended.booking.status == wanted);
        match self {
            Self::Booking(id) => ended.id() == *id,
            Self::Payment(id) => ended.concert == id.concert && ended.booking.payments().contains(&id.number),
            Self::Of { user, status, after, .. } => {
                ended.user == *user && has(status) && after.is_none_or(|after| ended.place() < after)
            }
            Self::At { concert, status, after, .. } => {
                ended.concert == *concert
                    && has(status)
                    && after.is_none_or(|after| ended.booking.number > after)
            }
        }
    }

    /// How many are wanted at most.
    pub fn limit(&self) -> usize {
        match self {
            Self::Booking(_) | Self::Payment(_) => 1,
            Self::Of { limit, .. } | Self::At { limit, .. } => *limit,
        }
    }
}

impl EndedBooking {
    /// Its place among the bookings of its user.
    fn place(&self) -> (Time, BookingId) {
        (self.booking.created_at(), self.id())
    }
}

/// Ended bookings in memory.
#[derive(Clone, Debug, Default)]
pub struct EndedBookings(BTreeMap<BookingId, EndedBooking>);

impl EndedBookings {
    /// Finds what the query wants, as [`Journal::ended`](super::Journal::ended) does.
    pub fn find(&self, query: &EndedQuery) -> Vec<EndedBooking> {
        let mut found: Vec<_> = self.0.values().filter(|ended| query.wants(ended)).cloned().collect();
        if matches!(query, EndedQuery::Of { .. }) {
            found.sort_by_key(|ended| Reverse(ended.place()));
        }
        found.truncate(query.limit());
        found
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Extend<EndedBooking> for EndedBookings {
    fn extend<I: IntoIterator<Item = EndedBooking>>(&mut self, ended: I) {
        self.0.extend(ended.into_iter().map(|ended| (ended.id(), ended)));
    }
}
