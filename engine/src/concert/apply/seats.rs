//! Seats that become something else.

use std::sync::Arc;

use super::super::event::BookedItem;
use super::super::seating::SeatStatus;
use super::super::state::Concert;

impl Concert {
    /// Makes all seats of these items, which are `from`, `to`.
    pub(super) fn shift(&mut self, items: &[BookedItem], from: SeatStatus, to: SeatStatus) {
        for item in items {
            let index = item.seat_type.index();
            self.counts[index].shift(from, to, item.quantity);
            let (Some(states), Some(map)) =
                (&mut self.seating[index], self.terms.seat_types[index].layout.map())
            else {
                continue;
            };
            assert_eq!(item.seats.len(), item.quantity as usize, "numbered seats are named");
            // Readers keep the states that they were shown.
            let states = Arc::make_mut(states);
            for seat in &item.seats {
                assert_eq!(states.get(map, *seat), from, "a seat becomes something else only once");
                states.set(map, *seat, to);
            }
        }
    }
}
