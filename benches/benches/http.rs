//! The request path: what a booking and a read cost over HTTP, against the least that the same server and a bare one can do. In each
//! round every kind stands the same load in turn, so that what disturbs the machine disturbs all.
//!
//! `cargo bench -p boxoffice-benches --bench http -- --rounds 3 --connections 64,256 --seconds 2` prints tables for
//! `docs/PERFORMANCE.md`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use boxoffice_benches::http::{Call, Calls, Load, Server, Shop, Tally, play_role};
use boxoffice_benches::{has_testing, median};

const CONNECTIONS: [usize; 2] = [64, 256];
const ROUNDS: usize = 3;
const SECONDS: usize = 2;
/// Of one trial run: enough for every kind to be answered.
const TRIAL: Duration = Duration::from_millis(100);
const H2C_CONNECTIONS: usize = 16;
const H2C_STREAMS: usize = 64;
const BATCH_CONNECTIONS: usize = 4;
const BATCH_LINES: usize = 1_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bare,
    Livez,
    Concert,
    Seats,
    Booking,
    BookingH2c,
    Batch,
}

const KINDS: [Kind; 7] =
    [Kind::Bare, Kind::Livez, Kind::Concert, Kind::Seats, Kind::Booking, Kind::BookingH2c, Kind::Batch];

/// What is asked for on the command line.
struct Wanted {
    rounds: usize,
    connections: Vec<usize>,
    time: Duration,
    kinds: Vec<Kind>,
}

/// Everything that is called.
struct Stage {
    bare: Server,
    shop: Shop,
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
    let wanted = Wanted::from_arguments();
    if has_testing() {
        say("NOT TO BE PUBLISHED: the engine is built for tests; use `cargo bench -p boxoffice-benches`\n");
    }
    let mut stage = Stage::set();
    for connections in &wanted.connections {
        say(&format!("{connections} connections, medians of {} rounds\n", wanted.rounds));
        say("| | answers/s | server's CPU us for each | of bare hyper | of `GET /livez` | of each round |");
        say("| --- | ---: | ---: | ---: | ---: | --- |");
        let mut runs = vec![Vec::new(); KINDS.len()];
        for round in 0..wanted.rounds {
            for turn in 0..wanted.kinds.len() {
                // Nobody is always first.
                let kind = wanted.kinds[(round + turn) % wanted.kinds.len()];
                runs[kind as usize].push(stage.run(kind, *connections, wanted.time));
            }
        }
        for kind in &wanted.kinds {
            say(&row(*kind, &runs));
        }
        say("");
    }
    stage.strike();
}

impl Wanted {
    fn from_arguments() -> Self {
        let mut wanted = Self {
            rounds: ROUNDS,
            connections: CONNECTIONS.to_vec(),
            time: Duration::from_secs(SECONDS as u64),
            kinds: KINDS.to_vec(),
        };
        // Not a bench but a test that it runs: cargo says `--bench` to benches alone.
        let mut trial = true;
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_default();
            match argument.as_str() {
                "--bench" => trial = false,
                "--rounds" => wanted.rounds = numbers(&value())[0],
                "--connections" => wanted.connections = numbers(&value()),
                "--seconds" => wanted.time = Duration::from_secs(numbers(&value())[0] as u64),
                "--kinds" => wanted.kinds = value().split(',').map(Kind::named).collect(),
                other => give_up(other),
            }
        }
        if trial {
            wanted = Self { rounds: 1, connections: vec![CONNECTIONS[0]], time: TRIAL, ..wanted };
        }
        wanted
    }
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

    fn named(word: &str) -> Self {
        let known = KINDS.into_iter().find(|kind| format!("{kind:?}").eq_ignore_ascii_case(word));
        known.unwrap_or_else(|| give_up(word))
    }
}

impl Stage {
    fn set() -> Self {
        let shop = Shop::open(Path::new(env!("CARGO_TARGET_TMPDIR")));
        Self {
            bare: Server::bare(),
            livez: Arc::new(Calls::new([Call::get("/livez")], 200)),
            concert: shop.show_concert(),
            seats: shop.show_seats(),
            booking: shop.book(),
            batch: shop.book_all(BATCH_LINES),
            shop,
            booked: 0,
        }
    }

    fn run(&mut self, kind: Kind, connections: usize, time: Duration) -> Run {
        // What one load leaves to be done is not the next one's.
        self.shop.server.settle();
        let server = if kind == Kind::Bare { &self.bare } else { &self.shop.server };
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
            assert_eq!(self.shop.booked(), self.booked, "readers see every booking that was acknowledged");
        }
        let answers = tally.per_second() * tally.elapsed.as_secs_f64();
        Run { per_second: tally.per_second(), cpu_us: cpu.as_secs_f64() * 1e6 / answers }
    }

    /// Ends it all, and asserts that nothing is lost.
    fn strike(self) {
        let kept = self.shop.server.killed();
        assert_eq!(kept as u64, self.booked, "every acknowledged booking survives a kill -9");
        say(&format!("{kept} bookings were acknowledged, and were there after a kill -9"));
    }
}

fn row(kind: Kind, runs: &[Vec<Run>]) -> String {
    let figures = |figure: fn(&Run) -> f64| runs[kind as usize].iter().map(figure).collect::<Vec<_>>();
    let to = |other: Kind| {
        let pairs = runs[kind as usize].iter().zip(&runs[other as usize]);
        pairs.map(|(this, other)| this.per_second / other.per_second).collect::<Vec<_>>()
    };
    let ratio = |ratios: &[f64]| {
        if ratios.is_empty() { String::new() } else { format!("{:.2}", median(ratios)) }
    };
    // What is read of the box office itself is held against its own least; that against the least of all.
    let compared = to(if kind == Kind::Livez { Kind::Bare } else { Kind::Livez });
    let each: Vec<_> = compared.iter().map(|ratio| format!("{ratio:.2}")).collect();
    format!(
        "| {} | {:.1} k | {:.1} | {} | {} | {} |",
        kind.name(),
        median(&figures(|run| run.per_second)) / 1e3,
        median(&figures(|run| run.cpu_us)),
        ratio(&to(Kind::Bare)),
        ratio(&to(Kind::Livez)),
        each.join(" ")
    )
}

fn numbers(text: &str) -> Vec<usize> {
    let number = |part: &str| part.parse().ok().filter(|number| *number > 0);
    text.split(',').map(|part| number(part).unwrap_or_else(|| give_up(text))).collect()
}

#[expect(clippy::print_stderr, reason = "it says why it does not begin")]
fn give_up(argument: &str) -> ! {
    let kinds = KINDS.map(|kind| format!("{kind:?}").to_lowercase()).join(",");
    eprintln!(
        "not understood: {argument:?}; hint: --rounds 3 --connections 64,256 --seconds 2 --kinds {kinds}"
    );
    std::process::exit(2);
}

#[expect(clippy::print_stdout, reason = "the table is what this is for")]
fn say(line: &str) {
    println!("{line}");
}
