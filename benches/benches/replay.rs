//! A start without a snapshot: how fast a journal of a million events is checked, read, and made an office again.
//!
//! One event is one booking of one seat by somebody with an id of 22 characters, who has not booked before. It is told for one hot
//! concert, whose events can happen only one after another, and for a thousand at which people book in turn.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boxoffice_benches::command::say;
use boxoffice_benches::{Journals, Stopwatch, Store, append_all, close, open, runtime, sales};
use boxoffice_engine::journal::{Found, Journal, Visitor};
use boxoffice_engine::time::{Clock, SystemClock};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};

const BOOKINGS: usize = 1_000_000;
/// About as many as a rush of 1,024 callers makes durable together.
const RECORDS_PER_GROUP: usize = 500;

/// Reads and decodes all events, and does nothing with them; returns how many they are.
fn count(journal: &dyn Journal) -> usize {
    let events = AtomicUsize::new(0);
    let counts = || {
        |found| {
            assert!(matches!(found, Found::Record(_)), "there is no snapshot");
            events.fetch_add(1, Ordering::Relaxed);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut visits: Vec<_> = std::iter::repeat_with(counts).take(threads).collect();
    let mut visitors: Vec<Visitor<'_>> = visits.iter_mut().map(|visit| visit as Visitor<'_>).collect();
    journal.start(&mut visitors).expect("the journal can be read");
    events.load(Ordering::Relaxed)
}

fn start(criterion: &mut Criterion, concerts: usize) {
    let runtime = runtime();
    let events = concerts + BOOKINGS;
    let store = Store::create(Journals::Sled, Path::new(env!("CARGO_TARGET_TMPDIR")));
    let now = SystemClock::start().now();
    append_all(&*store.journal(), sales(concerts, BOOKINGS, now), RECORDS_PER_GROUP);
    let mut store = Some(store.closed().open());

    let (mut checking, mut opening) = (Vec::new(), Vec::new());
    let of = if concerts == 1 { "one concert".to_owned() } else { format!("{concerts} concerts") };
    let mut group = criterion.benchmark_group(format!("start with {of}"));
    group.sampling_mode(SamplingMode::Flat).sample_size(10).throughput(Throughput::Elements(events as u64));
    group.bench_function("check the journal", |bencher| {
        bencher.iter_custom(|starts| {
            let mut elapsed = Duration::ZERO;
            for _ in 0..starts {
                let closed = store.take().expect("there is always a store").closed();
                let stopwatch = Stopwatch::start();
                let opened = closed.open();
                elapsed += stopwatch.elapsed();
                checking.push(stopwatch.cpu());
                store = Some(opened);
            }
            elapsed
        });
    });
    let store = store.expect("there is always a store");
    group.bench_function("read and decode it", |bencher| {
        let journal = store.journal();
        bencher.iter(|| assert_eq!(count(&*journal), events));
    });
    group.bench_function("open the office", |bencher| {
        bencher.iter_custom(|starts| {
            let mut elapsed = Duration::ZERO;
            for _ in 0..starts {
                runtime.block_on(async {
                    let stopwatch = Stopwatch::start();
                    let (office, inventory) = open(store.journal()).await;
                    elapsed += stopwatch.elapsed();
                    opening.push(stopwatch.cpu());
                    assert_eq!((inventory.concerts, inventory.bookings), (concerts, BOOKINGS));
                    assert_eq!(inventory.events, events as u64);
                    close(office).await;
                });
            }
            elapsed
        });
    });
    group.finish();
    tell("check the journal", &checking, events);
    tell("open the office", &opening, events);
}

/// On a busy machine this says more than the time does: what all processors together spent on an event, in the mean of all starts.
fn tell(what: &str, spent: &[Duration], events: usize) {
    if let Some(starts) = u32::try_from(spent.len()).ok().filter(|starts| *starts > 0) {
        let nanoseconds = spent.iter().sum::<Duration>().as_nanos() / u128::from(starts) / events as u128;
        say(&format!("{what}: {nanoseconds} ns of processor time for each event\n"));
    }
}

fn replay(criterion: &mut Criterion) {
    start(criterion, 1);
    start(criterion, 1_000);
}

criterion_group!(benches, replay);
criterion_main!(benches);
