//! A rush made for ticketing, against any running box office: people who book, cancel and send the same thing twice, all at once, and
//! afterwards a check that nobody was told anything that does not hold.
//!
//! It is a client: it knows the HTTP contract, and nothing of the server's rooms. Reading order: [`Plan`] (what is asked for),
//! `opening` (concerts and people), `rush` and `drive` (the load), `history`, `check` and `closing` (what was told, held against
//! what is there), `report`.

mod arrivals;
mod check;
mod closing;
mod contract;
mod crowd;
mod drive;
mod files;
mod findings;
mod history;
mod http;
mod interrupts;
pub mod limits;
mod meter;
mod opening;
mod plan;
mod progress;
mod reading;
mod report;
mod rush;
mod tally;

use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::task::LocalSet;

use files::Sheet;
use http::Client;
use interrupts::Interrupts;
use meter::{Latencies, Point};
use opening::Opening;
pub use plan::{Login, Plan, Target};
use progress::Progress;
use report::Report;
use rush::Rush;

/// Why a load could not run, or not be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LoadtestError(String);

/// How a load ended.
#[derive(Debug)]
pub struct Outcome {
    report: Report,
    html: Option<Sheet>,
    json: Option<Sheet>,
}

impl Outcome {
    /// The report, for people to read.
    pub fn text(&self) -> String {
        self.report.to_string()
    }

    /// Whether every promise held.
    ///
    /// # Errors
    /// When nothing is known to be broken, and not all could be checked.
    pub fn held(&self) -> Result<bool, LoadtestError> {
        match &self.report.unchecked {
            Some(why) if !self.report.is_broken() => {
                Err(LoadtestError(format!("the load could not be checked: {why}")))
            }
            _ => Ok(self.report.held),
        }
    }

    /// Writes the reports that were asked for.
    ///
    /// # Errors
    /// When one cannot be written; the other is, then, all the same.
    pub fn write_files(self) -> Result<(), LoadtestError> {
        let Self { report, html, json } = self;
        let html = html.map_or(Ok(()), |sheet| sheet.write(&report.html()?));
        let json = json.map_or(Ok(()), |sheet| sheet.write(&report.json()?));
        html.and(json)
    }
}

/// Runs a load and checks what is left of it.
///
/// # Errors
/// When it cannot run, or its reports could not be written.
pub fn run(plan: Plan) -> Result<Outcome, LoadtestError> {
    let open = |path: &Option<PathBuf>| path.as_deref().map(Sheet::open).transpose();
    let (html, json) = (open(&plan.html)?, open(&plan.json)?);
    // One thread: it shares the machine with the box office, more often than not.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| LoadtestError(format!("cannot start the runtime: {error}")))?;
    let report = LocalSet::new().block_on(&runtime, whole(plan))?;
    Ok(Outcome { report, html, json })
}

/// What the load itself came to, before anything is checked.
struct Measured {
    elapsed: Duration,
    /// Processor time that it took to make the load.
    cpu: Duration,
    latencies: Vec<Latencies>,
    points: Vec<Point>,
    answers: Vec<(u16, String, u64)>,
    losses: Vec<(String, u64)>,
    /// Requests of which nobody knows what became.
    unsettled: u64,
    arrivals_not_begun: u64,
}

async fn whole(plan: Plan) -> Result<Report, LoadtestError> {
    let progress = Progress::new(plan.duration());
    let mut interrupts = Interrupts::listen()?;
    progress.says("makes the concerts");
    let Opening { organizer, crowd, told, mut notes } =
        interrupts.may_end(opening::open(&plan, &progress)).await?;
    let clients = drive::clients(&plan);
    let first = clients.first().ok_or_else(|| LoadtestError("there is no connection".to_owned()))?;
    let rush = Rc::new(Rush::new(plan.clone(), crowd, told));
    let measured = watched(&rush, &progress, &mut interrupts, measure(&rush, &clients)).await?;
    let was_ended = rush.was_ended();
    if was_ended {
        notes.push(
            "it was ended before its time, so nothing is known of a sell-out to the last seat".to_owned(),
        );
    }
    // A box office that does not answer sells nothing.
    if !was_ended && measured.unsettled == 0 {
        progress.says("sells what is left, to the last seat");
        watched(&rush, &progress, &mut interrupts, drive::last_call(&rush, &clients)).await?;
    }
    let rush =
        Rc::into_inner(rush).ok_or_else(|| LoadtestError("a part of the load has not ended".to_owned()))?;
    let checked = closing::check_all(rush, first, &organizer, &progress, &mut interrupts, notes).await;
    progress.ends();
    Ok(Report::new(&plan, &measured, checked))
}

/// Lets the load run.
async fn measure(rush: &Rc<Rush>, clients: &[Client]) -> Result<Measured, LoadtestError> {
    let cpu_before = cpu_time();
    let arrivals_not_begun = drive::load(rush, clients).await?;
    let mut meter = rush.meter.borrow_mut();
    let tally = rush.tally.borrow();
    Ok(Measured {
        elapsed: meter.began().elapsed(),
        cpu: cpu_time().saturating_sub(cpu_before),
        latencies: meter.latencies(),
        points: meter.points().to_vec(),
        answers: tally.answers().map(|(status, code, count)| (status, code.to_owned(), count)).collect(),
        losses: tally.losses().map(|(why, count)| (why.to_owned(), count)).collect(),
        unsettled: tally.unsettled,
        arrivals_not_begun,
    })
}

/// Does a part of it, shows how far it is, and ends it when somebody says so: the load first, and then what is waited for.
async fn watched<T>(
    rush: &Rush,
    progress: &Progress,
    interrupts: &mut Interrupts,
    part: impl Future<Output = Result<T, LoadtestError>>,
) -> Result<T, LoadtestError> {
    let mut second = tokio::time::interval_at(rush.opened() + Duration::from_secs(1), Duration::from_secs(1));
    let (mut part, mut said) = (pin!(part), None);
    loop {
        tokio::select! {
            done = &mut part => return done,
            _ = second.tick() => {
                progress.is_at(rush.opened().elapsed());
                let line = rush.line();
                // What stays as it is was said.
                if let Some(line) = line.as_deref().filter(|line| said.as_deref() != Some(*line)) {
                    progress.says(line);
                }
                said = line;
            }
            () = interrupts.next() => rush.interrupt(),
        }
    }
}

/// The time that this process has spent on the processors.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
