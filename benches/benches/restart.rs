//! A start from a snapshot: how soon a box office with many concerts is ready, what it takes of memory asleep and awake, and how long
//! the first booking at a concert that sleeps takes.
//!
//! `cargo bench -p boxoffice-benches --bench restart -- --concerts 10000 --bookings 1000` prints the table for `docs/PERFORMANCE.md`. The
//! store is made first; what is measured happens in a process of its own, whose memory nothing else has used.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use boxoffice_benches::command::{asked, at_least_1, bench_or_trial, say, warn_of_testing};
use boxoffice_benches::figures::milliseconds;
use boxoffice_benches::{
    Stopwatch, append_all, buyer, close, concert_id, directory_in, disk_bytes, open, open_store,
    resident_bytes, runtime, sales, wish,
};
use boxoffice_engine::BoxOffice;
use boxoffice_engine::ids::SeatTypeNumber;
use boxoffice_engine::time::{Clock, SystemClock};
use boxoffice_persistence::Schedule;
use clap::Parser;

/// Tells the process that measures which store.
const STORE: &str = "BOXOFFICE_BENCH_STORE";
/// Tells it how many bytes an office takes that has nothing.
const NOTHING: &str = "BOXOFFICE_BENCH_NOTHING";
const RECORDS_PER_GROUP: usize = 1_000;
/// How long the first booking at a concert that sleeps may take.
const FIRST_BOOKING_MAX: Duration = Duration::from_millis(5);
/// Concerts that are woken, one after another.
const WOKEN: usize = 200;

/// A start from a snapshot: how soon a box office is ready, and what it takes of memory
#[derive(Clone, Copy, Parser)]
struct Wanted {
    /// Concerts, at least 1
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(1_000, 10), value_parser = at_least_1())]
    concerts: usize,
    /// Live bookings at each of them, at least 1
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(1_000, 20), value_parser = at_least_1())]
    bookings: usize,
}

fn main() {
    let wanted: Wanted = asked("restart");
    if let Some(store) = std::env::var_os(STORE) {
        let nothing = std::env::var(NOTHING).ok();
        return match nothing.map(|bytes| bytes.parse().expect("it was printed by this bench")) {
            Some(before) => measure(Path::new(&store), wanted, before),
            None => measure_nothing(Path::new(&store)),
        };
    }
    warn_of_testing();
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = directory_in(scratch);
    let stopwatch = Stopwatch::start();
    let Wanted { concerts, bookings } = wanted;
    let journal = open_store(directory.path(), Schedule::default());
    let sales = sales(concerts, concerts * bookings, SystemClock::start().now());
    append_all(&journal, sales, RECORDS_PER_GROUP);
    journal.snapshot().expect("a sound journal can be kept");
    drop(journal);
    say(&format!(
        "{concerts} concerts of {bookings} live bookings each, written and kept in {:.1} s, {} of it on the disk\n",
        stopwatch.elapsed().as_secs_f64(),
        megabytes(disk_bytes(directory.path()))
    ));
    let myself = std::env::current_exe().expect("a bench knows where it lies");
    let nothing = directory_in(scratch);
    drop(open_store(nothing.path(), Schedule::default()));
    let empty = Command::new(&myself).env(STORE, nothing.path()).output().expect("a bench can be started");
    let before = String::from_utf8(empty.stdout).expect("digits");
    let mut measuring = Command::new(myself);
    measuring.args(std::env::args().skip(1)).env(STORE, directory.path()).env(NOTHING, before.trim());
    let measured = measuring.status().expect("a bench can be started");
    assert!(measured.success(), "the measuring process failed");
}

/// What an office takes that has nothing, in a process of its own as well: code, threads, the store's own. What an office leaves behind
/// that was closed would count for the next one, or be used by it.
fn measure_nothing(store: &Path) {
    runtime().block_on(async {
        let (empty, _) = open(Arc::new(open_store(store, Schedule::default()))).await;
        say(&resident_bytes().to_string());
        close(empty).await;
    });
}

fn measure(store: &Path, wanted: Wanted, before: u64) {
    let Wanted { concerts, bookings } = wanted;
    runtime().block_on(async {
        let stopwatch = Stopwatch::start();
        let journal = Arc::new(open_store(store, Schedule::default()));
        let opened = stopwatch.elapsed();
        let (office, inventory) = open(journal).await;
        let (ready, cpu) = (stopwatch.elapsed(), stopwatch.cpu());
        assert_eq!((inventory.concerts, inventory.bookings), (concerts, concerts * bookings));
        assert_eq!(inventory.events, 0, "the snapshot spares all records");
        let asleep = resident_bytes();
        let first = wake(&office, wanted).await;
        let woken = first.len();
        let awake = resident_bytes();
        // The first to book at the last concert.
        let somebody = buyer((concerts - 1) as u64);
        let stopwatch = Stopwatch::start();
        let theirs = office.bookings_of(&somebody, None, None, 10).await.expect("they can be asked for");
        let listed = stopwatch.elapsed();
        assert_eq!(theirs.len(), 1, "who booked at a concert that sleeps is found");
        say("| | |\n| --- | ---: |");
        say(&format!("| the journal is open after | {:.0} ms |", milliseconds(opened)));
        say(&format!("| the box office is ready after | {:.0} ms |", milliseconds(ready)));
        say(&format!("| ... processor time for that | {:.0} ms |", milliseconds(cpu)));
        say(&format!("| memory of an office without concerts | {} |", megabytes(before)));
        let asleep_bytes = asleep.saturating_sub(before);
        say(&format!("| memory beyond that when all sleep | {} |", megabytes(asleep_bytes)));
        say(&format!("| ... per sleeping concert | {:.0} bytes |", per(asleep_bytes, concerts)));
        say(&format!(
            "| first booking at a sleeping concert, median | {:.2} ms |",
            milliseconds(first[woken / 2])
        ));
        say(&format!("| ... slowest of {woken} | {:.2} ms |", milliseconds(first[woken - 1])));
        let late = first.iter().filter(|took| **took > FIRST_BOOKING_MAX).count();
        say(&format!("| ... longer than {FIRST_BOOKING_MAX:?} | {late} of {woken} |"));
        say(&format!(
            "| memory per live booking, awake | {:.0} bytes |",
            per(awake.saturating_sub(asleep), woken * (bookings + 1))
        ));
        say(&format!(
            "| \"my bookings\", one of them at a sleeping concert | {:.2} ms |",
            milliseconds(listed)
        ));
        close(office).await;
    });
}

/// Books at sleeping concerts, one after another; returns how long that took, the longest last.
async fn wake(office: &BoxOffice, Wanted { concerts, bookings }: Wanted) -> Vec<Duration> {
    let mut first = Vec::new();
    let woken = WOKEN.min(concerts);
    for place in 0..woken {
        let concert = concert_id((place * (concerts / woken)) as u64);
        let user = buyer((concerts * bookings + place) as u64);
        let stopwatch = Stopwatch::start();
        let booked = office.book(concert, wish(user, SeatTypeNumber(1))).await;
        first.push(stopwatch.elapsed());
        let sequence = booked.expect("there are seats").value.booking.sequence();
        assert_eq!(sequence, bookings as u64 + 2, "nothing was lost, nothing was made twice");
    }
    first.sort_unstable();
    first
}

#[expect(clippy::cast_precision_loss, reason = "a few digits are enough")]
fn per(bytes: u64, things: usize) -> f64 {
    bytes as f64 / things.max(1) as f64
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}
