//! Lets concerts that are awake go on without bookings that the journal has, so that their memory grows with what is live.
//!
//! A snapshot sheds what is settled; the concert's actor has it still. It names what is settled at its sequence, and once the journal
//! has shed all that was settled by then, it goes on without. Both cost about as much as to copy the state, and that only when a good
//! part of the bookings has ended since the last time, so each booking pays a fixed share of it.

use std::collections::HashMap;

use ractor::ActorRef;

use super::supervisor::{Order, Ward};
use crate::actor::Ask;
use crate::concert::Concert;
use crate::ids::{BookingNumber, ConcertId};

/// What is known of concerts that are awake.
#[derive(Default)]
pub(crate) struct Shedding {
    /// Up to where the journal had shed each at the last look.
    seen: HashMap<ConcertId, u64>,
    leaving: HashMap<ConcertId, Leaving>,
}

/// Bookings that an actor can go on without, once the journal has shed what was settled at this sequence.
pub(crate) struct Leaving {
    /// Who named them. They are its own: a successor's events may have been others.
    keeper: ActorRef<Ask<Concert>>,
    sequence: u64,
    bookings: Vec<BookingNumber>,
}

impl Ward {
    /// Once the journal has shed anything: has actors let go of what the journal has shed, and asks them what is settled by now.
    pub(super) fn look_for_shed(&mut self, myself: &ActorRef<Order>) {
        let before = std::mem::take(&mut self.shedding.seen);
        let Shedding { seen, leaving } = &mut self.shedding;
        self.registry.each_desk(|id, desk| {
            let Some(keeper) = desk.keeper() else {
                leaving.remove(&id);
                return;
            };
            let Some(shed) = self.journal.shed_through(desk.stream) else { return };
            if leaving.get(&id).is_some_and(|leaving| leaving.sequence <= shed)
                && let Some(Leaving { keeper, bookings, .. }) = leaving.remove(&id)
            {
                // One that has died has a successor, which began without them.
                let _ = keeper.send_message(Ask::Shed(bookings));
            }
            if before.get(&id) != Some(&shed) {
                let (myself, named) = (myself.clone(), (*keeper).clone());
                let name = move |sequence, bookings| {
                    let leaving = Leaving { keeper: named, sequence, bookings };
                    // An office that closes needs no memory.
                    let _ = myself.send_message(Order::LetLeave(id, leaving));
                };
                let _ = keeper.send_message(Ask::NameSettled(Box::new(name)));
            }
            seen.insert(id, shed);
        });
    }

    /// Takes note of what an actor can go on without.
    pub(super) fn let_leave(&mut self, id: ConcertId, leaving: Leaving) {
        self.shedding.leaving.insert(id, leaving);
    }
}

#[cfg(feature = "testing")]
impl super::BoxOffice {
    /// How many bookings a concert has in its state.
    ///
    /// # Errors
    /// Why the concert was not reached, or the caller does not manage it.
    pub async fn bookings_in_state(
        &self,
        id: ConcertId,
        caller: crate::caller::Caller,
    ) -> Result<usize, super::ConcertRefused> {
        let query =
            crate::concert::ConcertQuery::Bookings { caller, status: None, after: None, limit: usize::MAX };
        match self.query(id, query).await? {
            crate::concert::ConcertAnswer::Bookings(bookings) => Ok(bookings.len()),
            other => unreachable!("this is answered with bookings, not with {other:?}"),
        }
    }
}
