//! Overload: what is left of the bookings when more is asked than can be done. Four parts, each against its aim:
//!
//! - `connections`: durable bookings per second from few connections to 10,000; at least 0.8 of the best.
//! - `slow`: a disk that takes much longer, and callers who ask for more than it can take and know no patience: refusals within 5 ms at
//!   the 99th percentile, measured in the server; whatever was admitted is booked, nothing that was refused is; memory is bounded.
//! - `hot`: nine in ten bookings are for one concert: the others' 99th percentile at most twice that of an even spread.
//! - `logins`: a flood of them takes at most a fifth of the bookings.
//!
//! `cargo bench -p boxoffice-benches --bench overload -- --rounds 3 --seconds 3` prints the tables for `docs/PERFORMANCE.md`.

use std::path::Path;
use std::time::Duration;

use boxoffice_benches::command::{asked, at_least_1, bench_or_trial, say, warn_of_testing};
use boxoffice_benches::figures::{column, each, in_turn, median, ratios};
use boxoffice_benches::http::{Disk, RefusalTimes, Site, play_role};
use boxoffice_benches::overload::{Callers, Counts, Kind, Mix, Way};
use clap::{Parser, ValueEnum};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const CONNECTIONS: [usize; 5] = [64, 256, 1_024, 4_096, 10_000];
const TIME: Duration = Duration::from_secs(3);
/// In a trial: enough to be answered.
const TIME_OF_TRIAL: Duration = Duration::from_millis(200);
/// Connections where their number is not what is measured.
const CONNECTIONS_USUAL: usize = 256;
/// What the slow disk takes longer for each commit group, of which each holds 4,096 bookings at most.
const DELAY: Duration = Duration::from_millis(400);
/// Callers over HTTP/2 who ask the slow disk for more at a time than the box office lets in for one concert.
const SLOW_H2C_CONNECTIONS: usize = 256;
const SLOW_H2C_STREAMS: usize = 100;
/// Who book in turn.
const USERS: usize = 2_000;
const CONCERTS: usize = 100;
const HOT_OF_HUNDRED: usize = 90;
const EVEN_OF_HUNDRED: usize = 1;
/// Floods of logins: as many as may wait for a hash, and far more, of whom most are refused and come again when they were told to.
const FLOODS: [usize; 2] = [64, 1_000];
const LOGIN_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Connections,
    Slow,
    Hot,
    Logins,
}

/// What is left of the bookings when more is asked than can be done
#[derive(Parser)]
struct Wanted {
    /// How often every case is measured, at least once
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(3, 1), value_parser = at_least_1())]
    rounds: usize,
    /// Connections at the same time, at least 1, each number for a row of the part `connections`
    #[arg(long, value_name = "N,N", value_delimiter = ',', value_parser = at_least_1(), default_values_t = bench_or_trial(CONNECTIONS.to_vec(), vec![CONNECTIONS[0]]))]
    connections: Vec<usize>,
    /// How long each load goes on, in seconds, at least 1 [default: 3]
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
    /// What is measured
    #[arg(long, value_name = "PART,PART", value_enum, value_delimiter = ',', default_values_t = Part::value_variants())]
    parts: Vec<Part>,
}

impl Wanted {
    fn time(&self) -> Duration {
        self.seconds.map_or(bench_or_trial(TIME, TIME_OF_TRIAL), Duration::from_secs)
    }
}

fn main() {
    allow_open_files();
    play_role();
    let wanted: Wanted = asked("overload");
    warn_of_testing();
    for part in Part::value_variants().iter().filter(|part| wanted.parts.contains(part)) {
        match part {
            Part::Connections => connections(&wanted),
            Part::Slow => slow(&wanted),
            Part::Hot => hot(&wanted),
            Part::Logins => logins(&wanted),
        }
    }
}

/// The callers of 10,000 connections have as many files open as the server has.
fn allow_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .expect("a process may use what it is allowed");
}

fn connections(wanted: &Wanted) {
    say(&format!("Bookings on one concert over HTTP/1.1, medians of {} rounds\n", wanted.rounds));
    say(
        "| connections | bookings/s | of the best (aim: 0.8) | p99, ms | server's memory, MiB | of each round |",
    );
    say("| ---: | ---: | ---: | ---: | ---: | --- |");
    let books = Books::open(Disk::Real, 1);
    let found = in_turn(wanted.rounds, wanted.connections.len(), |place| {
        let mix = Mix::of(&books.site.book(0..1));
        let [counts] = books.call(&[books.callers(wanted.connections[place], mix)], wanted.time());
        assert_eq!(counts.refused, 0, "nobody is refused while there is room for everybody who is let in");
        let [memory, _] = books.site.server().memory_mib();
        (counts.per_second(), counts.p99_ms(Kind::First), memory)
    });
    let thousands = |found: &[(f64, f64, u64)]| column(found, |(rate, ..)| rate / 1e3);
    let best = found.iter().map(|found| median(&thousands(found))).fold(0.0, f64::max);
    for (found, connections) in found.iter().zip(&wanted.connections) {
        let memory = found.iter().map(|(.., memory)| memory).max().expect("there was a round");
        let thousands = thousands(found);
        say(&format!(
            "| {connections} | {:.1} k | {:.2} | {:.1} | {memory} | {} |",
            median(&thousands),
            median(&thousands) / best,
            median(&column(found, |(_, p99, _)| *p99)),
            each(&thousands, 1)
        ));
    }
    books.balance();
}

fn slow(wanted: &Wanted) {
    let (delay, h2c_connections) = (DELAY.as_millis(), bench_or_trial(SLOW_H2C_CONNECTIONS, 1));
    say(&format!(
        "A disk that takes {delay} ms longer for each commit group; {h2c_connections} connections of {SLOW_H2C_STREAMS} streams over \
         HTTP/2 and {CONNECTIONS_USUAL} connections over HTTP/1.1, all for one concert and without patience\n"
    ));
    say(
        "| | booked/s | refused/s | refusals in the server: median, p99 (aim: 5), longest, ms | memory, MiB: before, after, most |",
    );
    say("| --- | ---: | ---: | --- | --- |");
    let books = Books::open(Disk::Slowed(DELAY), 1);
    for _ in 0..wanted.rounds {
        let [before, _] = books.site.server().memory_mib();
        let mix = Mix::of(&books.site.book(0..1));
        let h2c = Callers {
            way: Way::H2c { streams: SLOW_H2C_STREAMS },
            ..books.callers(h2c_connections, mix.clone())
        };
        let all = books.call(&[books.callers(CONNECTIONS_USUAL, mix), h2c], wanted.time());
        let [after, most] = books.site.server().memory_mib();
        for ((name, counts), times) in ["HTTP/1.1", "HTTP/2"].iter().zip(&all).zip(books.site.refusal_times())
        {
            let RefusalTimes { count, told } = times;
            assert_eq!(count, counts.refused, "the server has timed every refusal");
            say(&format!(
                "| {name} | {:.1} k | {:.1} k | {told} | {before}, {after}, {most} |",
                counts.per_second() / 1e3,
                counts.refused_per_second() / 1e3
            ));
        }
    }
    books.balance();
}

fn hot(wanted: &Wanted) {
    say(&format!(
        "{CONCERTS} concerts, {CONNECTIONS_USUAL} connections over HTTP/1.1, p99 of bookings at 99 of them, medians of {} rounds\n",
        wanted.rounds
    ));
    say("| bookings at the other one | bookings/s | p99 of the 99, ms | of each round |");
    say("| ---: | ---: | ---: | --- |");
    let books = Books::open(Disk::Real, CONCERTS);
    let kinds = [EVEN_OF_HUNDRED, HOT_OF_HUNDRED];
    let found = in_turn(wanted.rounds, kinds.len(), |place| {
        let mix = Mix::with(&books.site.book(0..1), kinds[place], &books.site.book(1..CONCERTS));
        let [counts] = books.call(&[books.callers(CONNECTIONS_USUAL, mix)], wanted.time());
        (counts.per_second(), counts.p99_ms(Kind::Rest))
    });
    let p99 = |place: usize| column(&found[place], |(_, p99)| *p99);
    for (place, of_hundred) in kinds.iter().enumerate() {
        let rate = median(&column(&found[place], |(rate, _)| *rate)) / 1e3;
        let p99 = p99(place);
        say(&format!("| {of_hundred} % | {rate:.1} k | {:.1} | {} |", median(&p99), each(&p99, 1)));
    }
    say(&format!("\nhot / even: {:.2} (aim: at most 2)", median(&ratios(&p99(1), &p99(0)))));
    books.balance();
}

fn logins(wanted: &Wanted) {
    say(&format!(
        "Bookings over {CONNECTIONS_USUAL} connections beside a flood of logins, one a connection at a time, medians of {} rounds\n",
        wanted.rounds
    ));
    say(
        "| connections that log in | bookings/s | of those without (aim: 0.8) | passwords hashed/s | refused/s | of each round |",
    );
    say("| ---: | ---: | ---: | ---: | ---: | --- |");
    let books = Books::open(Disk::Real, 1);
    let log_in = Mix::of(&books.site.log_in());
    let mut found = [const { Vec::new() }; FLOODS.len()];
    let mut alone = Vec::new();
    for _ in 0..wanted.rounds {
        let booking = || books.callers(CONNECTIONS_USUAL, Mix::of(&books.site.book(0..1)));
        let [counts] = books.call(&[booking()], wanted.time());
        alone.push(counts.per_second());
        for (found, flood) in found.iter_mut().zip(FLOODS) {
            let logins = Callers { patience: Some(LOGIN_PATIENCE), ..books.callers(flood, log_in.clone()) };
            let [bookings, logins] = Callers::call(&[booking(), logins], wanted.time() / 4, wanted.time());
            books.note(&bookings);
            found.push((bookings.per_second(), logins.per_second(), logins.refused_per_second()));
        }
    }
    say(&format!("| 0 | {:.1} k | | | | |", median(&alone) / 1e3));
    for (found, flood) in found.iter().zip(FLOODS) {
        let rates = column(found, |(rate, ..)| *rate);
        let ratios = ratios(&rates, &alone);
        say(&format!(
            "| {flood} | {:.1} k | {:.2} | {:.0} | {:.0} | {} |",
            median(&rates) / 1e3,
            median(&ratios),
            median(&column(found, |(_, hashed, _)| *hashed)),
            median(&column(found, |(_, _, refused)| *refused)),
            each(&ratios, 2)
        ));
    }
    books.balance();
}

/// A box office, and the bookings that it has acknowledged.
struct Books {
    site: Site,
    acknowledged: std::cell::Cell<u64>,
}

impl Books {
    fn open(disk: Disk, concerts: usize) -> Self {
        let site = Site::open(Path::new(env!("CARGO_TARGET_TMPDIR")), disk, concerts, USERS);
        Self { site, acknowledged: std::cell::Cell::default() }
    }

    fn callers(&self, connections: usize, mix: Mix) -> Callers {
        Callers { address: self.site.server().address(), way: Way::Http1, connections, mix, patience: None }
    }

    /// Lets callers who book loose.
    fn call<const N: usize>(&self, callers: &[Callers; N], time: Duration) -> [Counts; N] {
        let all = Callers::call(callers, time / 4, time);
        for counts in &all {
            self.note(counts);
        }
        all
    }

    /// Enters what was acknowledged.
    fn note(&self, bookings: &Counts) {
        self.acknowledged.set(self.acknowledged.get() + bookings.done);
    }

    /// Ends it all, and asserts that nothing is lost and nothing that was refused is booked.
    fn balance(self) {
        let acknowledged = self.acknowledged.get();
        assert_eq!(self.site.booked(), acknowledged, "readers see what was acknowledged and nothing else");
        let kept = self.site.killed();
        assert_eq!(
            kept, acknowledged,
            "every acknowledged booking survives a kill -9, and there is no other"
        );
        say(&format!("\n{kept} bookings were acknowledged, and no others were there after a kill -9\n"));
    }
}
