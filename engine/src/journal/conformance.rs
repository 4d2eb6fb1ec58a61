//! What every journal must do, as one suite. An implementation's tests call [`run`] with a way to make an empty journal.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{AppendError, Event, Journal, Record, Scope, Stream};
use crate::concert::{BookedItem, ConcertEvent};
use crate::ids::{ConcertId, SeatTypeNumber, UserId};
use crate::time::Time;

mod ended;
mod snapshots;

pub use ended::churn;
pub use snapshots::{registrations, run_with_snapshots, sale};

/// Runs the whole suite; panics where the journal breaks its contract.
///
/// `empty` makes a journal without records.
pub fn run<J: Journal>(mut empty: impl FnMut() -> J) {
    an_empty_journal_replays_nothing(&empty());
    what_was_appended_is_replayed_in_order(&empty());
    a_gap_or_repetition_is_a_conflict_and_changes_nothing(&empty());
    a_conflict_in_the_middle_of_a_group_writes_none_of_it(&empty());
    a_later_epoch_fences_the_earlier(&empty());
    one_stream_can_be_replayed_alone(&empty());
    large_groups_and_large_records_come_back_whole(&empty());
    a_replay_beside_appends_shows_what_was_durable(empty());
    reopening_a_writable_journal_changes_nothing(&empty());
    snapshots::a_restore_is_a_replay_without_snapshots(&empty());
}

/// Records of a concert's stream with these sequences, written by the owner of this epoch.
pub fn records(concert: u64, epoch: u64, sequences: RangeInclusive<u64>) -> Vec<Record> {
    sequences.map(|sequence| record(concert, epoch, sequence, Vec::new())).collect()
}

fn record(concert: u64, epoch: u64, sequence: u64, seats: Vec<u32>) -> Record {
    let user = UserId::new(&format!("user-{sequence}")).expect("letters, digits and a hyphen");
    let item =
        BookedItem { seat_type: SeatTypeNumber(1), quantity: 1, unit_price: 12_000, seats: seats.into() };
    let items = [item].into_iter().collect();
    let event = ConcertEvent::Booked { user, items, terms: None, mail: false, idempotency: None };
    Record {
        stream: Stream::Concert(ConcertId::from_bits(concert)),
        sequence,
        epoch,
        time: Time(1_700_000_000_000 + i64::try_from(sequence).expect("small")),
        event: Event::Concert(event),
    }
}

/// Everything that a replay of this scope shows.
pub fn replayed(journal: &impl Journal, scope: Scope) -> Vec<Record> {
    let mut seen = Vec::new();
    journal.replay(scope, &mut |record| seen.push(record)).expect("a sound journal can be read");
    seen
}

fn an_empty_journal_replays_nothing(journal: &impl Journal) {
    assert_eq!(replayed(journal, Scope::Everything), []);
    journal.append(&[]).expect("nothing is always written");
    assert_eq!(replayed(journal, Scope::Everything), []);
}

fn what_was_appended_is_replayed_in_order(journal: &impl Journal) {
    let mut expected = Vec::new();
    for group in [1..=1, 2..=40, 41..=41] {
        let group = records(7, 1, group);
        journal.append(&group).expect("the records follow");
        expected.extend(group);
        assert_eq!(replayed(journal, Scope::Everything), expected);
    }
}

fn a_gap_or_repetition_is_a_conflict_and_changes_nothing(journal: &impl Journal) {
    journal.append(&records(7, 1, 1..=2)).expect("the records follow");
    for (sequence, epoch) in [(4, 1), (2, 1), (0, 1), (3, 0)] {
        let stream = Stream::Concert(ConcertId::from_bits(7));
        let conflict = AppendError::Conflict { stream, sequence, epoch };
        assert_eq!(journal.append(&records(7, epoch, sequence..=sequence)), Err(conflict));
    }
    journal.append(&records(7, 1, 3..=3)).expect("a refusal changed nothing");
    assert_eq!(replayed(journal, Scope::Everything), records(7, 1, 1..=3));
}

fn a_conflict_in_the_middle_of_a_group_writes_none_of_it(journal: &impl Journal) {
    let mut group = records(1, 1, 1..=3);
    group.extend(records(2, 1, 2..=2));
    group.extend(records(1, 1, 4..=4));
    assert!(matches!(journal.append(&group), Err(AppendError::Conflict { .. })));
    assert_eq!(replayed(journal, Scope::Everything), []);
    journal.append(&records(1, 1, 1..=1)).expect("the stream is where it was");
}

fn a_later_epoch_fences_the_earlier(journal: &impl Journal) {
    journal.append(&records(7, 1, 1..=2)).expect("the first owner writes");
    journal.append(&records(7, 2, 3..=3)).expect("its successor writes");
    assert!(matches!(journal.append(&records(7, 1, 4..=4)), Err(AppendError::Conflict { .. })));
    journal.append(&records(8, 1, 1..=1)).expect("other streams have epochs of their own");
    journal.append(&records(7, 2, 4..=4)).expect("the successor goes on");
}

fn one_stream_can_be_replayed_alone(journal: &impl Journal) {
    for sequence in 1..=30 {
        let both = [records(1, 1, sequence..=sequence), records(2, 1, sequence..=sequence)].concat();
        journal.append(&both).expect("the records follow");
    }
    let alone = Scope::Stream(Stream::Concert(ConcertId::from_bits(2)));
    assert_eq!(replayed(journal, alone), records(2, 1, 1..=30));
    assert_eq!(replayed(journal, Scope::Stream(Stream::Accounts)), []);
}

fn large_groups_and_large_records_come_back_whole(journal: &impl Journal) {
    let mut group = records(1, 1, 1..=5_000);
    group.push(record(1, 1, 5_001, (0..100_000).collect()));
    group.push(record(1, 1, 5_002, Vec::new()));
    journal.append(&group).expect("size is no reason to refuse");
    assert_eq!(replayed(journal, Scope::Everything), group);
}

fn a_replay_beside_appends_shows_what_was_durable(journal: impl Journal) {
    let journal = Arc::new(journal);
    journal.append(&records(1, 1, 1..=100)).expect("the records follow");
    let writer = {
        let journal = Arc::clone(&journal);
        std::thread::spawn(move || {
            for sequence in 101..=200 {
                journal.append(&records(1, 1, sequence..=sequence)).expect("the records follow");
            }
        })
    };
    for _ in 0..20 {
        let seen = replayed(&*journal, Scope::Everything);
        assert!(seen.len() >= 100);
        assert_eq!(seen, records(1, 1, 1..=seen.len() as u64));
    }
    writer.join().expect("the writer wrote everything");
    assert_eq!(replayed(&*journal, Scope::Everything).len(), 200);
}

fn reopening_a_writable_journal_changes_nothing(journal: &impl Journal) {
    journal.append(&records(1, 1, 1..=3)).expect("the records follow");
    journal.reopen().expect("it is writable");
    journal.append(&records(1, 1, 4..=4)).expect("it still is");
    assert_eq!(replayed(journal, Scope::Everything), records(1, 1, 1..=4));
}
