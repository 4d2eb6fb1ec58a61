//! What a crowd was told, to be held against what the store says after a disaster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::audit::{Books, text};
use super::client::Client;

/// What was acknowledged, and what nobody knows the outcome of.
#[derive(Default)]
pub(crate) struct Ledger {
    /// The bookings that were acknowledged, as they were; cancelled where that was acknowledged, too.
    bookings: BTreeMap<String, Entry>,
    unsettled: Vec<Unsettled>,
}

#[derive(Clone, Debug)]
struct Entry {
    booking: Value,
    cancelled: bool,
}

/// A request that was sent and not answered.
pub(crate) enum Unsettled {
    Order { client: Client, order: Value, key: String },
    Cancellation { client: Client, booking: Value, key: String },
}

impl Ledger {
    /// How many bookings were acknowledged.
    pub(crate) fn len(&self) -> usize {
        self.bookings.len()
    }

    pub(crate) fn booked(&mut self, booking: Value) {
        let before = self.bookings.insert(text(&booking, "id"), Entry { booking, cancelled: false });
        assert!(before.is_none(), "one id was given to two bookings: {before:?}");
    }

    pub(crate) fn cancelled(&mut self, booking: &Value) {
        let entry = self.bookings.get_mut(&text(booking, "id")).expect("only what was booked is cancelled");
        entry.cancelled = true;
    }

    pub(crate) fn unknown(&mut self, unsettled: Unsettled) {
        self.unsettled.push(unsettled);
    }

    pub(crate) fn takes_over(&mut self, other: Self) {
        for (id, entry) in other.bookings {
            let before = self.bookings.insert(id, entry);
            assert!(before.is_none(), "one id was given to two bookings: {before:?}");
        }
        self.unsettled.extend(other.unsettled);
    }

    /// Asserts that everything acknowledged is in the books, in the state that was acknowledged.
    #[track_caller]
    pub(crate) fn is_kept_in(&self, books: &[Books]) {
        let in_doubt: BTreeSet<_> = self.unsettled.iter().filter_map(Unsettled::cancels).collect();
        for (id, Entry { booking, cancelled }) in &self.bookings {
            let kept = books.iter().find_map(|books| books.bookings.get(id));
            let kept = kept.unwrap_or_else(|| panic!("an acknowledged booking is lost: {booking}"));
            if *cancelled {
                assert_eq!(kept["status"], "cancelled", "an acknowledged cancellation is lost: {kept}");
            } else if !in_doubt.contains(id) {
                assert_eq!(kept, booking, "an acknowledged booking is there as it was");
            }
            for member in ["id", "concertId", "userId", "quantity", "total", "items", "createdAt"] {
                assert_eq!(kept[member], booking[member], "{member} of an acknowledged booking");
            }
        }
    }

    /// Repeats what nobody knows the outcome of with the same keys: each becomes one booking or one refusal.
    #[track_caller]
    pub(crate) fn settles(&mut self) {
        for unsettled in std::mem::take(&mut self.unsettled) {
            match unsettled {
                Unsettled::Order { client, order, key } => {
                    let answer = client.orders_with_key(&order, &key);
                    match answer.status {
                        201 => self.booked(answer.json()),
                        _ => _ = answer.refused_by_concert("already_booked"),
                    }
                }
                Unsettled::Cancellation { client, booking, key } => {
                    client.cancels_with_key(&booking, &key).is(204);
                    self.cancelled(&booking);
                }
            }
        }
    }

    /// Asserts that the books hold what the ledger holds and nothing else.
    #[track_caller]
    pub(crate) fn equals(&self, books: &[Books]) {
        self.is_kept_in(books);
        let known: BTreeSet<_> = self.bookings.keys().collect();
        let kept: BTreeSet<_> = books.iter().flat_map(|books| books.bookings.keys()).collect();
        assert_eq!(kept, known, "there is no booking that nobody knows of");
    }
}

impl Unsettled {
    /// The id of the booking that it cancels.
    fn cancels(&self) -> Option<String> {
        match self {
            Self::Order { .. } => None,
            Self::Cancellation { booking, .. } => Some(text(booking, "id")),
        }
    }
}
