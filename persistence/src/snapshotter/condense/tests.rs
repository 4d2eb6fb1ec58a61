//! What a snapshot goes on from is what the one before has written, whatever happened in between.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use boxoffice_engine::concert::ConcertEvent;
use boxoffice_engine::ids::{BookingNumber, ConcertId, UserId};
use boxoffice_engine::journal::conformance::{registrations, sale};
use boxoffice_engine::journal::{Event, Record};

use super::*;
use crate::new_file::crash;
use crate::sled_journal::open_store;

/// Each trial makes several journals, which takes a while; so not all steps are tried at which a snapshot can fail.
const STEPS: usize = 3;

/// A concert's records from a sequence on: five bookings, of which the first two are cancelled.
fn round(concert: u64, first: u64) -> Vec<Record> {
    let booked = sale(concert, 1, first..=first + 4);
    let last = booked.last().cloned().expect("five records");
    let by = UserId::new("olga").expect("letters");
    let cancelled = (1..=2).map(|ended| {
        // The first record of all makes the concert.
        let number = BookingNumber(first + ended);
        let event = ConcertEvent::BookingCancelled { number, by: by.clone(), refund: 0, idempotency: None };
        Record { sequence: last.sequence + ended, event: Event::Concert(event), ..last.clone() }
    });
    let cancelled: Vec<_> = cancelled.collect();
    [booked, cancelled].concat()
}

/// Concerts of which the first has records in every round, the second in every other, and the accounts.
fn append(store: &Store, number: u64) {
    let rare = if number.is_multiple_of(2) { round(2, 1 + number / 2 * 7) } else { Vec::new() };
    let records =
        [round(1, 1 + number * 7), rare, registrations(1, 1 + number * 4..=4 + number * 4)].concat();
    store.append(&records).expect("there is room");
}

fn whole(store: &Store, concert: u64) -> Snapshot {
    let kept = store.kept().state(Stream::Concert(ConcertId::from_bits(concert)));
    kept.expect("it is sound").expect("it has a state")
}

/// Whatever may be taken from there is what the manifest names.
fn check(store: &Store, warm: &WarmStates) -> usize {
    let kept = store.kept();
    let known = warm.folds().filter(|fold| {
        let Snapshot { stream, sequence, .. } = *fold.snapshot();
        kept.sequence(stream) == Some(sequence)
    });
    known
        .map(|fold| {
            let written = kept.state(fold.stream()).expect("it is sound").expect("it has a state");
            assert_eq!(state::encode(fold.snapshot()), state::encode(&written));
            // Not told apart by what is not written either.
            assert_eq!(*fold.snapshot(), written);
        })
        .count()
}

/// A store in which nobody else makes snapshots, with its lock.
fn open(dir: &Path) -> (Store, File) {
    open_store(dir, |why| panic!("{why}")).expect("it can be opened")
}

/// What snapshots that always read what they go on from come to.
fn cold(rounds: u64) -> BTreeMap<u64, Snapshot> {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _lock) = open(dir.path());
    for number in 0..rounds {
        append(&store, number);
        take(&store, &mut WarmStates::default()).expect("it can be made");
    }
    [1, 2].map(|concert| (concert, whole(&store, concert))).into()
}

#[test]
fn a_snapshot_that_fails_somewhere_leaves_nothing_warm_that_was_not_written() {
    let expected = cold(4);
    let State::Concert(first) = &expected[&1].state else { panic!("{expected:?}") };
    assert_eq!(first.bookings_shed(), 8, "states shed as they go");
    let (mut failures, mut were_warm) = (0, 0);
    for operations in (0..).step_by(STEPS) {
        let dir = tempfile::tempdir().expect("a directory");
        let (store, lock) = open(dir.path());
        let mut warm = WarmStates::default();
        append(&store, 0);
        take(&store, &mut warm).expect("it can be made");
        assert_eq!(check(&store, &warm), 3);
        append(&store, 1);
        let failed = crash::after(operations, || take(&store, &mut warm)).is_err();
        failures += u32::from(failed);
        were_warm += check(&store, &warm);
        append(&store, 2);
        // Of two generations at once, if that failed.
        take(&store, &mut warm).expect("it can be made");
        assert!(check(&store, &warm) >= 2);
        append(&store, 3);
        take(&store, &mut warm).expect("it can be made");
        check(&store, &warm);
        for (concert, expected) in &expected {
            assert_eq!(whole(&store, *concert), *expected, "after {operations} operations");
        }
        drop((store, lock));
        let (store, _lock) = open(dir.path());
        for (concert, expected) in &expected {
            assert_eq!(whole(&store, *concert), *expected, "after {operations} operations");
        }
        if !failed {
            break;
        }
    }
    assert!(failures > 9 && were_warm > 0, "{failures} {were_warm}");
}
