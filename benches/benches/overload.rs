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

use boxoffice_benches::http::play_role;
use boxoffice_benches::overload::{Callers, Counts, Disk, Kind, Mix, RefusalTimes, Site, Way};
use boxoffice_benches::{has_testing, median};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const CONNECTIONS: [usize; 5] = [64, 256, 1_024, 4_096, 10_000];
const ROUNDS: usize = 3;
const SECONDS: usize = 3;
/// Of one trial run: enough to be answered.
const TRIAL: Duration = Duration::from_millis(200);
/// Connections where their number is not what is measured.
const CONNECTIONS_USUAL: usize = 256;
/// What the slow disk takes longer for each commit group, of which each holds 4,096 bookings at most.
const DELAY: Duration = Duration::from_millis(400);
/// Callers over HTTP/2 who ask the slow disk for more at a time than the box office lets in for one concert.
const SLOW_H2C_CONNECTIONS: usize = 256;
const SLOW_H2C_STREAMS: usize = 100;
const CONCERTS: usize = 100;
const HOT_OF_HUNDRED: usize = 90;
const EVEN_OF_HUNDRED: usize = 1;
/// Floods of logins: as many as may wait for a hash, and far more, of whom most are refused and come again when they were told to.
const FLOODS: [usize; 2] = [64, 1_000];
const LOGIN_PATIENCE: Duration = Duration::from_secs(2);

/// A part with its name.
type Part = (&'static str, fn(&Wanted));

const PARTS: [Part; 4] = [("connections", connections), ("slow", slow), ("hot", hot), ("logins", logins)];

/// What is asked for on the command line.
struct Wanted {
    rounds: usize,
    connections: Vec<usize>,
    time: Duration,
    slow_h2c_connections: usize,
    parts: Vec<String>,
}

fn main() {
    allow_open_files();
    play_role();
    let wanted = Wanted::from_arguments();
    if has_testing() {
        say("NOT TO BE PUBLISHED: the engine is built for tests; use `cargo bench -p boxoffice-benches`\n");
    }
    for (name, part) in PARTS {
        if wanted.parts.iter().any(|wanted| wanted == name) {
            part(&wanted);
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
    let mut found = vec![Vec::new(); wanted.connections.len()];
    for round in 0..wanted.rounds {
        for turn in 0..wanted.connections.len() {
            // Nobody is always first.
            let place = (round + turn) % wanted.connections.len();
            let mix = Mix::of(&books.site.book(0..1));
            let [counts] = books.call(&[books.callers(wanted.connections[place], mix)], wanted.time);
            assert_eq!(
                counts.refused, 0,
                "nobody is refused while there is room for everybody who is let in"
            );
            let [memory, _] = books.site.server().memory_mib();
            found[place].push((counts.per_second(), counts.p99_ms(Kind::First), memory));
        }
    }
    let rate = |place: usize| median(&column(&found[place], |(rate, ..)| rate));
    let best = (0..found.len()).map(rate).fold(0.0, f64::max);
    for (place, connections) in wanted.connections.iter().enumerate() {
        let each = found[place].iter().map(|(rate, ..)| format!("{:.1}", rate / 1e3)).collect::<Vec<_>>();
        let memory = found[place].iter().map(|(.., memory)| memory).max().expect("there was a round");
        say(&format!(
            "| {connections} | {:.1} k | {:.2} | {:.1} | {memory} | {} |",
            rate(place) / 1e3,
            rate(place) / best,
            median(&column(&found[place], |(_, p99, _)| p99)),
            each.join(" ")
        ));
    }
    books.balance();
}

fn slow(wanted: &Wanted) {
    let (delay, h2c_connections) = (DELAY.as_millis(), wanted.slow_h2c_connections);
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
        let all = books.call(&[books.callers(CONNECTIONS_USUAL, mix), h2c], wanted.time);
        let [after, most] = books.site.server().memory_mib();
        for ((name, counts), times) in ["HTTP/1.1", "HTTP/2"].iter().zip(&all).zip(books.site.refusal_times())
        {
            let RefusalTimes { count, told, .. } = times;
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
    let mut found = [const { Vec::new() }; 2];
    for round in 0..wanted.rounds {
        for turn in 0..kinds.len() {
            let place = (round + turn) % kinds.len();
            let mix = Mix::with(&books.site.book(0..1), kinds[place], &books.site.book(1..CONCERTS));
            let [counts] = books.call(&[books.callers(CONNECTIONS_USUAL, mix)], wanted.time);
            found[place].push((counts.per_second(), counts.p99_ms(Kind::Rest)));
        }
    }
    let p99 = |place: usize| column(&found[place], |(_, p99)| p99);
    for (place, of_hundred) in kinds.iter().enumerate() {
        let each = p99(place).iter().map(|p99| format!("{p99:.1}")).collect::<Vec<_>>();
        let rate = median(&column(&found[place], |(rate, _)| rate)) / 1e3;
        say(&format!("| {of_hundred} % | {rate:.1} k | {:.1} | {} |", median(&p99(place)), each.join(" ")));
    }
    let ratios: Vec<_> = p99(1).iter().zip(p99(0)).map(|(hot, even)| hot / even).collect();
    say(&format!("\nhot / even: {:.2} (aim: at most 2)", median(&ratios)));
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
        let [counts] = books.call(&[booking()], wanted.time);
        alone.push(counts.per_second());
        for (found, flood) in found.iter_mut().zip(FLOODS) {
            let logins = Callers { patience: Some(LOGIN_PATIENCE), ..books.callers(flood, log_in.clone()) };
            let [bookings, logins] = Callers::call(&[booking(), logins], wanted.time / 4, wanted.time);
            books.note(&bookings);
            found.push((bookings.per_second(), logins.per_second(), logins.refused_per_second()));
        }
    }
    say(&format!("| 0 | {:.1} k | | | | |", median(&alone) / 1e3));
    for (found, flood) in found.iter().zip(FLOODS) {
        let ratios: Vec<_> = found.iter().zip(&alone).map(|((rate, ..), alone)| rate / alone).collect();
        let each = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>();
        say(&format!(
            "| {flood} | {:.1} k | {:.2} | {:.0} | {:.0} | {} |",
            median(&column(found, |(rate, ..)| rate)) / 1e3,
            median(&ratios),
            median(&column(found, |(_, hashed, _)| hashed)),
            median(&column(found, |(_, _, refused)| refused)),
            each.join(" ")
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
        let site = Site::open(Path::new(env!("CARGO_TARGET_TMPDIR")), disk, concerts);
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

impl Wanted {
    fn from_arguments() -> Self {
        let mut wanted = Self {
            rounds: ROUNDS,
            connections: CONNECTIONS.to_vec(),
            time: Duration::from_secs(SECONDS as u64),
            slow_h2c_connections: SLOW_H2C_CONNECTIONS,
            parts: PARTS.map(|(name, _)| name.to_owned()).to_vec(),
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
                "--parts" => wanted.parts = value().split(',').map(part_named).collect(),
                other => give_up(other),
            }
        }
        if trial {
            let connections = vec![CONNECTIONS[0]];
            wanted = Self { rounds: 1, connections, time: TRIAL, slow_h2c_connections: 1, ..wanted };
        }
        wanted
    }
}

fn column<T>(rows: &[T], figure: impl Fn(T) -> f64) -> Vec<f64>
where
    T: Copy,
{
    rows.iter().copied().map(figure).collect()
}

fn part_named(word: &str) -> String {
    let known = PARTS.iter().find(|(name, _)| *name == word);
    known.map_or_else(|| give_up(word), |(name, _)| (*name).to_owned())
}

fn numbers(text: &str) -> Vec<usize> {
    let number = |part: &str| part.parse().ok().filter(|number| *number > 0);
    text.split(',').map(|part| number(part).unwrap_or_else(|| give_up(text))).collect()
}

#[expect(clippy::print_stderr, reason = "it says why it does not begin")]
fn give_up(argument: &str) -> ! {
    let parts = PARTS.map(|(name, _)| name).join(",");
    eprintln!(
        "not understood: {argument:?}; hint: --rounds 3 --connections 64,10000 --seconds 3 --parts {parts}"
    );
    std::process::exit(2);
}

#[expect(clippy::print_stdout, reason = "the tables are what this is for")]
fn say(line: &str) {
    println!("{line}");
}
