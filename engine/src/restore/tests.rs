use super::*;
use crate::accounts::AccountsEvent;
use crate::caller::Role;
use crate::concert::ConcertEvent;
use crate::ids::{BookingNumber, ConcertId, UserId};
use crate::journal::{AppendError, Event, Record, ReopenError, ReplayError, State};

const ID: ConcertId = ConcertId::from_bits(5);
const CONCERT: Stream = Stream::Concert(ID);

/// A journal that finds what it was told to.
struct Finds(Vec<Found>);

impl Journal for Finds {
    fn append(&self, _records: &[Record]) -> Result<(), AppendError> {
        Err(AppendError::Full { written: false })
    }

    fn replay(&self, _scope: Scope, _visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        Err(ReplayError("a restore reads no more than it needs".to_owned()))
    }

    fn restore(&self, _scope: Scope, visit: &mut dyn FnMut(Found)) -> Result<(), ReplayError> {
        self.0.iter().cloned().for_each(visit);
        Ok(())
    }

    fn reopen(&self) -> Result<(), ReopenError> {
        Err(ReopenError::StillFull)
    }
}

fn user(number: u64) -> UserId {
    UserId::new(&format!("user-{number}")).unwrap()
}

fn registered(sequence: u64) -> Record {
    let event = AccountsEvent::UserRegistered {
        user: user(sequence),
        username: format!("name{sequence}"),
        email: format!("{sequence}@example.com"),
        password_hash: "hash".to_owned(),
        role: Role::Customer,
        session: None,
    };
    let time = Time(i64::try_from(sequence).unwrap());
    Record { stream: Stream::Accounts, sequence, epoch: 3, time, event: Event::Accounts(event) }
}

/// The accounts after so many registrations.
fn snapshot(sequence: u64) -> Snapshot {
    let mut fold = Fold::absent(Stream::Accounts);
    (1..=sequence).for_each(|sequence| fold.take(&registered(sequence)).unwrap());
    fold.into_snapshot()
}

fn cancelled_by_nobody() -> Record {
    let event = ConcertEvent::BookingCancelled {
        number: BookingNumber(1),
        by: user(1),
        refund: 0,
        idempotency: None,
    };
    Record { stream: CONCERT, sequence: 1, epoch: 1, time: Time(1), event: Event::Concert(event) }
}

fn everything(found: Vec<Found>) -> Result<Everything, RestoreError> {
    restore_everything(&Finds(found), &BuyersIndex::default())
}

fn refused(found: Vec<Found>) -> String {
    match everything(found) {
        Err(RestoreError::Impossible(error)) => error.to_string(),
        Err(other) => unreachable!("{other}"),
        Ok(_) => unreachable!("it was restored"),
    }
}

#[test]
fn what_a_snapshot_holds_need_not_happen_again() {
    let tail = || [4, 5].map(|sequence| Found::Record(registered(sequence)));
    let found = [Found::Snapshot(snapshot(3))].into_iter().chain(tail()).collect();
    let everything = everything(found).unwrap_or_else(|error| unreachable!("{error}"));
    let State::Accounts(expected) = snapshot(5).state else { unreachable!("they are accounts") };
    assert_eq!(everything.accounts.machine, *expected);
    assert_eq!((everything.accounts.epoch, everything.events, everything.latest), (3, 2, Time(5)));
}

#[test]
fn a_snapshot_alone_is_enough() {
    let restored = restore_one::<Accounts>(&Finds(vec![Found::Snapshot(snapshot(2))]), Stream::Accounts);
    let restored = restored.unwrap();
    assert_eq!((restored.machine.sequence(), restored.epoch), (2, 3));
    let everything = everything(vec![Found::Snapshot(snapshot(2))]);
    let everything = everything.unwrap_or_else(|error| unreachable!("{error}"));
    assert_eq!((everything.events, everything.latest), (0, Time(2)));
}

#[test]
fn a_history_that_cannot_have_happened_is_refused() {
    assert!(refused(vec![Found::Record(cancelled_by_nobody())]).ends_with("event 1 cannot have happened"));
    let foreign = Record { stream: CONCERT, ..registered(1) };
    assert!(refused(vec![Found::Record(foreign)]).ends_with("event 1 is of another kind"));
    let late = Found::Record(registered(2));
    assert!(refused(vec![late.clone()]).ends_with("event 2 stands where 1 belongs"));
    let gap = vec![Found::Snapshot(snapshot(3)), Found::Record(registered(5))];
    assert!(refused(gap).ends_with("event 5 stands where 4 belongs"));
    let repeated = vec![Found::Snapshot(snapshot(3)), late];
    assert!(refused(repeated).ends_with("event 2 stands where 4 belongs"));
}

#[test]
fn of_several_findings_that_of_the_first_stream_is_told() {
    let wrong = |bits: u64| {
        let stream = Stream::Concert(ConcertId::from_bits(bits));
        Found::Record(Record { stream, ..cancelled_by_nobody() })
    };
    for found in [[1, 2, 3, 4], [4, 3, 2, 1], [2, 4, 1, 3]] {
        let told = refused(found.map(wrong).to_vec());
        assert!(told.contains(&ConcertId::from_bits(1).to_string()), "{told}");
    }
    // What comes after the first is not told of the same stream.
    let twice = vec![wrong(1), Found::Record(Record { sequence: 9, ..cancelled_by_nobody() }), wrong(1)];
    assert!(refused(twice).ends_with("event 1 cannot have happened"));
}

#[test]
fn a_snapshot_that_is_not_what_it_says_is_refused() {
    let of_another = Snapshot { stream: CONCERT, ..snapshot(3) };
    assert!(refused(vec![Found::Snapshot(of_another)]).ends_with("holds the state of the accounts"));
    let concert = Snapshot { state: State::absent(CONCERT), ..snapshot(3) };
    assert!(refused(vec![Found::Snapshot(concert)]).contains(&format!("holds the state of {CONCERT}")));
    let elsewhere = Snapshot { sequence: 4, ..snapshot(3) };
    assert!(refused(vec![Found::Snapshot(elsewhere)]).ends_with("of event 4 holds the state at 3"));
}

#[test]
fn a_snapshot_comes_first_and_once() {
    let twice = vec![Found::Snapshot(snapshot(2)), Found::Snapshot(snapshot(3))];
    assert!(refused(twice).ends_with("its snapshot comes after event 2"));
    let late = vec![Found::Record(registered(1)), Found::Snapshot(snapshot(2))];
    assert!(refused(late).ends_with("its snapshot comes after event 1"));
}

#[test]
fn one_stream_is_restored_from_nothing_else() {
    let both = Finds(vec![Found::Snapshot(snapshot(1)), Found::Record(cancelled_by_nobody())]);
    assert!(matches!(
        restore_one::<Accounts>(&both, Stream::Accounts),
        Err(RestoreError::Impossible(FoldError { stream: CONCERT, .. }))
    ));
    let other = Finds(vec![Found::Snapshot(snapshot(1))]);
    assert!(matches!(restore_one::<Concert>(&other, CONCERT), Err(RestoreError::Impossible(_))));
    let absent = restore_one::<Concert>(&Finds(Vec::new()), CONCERT).unwrap();
    assert_eq!((absent.machine, absent.epoch), (Concert::absent(ID), 0));
}
