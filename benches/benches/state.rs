//! The state of a concert that a million booked: what it takes to write it for a snapshot, to read it back, to prove it, to copy it,
//! and to let happen what came after it. And how large it is.

use std::hint::black_box;

use boxoffice_benches::{Crowd, a_concert, concert_id, organizer, wish};
use boxoffice_engine::concert::{Concert, ConcertCommand, ConcertEvent, Decision};
use boxoffice_engine::fold::Fold;
use boxoffice_engine::ids::{SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Record, Snapshot, State, Stream};
use boxoffice_engine::limits;
use boxoffice_engine::time::Time;
use boxoffice_persistence::state::{decode, encode};
use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};

const BOOKINGS: usize = 1_000_000;
/// Bookings that come after the snapshot.
const TAIL: usize = 100_000;
const NOW: Time = Time(1_800_000_000_000);
/// What a live booking takes in a snapshot at most, before anything is compressed.
const BYTES_PER_BOOKING_MAX: usize = 80;

fn decided(concert: &Concert, command: &ConcertCommand) -> ConcertEvent {
    match concert.decide(command, NOW) {
        Ok(Decision::Record(event)) => event,
        other => unreachable!("{command:?} makes something happen, not {other:?}"),
    }
}

fn booked(concert: &Concert, user: &UserId) -> ConcertEvent {
    decided(concert, &ConcertCommand::Book(wish(user.clone(), SeatTypeNumber(1))))
}

/// A concert at which each of these has a seat.
fn sale(users: &[UserId]) -> Concert {
    let mut concert = Concert::absent(concert_id(1));
    let terms = Box::new(a_concert(NOW, &[limits::TOTAL_SEATS_MAX]));
    let create =
        ConcertCommand::Create { caller: organizer(), concert: terms, idempotency: None, has_gateway: true };
    concert.apply(&decided(&concert, &create), NOW);
    for user in users {
        concert.apply(&booked(&concert, user), NOW);
    }
    concert
}

fn snapshot(concert: Concert) -> Snapshot {
    let (stream, sequence) = (Stream::Concert(concert.id()), concert.sequence());
    Snapshot { stream, sequence, epoch: 1, state: State::Concert(Box::new(concert)) }
}

/// Bytes of this process that lie in memory; nothing where the system does not tell.
fn resident_bytes() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(statm.split(' ').nth(1)?.parse::<usize>().ok()? * rustix::param::page_size())
}

#[expect(clippy::print_stdout, reason = "criterion has no place for a size")]
fn sizes(kind: &str, users: &[UserId]) {
    let before = resident_bytes();
    let concert = sale(users);
    let grown = resident_bytes().zip(before).map(|(after, before)| after.saturating_sub(before));
    let bytes = encode(&snapshot(concert)).len();
    assert!(bytes <= BYTES_PER_BOOKING_MAX * users.len(), "{bytes} bytes");
    let each = |bytes: usize| bytes / users.len();
    let memory = grown.map_or("?".to_owned(), |grown| each(grown).to_string());
    println!(
        "{} bookings, {kind}: {} bytes each in a snapshot, {memory} in memory",
        users.len(),
        each(bytes)
    );
}

fn state(criterion: &mut Criterion) {
    let short = |number| UserId::new(&format!("{number:010}")).expect("ten digits are an id");
    let mut people = Crowd::of(BOOKINGS + TAIL).people().to_vec();
    let newcomers = people.split_off(BOOKINGS);
    sizes("ids of 22 characters", &people);
    sizes("ids of 10 characters", &(0..BOOKINGS).map(short).collect::<Vec<_>>());
    sizes("ids of 10 characters", &(0..1_000).map(short).collect::<Vec<_>>());

    let concert = sale(&people);
    let whole = snapshot(concert.clone());
    let bytes = encode(&whole);
    assert_eq!(decode(&bytes).as_ref(), Ok(&whole));
    let tail = newcomers.iter().zip(concert.sequence() + 1..).map(|(user, sequence)| Record {
        stream: whole.stream,
        sequence,
        epoch: 1,
        time: NOW,
        event: Event::Concert(booked(&concert, user)),
    });
    let tail: Vec<Record> = tail.collect();

    let mut group = criterion.benchmark_group(format!("state of a concert with {BOOKINGS} bookings"));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.throughput(Throughput::Elements(BOOKINGS as u64));
    group.bench_function("encode", |bencher| {
        bencher.iter(|| assert_eq!(encode(black_box(&whole)).len(), bytes.len()));
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
    group.bench_function("clone", |bencher| {
        bencher.iter_with_large_drop(|| {
            let copy = concert.clone();
            assert_eq!(copy.bookings().len(), BOOKINGS);
            copy
        });
    });
    group.throughput(Throughput::Elements(TAIL as u64));
    group.bench_function(format!("take {TAIL} records after it"), |bencher| {
        let begun = || (Fold::begin(whole.clone()).expect("the concert is sound"), tail.clone());
        let take = |(mut fold, tail): (Fold, Vec<Record>)| {
            for record in tail {
                fold.take(record).expect("the records follow");
            }
            assert_eq!(fold.state().sequence(), whole.sequence + TAIL as u64);
            fold
        };
        bencher.iter_batched(begun, take, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, state);
criterion_main!(benches);
