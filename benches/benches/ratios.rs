//! The journals side by side: in each round every journal stands the same rush, so that what disturbs the machine disturbs all.
//!
//! `cargo bench -p boxoffice-benches --bench ratios -- --rounds 5` prints tables for `docs/PERFORMANCE.md`.

use std::path::Path;

use boxoffice_benches::command::{asked, at_least_1, bench_or_trial, say, warn_of_testing};
use boxoffice_benches::figures::{column, each, in_turn, median, rate, ratios};
use boxoffice_benches::{Crush, Journals, Party, Rush, runtime};
use clap::Parser;

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
            let rounds = in_turn(wanted.rounds, Journals::ALL.len(), |place| {
                rush.hold(&runtime, Journals::ALL[place], Path::new(env!("CARGO_TARGET_TMPDIR")))
            });
            say(&row(*callers, &rounds));
        }
        say("");
    }
}

/// The rounds of one rush, by the journal's place in `Journals::ALL`.
fn row(callers: usize, rounds: &[Vec<Crush>]) -> String {
    let per_second = |rounds: &Vec<Crush>| column(rounds, |crush| crush.bookings_per_second);
    let per_group = |rounds: &Vec<Crush>| median(&column(rounds, |crush| crush.bookings_per_group));
    let cpu_us = |rounds: &Vec<Crush>| median(&column(rounds, |crush| crush.cpu_us_per_booking));
    let cells =
        |cell: &dyn Fn(&Vec<Crush>) -> String| rounds.iter().map(cell).collect::<Vec<_>>().join(" | ");
    let [plain_file, sled] = [Journals::PlainFile, Journals::Sled].map(|kind| &rounds[kind as usize]);
    let ratios = ratios(&per_second(sled), &per_second(plain_file));
    format!(
        "| {callers} | {} | **{:.2}** | {} | {:.0} | {:.0} | {} |",
        cells(&|rounds| rate(median(&per_second(rounds)))),
        median(&ratios),
        each(&ratios, 2),
        per_group(plain_file),
        per_group(sled),
        cells(&|rounds| format!("{:.2}", cpu_us(rounds))),
    )
}
