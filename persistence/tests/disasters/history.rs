//! A history that can have happened, as children write it, and what a store must show of it.

use std::collections::BTreeMap;
use std::ops::Range;

use boxoffice_engine::ids::BookingId;
use boxoffice_engine::journal::conformance::{churn, registrations};
use boxoffice_engine::journal::{EndedQuery, Journal, Record, Scope, State, Stream};

use crate::support::{self, states, states_of};

/// A concert where a booking is cancelled in every group, and one is not.
const CHURNING: u64 = 99;
const EVENTS_PER_GROUP: u64 = 3;

/// The records of one group: of all concerts, and of the accounts.
pub(crate) fn group_of(group: u64) -> Vec<Record> {
    let churn = churn(CHURNING, 1, EVENTS_PER_GROUP * group + 1..=EVENTS_PER_GROUP * (group + 1));
    [support::group_of(group), churn, registrations(1, 2 * group + 1..=2 * group + 2)].concat()
}

/// Appends groups `from` to `to`.
pub(crate) fn append_groups(journal: &impl Journal, groups: Range<u64>) {
    groups.for_each(|group| journal.append(&group_of(group)).unwrap());
}

/// How many groups a store holds. Panics where it is not exactly these: the states, and the concerts' events from the first on.
///
/// # Errors
/// When the states are right, but the events before them cannot be read: the error is told in one line.
pub(crate) fn groups_in(journal: &impl Journal) -> Result<u64, String> {
    let (states, _) = states(journal);
    let groups = match states.first() {
        Some(State::Accounts(accounts)) => accounts.sequence() / 2,
        _ => 0,
    };
    let expected: Vec<_> = (0..groups).flat_map(group_of).collect();
    let canonical = |states: Vec<State>| states.into_iter().map(State::canonical).collect::<Vec<_>>();
    let whole = states_of(&expected);
    let missing = missing(&states, &whole);
    assert!(canonical(states) == canonical(whole), "other states than those of {groups} groups");
    for query in missing {
        let ended = journal.ended(&query).map_err(|error| error.to_string())?;
        assert_eq!(ended.len(), 1, "{query:?} of {groups} groups was shed and is not found");
    }
    let mut found = Vec::new();
    let replayed = journal.replay(Scope::Everything, &mut |record| found.push(record));
    replayed.map_err(|error| error.to_string())?;
    let mut found = by_stream(found);
    let mut expected = by_stream(expected);
    // Of the accounts the past is forgotten.
    let forgotten = (found.remove(&Stream::Accounts), expected.remove(&Stream::Accounts));
    let (found_accounts, expected_accounts) =
        (forgotten.0.unwrap_or_default(), forgotten.1.unwrap_or_default());
    assert!(expected_accounts.ends_with(&found_accounts), "other accounts than those of {groups} groups");
    assert!(found == expected, "other events than those of {groups} groups");
    Ok(groups)
}

/// The bookings that states have shed.
fn missing(states: &[State], whole: &[State]) -> Vec<EndedQuery> {
    let mut missing = Vec::new();
    for (state, whole) in states.iter().zip(whole) {
        let (State::Concert(state), State::Concert(whole)) = (state, whole) else { continue };
        let gone = whole.bookings().iter().filter(|booking| state.booking(booking.number).is_none());
        missing.extend(
            gone.map(|booking| {
                EndedQuery::Booking(BookingId { concert: whole.id(), number: booking.number })
            }),
        );
    }
    missing
}

fn by_stream(records: Vec<Record>) -> BTreeMap<Stream, Vec<Record>> {
    let mut streams = BTreeMap::<Stream, Vec<Record>>::new();
    for record in records {
        streams.entry(record.stream).or_default().push(record);
    }
    streams
}
