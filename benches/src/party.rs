//! Which seats a booking of a rush is for.

use std::sync::Arc;

use boxoffice_engine::concert::{BookSeats, Layout, NewConcert, NewSeatType, SeatMap, SeatRow, WantedItem};
use boxoffice_engine::ids::{SeatTypeNumber, UserId};
use boxoffice_engine::limits;
use boxoffice_engine::time::Time;

use crate::concerts::{a_concert, wish};

/// Halls of numbered seats at one concert, each a seat type of 60,000 seats.
const HALLS: usize = 8;
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

    /// Bookings until one concert is sold out.
    pub fn bookings_max() -> usize {
        HALLS * (ROWS * SEATS_PER_ROW / SEATS_PER_PARTY) as usize
    }

    /// A concert with room for the rush.
    pub(crate) fn concert(self, now: Time) -> NewConcert {
        if self == Self::One {
            return a_concert(now, &[limits::TOTAL_SEATS_MAX]);
        }
        let mut concert = a_concert(now, &[ROWS * SEATS_PER_ROW; HALLS]);
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
    pub(crate) fn wish(self, user: UserId, number: usize) -> BookSeats {
        if self == Self::One {
            return wish(user, SeatTypeNumber(1));
        }
        let (hall, place) = (number % HALLS, number / HALLS);
        let seat_type = SeatTypeNumber::from_index(hall).expect("there are few halls");
        let parties_per_row = (SEATS_PER_ROW / SEATS_PER_PARTY) as usize;
        let (row, first) = (place / parties_per_row, place % parties_per_row * SEATS_PER_PARTY as usize + 1);
        let mut wish = wish(user, seat_type);
        let seats = match self {
            Self::Choosing => (first..first + SEATS_PER_PARTY as usize)
                .map(|seat| format!("R{row}-{seat}").into())
                .collect(),
            _ => Vec::new(),
        };
        wish.items[0] = WantedItem { seat_type, quantity: SEATS_PER_PARTY, seats };
        wish
    }
}
