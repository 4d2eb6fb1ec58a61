//! How long bookings take while a snapshot of many live bookings is made, held against the same load without one.
//!
//! `cargo bench -p boxoffice-benches --bench snapshot -- --bookings 1000000 --rounds 3` prints the table for `docs/PERFORMANCE.md`. In
//! each round the load stands first without a snapshot and then with one, for as long as that takes. Every concert is booked
//! meanwhile, so each snapshot renews every state.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use boxoffice_benches::command::{asked, at_least_1, bench_or_trial, say, warn_of_testing};
use boxoffice_benches::figures::{self, milliseconds};
use boxoffice_benches::{
    Stopwatch, append_all, booked_seats, buyer, close, concert_id, directory_in, open, open_store, runtime,
    sales, wish,
};
use boxoffice_engine::BoxOffice;
use boxoffice_engine::ids::SeatTypeNumber;
use boxoffice_engine::journal::Journal;
use boxoffice_engine::time::{Clock, SystemClock};
use boxoffice_persistence::Schedule;
use clap::Parser;
use tokio::task::JoinSet;

const RECORDS_PER_GROUP: usize = 1_000;

/// How long bookings take while a snapshot of many live bookings is made
#[derive(Clone, Copy, Parser)]
struct Wanted {
    /// Concerts, at least 1
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(100, 4), value_parser = at_least_1())]
    concerts: usize,
    /// Live bookings at all of them together, at least 1
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(1_000_000, 400), value_parser = at_least_1())]
    bookings: usize,
    /// Callers at the same time, at least 1
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(64, 8), value_parser = at_least_1())]
    callers: usize,
    /// How often it is measured, at least once
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(3, 1), value_parser = at_least_1())]
    rounds: usize,
}

/// Who calls all the time, and how long each call took.
struct Load {
    is_over: Arc<AtomicBool>,
    callers: JoinSet<Vec<Duration>>,
}

fn main() {
    let wanted: Wanted = asked("snapshot");
    warn_of_testing();
    let directory = directory_in(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let journal = Arc::new(open_store(directory.path(), Schedule::NEVER));
    let Wanted { concerts, bookings, callers, rounds } = wanted;
    append_all(&*journal, sales(concerts, bookings, SystemClock::start().now()), RECORDS_PER_GROUP);
    journal.snapshot().expect("a sound journal can be kept");
    say(&format!("{bookings} live bookings at {concerts} concerts, {callers} callers\n"));
    say("| | bookings | median | p99 | p99.9 | slowest |\n| --- | ---: | ---: | ---: | ---: | ---: |");
    runtime().block_on(async {
        let (office, inventory) = open(Arc::clone(&journal) as Arc<dyn Journal>).await;
        assert_eq!(inventory.bookings, bookings);
        let next = Arc::new(AtomicU64::new(bookings as u64));
        let mut last_took = Duration::ZERO;
        for round in 0..=rounds {
            if round > 0 {
                let load = Load::begin(&office, wanted, &next);
                tokio::time::sleep(last_took).await;
                report("without a snapshot", load.end().await);
            }
            // Every concert has been booked before its state is renewed.
            let enough = next.load(Ordering::Relaxed) + concerts as u64;
            let load = Load::begin(&office, wanted, &next);
            while next.load(Ordering::Relaxed) < enough {
                tokio::task::yield_now().await;
            }
            let making = Arc::clone(&journal);
            let stopwatch = Stopwatch::start();
            let taken = tokio::task::spawn_blocking(move || making.snapshot()).await.expect("it ends");
            last_took = stopwatch.elapsed();
            let taken = taken.expect("a sound journal can be kept");
            let answers = load.end().await;
            // The first one only tells how long one takes.
            if round > 0 {
                report(
                    &format!("with one, of {} concerts in {:.1} s", taken.renewed, last_took.as_secs_f64()),
                    answers,
                );
            }
        }
        assert_eq!(
            booked_seats(&office) as u64,
            next.load(Ordering::Relaxed),
            "every booking that was begun is there"
        );
        close(office).await;
    });
}

impl Load {
    fn begin(office: &BoxOffice, wanted: Wanted, next: &Arc<AtomicU64>) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut callers = JoinSet::new();
        for _ in 0..wanted.callers {
            let (office, next, is_over) = (office.clone(), Arc::clone(next), Arc::clone(&is_over));
            callers.spawn(async move {
                let mut took = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let (concert, user) = (concert_id(number % wanted.concerts as u64), buyer(number));
                    let stopwatch = Stopwatch::start();
                    let booked = office.book(concert, wish(user, SeatTypeNumber(1))).await;
                    took.push(stopwatch.elapsed());
                    booked.expect("there is room for everybody");
                }
                took
            });
        }
        Self { is_over, callers }
    }

    async fn end(self) -> Vec<Duration> {
        self.is_over.store(true, Ordering::Relaxed);
        self.callers.join_all().await.concat()
    }
}

fn report(what: &str, mut waited: Vec<Duration>) {
    waited.sort_unstable();
    let at = |of_thousand| figures::waited(&waited, of_thousand).map_or(0.0, milliseconds);
    let [median, p99, p999, slowest] = [500, 990, 999, 1_000].map(at);
    let answers = waited.len();
    say(&format!("| {what} | {answers} | {median:.2} ms | {p99:.2} ms | {p999:.2} ms | {slowest:.2} ms |"));
}
