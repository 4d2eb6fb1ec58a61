//! Many bookings that are asked for together.

use std::collections::HashMap;
use std::task::{Context, Poll};

use super::requests::{into_boxed, undecided};
use super::{BoxOffice, ConcertRefused};
use crate::concert::{BookSeats, BookingView, Concert, ConcertCommand, Rejection};
use crate::desk::{Placed, Slot, Slots};
use crate::ids::ConcertId;
use crate::machine::{Answered, DeskOf};

/// What becomes of one booking of a batch.
pub type Booked = Result<Answered<Box<BookingView>>, ConcertRefused>;

/// The answers to a batch, as they become final. Dropped, it takes nothing back: what was asked for is decided all the same.
pub struct BatchAnswers {
    slots: Slots<Concert>,
    /// Room that is used again and again.
    taken: Vec<Placed<Concert>>,
}

impl BatchAnswers {
    /// Adds answers that have come, each with the place that its wish was given, in any order. Each place is answered once; the
    /// count is zero when all are.
    pub fn poll_take(
        &mut self,
        context: &mut Context<'_>,
        answers: &mut Vec<(usize, Booked)>,
    ) -> Poll<usize> {
        let polled = self.slots.poll_take(context, &mut self.taken);
        answers.extend(self.taken.drain(..).map(|(place, outcome)| (place, outcome.map(into_boxed))));
        polled
    }
}

/// The wishes of a batch for one concert.
struct Order {
    desk: DeskOf<Concert>,
    commands: Vec<(ConcertCommand, Slot<Concert>)>,
}

impl BoxOffice {
    /// Books for many users, without waiting: each wish with a place of the caller's choice, all of them or none of its seats, each
    /// let in and decided by itself as by [`BoxOffice::book`]. A concert decides its wishes in the order in which they stand here.
    ///
    /// A caller passes on at most [`limits::BOOKINGS_PER_BATCH_MAX`](crate::limits::BOOKINGS_PER_BATCH_MAX) wishes: a concert does
    /// nothing else meanwhile.
    pub fn book_all(&self, wishes: impl IntoIterator<Item = (usize, ConcertId, BookSeats)>) -> BatchAnswers {
        let (slots, slot) = Slots::new();
        let mut orders = Orders::default();
        for (place, concert, mut wish) in wishes {
            let slot = slot(place);
            wish.mail = self.tells(&wish.user);
            // As with a single booking, what no concert could fulfil is told first.
            match wish.faults().into_result() {
                Ok(()) => {
                    let command = ConcertCommand::Book(wish);
                    if let Some(order) = orders.of(concert, |id| self.registry.concert(id)) {
                        order.commands.push((command, slot));
                    } else {
                        slot.fill(Err(undecided(Rejection::ConcertNotFound)));
                    }
                }
                Err(faults) => slot.fill(Err(undecided(faults.into()))),
            }
        }
        for Order { desk, commands } in orders.in_order {
            desk.hand_in(commands);
        }
        BatchAnswers { slots, taken: Vec::new() }
    }
}

/// The orders of a batch, in the order of each concert's first wish.
#[derive(Default)]
struct Orders {
    places: HashMap<ConcertId, usize>,
    in_order: Vec<Order>,
}

impl Orders {
    /// The order for a concert, if there is that concert.
    fn of(
        &mut self,
        concert: ConcertId,
        find: impl FnOnce(ConcertId) -> Option<DeskOf<Concert>>,
    ) -> Option<&mut Order> {
        let place = if let Some(place) = self.places.get(&concert) {
            *place
        } else {
            self.in_order.push(Order { desk: find(concert)?, commands: Vec::new() });
            self.places.insert(concert, self.in_order.len() - 1);
            self.in_order.len() - 1
        };
        self.in_order.get_mut(place)
    }
}
