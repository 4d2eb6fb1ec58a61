//! What grows while people book and cancel for weeks, and what levels off.
//!
//! `cargo bench -p boxoffice-benches --bench churn -- --events 100000000 --picture docs/churn.svg` prints the table for
//! `docs/PERFORMANCE.md` and draws the curves.

use std::path::PathBuf;
use std::time::Duration;

use boxoffice_benches::churn::{Churn, Sample};
use boxoffice_benches::curves::{self, Line, Panel};
use boxoffice_benches::{has_testing, runtime};
use boxoffice_persistence::Schedule;

/// Rows of the table.
const ROWS: usize = 20;

struct Wanted {
    churn: Churn,
    picture: Option<PathBuf>,
}

fn main() {
    let Wanted { churn, picture } = Wanted::from_arguments();
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory can be made");
    let Churn { concerts, live, events, .. } = churn;
    say(&format!(
        "{events} bookings and cancellations at {concerts} concerts, of which {live} bookings live at a time\n"
    ));
    if has_testing() {
        say("(the engine is built for tests: its pace counts for nothing)\n");
    }
    say(
        "| events | journal, MB | snapshots, MB | together / live state | live state, MB | of bookings alone, MB | archive, bytes per event | memory, MB | events/s | one alone waits, p99.9 | at most |",
    );
    say("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let every = usize::try_from(churn.samples).expect("some").div_ceil(ROWS);
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

impl Wanted {
    fn from_arguments() -> Self {
        // A test that it runs: cargo says `--bench` to benches alone. Snapshots are made all the time, so that there are some.
        let schedule = Schedule::up_to(256 * 1024, Duration::from_secs(1));
        let mut churn = Churn { concerts: 16, live: 1_600, events: 60_000, samples: 4, schedule };
        let mut picture = None;
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut text = || arguments.next().unwrap_or_default();
            let number =
                |text: String| text.parse().unwrap_or_else(|_| give_up(&format!("{text:?} is no number")));
            match argument.as_str() {
                "--bench" => {
                    let schedule = Schedule::default();
                    churn =
                        Churn { concerts: 1_000, live: 100_000, events: 20_000_000, samples: 100, schedule };
                }
                "--concerts" => churn.concerts = number(text()),
                "--live" => churn.live = number(text()),
                "--samples" => churn.samples = number(text()) as u64,
                "--events" => churn.events = number(text()) as u64,
                "--picture" => picture = Some(PathBuf::from(text())),
                other => give_up(&format!(
                    "what is {other:?}? known are --concerts, --live, --events, --samples and --picture"
                )),
            }
        }
        Self { churn, picture }
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
    let wait = |of: Option<Duration>| {
        of.map_or("-".to_owned(), |wait| format!("{:.1} ms", wait.as_secs_f64() * 1e3))
    };
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

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the last word before the end")]
fn give_up(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(2);
}
