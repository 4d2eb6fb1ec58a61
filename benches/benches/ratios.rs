//! The journals side by side: in each round every journal stands the same rush, so that what disturbs the machine disturbs all.
//!
//! `cargo bench -p boxoffice-benches --bench ratios -- --rounds 5` prints tables for `docs/PERFORMANCE.md`.

use std::path::Path;

use boxoffice_benches::command::{asked, at_least_1, bench_or_trial, say, warn_of_testing};
use boxoffice_benches::figures::{column, each, median, rate, ratios, turns};
use boxoffice_benches::{Crush, Journals, Party, Rush, runtime};
use clap::Parser;
use tokio::runtime::Runtime;

const HEAD: &str = "\
| callers | memory | plain file | sled | sled / plain file | of each round | bookings per sync: plain file | sled | CPU us per booking: memory | plain file | sled |
| ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |";

/// The journals side by side
#[derive(Parser)]
struct Wanted {
    /// How often every journal stands the rush, at least once
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(5, 1), value_parser = at_least_1())]
    rounds: usize,
    /// Callers at the same time, at least 1, each number for a row
    #[arg(long, value_name = "N,N", value_delimiter = ',', value_parser = at_least_1(), default_values_t = [1, 64, 1_024, 8_192])]
    callers: Vec<usize>,
    /// Concerts that are booked, at least 1, each number for a table
    #[arg(long, value_name = "N,N", value_delimiter = ',', value_parser = at_least_1(), default_values_t = [1, 1_000])]
    concerts: Vec<usize>,
}

/// The rounds of one rush, by the journal's place in `Journals::ALL`.
struct Rounds([Vec<Crush>; 3]);

fn main() {
    let wanted: Wanted = asked("ratios");
    let runtime = runtime();
    warn_of_testing();
    for concerts in &wanted.concerts {
        let spread =
            if *concerts == 1 { "One hot concert".to_owned() } else { format!("{concerts} concerts") };
        say(&format!(
            "{spread}, {} rounds: durable bookings/s (median) and, of each round, sled / plain file\n",
            wanted.rounds
        ));
        say(HEAD);
        for callers in &wanted.callers {
            let bookings = bench_or_trial(Rush::bookings_for(*callers), 2 * callers);
            let rush = Rush { concerts: *concerts, callers: *callers, bookings, party: Party::One };
            say(&Rounds::of(&runtime, rush, wanted.rounds).row(*callers));
        }
        say("");
    }
}

impl Rounds {
    fn of(runtime: &Runtime, rush: Rush, rounds: usize) -> Self {
        let mut all = Self(Default::default());
        for round in 0..rounds {
            for place in turns(round, Journals::ALL.len()) {
                let place_to_write = Path::new(env!("CARGO_TARGET_TMPDIR"));
                all.0[place].push(rush.hold(runtime, Journals::ALL[place], place_to_write));
            }
        }
        all
    }

    fn row(&self, callers: usize) -> String {
        let per_second = |rounds: &Vec<Crush>| column(rounds, |crush| crush.bookings_per_second);
        let per_group = |rounds: &[Crush]| median(&column(rounds, |crush| crush.bookings_per_group));
        let cpu_us = |rounds: &Vec<Crush>| median(&column(rounds, |crush| crush.cpu_us_per_booking));
        let [_, plain_file, sled] = &self.0;
        let ratios = ratios(&per_second(sled), &per_second(plain_file));
        format!(
            "| {callers} | {} | **{:.2}** | {} | {:.0} | {:.0} | {} |",
            self.cells(|rounds| rate(median(&per_second(rounds)))),
            median(&ratios),
            each(&ratios, 2),
            per_group(plain_file),
            per_group(sled),
            self.cells(|rounds| format!("{:.2}", cpu_us(rounds))),
        )
    }

    fn cells(&self, cell: impl Fn(&Vec<Crush>) -> String) -> String {
        self.0.iter().map(cell).collect::<Vec<_>>().join(" | ")
    }
}
