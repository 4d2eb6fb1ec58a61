//! What every seat is: available, held, booked or blocked.

use serde::{Deserialize, Serialize};

use super::map::{Extent, SeatMap};
use super::row::{Bits, RowSeats};
use crate::concert::counts::Counts;

/// What a seat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatStatus {
    /// Free to be booked.
    Available,
    /// Taken for a while.
    Held,
    /// Taken for good.
    Booked,
    /// Set aside by the organizer.
    Blocked,
}

/// What every seat of a map is, in two bits a seat. Each row begins at a word of its own, so that a row of up to 64 seats is
/// looked at as a whole: 16 bytes for every 64 seats of a row begun, which is 0.25 bytes a seat at best and 0.32 in rows of 50 (19
/// kB for 60,000 seats).
///
/// All calls take the map that the states were made for, and seats of it: anything else is a broken invariant, and they panic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatStates {
    /// Bits beyond the end of a row are never set.
    words: Vec<Bits>,
    /// The first row with a free seat; as many as there are rows when none is. A hall fills from the front, and what looks for seats
    /// need not look at what is sold out.
    first_open_row: usize,
}

impl SeatStates {
    /// The seats of a map that is new.
    pub fn all_available(map: &SeatMap) -> Self {
        Self { words: vec![Bits::default(); map.total_words()], first_open_row: 0 }
    }

    /// What a seat is.
    pub fn get(&self, map: &SeatMap, seat: u32) -> SeatStatus {
        let (row, offset) = self.locate(map, seat);
        self.row(&map.extents()[row]).status(offset)
    }

    /// Makes a seat what it shall be, whatever it was.
    pub fn set(&mut self, map: &SeatMap, seat: u32, status: SeatStatus) {
        let (row, offset) = self.locate(map, seat);
        let extent = map.extents()[row];
        super::row::set_status(&mut self.words[extent.first_word..][..extent.words], offset, status);
        if status == SeatStatus::Available {
            self.first_open_row = self.first_open_row.min(row);
        } else if row == self.first_open_row {
            let rest = &map.extents()[row..];
            let sold_out = rest.iter().take_while(|extent| !self.row(extent).has_free());
            self.first_open_row = row + sold_out.count();
        }
    }

    /// The first row with a free seat, if there is one.
    pub(super) fn first_open_row(&self) -> usize {
        self.first_open_row
    }

    /// How many seats are what, counted anew: it takes about as long as to read them.
    pub fn counts(&self, map: &SeatMap) -> Counts {
        self.assert_made_for(map);
        let mut counts = Counts::default();
        for bits in &self.words {
            counts.held += bits.held().count_ones();
            counts.booked += bits.booked().count_ones();
            counts.blocked += bits.blocked().count_ones();
        }
        let taken = counts.held + counts.booked + counts.blocked;
        Counts { available: map.total_seats() - taken, ..counts }
    }

    /// What the seats are, one after another.
    pub fn statuses<'a>(&'a self, map: &'a SeatMap) -> impl Iterator<Item = SeatStatus> + 'a {
        self.assert_made_for(map);
        map.extents().iter().flat_map(|extent| self.row(extent).statuses())
    }

    /// Whether to take these seats, all available now, would leave an orphan: a free seat that has a free neighbour in its row now
    /// and would have none. Nobody but a single visitor could be seated there.
    pub fn leaves_orphan(&self, map: &SeatMap, seats: &[u32]) -> bool {
        let mut taken = seats.to_vec();
        taken.sort_unstable();
        taken.iter().any(|seat| {
            let (row, offset) = self.locate(map, *seat);
            let row = self.row(&map.extents()[row]);
            let first_seat = seat - offset;
            // Beyond the row's ends nothing is free; below 0, an offset wraps to far beyond its end.
            let stays_free =
                |offset: u32| row.is_free(offset) && taken.binary_search(&(first_seat + offset)).is_err();
            let [left, left_of_left] = [offset.wrapping_sub(1), offset.wrapping_sub(2)];
            row.is_free(offset)
                && ((stays_free(left) && !stays_free(left_of_left))
                    || (stays_free(offset + 1) && !stays_free(offset + 2)))
        })
    }

    /// A row's bits.
    pub(super) fn row(&self, extent: &Extent) -> RowSeats<'_> {
        RowSeats::new(&self.words[extent.first_word..][..extent.words], extent.seats)
    }

    /// Whether they have a place for every seat of this map, and no other.
    pub(in crate::concert) fn are_made_for(&self, map: &SeatMap) -> bool {
        self.words.len() == map.total_words()
    }

    pub(super) fn assert_made_for(&self, map: &SeatMap) {
        assert!(self.are_made_for(map), "states belong to the map they were made for");
    }

    fn locate(&self, map: &SeatMap, seat: u32) -> (usize, u32) {
        self.assert_made_for(map);
        map.locate(seat).expect("a place is asked for in the map that it was found in")
    }
}
