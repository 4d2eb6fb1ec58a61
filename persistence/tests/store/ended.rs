//! Bookings that have ended leave the states and are found beside them, whatever becomes of the files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use boxoffice_engine::ids::{BookingId, BookingNumber, ConcertId};
use boxoffice_engine::journal::conformance::churn;
use boxoffice_engine::journal::{EndedQuery, Found, Journal, Record, State};
use boxoffice_persistence::{SledJournal, verify};
use tempfile::TempDir;

use crate::snapshots::{copies_amid_snapshot, files};
use crate::support::{copy_dir, open, states, states_of};

const CONCERT: ConcertId = ConcertId::from_bits(1);
const EVENTS_PER_ROUND: u64 = 60;
/// Of the copies that are made beside snapshots, about so many are opened.
const COPIES_OPENED: usize = 30;

fn round(round: u64) -> Vec<Record> {
    churn(1, 1, EVENTS_PER_ROUND * round + 1..=EVENTS_PER_ROUND * (round + 1))
}

/// A store after so many rounds with a snapshot behind each.
fn used(dir: &Path, rounds: u64) -> Vec<Record> {
    let journal = open(dir).unwrap();
    let mut records = Vec::new();
    for number in 0..rounds {
        journal.append(&round(number)).unwrap();
        records.extend(round(number));
        journal.snapshot().unwrap();
    }
    records
}

/// Changes a bit of the byte of this number.
pub(crate) fn damage(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn canonical(states: Vec<State>) -> Vec<State> {
    states.into_iter().map(State::canonical).collect()
}

/// Of the only concert: every booking that was ever made is in its state or found, and the state has no other. Returns how many are in
/// the state.
fn check(journal: &SledJournal, records: &[Record]) -> usize {
    let [in_state] = check_all(journal, records)[..] else { panic!("there are several concerts") };
    in_state
}

/// The same of every concert.
fn check_all(journal: &SledJournal, records: &[Record]) -> Vec<usize> {
    let (found, whole) = (states(journal).0, states_of(records));
    assert_eq!(found.len(), whole.len());
    found.into_iter().zip(whole).map(|(found, whole)| check_one(journal, found, whole)).collect()
}

fn check_one(journal: &SledJournal, found: State, whole: State) -> usize {
    let (State::Concert(kept), State::Concert(all)) = (&found, &whole) else { panic!("{found:?}") };
    let at = EndedQuery::At { concert: kept.id(), status: None, after: None, limit: usize::MAX };
    let ended = journal.ended(&at).unwrap();
    let mut numbers: BTreeSet<BookingNumber> = kept.bookings().iter().map(|booking| booking.number).collect();
    let in_state = numbers.len();
    for ended in ended {
        let known = all.booking(ended.booking.number).unwrap();
        assert_eq!(ended.clone().view(all.terms()), all.booking_view(known));
        numbers.insert(ended.booking.number);
    }
    assert_eq!(numbers, all.bookings().iter().map(|booking| booking.number).collect());
    assert_eq!(found.canonical(), whole.canonical());
    in_state
}

#[test]
fn states_grow_with_what_lives_and_what_has_ended_is_found_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let records = used(dir.path(), 20);
    let in_state = check(&open(dir.path()).unwrap(), &records);
    let live = 20 * usize::try_from(EVENTS_PER_ROUND / 3).unwrap() - 1;
    assert_eq!(in_state, live);
    assert_eq!(fs::read_dir(dir.path().join("ended")).unwrap().count(), 2 + 4, "merged by eights");
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound(), "{report}");
    assert_eq!(report.ended, 20 * EVENTS_PER_ROUND / 3);
}

/// How many concerts a start shows with their states, and not by their sketches.
fn awake_at_a_start(journal: &SledJournal) -> usize {
    let mut awake = 0;
    let count = &mut |found| match found {
        Found::Snapshot(snapshot) => awake += usize::from(matches!(snapshot.state, State::Concert(_))),
        Found::Sketch(_) => {}
        Found::Record(record) => panic!("{record:?} is in no state"),
    };
    journal.start(&mut [count]).unwrap();
    awake
}

#[test]
fn without_the_bookings_that_they_have_shed_states_are_made_of_history_and_shed_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut records = used(dir.path(), 3);
    fs::remove_dir_all(dir.path().join("ended")).unwrap();
    let journal = open(dir.path()).unwrap();
    assert_eq!(awake_at_a_start(&journal), 1, "a sketch would count on what is gone");
    let all = check(&journal, &records);
    journal.append(&round(3)).unwrap();
    records.extend(round(3));
    journal.snapshot().unwrap();
    assert!(check(&journal, &records) < all);
    drop(journal);
    check(&open(dir.path()).unwrap(), &records);
}

#[test]
fn what_has_ended_is_found_again_at_every_concert_though_only_one_is_touched_and_a_kill_comes_amid() {
    let dir = tempfile::tempdir().unwrap();
    let mut records = used_at_two(dir.path());
    fs::remove_dir_all(dir.path().join("ended")).unwrap();
    let journal = open(dir.path()).unwrap();
    journal.append(&round(2)).unwrap();
    records.extend(round(2));
    let copies = copies_amid_snapshot(&journal, dir.path());
    check_all(&journal, &records);
    drop(journal);
    // What a kill leaves just before the manifest: what is shed anew is there, and nothing counts on it.
    copy_dir(&dir.path().join("ended"), &copies[0].path().join("ended"));
    let mut opened = 0;
    for store in copies.iter().map(TempDir::path).chain([dir.path()]) {
        // Files of different moments may be among the copies: then it refuses, and never shows less.
        let Ok(journal) = open(store) else { continue };
        check_all(&journal, &records);
        journal.append(&round(3)).unwrap();
        journal.snapshot().unwrap();
        check_all(&journal, &[records.clone(), round(3)].concat());
        opened += 1;
    }
    assert!(opened >= 2, "the first copy is of before the snapshot, and the last store of after it");
    check_all(&open(dir.path()).unwrap(), &[records, round(3)].concat());
    assert!(verify(dir.path(), None).unwrap().is_sound());
}

/// Two concerts of which much has ended, each with a snapshot of its own.
fn used_at_two(dir: &Path) -> Vec<Record> {
    let mut records = used(dir, 2);
    let journal = open(dir).unwrap();
    let of_another = churn(2, 1, 1..=EVENTS_PER_ROUND);
    journal.append(&of_another).unwrap();
    journal.snapshot().unwrap();
    records.extend(of_another);
    records
}

#[test]
fn a_concert_whose_state_is_damaged_as_well_is_not_known_by_its_sketch() {
    let dir = tempfile::tempdir().unwrap();
    let mut records = used_at_two(dir.path());
    assert_eq!(awake_at_a_start(&open(dir.path()).unwrap()), 0);
    fs::remove_dir_all(dir.path().join("ended")).unwrap();
    // It has nothing but the state of the first concert, and its sketch behind it.
    damage(&files(&dir.path().join("snapshots"), "states-")[0], 60);
    let journal = open(dir.path()).unwrap();
    assert_eq!(awake_at_a_start(&journal), 2, "neither sketch can be relied on");
    let of_another = churn(2, 1, EVENTS_PER_ROUND + 1..=2 * EVENTS_PER_ROUND);
    journal.append(&of_another).unwrap();
    records.extend(of_another);
    journal.snapshot().unwrap();
    drop(journal);
    let journal = open(dir.path()).unwrap();
    assert_eq!(awake_at_a_start(&journal), 0);
    check_all(&journal, &records);
    drop(journal);
    assert!(verify(dir.path(), None).unwrap().is_sound());
}

#[test]
fn bookings_that_are_missing_though_no_file_is_are_found_out_by_verify() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    used_at_two(dir.path());
    used(other.path(), 3);
    assert!(verify(dir.path(), None).unwrap().is_sound());
    let ended = |store: &TempDir| store.path().join("ended");
    fs::remove_dir_all(ended(&dir)).unwrap();
    copy_dir(&ended(&other), &ended(&dir));
    let wrong = verify(dir.path(), None).unwrap().wrong;
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("there are 0") && wrong[0].contains("directory ended/"), "{wrong:?}");
}

#[test]
fn a_part_of_them_gone_refuses_the_start_and_all_of_them_gone_does_not() {
    let sound = tempfile::tempdir().unwrap();
    let records = used(sound.path(), 4);
    for generation in 0..4 {
        let dir = tempfile::tempdir().unwrap();
        copy_dir(sound.path(), dir.path());
        fs::remove_file(dir.path().join(format!("ended/{generation:010}-{generation:010}"))).unwrap();
        let refusal = open(dir.path()).err().unwrap().to_string();
        assert!(refusal.contains("damaged") && !refusal.contains('\n'), "{refusal}");
        assert!(refusal.contains("directory ended/"), "{refusal}");
        assert!(!verify(dir.path(), None).unwrap().is_sound());
        fs::remove_dir_all(dir.path().join("ended")).unwrap();
        let journal = open(dir.path()).unwrap();
        check(&journal, &records);
        journal.append(&round(4)).unwrap();
        journal.snapshot().unwrap();
        drop(journal);
        check(&open(dir.path()).unwrap(), &[records.clone(), round(4)].concat());
        assert!(verify(dir.path(), None).unwrap().is_sound());
    }
}

#[test]
fn what_cannot_be_read_is_told_and_costs_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let records = used(dir.path(), 2);
    let path = dir.path().join("ended/0000000000-0000000000");
    damage(&path, 40);
    assert_eq!(verify(dir.path(), None).unwrap().wrong.len(), 1);
    let journal = open(dir.path()).unwrap();
    assert_eq!(canonical(states(&journal).0), canonical(states_of(&records)));
    let number = |number| EndedQuery::Booking(BookingId { concert: CONCERT, number: BookingNumber(number) });
    assert!(journal.ended(&number(2)).unwrap_err().to_string().contains("checksum"));
    assert_eq!(journal.ended(&number(EVENTS_PER_ROUND + 2)).unwrap().len(), 1);
    journal.append(&round(2)).unwrap();
    journal.snapshot().unwrap();
}

#[test]
fn a_kill_at_any_snapshot_leaves_every_booking_in_the_state_or_beside_it() {
    let live = tempfile::tempdir().unwrap();
    let journal = open(live.path()).unwrap();
    let (mut records, mut whole, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..10 {
        journal.append(&round(number)).unwrap();
        records.extend(round(number));
        let mut made =
            copies_amid_snapshot(&journal, live.path()).into_iter().map(|copy| (copy, records.len()));
        whole.extend(made.next());
        copies.extend(made);
    }
    let mut opened = 0;
    let some = copies.iter().step_by(copies.len() / COPIES_OPENED + 1);
    for (copy, count) in whole.iter().chain(some) {
        // Files of different moments may be among them: then it refuses, and never shows less.
        if let Ok(journal) = open(copy.path()) {
            check(&journal, &records[..*count]);
            journal.append(&round(*count as u64 / EVENTS_PER_ROUND)).unwrap();
            journal.snapshot().unwrap();
            opened += 1;
        }
    }
    assert!(opened > 5, "{opened} of {}", whole.len() + copies.len());
}
