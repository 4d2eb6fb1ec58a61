//! The request path: what a booking and a read cost over HTTP, against the least that the same server and a bare one can do. In each
//! round every kind stands the same load in turn, so that what disturbs the machine disturbs all.
//!
//! `cargo bench -p boxoffice-benches --bench http -- --rounds 3 --connections 64,256 --seconds 2` prints tables for
//! `docs/PERFORMANCE.md`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use boxoffice_benches::command::{asked, at_least_1, bench_or_trial, say, warn_of_testing};
use boxoffice_benches::figures::{column, each, in_turn, median, ratios};
use boxoffice_benches::http::{Call, Calls, Disk, Load, Server, Site, Tally, play_role};
use clap::{Parser, ValueEnum};

const TIME: Duration = Duration::from_secs(2);
/// In a trial: enough for every kind to be answered.
const TIME_OF_TRIAL: Duration = Duration::from_millis(100);
/// Who book in turn: fewer than the lines of all batches.
const USERS: usize = 10_000;
const H2C_CONNECTIONS: usize = 16;
const H2C_STREAMS: usize = 64;
const BATCH_CONNECTIONS: usize = 4;
const BATCH_LINES: usize = 1_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
enum Kind {
    Bare,
    Livez,
    Concert,
    Seats,
    Booking,
    BookingH2c,
    Batch,
}

/// What a booking and a read cost over HTTP, against the least that the same server and a bare one can do
#[derive(Parser)]
struct Wanted {
    /// How often every kind stands the load, at least once
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(3, 1), value_parser = at_least_1())]
    rounds: usize,
    /// Connections at the same time, at least 1, each number for a table
    #[arg(long, value_name = "N,N", value_delimiter = ',', value_parser = at_least_1(), default_values_t = bench_or_trial(vec![64, 256], vec![64]))]
    connections: Vec<usize>,
    /// How long each load goes on, in seconds, at least 1 [default: 2]
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
    /// The box office that is measured, a `boxoffice` of any build [default: this build's own]
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// What is measured
    #[arg(long, value_name = "KIND,KIND", value_enum, value_delimiter = ',', ignore_case = true, default_values_t = Kind::value_variants())]
    kinds: Vec<Kind>,
}

/// Everything that is called.
struct Stage {
    bare: Server,
    site: Site,
    livez: Arc<Calls>,
    concert: Arc<Calls>,
    seats: Arc<Calls>,
    booking: Arc<Calls>,
    batch: Arc<Calls>,
    /// Bookings that were acknowledged.
    booked: u64,
}

/// One run: answers per second, and the server's processor time for each, in microseconds.
#[derive(Clone, Copy)]
struct Run {
    per_second: f64,
    cpu_us: f64,
}

fn main() {
    play_role();
    let wanted: Wanted = asked("http");
    let time = wanted.seconds.map_or(bench_or_trial(TIME, TIME_OF_TRIAL), Duration::from_secs);
    warn_of_testing();
    let mut stage = Stage::set(wanted.server.map_or(Disk::Real, Disk::RealUnder));
    for connections in &wanted.connections {
        say(&format!("{connections} connections, medians of {} rounds\n", wanted.rounds));
        say("| | answers/s | server's CPU us for each | of bare hyper | of `GET /livez` | of each round |");
        say("| --- | ---: | ---: | ---: | ---: | --- |");
        let found = in_turn(wanted.rounds, wanted.kinds.len(), |place| {
            stage.run(wanted.kinds[place], *connections, time)
        });
        let mut runs = vec![Vec::new(); Kind::value_variants().len()];
        for (kind, found) in wanted.kinds.iter().zip(found) {
            runs[*kind as usize].extend(found);
        }
        for kind in &wanted.kinds {
            say(&row(*kind, &runs));
        }
        say("");
    }
    stage.strike();
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare hyper",
            Self::Livez => "`GET /livez`",
            Self::Concert => "`GET /api/concerts/{id}`",
            Self::Seats => "`GET /api/concerts/{id}/seats`",
            Self::Booking => "`POST /api/bookings`",
            Self::BookingH2c => "`POST /api/bookings`, h2c",
            Self::Batch => "`POST /api/bookings/batch`, for each booking",
        }
    }
}

impl Stage {
    fn set(disk: Disk) -> Self {
        let site = Site::open(Path::new(env!("CARGO_TARGET_TMPDIR")), disk, 1, USERS);
        Self {
            bare: Server::bare(),
            livez: Arc::new(Calls::new([Call::get("/livez")], 200)),
            concert: site.show_concert(),
            seats: site.show_seats(),
            booking: site.book(0..1),
            batch: site.book_all(BATCH_LINES),
            site,
            booked: 0,
        }
    }

    fn run(&mut self, kind: Kind, connections: usize, time: Duration) -> Run {
        // What one load leaves to be done is not the next one's.
        self.site.server().settle();
        let server = if kind == Kind::Bare { &self.bare } else { self.site.server() };
        let load = |connections| Load { address: server.address(), connections, time };
        let before = server.cpu();
        let tally: Tally = match kind {
            Kind::Bare | Kind::Livez => load(connections).http1(&self.livez),
            Kind::Concert => load(connections).http1(&self.concert),
            Kind::Seats => load(connections).http1(&self.seats),
            Kind::Booking => load(connections).http1(&self.booking),
            Kind::BookingH2c => load(H2C_CONNECTIONS).h2c(&self.booking, H2C_STREAMS),
            Kind::Batch => load(BATCH_CONNECTIONS).batches(&self.batch),
        };
        let cpu = server.cpu().saturating_sub(before);
        if matches!(kind, Kind::Booking | Kind::BookingH2c | Kind::Batch) {
            self.booked += tally.answers;
            assert_eq!(self.site.booked(), self.booked, "readers see every booking that was acknowledged");
        }
        let answers = tally.per_second() * tally.elapsed.as_secs_f64();
        Run { per_second: tally.per_second(), cpu_us: cpu.as_secs_f64() * 1e6 / answers }
    }

    /// Ends it all, and asserts that nothing is lost.
    fn strike(self) {
        let kept = self.site.killed();
        assert_eq!(kept, self.booked, "every acknowledged booking survives a kill -9");
        say(&format!("{kept} bookings were acknowledged, and were there after a kill -9"));
    }
}

fn row(kind: Kind, runs: &[Vec<Run>]) -> String {
    let per_second = |kind: Kind| column(&runs[kind as usize], |run| run.per_second);
    let to = |other: Kind| ratios(&per_second(kind), &per_second(other));
    let ratio = |ratios: &[f64]| {
        if ratios.is_empty() { String::new() } else { format!("{:.2}", median(ratios)) }
    };
    // What is read of the box office itself is held against its own least; that against the least of all.
    let compared = to(if kind == Kind::Livez { Kind::Bare } else { Kind::Livez });
    format!(
        "| {} | {:.1} k | {:.1} | {} | {} | {} |",
        kind.name(),
        median(&per_second(kind)) / 1e3,
        median(&column(&runs[kind as usize], |run| run.cpu_us)),
        ratio(&to(Kind::Bare)),
        ratio(&to(Kind::Livez)),
        each(&compared, 2)
    )
}
