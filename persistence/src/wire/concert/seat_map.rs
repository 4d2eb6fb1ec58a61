//! Mirrors of the maps of numbered seats.

use bincode::{BorrowDecode, Decode, Encode};
use boxoffice_engine::concert::{SeatMap, SeatPosition, SeatRow};

use crate::wire::WireError;
use crate::wire::list::List;

/// A map is its rows: all else of it follows from them.
#[derive(Encode, BorrowDecode)]
pub(super) struct WireSeatMap<'a> {
    rows: List<WireRow<'a>>,
}

#[derive(Encode, BorrowDecode)]
struct WireRow<'a> {
    section: Option<&'a str>,
    label: &'a str,
    seats: u32,
    positions: List<WirePosition>,
}

#[derive(Clone, Copy, Encode, Decode)]
struct WirePosition {
    x: i32,
    y: i32,
}

impl<'a> From<&'a SeatMap> for WireSeatMap<'a> {
    fn from(map: &'a SeatMap) -> Self {
        Self { rows: map.rows().iter().map(Into::into).collect() }
    }
}

impl TryFrom<WireSeatMap<'_>> for SeatMap {
    type Error = WireError;

    fn try_from(map: WireSeatMap<'_>) -> Result<Self, WireError> {
        let rows: Vec<SeatRow> = map.rows.0.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        let seats: u64 = rows.iter().map(|row| u64::from(row.seats)).sum();
        let map = Self::new(rows);
        // The engine leaves out the seats that are too many, and somebody may have booked those.
        if u64::from(map.total_seats()) == seats { Ok(map) } else { Err(WireError::Value("seat map")) }
    }
}

impl<'a> From<&'a SeatRow> for WireRow<'a> {
    fn from(row: &'a SeatRow) -> Self {
        let SeatRow { section, label, seats, positions } = row;
        let positions = positions.iter().map(|&SeatPosition { x, y }| WirePosition { x, y }).collect();
        Self { section: section.as_deref(), label, seats: *seats, positions }
    }
}

impl TryFrom<WireRow<'_>> for SeatRow {
    type Error = WireError;

    fn try_from(row: WireRow<'_>) -> Result<Self, WireError> {
        let WireRow { section, label, seats, positions } = row;
        let positions: Vec<_> =
            positions.0.into_iter().map(|WirePosition { x, y }| SeatPosition { x, y }).collect();
        if !positions.is_empty() && u32::try_from(positions.len()) != Ok(seats) {
            return Err(WireError::Value("seat map"));
        }
        Ok(Self { section: section.map(str::to_owned), label: label.to_owned(), seats, positions })
    }
}
