//! Numbered seats against general admission: in each round every kind of booking stands the same rush on the sled journal.
//!
//! `cargo bench -p boxoffice-benches --bench numbered` prints a table for `docs/PERFORMANCE.md`.

use std::path::Path;

use boxoffice_benches::command::{asked, bench_or_trial, say, warn_of_testing};
use boxoffice_benches::figures::{each, in_turn, median, ratios};
use boxoffice_benches::{Journals, Party, Rush, runtime};
use clap::Parser;

/// Concerts, each with a hall of 60,000 seats: one alone is sold out before the rush is a rush.
const CONCERTS: usize = 8;
const CALLERS: usize = 1_024;
const ROUNDS: usize = 5;
const PARTIES: [Party; 3] = [Party::Standing, Party::Choosing, Party::BestAvailable];

/// Bookings of numbered seats, against general admission
#[derive(Parser)]
struct Wanted;

fn main() {
    let Wanted = asked("numbered");
    let runtime = runtime();
    warn_of_testing();
    let (rounds, bookings) =
        bench_or_trial((ROUNDS, CONCERTS * Party::bookings_max() * 9 / 10), (1, 2 * CALLERS));
    say(&format!(
        "{CONCERTS} concerts with a hall of 60,000 seats each, two seats a booking, {CALLERS} callers, sled, {rounds} rounds\n"
    ));
    let rates = in_turn(rounds, PARTIES.len(), |place| {
        let rush = Rush { concerts: CONCERTS, callers: CALLERS, bookings, party: PARTIES[place] };
        let crush = rush.hold(&runtime, Journals::Sled, Path::new(env!("CARGO_TARGET_TMPDIR")));
        crush.bookings_per_second
    });
    say("| booking | durable bookings/s | of general admission | of each round |");
    say("| --- | ---: | ---: | --- |");
    for (party, rate) in PARTIES.iter().zip(&rates) {
        let ratios = ratios(rate, &rates[0]);
        say(&format!(
            "| {} | {:.0} k | **{:.2}** | {} |",
            party.name(),
            median(rate) / 1e3,
            median(&ratios),
            each(&ratios, 2)
        ));
    }
}
