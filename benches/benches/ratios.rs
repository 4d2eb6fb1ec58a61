//! The journals side by side: in each round every journal stands the same rush, so that what disturbs the machine disturbs all.
//!
//! `cargo bench -p boxoffice-benches --bench ratios -- --rounds 5` prints tables for `docs/PERFORMANCE.md`.

use std::path::Path;

use boxoffice_benches::{Crush, Journals, Party, Rush, has_testing, median, runtime};
use tokio::runtime::Runtime;

const CALLERS: [usize; 4] = [1, 64, 1_024, 8_192];
const ROUNDS: usize = 5;
const HEAD: &str = "\
| callers | memory | plain file | sled | sled / plain file | of each round | bookings per sync: plain file | sled | CPU us per booking: memory | plain file | sled |
| ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |";

/// What is asked for on the command line.
struct Wanted {
    rounds: usize,
    callers: Vec<usize>,
    concerts: Vec<usize>,
    /// Not a bench but a test that it runs: cargo says `--bench` to benches alone.
    trial: bool,
}

/// The rounds of one rush, by the journal's place in `Journals::ALL`.
struct Rounds([Vec<Crush>; 3]);

fn main() {
    let wanted = Wanted::from_arguments();
    let runtime = runtime();
    if has_testing() {
        say("NOT TO BE PUBLISHED: the engine is built for tests; use `cargo bench -p boxoffice-benches`\n");
    }
    for concerts in &wanted.concerts {
        let spread =
            if *concerts == 1 { "One hot concert".to_owned() } else { format!("{concerts} concerts") };
        say(&format!(
            "{spread}, {} rounds: durable bookings/s (median) and, of each round, sled / plain file\n",
            wanted.rounds
        ));
        say(HEAD);
        for callers in &wanted.callers {
            let bookings = if wanted.trial { 2 * callers } else { Rush::bookings_for(*callers) };
            let rush = Rush { concerts: *concerts, callers: *callers, bookings, party: Party::One };
            say(&Rounds::of(&runtime, rush, wanted.rounds).row(*callers));
        }
        say("");
    }
}

impl Wanted {
    fn from_arguments() -> Self {
        let mut wanted =
            Self { rounds: ROUNDS, callers: CALLERS.to_vec(), concerts: vec![1, 1_000], trial: true };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut list = || numbers(arguments.next().as_deref());
            match argument.as_str() {
                "--bench" => wanted.trial = false,
                "--rounds" => wanted.rounds = list()[0],
                "--callers" => wanted.callers = list(),
                "--concerts" => wanted.concerts = list(),
                other => give_up(other),
            }
        }
        if wanted.trial {
            wanted.rounds = 1;
        }
        wanted
    }
}

impl Rounds {
    fn of(runtime: &Runtime, rush: Rush, rounds: usize) -> Self {
        let mut all = Self(Default::default());
        for round in 0..rounds {
            // Nobody is always first: the file system is still busy with what the one before removed.
            for turn in 0..Journals::ALL.len() {
                let place = (round + turn) % Journals::ALL.len();
                let place_to_write = Path::new(env!("CARGO_TARGET_TMPDIR"));
                all.0[place].push(rush.hold(runtime, Journals::ALL[place], place_to_write));
            }
        }
        all
    }

    fn row(&self, callers: usize) -> String {
        let [_, plain_file, sled] = &self.0;
        let ratios: Vec<_> = sled
            .iter()
            .zip(plain_file)
            .map(|(sled, plain_file)| sled.bookings_per_second / plain_file.bookings_per_second)
            .collect();
        let each: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        let groups = |rounds: &[Crush]| middle(rounds, |crush| crush.bookings_per_group);
        format!(
            "| {callers} | {} | **{:.2}** | {} | {:.0} | {:.0} | {} |",
            self.cells(|rounds| rate(middle(rounds, |crush| crush.bookings_per_second))),
            median(&ratios),
            each.join(" "),
            groups(plain_file),
            groups(sled),
            self.cells(|rounds| format!("{:.2}", middle(rounds, |crush| crush.cpu_us_per_booking))),
        )
    }

    fn cells(&self, cell: impl Fn(&Vec<Crush>) -> String) -> String {
        self.0.iter().map(cell).collect::<Vec<_>>().join(" | ")
    }
}

fn middle(rounds: &[Crush], figure: impl Fn(&Crush) -> f64) -> f64 {
    median(&rounds.iter().map(figure).collect::<Vec<_>>())
}

fn rate(per_second: f64) -> String {
    if per_second >= 1e6 {
        format!("{:.2} M", per_second / 1e6)
    } else if per_second >= 1e5 {
        format!("{:.0} k", per_second / 1e3)
    } else {
        format!("{:.1} k", per_second / 1e3)
    }
}

fn numbers(text: Option<&str>) -> Vec<usize> {
    let text = text.unwrap_or_default();
    let number = |part: &str| part.parse().ok().filter(|number| *number > 0);
    text.split(',').map(|part| number(part).unwrap_or_else(|| give_up(text))).collect()
}

#[expect(clippy::print_stdout, reason = "the table is what this is for")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "whoever called it reads that")]
fn give_up(argument: &str) -> ! {
    eprintln!("not understood: {argument:?}; try --rounds 5 --callers 1,64 --concerts 1,1000");
    std::process::exit(2);
}
