//! Shows what became durable to readers: once for each concert of a group, not once for each booking.

use std::collections::HashMap;
use std::sync::Arc;

use super::{AnyWork, Work};
use crate::concert::{Concert, ConcertView};
use crate::ids::ConcertId;
use crate::machine::DeskOf;

/// Shows the changes of these works, which are in the order of their events.
pub(super) fn publish<'a>(works: impl Iterator<Item = &'a mut AnyWork>) {
    let mut concerts = Concerts::default();
    for work in works {
        match work {
            AnyWork::Concert(work) => concerts.note(work),
            AnyWork::Accounts(Work { desk, change, .. }) => {
                if let Some(change) = change.take() {
                    desk.front.show(&change);
                    desk.set_durable(change.sequence);
                }
            }
        }
    }
    concerts.show();
}

/// The concerts of a group with what readers are to see of them.
#[derive(Default)]
struct Concerts {
    places: HashMap<ConcertId, usize>,
    views: Vec<(DeskOf<Concert>, ConcertView)>,
}

impl Concerts {
    fn note(&mut self, work: &mut Work<Concert>) {
        let Some(change) = work.change.take() else { return };
        let id = change.concert();
        // A rush is on one concert: mostly this is the same as the one before.
        let place = match self.views.last() {
            Some((_, view)) if view.id == id => self.views.len() - 1,
            _ => *self.places.entry(id).or_insert_with(|| {
                let view = ConcertView::clone(&work.desk.front.committed());
                self.views.push((Arc::clone(&work.desk), view));
                self.views.len() - 1
            }),
        };
        change.apply_to(&mut self.views[place].1);
    }

    fn show(self) {
        for (desk, view) in self.views {
            let sequence = view.sequence;
            desk.front.show(view);
            desk.set_durable(sequence);
        }
    }
}
