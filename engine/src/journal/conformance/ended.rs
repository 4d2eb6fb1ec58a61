//! What a journal must do whose snapshots shed ended bookings.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::snapshots::{append, restored, sale, states_of};
use super::{record, records};
use crate::concert::{BookedItem, BookingStatus, Concert, ConcertEvent, EndedBooking};
use crate::ids::{BookingId, BookingNumber, ConcertId, SeatTypeNumber, UserId};
use crate::journal::{EndedBookings, EndedQuery, Event, Journal, Record, Scope, State, Stream};

/// Who books again and again.
const REGULARS: u64 = 5;

/// Records of a history in which every third event cancels the booking that the one before made.
pub fn churn(concert: u64, epoch: u64, sequences: RangeInclusive<u64>) -> Vec<Record> {
    let (first, last) = (*sequences.start(), *sequences.end());
    let records = sequences.map(|sequence| match (sequence, sequence % 3) {
        (1, _) => sale(concert, epoch, 1..=1).remove(0),
        (_, 0) => {
            let number = BookingNumber(sequence - 1);
            let cancelled = ConcertEvent::BookingCancelled {
                number,
                by: regular(sequence - 1),
                refund: 0,
                idempotency: None,
            };
            Record { event: Event::Concert(cancelled), ..record(concert, epoch, sequence, Vec::new()) }
        }
        (_, 2) => {
            let item = BookedItem {
                seat_type: SeatTypeNumber(1),
                quantity: 1,
                unit_price: 12_000,
                seats: Vec::new().into(),
            };
            let (user, items) = (regular(sequence), [item].into_iter().collect());
            let booked = ConcertEvent::Booked { user, items, terms: None, mail: false, idempotency: None };
            Record { event: Event::Concert(booked), ..record(concert, epoch, sequence, Vec::new()) }
        }
        _ => records(concert, epoch, sequence..=sequence).remove(0),
    });
    let records: Vec<Record> = records.collect();
    assert_eq!(records.len() as u64, last + 1 - first);
    records
}

fn regular(sequence: u64) -> UserId {
    UserId::new(&format!("regular-{}", sequence / 3 % REGULARS)).expect("letters, digits and a hyphen")
}

/// Runs the suite; panics where the journal breaks its contract. `snapshot` has it make snapshots and returns when they count.
pub(super) fn run<J: Journal>(mut empty: impl FnMut() -> J, snapshot: &impl Fn(&J)) {
    nothing_is_found_before_anything_was_shed(&empty(), snapshot);
    every_booking_is_in_the_state_or_found(&empty(), snapshot);
    who_looks_into_the_state_first_misses_nothing(empty(), snapshot);
}

fn nothing_is_found_before_anything_was_shed<J: Journal>(journal: &J, snapshot: &impl Fn(&J)) {
    append(journal, &[churn(1, 1, 1..=4)]);
    let id = BookingId { concert: ConcertId::from_bits(1), number: BookingNumber(2) };
    assert_eq!(journal.ended(&EndedQuery::Booking(id)), Ok(Vec::new()));
    assert!(!journal.has_ended() && journal.shed_through(stream(1)).is_none());
    let before = journal.sheddings();
    snapshot(journal);
    assert_eq!(journal.ended(&EndedQuery::Booking(id)).map(|found| found.len()), Ok(1));
    assert!(journal.has_ended() && journal.sheddings() > before);
    assert_eq!((journal.shed_through(stream(1)), journal.snapshot_at(stream(1))), (Some(4), Some(4)));
    assert_eq!(journal.shed_through(stream(2)), None);
}

fn every_booking_is_in_the_state_or_found<J: Journal>(journal: &J, snapshot: &impl Fn(&J)) {
    let mut all = Vec::new();
    for round in 0..12_u64 {
        let of = |concert: u64| churn(concert, 1, 1 + 20 * round..=20 + 20 * round);
        all.extend(append(
            journal,
            &[of(1), if round % 2 == 0 { Vec::new() } else { churn(2, 1, 10 * round - 9..=10 * round + 10) }],
        ));
        if round % 3 != 1 {
            snapshot(journal);
        }
        let (found, whole) = (restored(journal, Scope::Everything).states, states_of(&all));
        for (stream, state) in &whole {
            assert_eq!(found[stream].clone().canonical(), state.clone().canonical(), "{stream:?}");
        }
        let mut expected = EndedBookings::default();
        for (stream, state) in whole {
            let at_snapshot = journal.snapshot_at(stream).unwrap_or(0);
            let (State::Concert(mut whole), State::Concert(kept)) = (state, &found[&stream]) else {
                continue;
            };
            let gone: Vec<_> = whole
                .bookings()
                .iter()
                .map(|booking| booking.number)
                .filter(|number| kept.booking(*number).is_none())
                .collect();
            let settled = whole
                .bookings()
                .iter()
                .filter(|booking| !booking.status.is_live() && booking.sequence() <= at_snapshot);
            assert_eq!(
                gone,
                settled.map(|booking| booking.number).collect::<Vec<_>>(),
                "all that was settled was shed"
            );
            expected.extend(whole.shed(&gone));
        }
        check_all(journal, &expected);
    }
}

/// Whatever is looked for is what there is.
fn check_all(journal: &impl Journal, expected: &EndedBookings) {
    let check = |query: EndedQuery| {
        assert_eq!(journal.ended(&query).expect("it can be read"), expected.find(&query), "{query:?}");
    };
    let all = |concert| EndedQuery::At { concert, status: None, after: None, limit: usize::MAX };
    for concert in (1..=3).map(ConcertId::from_bits) {
        for ended in expected.find(&all(concert)) {
            check(EndedQuery::Booking(ended.id()));
            let BookingNumber(number) = ended.booking.number;
            check(EndedQuery::Booking(BookingId { number: BookingNumber(number + 1), ..ended.id() }));
        }
        for status in [
            None,
            Some(BookingStatus::Cancelled),
            Some(BookingStatus::Expired),
            Some(BookingStatus::Confirmed),
        ] {
            for after in [None, Some(BookingNumber(0)), Some(BookingNumber(8)), Some(BookingNumber(35))] {
                for limit in [0, 1, 5, usize::MAX] {
                    check(EndedQuery::At { concert, status, after, limit });
                }
            }
        }
    }
    for user in (0..=REGULARS).map(|number| regular(3 * number)) {
        for limit in [1, 4, usize::MAX] {
            let mut after = None;
            // Page by page, to the end.
            loop {
                let query = EndedQuery::Of { user: user.clone(), status: None, after, limit };
                check(query.clone());
                let page: Vec<EndedBooking> = expected.find(&query);
                let Some(last) = page.last() else { break };
                after = Some((last.booking.created_at(), last.id()));
            }
        }
    }
}

fn who_looks_into_the_state_first_misses_nothing<J: Journal>(journal: J, snapshot: &impl Fn(&J)) {
    const ROUNDS: u64 = 15;
    let journal = Arc::new(journal);
    append(&*journal, &[churn(1, 1, 1..=30)]);
    let reader = {
        let journal = Arc::clone(&journal);
        std::thread::spawn(move || {
            let mut seen = 0;
            while seen < 30 * ROUNDS {
                let states = restored(&*journal, Scope::Stream(stream(1))).states;
                let Some(State::Concert(concert)) = states.get(&stream(1)) else {
                    unreachable!("it was made")
                };
                seen = concert.sequence();
                let ended = journal.ended(&EndedQuery::At {
                    concert: concert.id(),
                    status: None,
                    after: None,
                    limit: usize::MAX,
                });
                assert_eq!(numbers(concert, &ended.expect("it can be read")), booked(seen));
            }
        })
    };
    for round in 1..ROUNDS {
        snapshot(&journal);
        append(&*journal, &[churn(1, 1, 30 * round + 1..=30 * round + 30)]);
    }
    reader.join().expect("nothing was missed");
}

/// The numbers of all bookings, each once, up to the concert's sequence.
fn numbers(concert: &Concert, ended: &[EndedBooking]) -> Vec<u64> {
    let ended = ended.iter().map(|ended| ended.booking.number.0);
    let in_state = concert.bookings().iter().map(|booking| booking.number.0);
    let all: BTreeSet<u64> = ended.chain(in_state).collect();
    all.into_iter().filter(|number| *number <= concert.sequence()).collect()
}

fn booked(sequence: u64) -> Vec<u64> {
    (2..=sequence).filter(|sequence| sequence % 3 != 0).collect()
}

fn stream(concert: u64) -> Stream {
    Stream::Concert(ConcertId::from_bits(concert))
}
