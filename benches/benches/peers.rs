//! Boxoffice and its peers, side by side: in each round every contender stands the same crowd, so that what disturbs the machine disturbs
//! all. Prints the tables, and writes them where it is told.
//!
//! `benches/peers/run` installs the peers and calls this.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use boxoffice_benches::http::play_role;
use boxoffice_benches::peers::board::{Board, Cell, Row, rate};
use boxoffice_benches::peers::load::{Span, Workload};
use boxoffice_benches::peers::stage::{Contender, Stage};
use boxoffice_benches::peers::tuning::{DEEP, DEEPER, HOT, SPREAD, Tuning};
use boxoffice_benches::peers::{plot, table};
use boxoffice_benches::{Crowd, has_testing, runtime};

const WORKLOADS: [(&str, Workload); 6] = [
    ("4 clients", Workload { concerts: 1, in_flight: 4 }),
    ("16 clients", Workload { concerts: 1, in_flight: 16 }),
    ("64 clients", HOT),
    ("64 clients, 1,000 concerts", SPREAD),
    ("1,024 in flight", DEEP),
    ("4,000 in flight", DEEPER),
];
const ROUNDS: usize = 3;
const MEASURE: Span = Span { warm_up: Duration::from_millis(500), counted: Duration::from_millis(2_500) };
const TUNE: Span = Span { warm_up: Duration::from_millis(300), counted: Duration::from_secs(1) };
const TRIAL: Span = Span { warm_up: Duration::from_millis(10), counted: Duration::from_millis(40) };
/// More people than book in one measurement.
const PEOPLE: usize = 4_000_000;
const PEOPLE_OF_TRIAL: usize = 200_000;
/// Who the peers are held against.
const REFERENCES: [Contender; 3] = [Contender::Http1, Contender::H2c, Contender::Batch];

/// What is asked for on the command line.
struct Wanted {
    rounds: usize,
    span: Span,
    /// Where the contenders keep what they store: on a disk.
    directory: PathBuf,
    /// Who takes part, by a part of their names; everybody if nobody is named.
    contenders: Vec<String>,
    /// The program for Node, with what that needs.
    node: Option<PathBuf>,
    /// The page with the marks of the tables.
    page: Option<PathBuf>,
    picture: Option<PathBuf>,
    /// Not a bench but a test that it runs: cargo says `--bench` to benches alone.
    trial: bool,
}

fn main() -> ExitCode {
    play_role();
    match Wanted::from_arguments().and_then(|wanted| wanted.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain(&why);
            ExitCode::FAILURE
        }
    }
}

impl Wanted {
    fn from_arguments() -> Result<Self, String> {
        let mut wanted = Self {
            rounds: ROUNDS,
            span: MEASURE,
            directory: Path::new(env!("CARGO_TARGET_TMPDIR")).to_owned(),
            contenders: Vec::new(),
            node: None,
            page: None,
            picture: None,
            trial: true,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            if argument == "--bench" {
                wanted.trial = false;
                continue;
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{argument:?} is not understood, or lacks its value"))?;
            let number = || value.parse().ok().filter(|number| *number > 0);
            let number = || number().ok_or_else(|| format!("{argument} is at least 1, not {value:?}"));
            match argument.as_str() {
                "--rounds" => wanted.rounds = number()?,
                "--milliseconds" => wanted.span.counted = Duration::from_millis(number()? as u64),
                "--directory" => wanted.directory = value.into(),
                "--contenders" => wanted.contenders = value.split(',').map(str::to_lowercase).collect(),
                "--node" => wanted.node = Some(value.into()),
                "--page" => wanted.page = Some(value.into()),
                "--picture" => wanted.picture = Some(value.into()),
                _ => return Err(format!("{argument:?} is not understood; hint: see benches/peers/run")),
            }
        }
        Ok(wanted)
    }

    fn run(&self) -> Result<(), String> {
        if has_testing() {
            say(
                "NOT TO BE PUBLISHED: the engine is built for tests; use `cargo bench -p boxoffice-benches`\n",
            );
        }
        // Tests of the workspace need nothing that is not in it.
        let stage = if self.trial {
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
        if !self.contenders.is_empty() && !self.contenders.iter().any(|part| name.contains(&**part)) {
            return false;
        }
        let Some(lacking) = stage.lacks(contender) else { return true };
        let why_not = if self.trial { "not looked for in a test" } else { "not installed" };
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
        let (tuning, notes) = if self.trial { Default::default() } else { stage.tune(&here, TUNE).await? };
        for note in &notes {
            say(note);
        }
        let mut figures = vec![[(); WORKLOADS.len()].map(|()| Vec::new()); here.len()];
        let (rounds, span) = if self.trial { (1, TRIAL) } else { (self.rounds, self.span) };
        for round in 0..rounds {
            for (workload, (title, load)) in WORKLOADS.iter().enumerate() {
                // Nobody is always first: the disk is still busy with what the one before left.
                for turn in 0..here.len() {
                    let place = (round + turn) % here.len();
                    if here[place].is_meant_for(*load) {
                        let per_second = stage.measure(here[place], &tuning, *load, span).await?;
                        say(&format!(
                            "round {}, {title}: {} {}",
                            round + 1,
                            here[place].name(),
                            rate(per_second)
                        ));
                        figures[place][workload].push(per_second);
                    }
                }
            }
        }
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
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text).map_err(|error| told(file, &error))
}

fn told(file: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", file.display())
}

#[expect(clippy::print_stdout, reason = "the tables are what this is for")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "whoever called it reads that")]
fn complain(line: &str) {
    eprintln!("{line}");
}
