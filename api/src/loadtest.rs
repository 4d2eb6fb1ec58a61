//! A rush made for ticketing, against any running box office: people who book, cancel and send the same thing twice, all at once, and
//! afterwards a check that nobody was told anything that does not hold.
//!
//! It is a client: it knows the HTTP contract, and nothing of the server's rooms. Reading order: [`Plan`] (what is asked for),
//! `opening` (concerts and people), `rush` and `drive` (the load), `history` and `check` (what was told, held against what is
//! there), `report`.

mod arrivals;
mod check;
mod contract;
mod crowd;
mod drive;
mod findings;
mod history;
mod http;
pub mod limits;
mod meter;
mod opening;
mod plan;
mod progress;
mod reading;
mod report;
mod rush;
mod tally;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use rustix::time::{ClockId, clock_gettime};
use tokio::task::LocalSet;

use findings::{Findings, Promise};
use history::{Books, Rules, Told};
use http::Client;
use limits::TICKETS_PER_BUYER;
use meter::{Latencies, Point};
use opening::{Opening, Organizer};
pub use plan::{Login, Plan, Target};
use progress::Progress;
use reading::Reader;
use report::Report;
use rush::Rush;

/// Why a load could not run, or not be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LoadtestError(String);

/// How a load ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The report, for people to read.
    pub report: String,
    /// Whether every promise held.
    pub held: bool,
}

/// Runs a load, checks what is left of it, and writes the reports that were asked for.
///
/// # Errors
/// When it cannot run or not be checked.
pub fn run(plan: Plan) -> Result<Outcome, LoadtestError> {
    // One thread: it shares the machine with the box office, more often than not.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| LoadtestError(format!("cannot start the runtime: {error}")))?;
    let files = (plan.html.clone(), plan.json.clone());
    let report = LocalSet::new().block_on(&runtime, whole(plan))?;
    let write = |path: &std::path::Path, text: String| {
        let written = std::fs::write(path, text);
        written.map_err(|error| LoadtestError(format!("{} cannot be written: {error}", path.display())))
    };
    if let Some(path) = files.0 {
        write(&path, report.html()?)?;
    }
    if let Some(path) = files.1 {
        write(&path, report.json()?)?;
    }
    Ok(Outcome { held: report.held, report: report.to_string() })
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
    progress.says("makes the concerts");
    let Opening { organizer, crowd, told, mut notes } = opening::open(&plan, &progress).await?;
    let clients = drive::clients(&plan);
    let rush = Rc::new(Rush::new(plan.clone(), crowd, told));
    let was_ended = Rc::new(Cell::new(false));
    let measured = tokio::select! {
        measured = measure(&rush, &clients) => measured?,
        never = watch(&rush, &progress, &was_ended) => never?,
    };
    if was_ended.get() {
        notes.push(
            "it was ended before its time, so nothing is known of a sell-out to the last seat".to_owned(),
        );
    }
    let checked = async {
        // A box office that does not answer sells nothing.
        if !was_ended.get() && measured.unsettled == 0 {
            progress.says("sells what is left, to the last seat");
            drive::last_call(&rush, &clients).await?;
        }
        progress.says("checks");
        check_all(rush, &clients, &organizer, &progress, &mut notes).await
    };
    let (told, findings) = tokio::select! {
        checked = checked => checked?,
        _ = tokio::signal::ctrl_c() => return Err(LoadtestError("it was ended before it could check".to_owned())),
    };
    progress.ends();
    Ok(Report::new(&plan, &measured, &told, &findings, notes))
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

/// Shows how far it is, and ends it when somebody says so. It never ends by itself.
async fn watch(rush: &Rush, progress: &Progress, was_ended: &Cell<bool>) -> Result<Measured, LoadtestError> {
    let mut second = tokio::time::interval_at(rush.opened() + Duration::from_secs(1), Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = second.tick() => {
                progress.is_at(rush.opened().elapsed());
                progress.says(&rush.meter.borrow().line());
            }
            ended = tokio::signal::ctrl_c() => {
                ended.map_err(|error| LoadtestError(format!("cannot listen for signals: {error}")))?;
                was_ended.set(true);
                rush.end_now();
            }
        }
    }
}

async fn check_all(
    rush: Rc<Rush>,
    clients: &[Client],
    organizer: &Organizer,
    progress: &Progress,
    notes: &mut Vec<String>,
) -> Result<(Vec<(Told, Books)>, Findings), LoadtestError> {
    let rush =
        Rc::into_inner(rush).ok_or_else(|| LoadtestError("a part of the load has not ended".to_owned()))?;
    let rules = Rules { tickets_per_buyer: TICKETS_PER_BUYER, is_all_told: !rush.crowd.has_accounts() };
    let mut rng = Rng::with_seed(rush.plan.seed);
    let (told, mut findings, crowd) = rush.into_history();
    let client = clients.first().ok_or_else(|| LoadtestError("there is no connection".to_owned()))?;
    if !rules.is_all_told {
        let why = "buyers with accounts get mail, whose sending is an event that nobody is told of";
        findings.cannot_check(Promise::SequencesWhole, why);
        findings.cannot_check(Promise::RefusedRightly, why);
    }
    let reader = Reader { client, crowd: &crowd, organizer: organizer.token(client).await? };
    let mut all = Vec::with_capacity(told.len());
    for told in told {
        let name = told.concert.name.clone();
        progress.shows(&format!("reads the bookings of {name}"));
        match check_one(&reader, told, rules, &mut rng, &mut findings).await {
            Ok(checked) => all.push(checked),
            // What is broken already is to be told, whatever else cannot be found out.
            Err(error) if !findings.all_held() => {
                notes.push(format!("{name} was not checked to the end: {error}"));
            }
            Err(error) => return Err(error),
        }
    }
    for (told, _) in &all {
        if let Err(error) = reader.close(&told.concert).await {
            notes.push(format!("{} is still on sale: {error}", told.concert.name));
        }
    }
    if all.iter().all(|(told, _)| !told.is_sold_out) {
        findings.cannot_check(Promise::SoldOutExactly, "no concert was sold out");
    }
    Ok((all, findings))
}

/// Holds what was told of a concert against what is there of it.
async fn check_one(
    reader: &Reader<'_>,
    told: Told,
    rules: Rules,
    rng: &mut Rng,
    findings: &mut Findings,
) -> Result<(Told, Books), LoadtestError> {
    let books = reader.books(&told.concert).await?;
    check::check(&told, &books, rules, findings);
    reader.buyers_look(&told, &books, rng, findings).await?;
    Ok((told, books))
}

/// The time that this process has spent on the processors.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
