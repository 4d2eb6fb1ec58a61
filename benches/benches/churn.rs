//! What grows while people book and cancel for weeks, and what levels off.
//!
//! `cargo bench -p boxoffice-benches --bench churn -- --events 100000000 --picture docs/churn.svg` prints the table for
//! `docs/PERFORMANCE.md` and draws the curves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use boxoffice_benches::churn::{Churn, Sample};
use boxoffice_benches::command::{asked, at_least_1, bench_or_trial, give_up, say, warn_of_testing};
use boxoffice_benches::curves::{self, Line, Panel};
use boxoffice_benches::figures::milliseconds;
use boxoffice_benches::{directory_in, runtime};
use boxoffice_persistence::Schedule;
use clap::Parser;

/// Rows of the table.
const ROWS: usize = 20;

/// What grows while people book and cancel for weeks, and what levels off
#[derive(Parser)]
struct Wanted {
    /// Concerts, at least 1
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(1_000, 16), value_parser = at_least_1())]
    concerts: usize,
    /// Bookings that live at a time, at least 1
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(100_000, 1_600), value_parser = at_least_1())]
    live: usize,
    /// Bookings and cancellations in all, at least 1
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(20_000_000, 60_000), value_parser = clap::value_parser!(u64).range(1..))]
    events: u64,
    /// How often what is kept is measured, at least once
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(100, 4), value_parser = clap::value_parser!(u64).range(1..))]
    samples: u64,
    /// Where to draw the curves, as SVG
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

fn main() {
    let Wanted { concerts, live, events, samples, picture } = asked("churn");
    warn_of_testing();
    // A trial makes snapshots all the time, so that there are some.
    let schedule = bench_or_trial(Schedule::default(), Schedule::up_to(256 * 1024, Duration::from_secs(1)));
    let churn = Churn { concerts, live, events, samples, schedule };
    let directory = directory_in(Path::new(env!("CARGO_TARGET_TMPDIR")));
    say(&format!(
        "{events} bookings and cancellations at {concerts} concerts, of which {live} bookings live at a time\n"
    ));
    say(
        "| events | journal, MB | snapshots, MB | together / live state | live state, MB | of bookings alone, MB | archive, bytes per event | memory, MB | events/s | one alone waits, p99.9 | at most |",
    );
    say("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let every = usize::try_from(samples).expect("some").div_ceil(ROWS);
    let mut number = 0;
    let samples = churn.hold(&runtime(), directory.path(), |sample| {
        number += 1;
        if number % every == 0 {
            say(&row(sample));
        }
    });
    let last = samples.last().expect("there is one");
    say(&format!("\nnothing was lost: {} events are in the history", last.events));
    if let Some(path) = picture {
        std::fs::write(&path, draw(&samples))
            .unwrap_or_else(|error| give_up(&format!("{}: {error}", path.display())));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few digits are enough")]
fn mega(number: u64) -> f64 {
    number as f64 / 1e6
}

fn per_event(sample: &Sample) -> f64 {
    mega(sample.archive) / mega(sample.events)
}

fn row(sample: &Sample) -> String {
    let Sample {
        events,
        journal,
        snapshots,
        live_state,
        live_bookings,
        memory,
        events_per_second,
        waited,
        ..
    } = *sample;
    let wait =
        |of: Option<Duration>| of.map_or("-".to_owned(), |wait| format!("{:.1} ms", milliseconds(wait)));
    format!(
        "| {:.1} M | {:.0} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} | {:.0} k | {} | {} |",
        mega(events),
        mega(journal),
        mega(snapshots),
        mega(sample.journal_and_snapshots()) / mega(live_state),
        mega(live_state),
        mega(live_bookings),
        per_event(sample),
        mega(memory),
        events_per_second / 1e3,
        wait(waited.map(|(most, _)| most)),
        wait(waited.map(|(_, all)| all)),
    )
}

fn draw(samples: &[Sample]) -> String {
    let line = |name: &str, of: &dyn Fn(&Sample) -> f64| Line {
        name: name.to_owned(),
        points: samples.iter().map(|sample| (mega(sample.events), of(sample))).collect(),
    };
    let disk = vec![
        line("journal", &|sample| mega(sample.journal)),
        line("snapshots", &|sample| mega(sample.snapshots)),
        line("both", &|sample| mega(sample.journal_and_snapshots())),
        line("4 x live state", &|sample| 4.0 * mega(sample.live_state)),
    ];
    let archive = vec![line("archive", &per_event), line("the aim", &|_| 40.0)];
    let memory = vec![line("resident", &|sample| mega(sample.memory))];
    let panels = [
        ("Journal and snapshots on the disk, MB", disk),
        ("Archive, bytes for each event", archive),
        ("Memory of the process, MB", memory),
    ];
    curves::svg("million events", &panels.map(|(title, lines)| Panel { title: title.to_owned(), lines }))
}
