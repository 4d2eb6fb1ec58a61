//! Numbered seats against general admission: in each round every kind of booking stands the same rush on the sled journal.
//!
//! `cargo bench -p boxoffice-benches --bench numbered` prints a table for `docs/PERFORMANCE.md`.

use std::path::Path;

use boxoffice_benches::{Crush, Journals, Party, Rush, has_testing, median, runtime};

/// Concerts, each with a hall of 60,000 seats: one alone is sold out before the rush is a rush.
const CONCERTS: usize = 8;
const CALLERS: usize = 1_024;
const ROUNDS: usize = 5;
const PARTIES: [Party; 3] = [Party::Standing, Party::Choosing, Party::BestAvailable];

fn main() {
    let trial = !std::env::args().any(|argument| argument == "--bench");
    let runtime = runtime();
    if has_testing() {
        say("NOT TO BE PUBLISHED: the engine is built for tests; use `cargo bench -p boxoffice-benches`\n");
    }
    let (rounds, bookings) =
        if trial { (1, 2 * CALLERS) } else { (ROUNDS, CONCERTS * Party::bookings_max() * 9 / 10) };
    say(&format!(
        "{CONCERTS} concerts with a hall of 60,000 seats each, two seats a booking, {CALLERS} callers, sled, {rounds} rounds\n"
    ));
    let mut all: [Vec<Crush>; PARTIES.len()] = std::array::from_fn(|_| Vec::new());
    for round in 0..rounds {
        for turn in 0..PARTIES.len() {
            // Nobody is always first.
            let place = (round + turn) % PARTIES.len();
            let rush = Rush { concerts: CONCERTS, callers: CALLERS, bookings, party: PARTIES[place] };
            let place_to_write = Path::new(env!("CARGO_TARGET_TMPDIR"));
            all[place].push(rush.hold(&runtime, Journals::Sled, place_to_write));
        }
    }
    say("| booking | durable bookings/s | of general admission | of each round |");
    say("| --- | ---: | ---: | --- |");
    for (party, crushes) in PARTIES.iter().zip(&all) {
        let rates: Vec<f64> = crushes.iter().map(|crush| crush.bookings_per_second).collect();
        let ratios: Vec<f64> = crushes
            .iter()
            .zip(&all[0])
            .map(|(this, general)| this.bookings_per_second / general.bookings_per_second)
            .collect();
        let each: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        say(&format!(
            "| {} | {:.0} k | **{:.2}** | {} |",
            party.name(),
            median(&rates) / 1e3,
            median(&ratios),
            each.join(" ")
        ));
    }
}

#[expect(clippy::print_stdout, reason = "the table is what this is for")]
fn say(line: &str) {
    println!("{line}");
}
