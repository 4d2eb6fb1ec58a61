//! Which seats a booking of a rush is for.

use std::sync::Arc;

use boxoffice_engine::concert::{BookSeats, Layout, NewConcert, NewSeatType, SeatMap, SeatRow, WantedItem};
use boxoffice_engine::ids::{SeatTypeNumber, UserId};
use boxoffice_engine::limits;
use boxoffice_engine::time::Time;
use compact_str::{CompactString, format_compact};

use crate::concerts::{a_concert, wish};

/// One hall of 60,000 seats.
const ROWS: u32 = 1_200;
const SEATS_PER_ROW: u32 = 50;
/// Seats of a party that sits together.
const SEATS_PER_PARTY: u32 = 2;

/// A kind of booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// One place without a number.
    One,
    /// Two places without numbers.
    Standing,
    /// Two seats beside each other that the buyer chose.
    Choosing,
    /// The best two seats that are left.
    BestAvailable,
}

impl Party {
    /// What it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::One | Self::Standing => "general admission",
            Self::Choosing => "chosen seats",
            Self::BestAvailable => "best available",
        }
    }

    /// Seats of one booking.
    pub fn seats(self) -> usize {
        if self == Self::One { 1 } else { SEATS_PER_PARTY as usize }
    }

    /// Bookings until a concert is sold out.
    pub fn bookings_max() -> usize {
        (ROWS * SEATS_PER_ROW / SEATS_PER_PARTY) as usize
    }

    /// A concert with room for the rush.
    pub(crate) fn concert(self, now: Time) -> NewConcert {
        if self == Self::One {
            return a_concert(now, &[limits::TOTAL_SEATS_MAX]);
        }
        let mut concert = a_concert(now, &[ROWS * SEATS_PER_ROW]);
        if self != Self::Standing {
            let row = |row| SeatRow {
                section: None,
                label: format!("R{row}"),
                seats: SEATS_PER_ROW,
                positions: Vec::new(),
            };
            let map = Arc::new(SeatMap::new((0..ROWS).map(row).collect()));
            for NewSeatType { layout, .. } in &mut concert.seat_types {
                *layout = Layout::Numbered(Arc::clone(&map));
            }
        }
        concert
    }

    /// The wish of the booking with this number at its concert.
    pub(crate) fn wish(self, user: UserId, number: usize, labels: &[Vec<CompactString>]) -> BookSeats {
        let mut wish = wish(user, SeatTypeNumber(1));
        if self != Self::One {
            let seats = labels.get(number).cloned().unwrap_or_default();
            wish.items[0] = WantedItem { seat_type: SeatTypeNumber(1), quantity: SEATS_PER_PARTY, seats };
        }
        wish
    }

    /// What each buyer at a concert calls the seats that they choose, made before the clock runs: a server has them from the request.
    pub(crate) fn labels(self) -> Vec<Vec<CompactString>> {
        if self != Self::Choosing {
            return Vec::new();
        }
        let parties = (0..SEATS_PER_ROW).step_by(SEATS_PER_PARTY as usize);
        let labels = |row: u32, first: u32| {
            (1..=SEATS_PER_PARTY).map(|seat| format_compact!("R{row}-{}", first + seat)).collect()
        };
        (0..ROWS).flat_map(|row| parties.clone().map(move |first| labels(row, first))).collect()
    }
}
