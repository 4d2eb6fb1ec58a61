//! A start: how fast a journal of a million bookings at a thousand concerts is checked, read, and made an office again.

use std::path::Path;
use std::time::Duration;

use boxoffice_benches::{
    Crowd, Journals, Stopwatch, Store, a_concert, close, concert_id, open, organizer, runtime,
};
use boxoffice_engine::concert::{BookedItem, ConcertEvent, Seats};
use boxoffice_engine::ids::{SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Journal, Record, Scope, Stream};
use boxoffice_engine::limits;
use boxoffice_engine::time::{Clock, SystemClock, Time};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};

const CONCERTS: usize = 1_000;
const BOOKINGS: usize = 1_000_000;
const EVENTS: usize = CONCERTS + BOOKINGS;
/// About as many as a rush of 1,024 callers makes durable together.
const RECORDS_PER_GROUP: usize = 500;

fn record(number: usize, sequence: u64, time: Time, event: ConcertEvent) -> Record {
    let stream = Stream::Concert(concert_id((number % CONCERTS) as u64));
    Record { stream, sequence, epoch: 1, time, event: Event::Concert(event) }
}

fn booked(user: &UserId) -> ConcertEvent {
    let item =
        BookedItem { seat_type: SeatTypeNumber(1), quantity: 1, unit_price: 12_000, seats: Seats::new() };
    ConcertEvent::Booked {
        user: user.clone(),
        items: [item].into_iter().collect(),
        terms: None,
        mail: false,
        idempotency: None,
    }
}

/// The events in the order in which a rush on all concerts at once makes them.
fn write(journal: &dyn Journal) {
    let now = SystemClock::start().now();
    let organizer = organizer().user;
    let created = |number| {
        let concert = Box::new(a_concert(now, &[limits::TOTAL_SEATS_MAX]));
        let event = ConcertEvent::Created { organizer: organizer.clone(), concert, idempotency: None };
        record(number, 1, now, event)
    };
    let crowd = Crowd::of(BOOKINGS);
    let bookings = crowd
        .people()
        .iter()
        .enumerate()
        .map(|(number, user)| record(number, 2 + (number / CONCERTS) as u64, now, booked(user)));
    let records: Vec<_> = (0..CONCERTS).map(created).chain(bookings).collect();
    for group in records.chunks(RECORDS_PER_GROUP) {
        journal.append(group).expect("a valid group can be written");
    }
}

fn replay(criterion: &mut Criterion) {
    let runtime = runtime();
    let store = Store::create(Journals::Sled, Path::new(env!("CARGO_TARGET_TMPDIR")));
    write(&*store.journal());
    let mut store = Some(store.closed().open());

    let mut group = criterion.benchmark_group("start");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("open the sled journal", |bencher| {
        bencher.iter_custom(|starts| {
            let mut elapsed = Duration::ZERO;
            for _ in 0..starts {
                let closed = store.take().expect("there is always a store").closed();
                let stopwatch = Stopwatch::start();
                let opened = closed.open();
                elapsed += stopwatch.elapsed();
                store = Some(opened);
            }
            elapsed
        });
    });
    let store = store.expect("there is always a store");
    group.bench_function("replay", |bencher| {
        let journal = store.journal();
        bencher.iter(|| {
            let mut events = 0;
            journal.replay(Scope::Everything, &mut |_| events += 1).expect("the journal can be read");
            assert_eq!(events, EVENTS);
        });
    });
    group.bench_function("open the office", |bencher| {
        bencher.iter_custom(|starts| {
            let mut elapsed = Duration::ZERO;
            for _ in 0..starts {
                runtime.block_on(async {
                    let stopwatch = Stopwatch::start();
                    let (office, inventory) = open(store.journal()).await;
                    elapsed += stopwatch.elapsed();
                    assert_eq!((inventory.concerts, inventory.bookings), (CONCERTS, BOOKINGS));
                    assert_eq!(inventory.events, EVENTS as u64);
                    close(office).await;
                });
            }
            elapsed
        });
    });
    group.finish();
}

criterion_group!(benches, replay);
criterion_main!(benches);
