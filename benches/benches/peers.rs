//! Boxoffice and its peers, side by side: in each round every contender stands the same crowd, so that what disturbs the machine disturbs
//! all. Prints the tables, and writes them where it is told.
//!
//! `benches/peers/run` installs the peers and calls this.

use std::path::{Path, PathBuf};
use std::time::Duration;

use boxoffice_benches::command::{
    asked, at_least_1, bench_or_trial, give_up, is_trial, say, warn_of_testing,
};
use boxoffice_benches::figures::{rate, turns};
use boxoffice_benches::http::play_role;
use boxoffice_benches::peers::board::{Board, Cell, Row};
use boxoffice_benches::peers::load::{Span, Workload};
use boxoffice_benches::peers::stage::{Contender, Stage};
use boxoffice_benches::peers::tuning::{DEEP, DEEPER, HOT, SPREAD, Tuning};
use boxoffice_benches::peers::{plot, table};
use boxoffice_benches::{Crowd, runtime};
use clap::Parser;

const WORKLOADS: [(&str, Workload); 6] = [
    ("4 clients", Workload { concerts: 1, in_flight: 4 }),
    ("16 clients", Workload { concerts: 1, in_flight: 16 }),
    ("64 clients", HOT),
    ("64 clients, 1,000 concerts", SPREAD),
    ("1,024 in flight", DEEP),
    ("4,000 in flight", DEEPER),
];
const WARM_UP: Duration = Duration::from_millis(500);
const WARM_UP_OF_TRIAL: Duration = Duration::from_millis(10);
const TUNE: Span = Span { warm_up: Duration::from_millis(300), counted: Duration::from_secs(1) };
/// More people than book in one measurement.
const PEOPLE: usize = 4_000_000;
const PEOPLE_OF_TRIAL: usize = 200_000;
/// Who the peers are held against.
const REFERENCES: [Contender; 3] = [Contender::Http1, Contender::H2c, Contender::Batch];

/// Boxoffice and its peers, side by side; `benches/peers/run` installs the peers and calls this
#[derive(Parser)]
struct Wanted {
    /// How often every contender stands every crowd, at least once
    #[arg(long, value_name = "N", default_value_t = bench_or_trial(3, 1), value_parser = at_least_1())]
    rounds: usize,
    /// How long a measurement counts, in milliseconds, at least 1
    #[arg(long, value_name = "MS", default_value_t = bench_or_trial(2_500, 40), value_parser = clap::value_parser!(u64).range(1..))]
    milliseconds: u64,
    /// Where the contenders keep what they store: on a disk
    #[arg(long, value_name = "DIRECTORY", default_value = env!("CARGO_TARGET_TMPDIR"))]
    directory: PathBuf,
    /// Who takes part, by a part of their names [default: everybody]
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    contenders: Vec<String>,
    /// Directory of the program for Node, with what that needs; without it Node takes no part
    #[arg(long, value_name = "DIRECTORY")]
    node: Option<PathBuf>,
    /// Page with the marks of the tables, which are written there as well
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Where to draw the figures, as SVG
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

fn main() {
    play_role();
    if let Err(why) = asked::<Wanted>("peers").run() {
        give_up(&why);
    }
}

impl Wanted {
    fn run(&self) -> Result<(), String> {
        warn_of_testing();
        // Tests of the workspace need nothing that is not in it.
        let stage = if is_trial() {
            Stage::without_peers(&self.directory, Crowd::of(PEOPLE_OF_TRIAL))?
        } else {
            Stage::set(&self.directory, self.node.as_deref(), Crowd::of(PEOPLE))?
        };
        // On this very thread: the peers die with the one that starts them.
        let board = runtime().block_on(self.board(&stage))?;
        let text = table::markdown(&board, &REFERENCES.map(Contender::name));
        say(&format!("\n{text}"));
        if let Some(file) = &self.picture {
            write(file, &plot::svg(&board))?;
        }
        if let Some(page) = &self.page {
            let picture = self.picture.as_ref().and_then(|file| file.file_name());
            let picture =
                picture.map(|name| format!("![Durable bookings per second]({})\n\n", name.display()));
            let before = std::fs::read_to_string(page).map_err(|error| told(page, &error))?;
            write(page, &table::replaced(&before, &(picture.unwrap_or_default() + &text))?)?;
        }
        Ok(())
    }

    /// Whether a contender takes part.
    fn is_here(&self, stage: &Stage, contender: Contender) -> bool {
        let name = contender.name().to_lowercase();
        let is_meant = |part: &String| name.contains(&part.to_lowercase());
        if !self.contenders.is_empty() && !self.contenders.iter().any(is_meant) {
            return false;
        }
        let Some(lacking) = stage.lacks(contender) else { return true };
        let why_not = if is_trial() { "not looked for in a test" } else { "not installed" };
        say(&format!("{} is not run: {lacking} is {why_not}", contender.name()));
        false
    }

    async fn board(&self, stage: &Stage) -> Result<Board, String> {
        let here: Vec<_> =
            Contender::ALL.into_iter().filter(|contender| self.is_here(stage, *contender)).collect();
        for contender in &here {
            stage.check_rules(*contender, &Tuning::default()).await?;
            say(&format!("{} sells no seat twice, and none twice to one person", contender.name()));
        }
        let (tuning, notes) = if is_trial() { Default::default() } else { stage.tune(&here, TUNE).await? };
        for note in &notes {
            say(note);
        }
        let figures = self.figures(stage, &here, &tuning).await?;
        let row = |contender: Contender| {
            let place = here.iter().position(|here| *here == contender);
            let cell = |(workload, (_, load)): (usize, &(&str, Workload))| match place {
                _ if !contender.is_meant_for(*load) => Cell::NotMeant,
                Some(place) => Cell::Measured(figures[place][workload].clone()),
                None => Cell::NotMeasured,
            };
            Row {
                name: contender.name().to_owned(),
                ours: contender.is_ours(),
                cells: WORKLOADS.iter().enumerate().map(cell).collect(),
            }
        };
        Ok(Board {
            workloads: WORKLOADS.iter().map(|(title, _)| (*title).to_owned()).collect(),
            rows: Contender::ALL.into_iter().map(row).collect(),
            notes: stage.versions().into_iter().chain(notes).collect(),
        })
    }

    /// Bookings per second of each contender, under each workload, in each round.
    async fn figures(
        &self,
        stage: &Stage,
        here: &[Contender],
        tuning: &Tuning,
    ) -> Result<Vec<[Vec<f64>; WORKLOADS.len()]>, String> {
        let span = Span {
            warm_up: bench_or_trial(WARM_UP, WARM_UP_OF_TRIAL),
            counted: Duration::from_millis(self.milliseconds),
        };
        let mut figures = vec![[(); WORKLOADS.len()].map(|()| Vec::new()); here.len()];
        for round in 0..self.rounds {
            for (workload, (title, load)) in WORKLOADS.iter().enumerate() {
                for place in turns(round, here.len()).filter(|place| here[*place].is_meant_for(*load)) {
                    let per_second = stage.measure(here[place], tuning, *load, span).await?;
                    let (number, name) = (round + 1, here[place].name());
                    say(&format!("round {number}, {title}: {name} {}", rate(per_second)));
                    figures[place][workload].push(per_second);
                }
            }
        }
        Ok(figures)
    }
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text).map_err(|error| told(file, &error))
}

fn told(file: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", file.display())
}
