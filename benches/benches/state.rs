//! The state of a concert that a million booked: what it takes to write it for a snapshot, to read it back, to prove it, to copy it,
//! and to let happen what came after it. And how large it is.

use std::hint::black_box;

use boxoffice_benches::command::say;
use boxoffice_benches::{
    Crowd, NOW, a_concert, customer, decided, happen, on_sale, resident_bytes, snapshot, wish,
};
use boxoffice_engine::concert::{Concert, ConcertCommand, ConcertEvent};
use boxoffice_engine::fold::Fold;
use boxoffice_engine::ids::{SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Record, Snapshot};
use boxoffice_engine::limits;
use boxoffice_persistence::state::{decode, encode};
use criterion::measurement::WallTime;
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};

const BOOKINGS: usize = 1_000_000;
/// Bookings that come after the snapshot.
const TAIL: usize = 100_000;
/// What a live booking takes in a snapshot at most, before anything is compressed.
const BYTES_PER_BOOKING_MAX: usize = 80;

fn booked(concert: &Concert, user: &UserId) -> ConcertEvent {
    decided(concert, &ConcertCommand::Book(wish(user.clone(), SeatTypeNumber(1))))
}

/// A concert at which each of these has a seat.
fn sale(users: &[UserId]) -> Concert {
    let mut concert = on_sale(a_concert(NOW, &[limits::TOTAL_SEATS_MAX]));
    for user in users {
        concert.apply(&booked(&concert, user), NOW);
    }
    concert
}

/// How large a booking of each of these is in a snapshot, and in memory where that is asked: a process can tell only before it has
/// memory to use again.
fn sizes(kind: &str, users: &[UserId], in_memory: bool) {
    let before = resident_bytes();
    let concert = sale(users);
    let grown = resident_bytes().saturating_sub(before);
    let bytes = encode(&snapshot(concert)).len();
    assert!(bytes <= BYTES_PER_BOOKING_MAX * users.len(), "{bytes} bytes");
    let bookings = users.len();
    say(&format!("{bookings} bookings, {kind}: {} bytes each in a snapshot", bytes / bookings));
    if in_memory {
        say(&format!("{bookings} bookings, {kind}: {} bytes each in memory", grown / bookings as u64));
    }
}

fn state(criterion: &mut Criterion) {
    let short = |number| UserId::new(&format!("{number:010}")).expect("ten digits are an id");
    let mut people = Crowd::of(BOOKINGS + TAIL).people().to_vec();
    let newcomers = people.split_off(BOOKINGS);
    sizes("ids of 22 characters", &people, true);
    sizes("ids of 10 characters", &(0..BOOKINGS).map(short).collect::<Vec<_>>(), false);
    sizes("ids of 10 characters", &(0..1_000).map(short).collect::<Vec<_>>(), false);

    let concert = sale(&people);
    let whole = snapshot(concert.clone());
    let mut group = criterion.benchmark_group(format!("state of a concert with {BOOKINGS} bookings"));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.throughput(Throughput::Elements(BOOKINGS as u64));
    turn(&mut group, &whole);
    group.bench_function("clone", |bencher| {
        bencher.iter_with_large_drop(|| {
            let copy = concert.clone();
            assert_eq!(copy.bookings().len(), BOOKINGS);
            copy
        });
    });
    group.throughput(Throughput::Elements(TAIL as u64));
    let tail = newcomers.iter().zip(concert.sequence() + 1..).map(|(user, sequence)| Record {
        stream: whole.stream,
        sequence,
        epoch: 1,
        time: NOW,
        event: Event::Concert(booked(&concert, user)),
    });
    follow(&mut group, &whole, &tail.collect::<Vec<_>>());
    group.finish();
}

/// To bytes, from bytes, and to what goes on from there.
fn turn(group: &mut BenchmarkGroup<'_, WallTime>, whole: &Snapshot) {
    let bytes = encode(whole);
    assert_eq!(decode(&bytes).as_ref(), Ok(whole));
    group.bench_function("encode", |bencher| {
        bencher.iter(|| assert_eq!(encode(black_box(whole)).len(), bytes.len()));
    });
    group.bench_function("decode", |bencher| {
        bencher.iter_with_large_drop(|| {
            let read = decode(black_box(&bytes)).expect("what was written can be read");
            assert_eq!(read.sequence, whole.sequence);
            read
        });
    });
    group.bench_function("begin from it, which checks it", |bencher| {
        let begin = |snapshot| {
            let begun = Fold::begin(snapshot).expect("the concert is sound");
            assert_eq!(begun.state().sequence(), whole.sequence);
            begun
        };
        bencher.iter_batched(|| whole.clone(), begin, BatchSize::PerIteration);
    });
}

/// What came after the snapshot happens.
fn follow(group: &mut BenchmarkGroup<'_, WallTime>, whole: &Snapshot, tail: &[Record]) {
    group.bench_function(format!("take {TAIL} records after it"), |bencher| {
        let begun = || (Fold::begin(whole.clone()).expect("the concert is sound"), tail.to_vec());
        let take = |(mut fold, tail): (Fold, Vec<Record>)| {
            for record in tail {
                fold.take(&record).expect("the records follow");
            }
            assert_eq!(fold.state().sequence(), whole.sequence + TAIL as u64);
            fold
        };
        bencher.iter_batched(begun, take, BatchSize::PerIteration);
    });
}

/// What it holds an actor up for to let go of the half that has ended, beside copying its state.
fn shedding(criterion: &mut Criterion) {
    let people = Crowd::of(BOOKINGS).people().to_vec();
    let mut concert = sale(&people);
    let numbers: Vec<_> = concert.bookings().iter().map(|booking| booking.number).collect();
    for (number, user) in numbers.into_iter().zip(&people).step_by(2) {
        let cancel = ConcertCommand::CancelBooking { caller: customer(user), number, idempotency: None };
        happen(&mut concert, &cancel);
    }
    let mut group =
        criterion.benchmark_group(format!("a concert with {BOOKINGS} bookings of which half have ended"));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.throughput(Throughput::Elements(BOOKINGS as u64));
    group.bench_function("copy", |bencher| bencher.iter_with_large_drop(|| concert.clone()));
    group.bench_function("name what is settled", |bencher| {
        bencher.iter(|| assert_eq!(concert.settled(usize::MAX).len(), BOOKINGS / 2));
    });
    let settled = concert.settled(usize::MAX);
    group.bench_function("go on without it", |bencher| {
        let shed = |mut concert: Concert| {
            assert_eq!(concert.shed(&settled).len(), BOOKINGS / 2);
            concert
        };
        bencher.iter_batched(|| concert.clone(), shed, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, state, shedding);
criterion_main!(benches);
