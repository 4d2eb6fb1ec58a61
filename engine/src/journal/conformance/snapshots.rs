//! What a journal that makes snapshots must do besides.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{ended, record, replayed};
use crate::accounts::{AccountsEvent, FamilyId, NewSession, TokenHash};
use crate::caller::Role;
use crate::concert::{CancellationTerms, ConcertEvent, Details, Layout, LocalTime, NewConcert, NewSeatType};
use crate::fold::Fold;
use crate::ids::{ConcertId, UserId};
use crate::journal::{AppendError, Event, Found, Journal, Record, Scope, SketchOf, State, Stream, Visitor};
use crate::money::Currency;
use crate::time::Time;

/// Runs the suite, besides [`run`](super::run); panics where the journal breaks its contract.
///
/// `empty` makes a journal without records, and `snapshot` has it make snapshots of all that it holds, and returns when they count.
pub fn run_with_snapshots<J: Journal>(mut empty: impl FnMut() -> J, snapshot: impl Fn(&J)) {
    a_snapshot_of_nothing_is_nothing(&empty(), &snapshot);
    a_snapshot_spares_the_records_up_to_it(&empty(), &snapshot);
    a_stream_that_nothing_happened_to_keeps_its_snapshot(&empty(), &snapshot);
    a_replay_shows_what_a_snapshot_spares(&empty(), &snapshot);
    one_stream_can_be_restored_alone(&empty(), &snapshot);
    records_still_follow_each_other_over_a_snapshot(&empty(), &snapshot);
    a_start_shows_everything_or_a_sketch_of_it(&empty(), &snapshot);
    a_start_shows_each_stream_to_one_visitor(&empty(), &snapshot);
    a_restore_beside_appends_and_snapshots_is_whole(empty(), &snapshot);
    ended::run(empty, &snapshot);
}

/// Records of a history that can have happened to a concert: it is made, then one seat after another is booked.
pub fn sale(concert: u64, epoch: u64, sequences: RangeInclusive<u64>) -> Vec<Record> {
    let records = sequences.map(|sequence| match sequence {
        1 => Record { event: Event::Concert(created()), ..record(concert, epoch, 1, Vec::new()) },
        _ => record(concert, epoch, sequence, Vec::new()),
    });
    records.collect()
}

/// Records of a history that can have happened to the accounts: each user registers and logs in a second time.
pub fn registrations(epoch: u64, sequences: RangeInclusive<u64>) -> Vec<Record> {
    let records = sequences.map(|sequence| {
        let number = sequence.div_ceil(2);
        let user = UserId::new(&format!("user-{number}")).expect("letters, digits and a hyphen");
        let session = NewSession {
            family: FamilyId(u128::from(sequence).to_be_bytes()),
            token_hash: TokenHash([u8::try_from(sequence % 256).expect("a remainder"); 32]),
        };
        let event = if sequence % 2 == 0 {
            AccountsEvent::SessionStarted { user, session }
        } else {
            AccountsEvent::UserRegistered {
                user,
                username: format!("name{number}"),
                email: format!("{number}@example.com"),
                password_hash: "$argon2id$".to_owned(),
                role: Role::Customer,
                session: Some(session),
            }
        };
        let event = Event::Accounts(event);
        Record { stream: Stream::Accounts, event, ..record(0, epoch, sequence, Vec::new()) }
    });
    records.collect()
}

fn created() -> ConcertEvent {
    let details = Details {
        name: "Conformance".to_owned(),
        description: String::new(),
        genre: String::new(),
        venue: "Here".to_owned(),
        start: LocalTime { time: Time(1_800_000_000_000), offset_seconds: 0 },
        sales_open_at: None,
        sales_close_at: None,
        tickets_per_user_max: 4,
        cancellation: CancellationTerms::default(),
        forbids_orphan_seats: false,
    };
    let layout = Layout::GeneralAdmission { total_seats: 100_000 };
    let concert = NewConcert {
        details,
        currency: Currency::USD,
        payment_required: false,
        hold_seconds: 600,
        offer_seconds: 3_600,
        draft: false,
        seat_types: vec![NewSeatType { name: "Floor".to_owned(), price: 12_000, layout, hidden: false }],
    };
    let organizer = UserId::new("organizer-1").expect("letters, digits and a hyphen");
    ConcertEvent::Created { organizer, concert: Box::new(concert), idempotency: None }
}

/// What a restore shows, checked to be whole, and what of it is not in snapshots.
pub(super) struct Restored {
    pub(super) states: BTreeMap<Stream, State>,
    /// The sequence and epoch of each snapshot.
    snapshots: BTreeMap<Stream, (u64, u64)>,
    /// Records that were shown.
    records: Vec<Record>,
}

pub(super) fn restored(journal: &impl Journal, scope: Scope) -> Restored {
    let (mut folds, mut snapshots, mut records) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let visited = journal.restore(scope, &mut |found| match found {
        Found::Snapshot(snapshot) => {
            let (stream, place) = (snapshot.stream, (snapshot.sequence, snapshot.epoch));
            assert!(scope.covers(stream), "{stream:?} was not asked for");
            assert!(!folds.contains_key(&stream), "a snapshot comes before its stream's records, and once");
            snapshots.insert(stream, place);
            folds.insert(stream, Fold::begin(snapshot).expect("a snapshot is sound"));
        }
        Found::Record(record) => {
            assert!(scope.covers(record.stream), "{:?} was not asked for", record.stream);
            records.push(record.clone());
            let fold = folds.entry(record.stream).or_insert_with(|| Fold::absent(record.stream));
            fold.take(&record).expect("the records follow the snapshot");
        }
        Found::Sketch(sketch) => unreachable!("only a start is shown {sketch:?}"),
    });
    visited.expect("a sound journal can be read");
    let states = folds.into_iter().map(|(stream, mut fold)| {
        fold.check().expect("what was recorded can have happened");
        (stream, fold.state().clone())
    });
    Restored { states: states.collect(), snapshots, records }
}

/// What these records come to.
pub(super) fn states_of(records: &[Record]) -> BTreeMap<Stream, State> {
    let mut folds = BTreeMap::new();
    for record in records {
        let fold = folds.entry(record.stream).or_insert_with(|| Fold::absent(record.stream));
        fold.take(record).expect("the records follow each other");
    }
    folds.into_iter().map(|(stream, fold)| (stream, fold.state().clone())).collect()
}

pub(super) fn append(journal: &impl Journal, groups: &[Vec<Record>]) -> Vec<Record> {
    let records = groups.concat();
    journal.append(&records).expect("the records follow");
    records
}

fn concert(number: u64) -> Stream {
    Stream::Concert(ConcertId::from_bits(number))
}

pub(super) fn a_restore_is_a_replay_without_snapshots(journal: &impl Journal) {
    let records = append(journal, &[registrations(1, 1..=7), sale(2, 1, 1..=40), sale(1, 3, 1..=9)]);
    let restored = restored(journal, Scope::Everything);
    assert_eq!(restored.records, replayed(journal, Scope::Everything));
    assert_eq!((restored.snapshots, restored.states), (BTreeMap::new(), states_of(&records)));
}

fn a_snapshot_of_nothing_is_nothing<J: Journal>(journal: &J, snapshot: &impl Fn(&J)) {
    snapshot(journal);
    let restored = restored(journal, Scope::Everything);
    assert_eq!((restored.snapshots.len(), restored.records.len()), (0, 0));
    append(journal, &[sale(1, 1, 1..=1)]);
}

fn a_snapshot_spares_the_records_up_to_it<J: Journal>(journal: &J, snapshot: &impl Fn(&J)) {
    let mut records = append(journal, &[registrations(1, 1..=7), sale(1, 1, 1..=20), sale(2, 3, 1..=5)]);
    snapshot(journal);
    let spared = restored(journal, Scope::Everything);
    assert_eq!(spared.records, [], "what is in a snapshot need not happen again");
    let places = [(Stream::Accounts, (7, 1)), (concert(1), (20, 1)), (concert(2), (5, 3))];
    assert_eq!(spared.snapshots, BTreeMap::from(places));
    assert_eq!(spared.states, states_of(&records));

    let tail = append(journal, &[sale(1, 2, 21..=21), registrations(4, 8..=9), sale(3, 1, 1..=2)]);
    records.extend_from_slice(&tail);
    let after = restored(journal, Scope::Everything);
    let by_stream = |records: &[Record]| {
        let mut records = records.to_vec();
        records.sort_by_key(|record| record.stream);
        records
    };
    assert_eq!(by_stream(&after.records), by_stream(&tail), "the records after a snapshot are shown");
    assert_eq!(after.snapshots, BTreeMap::from(places));
    assert_eq!(after.states, states_of(&records));
}

fn a_stream_that_nothing_happened_to_keeps_its_snapshot<J: Journal>(journal: &J, snapshot: &impl Fn(&J)) {
    let mut records = append(journal, &[registrations(1, 1..=3), sale(1, 1, 1..=20), sale(2, 1, 1..=5)]);
    for round in 0..12_u64 {
        snapshot(journal);
        records.extend(append(journal, &[sale(1, 1 + round, 21 + round..=21 + round)]));
        let restored = restored(journal, Scope::Everything);
        assert_eq!(restored.states, states_of(&records));
        assert_eq!(restored.snapshots[&concert(2)], (5, 1));
        assert_eq!(restored.snapshots[&Stream::Accounts], (3, 1));
    }
    snapshot(journal);
    snapshot(journal);
    let restored = restored(journal, Scope::Everything);
    assert_eq!((restored.records.len(), restored.states), (0, states_of(&records)));
}

fn a_replay_shows_what_a_snapshot_spares<J: Journal>(journal: &J, snapshot: &impl Fn(&J)) {
    let (mut sold, mut registered) = (Vec::new(), Vec::new());
    for round in 0..10 {
        sold.extend(append(journal, &[sale(1, 1, 5 * round + 1..=5 * round + 5)]));
        registered.extend(append(journal, &[registrations(1, 3 * round + 1..=3 * round + 3)]));
        if round % 2 == 1 {
            snapshot(journal);
        }
        assert_eq!(replayed(journal, Scope::Stream(concert(1))), sold, "of a concert nothing is forgotten");
        let kept = replayed(journal, Scope::Stream(Stream::Accounts));
        assert!(registered.ends_with(&kept), "what is forgotten of the accounts is their past");
    }
}

fn one_stream_can_be_restored_alone<J: Journal>(journal: &J, snapshot: &impl Fn(&J)) {
    let mut records = append(journal, &[registrations(1, 1..=3), sale(1, 1, 1..=20), sale(2, 1, 1..=5)]);
    snapshot(journal);
    records.extend(append(journal, &[sale(2, 2, 6..=9), registrations(1, 4..=4), sale(3, 1, 1..=1)]));
    let expected = states_of(&records);
    for (stream, snapshots) in [(Stream::Accounts, 1), (concert(1), 1), (concert(2), 1), (concert(3), 0)] {
        let restored = restored(journal, Scope::Stream(stream));
        assert_eq!(restored.snapshots.len(), snapshots, "{stream:?}");
        assert_eq!(restored.states, BTreeMap::from([(stream, expected[&stream].clone())]));
    }
    let unknown = restored(journal, Scope::Stream(concert(4)));
    assert_eq!((unknown.snapshots.len(), unknown.records.len()), (0, 0));
}

fn a_start_shows_everything_or_a_sketch_of_it<J: Journal>(journal: &J, snapshot: &impl Fn(&J)) {
    append(journal, &[registrations(1, 1..=3), sale(1, 1, 1..=20), sale(2, 3, 1..=5)]);
    snapshot(journal);
    append(journal, &[sale(2, 3, 6..=9)]);
    let mut whole = restored(journal, Scope::Everything);
    let mut asleep = Vec::new();
    let visited = journal.start(&mut [&mut |found| match found {
        Found::Sketch(SketchOf { concert, sequence, epoch, time, sketch }) => {
            let stream = Stream::Concert(concert);
            let state = whole.states.remove(&stream).expect("each concert is shown once");
            assert_eq!(whole.snapshots[&stream], (sequence, epoch));
            assert_eq!((state.sequence(), state.time()), (sequence, time), "nothing came after it");
            let State::Concert(concert) = state else { unreachable!("accounts have no sketch") };
            assert_eq!(concert.sketch().as_ref(), Some(&sketch));
            asleep.push(concert);
        }
        Found::Snapshot(snapshot) => assert!(whole.states.contains_key(&snapshot.stream)),
        Found::Record(record) => assert!(whole.states.contains_key(&record.stream)),
    }]);
    visited.expect("a sound journal can be read");
    assert!(whole.states.contains_key(&Stream::Accounts) && whole.states.contains_key(&concert(2)));
    for concert in asleep {
        assert!(concert.fingerprints().len() > 10);
        for buyer in concert.fingerprints() {
            let found = journal.booked_at(buyer).expect("it can be read");
            assert!(found.contains(&concert.id()), "{buyer} has booked there");
        }
    }
}

fn a_start_shows_each_stream_to_one_visitor<J: Journal>(journal: &J, snapshot: &impl Fn(&J)) {
    const CONCERTS: u64 = 20;
    let sales = |sequences: RangeInclusive<u64>, concerts: RangeInclusive<u64>| {
        concerts.map(move |concert| sale(concert, 1, sequences.clone())).collect::<Vec<_>>()
    };
    append(journal, &[registrations(1, 1..=3)]);
    append(journal, &sales(1..=10, 1..=CONCERTS - 5));
    snapshot(journal);
    append(journal, &[registrations(1, 4..=5)]);
    append(journal, &sales(11..=200, 5..=CONCERTS - 5));
    append(journal, &sales(1..=300, CONCERTS - 4..=CONCERTS));
    let whole = restored(journal, Scope::Everything);
    for visitors in 1..=4 {
        let mut seen: Vec<(BTreeMap<Stream, Fold>, Vec<Stream>)> = Vec::new();
        seen.resize_with(visitors, Default::default);
        let mut visits: Vec<_> = seen
            .iter_mut()
            .map(|(folds, asleep)| {
                |found: Found| match found {
                    Found::Sketch(sketch) => asleep.push(Stream::Concert(sketch.concert)),
                    Found::Snapshot(snapshot) => {
                        let stream = snapshot.stream;
                        let before = folds.insert(stream, Fold::begin(snapshot).expect("it is sound"));
                        assert!(before.is_none(), "a snapshot comes first and once");
                    }
                    Found::Record(record) => {
                        let fold = folds.entry(record.stream).or_insert_with(|| Fold::absent(record.stream));
                        fold.take(&record).expect("the records follow each other");
                    }
                }
            })
            .collect();
        let mut visitors: Vec<Visitor<'_>> = visits.iter_mut().map(|visit| visit as Visitor<'_>).collect();
        journal.start(&mut visitors).expect("a sound journal can be read");
        let (mut states, mut asleep) = (BTreeMap::new(), Vec::new());
        for (folds, sketched) in seen {
            asleep.extend(sketched);
            for (stream, fold) in folds {
                let shown = states.insert(stream, fold.state().clone());
                assert!(shown.is_none(), "{stream:?} is shown to one visitor");
            }
        }
        for stream in asleep {
            let shown = states.insert(stream, whole.states[&stream].clone());
            assert!(shown.is_none(), "{stream:?} sleeps and is shown as well");
        }
        assert_eq!(states, whole.states);
    }
}

fn records_still_follow_each_other_over_a_snapshot<J: Journal>(journal: &J, snapshot: &impl Fn(&J)) {
    append(journal, &[sale(1, 2, 1..=5)]);
    snapshot(journal);
    for (sequence, epoch) in [(5, 2), (7, 2), (1, 2), (6, 1)] {
        let refused = journal.append(&sale(1, epoch, sequence..=sequence));
        let stream = concert(1);
        assert_eq!(refused, Err(AppendError::Conflict { stream, sequence, epoch }));
    }
    append(journal, &[sale(1, 2, 6..=6)]);
}

fn a_restore_beside_appends_and_snapshots_is_whole<J: Journal>(journal: J, snapshot: &impl Fn(&J)) {
    const ROUNDS: u64 = 20;
    let journal = Arc::new(journal);
    append(&*journal, &[sale(1, 1, 1..=100)]);
    let writer = {
        let journal = Arc::clone(&journal);
        std::thread::spawn(move || {
            (101..=200).for_each(|sequence| drop(append(&*journal, &[sale(1, 1, sequence..=sequence)])));
        })
    };
    let mut seen = 100;
    for _ in 0..ROUNDS {
        snapshot(&journal);
        let state = restored(&*journal, Scope::Everything).states.remove(&concert(1));
        let state = state.expect("it was durable before");
        assert!(state.sequence() >= seen, "what was durable is shown");
        seen = state.sequence();
        assert_eq!(Some(state), states_of(&sale(1, 1, 1..=seen)).remove(&concert(1)));
    }
    writer.join().expect("the writer wrote everything");
    let restored = restored(&*journal, Scope::Everything);
    assert_eq!(restored.states, states_of(&sale(1, 1, 1..=200)));
}
