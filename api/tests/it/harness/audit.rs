//! The books of a concert, checked against themselves: what its organizer sees at a quiet moment.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::client::Client;
use super::concert::Concert;

/// A concert and every booking that it ever had, by id.
pub(crate) struct Books {
    pub(crate) concert: Value,
    pub(crate) bookings: BTreeMap<String, Value>,
}

/// Reads the books of a concert of one seat type whose organizer has changed nothing since it was made, and asserts that
/// the counters equal the history, nobody is above the limit, and no event is missing or there twice.
#[track_caller]
pub(crate) fn audit(organizer: &Client, concert: &Concert) -> Books {
    let now = organizer.sees(concert);
    let [available, held, booked, blocked] = organizer.counts(concert);
    let listed = organizer.lists(&concert.path("/bookings?limit=100"));
    let bookings: BTreeMap<_, _> =
        listed.iter().map(|booking| (text(booking, "id"), booking.clone())).collect();
    assert_eq!(bookings.len(), listed.len(), "every booking is listed once");

    let confirmed = || bookings.values().filter(|booking| booking["status"] == "confirmed");
    let cancelled = bookings.values().filter(|booking| booking["status"] == "cancelled").count();
    assert_eq!(confirmed().count() + cancelled, bookings.len(), "a booking is confirmed or cancelled");

    let sold: u64 = confirmed().map(|booking| number(booking, "quantity")).sum();
    let capacity = number(&now["seatTypes"][0], "totalSeats");
    assert_eq!(
        [available, held, booked, blocked],
        [capacity - sold, 0, sold, 0],
        "counters equal the history"
    );
    assert_eq!(number(&now["seatTypes"][0], "remaining"), available);
    let inventory =
        organizer.get(&format!("/inventory/concert/{}/seattype/{}", concert.id, concert.seat_type(0)));
    assert_eq!(inventory.is(200).json()["remaining"], available);

    let limit = number(&now, "maxTicketsPerUser");
    let mut tickets: BTreeMap<String, u64> = BTreeMap::new();
    for booking in confirmed() {
        *tickets.entry(text(booking, "userId")).or_default() += number(booking, "quantity");
    }
    for (user, tickets) in tickets {
        assert!(tickets <= limit, "{user} has {tickets} tickets, the limit is {limit}");
    }

    let sequences: BTreeSet<_> = bookings.values().map(|booking| number(booking, "sequence")).collect();
    assert_eq!(sequences.len(), bookings.len(), "no two bookings stem from one event");
    let (first, last) = (concert.sequence(), number(&now, "sequence"));
    assert!(
        sequences.iter().all(|sequence| (first + 1..=last).contains(sequence)),
        "{first}..{last} {sequences:?}"
    );
    // A booking took one event, and its cancellation another: so nothing else happened, and nothing is missing.
    assert_eq!(last - first, (bookings.len() + cancelled) as u64, "every event is accounted for");
    Books { concert: now, bookings }
}

/// A whole number of an answer.
#[track_caller]
pub(crate) fn number(value: &Value, member: &str) -> u64 {
    value[member].as_u64().unwrap_or_else(|| panic!("no whole number {member}: {value}"))
}

/// A string of an answer.
#[track_caller]
pub(crate) fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no string {member}: {value}")).to_owned()
}
