//! What is told in the end: as text, as JSON, and as a page.

mod curves;
mod page;
mod text;

use serde::Serialize;

use super::closing::Checked;
use super::findings::Finding;
use super::meter::{Latencies, Point};
use super::plan::Plan;
use super::{LoadtestError, Measured};

/// Above this share of a processor, the load itself is what was measured.
const CPU_SHARE_MAX: f64 = 0.9;
/// Codes that a rush is bound to meet.
const CODES_EXPECTED: [&str; 4] = ["", "sold_out", "already_booked", "seat_taken"];

/// The report of one load. Its JSON has these names.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// Whether every promise held, as far as could be checked, which must be everything.
    pub(super) held: bool,
    /// Why not everything could be checked.
    pub(super) unchecked: Option<String>,
    target: String,
    plan: Asked,
    seconds: f64,
    /// Bookings, cancellations and repeats that came to an end.
    done: u64,
    done_per_second: f64,
    bookings: u64,
    cancellations: u64,
    /// None where not every concert could be looked at.
    seats_sold: Option<u64>,
    /// Processors that it took to make the load: of 1, it can have no more.
    cpu_share: f64,
    /// In milliseconds.
    latencies: Vec<Latencies>,
    answers: Vec<Answers>,
    losses: Vec<Losses>,
    unsettled: u64,
    arrivals_not_begun: u64,
    concerts: Vec<Concert>,
    findings: Vec<Finding>,
    notes: Vec<String>,
    points: Vec<Point>,
}

/// What was asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    buyers: u32,
    concerts: u32,
    seats: u32,
    numbered: bool,
    connections: u32,
    at_a_time: u32,
    http2: bool,
    rate: Option<f64>,
    duration_seconds: u64,
    ramp_seconds: u64,
    cancels_percent: u8,
    retries_percent: u8,
    seed: u64,
}

/// Answers of one kind.
#[derive(Clone, Debug, Serialize)]
struct Answers {
    status: u16,
    code: String,
    count: u64,
}

/// Requests that were not answered, for one reason.
#[derive(Clone, Debug, Serialize)]
struct Losses {
    why: String,
    count: u64,
}

/// How a concert came out.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Concert {
    id: String,
    name: String,
    seats: u64,
    sold: u64,
    sold_out: bool,
    events: u64,
}

impl Report {
    pub(super) fn new(plan: &Plan, measured: &Measured, checked: Checked) -> Self {
        let Checked { concerts, findings, unchecked, notes } = checked;
        let seconds = measured.elapsed.as_secs_f64();
        let sum = |count: fn(&Point) -> u64| measured.points.iter().map(count).sum::<u64>();
        let concerts = concerts.iter().map(|(told, books)| Concert {
            id: told.concert.id.clone(),
            name: told.concert.name.clone(),
            seats: told.concert.seats.into(),
            sold: books.counts.booked,
            // Whether or not somebody was refused the last seat.
            sold_out: books.counts.booked == u64::from(told.concert.seats),
            events: books.sequence,
        });
        let concerts: Vec<_> = concerts.collect();
        let answers = measured.answers.iter().cloned();
        let losses = measured.losses.iter().cloned();
        let mut report = Self {
            held: findings.all_held() && unchecked.is_none(),
            unchecked,
            target: format!("http://{}", plan.target.authority),
            plan: asked(plan),
            seconds,
            done: measured.latencies.first().map_or(0, |all| all.count),
            done_per_second: 0.0,
            bookings: sum(|point| point.booked),
            cancellations: sum(|point| point.cancelled),
            seats_sold: (concerts.len() == plan.concerts as usize)
                .then(|| concerts.iter().map(|concert| concert.sold).sum()),
            cpu_share: measured.cpu.as_secs_f64() / seconds,
            latencies: measured.latencies.clone(),
            answers: answers.map(|(status, code, count)| Answers { status, code, count }).collect(),
            losses: losses.map(|(why, count)| Losses { why, count }).collect(),
            unsettled: measured.unsettled,
            arrivals_not_begun: measured.arrivals_not_begun,
            concerts,
            findings: findings.iter().cloned().collect(),
            notes,
            points: measured.points.clone(),
        };
        report.done_per_second = as_f64(report.done) / seconds;
        report.add_notes();
        report
    }

    pub(super) fn is_broken(&self) -> bool {
        self.findings.iter().any(|finding| finding.broken > 0)
    }

    /// What was found, in a few words.
    fn verdict(&self) -> &'static str {
        match self {
            Self { held: true, .. } => "Every promise held",
            _ if self.is_broken() => "Promises are broken",
            _ => "Could not be checked",
        }
    }

    /// Notes what makes the figures mean less than they seem to.
    fn add_notes(&mut self) {
        if self.cpu_share > CPU_SHARE_MAX {
            self.notes.push(format!(
                "the load took {:.0} % of a processor to make: it may be slower than the box office; hint: fewer connections, or --http2",
                100.0 * self.cpu_share
            ));
        }
        if self.arrivals_not_begun > 0 {
            let count = self.arrivals_not_begun;
            self.notes.push(format!(
                "{count} arrivals found no free connection until the end, and are in no latency: the rate is too high for these connections"
            ));
        }
        if self.unsettled > 0 {
            let count = self.unsettled;
            self.notes.push(format!(
                "{count} requests had no final answer when the load was over, so their bookings may be there or not, and nothing was sold to the last seat"
            ));
        }
        for Answers { status, code, count } in &self.answers {
            let note = match status {
                429 => format!(
                    "{count} requests were refused for their pace ({code}); hint: start the box office with BOXOFFICE_RATE_LIMIT=off"
                ),
                _ if CODES_EXPECTED.contains(&code.as_str()) => continue,
                _ => format!(
                    "{count} requests were answered with {status} {code}, which a rush does not ask for"
                ),
            };
            self.notes.push(note);
        }
    }

    /// # Errors
    /// When it cannot be written, which would be a mistake of ours.
    pub(super) fn json(&self) -> Result<String, LoadtestError> {
        let json = serde_json::to_string_pretty(self).map(|json| json + "\n");
        json.map_err(|error| LoadtestError(format!("the report cannot be written: {error}")))
    }
}

fn asked(plan: &Plan) -> Asked {
    Asked {
        buyers: plan.buyers,
        concerts: plan.concerts,
        seats: plan.seats,
        numbered: plan.is_numbered,
        connections: plan.connections,
        at_a_time: plan.at_a_time(),
        http2: plan.is_http2,
        rate: plan.rate,
        duration_seconds: plan.duration_seconds,
        ramp_seconds: plan.ramp_seconds,
        cancels_percent: plan.cancels_percent,
        retries_percent: plan.retries_percent,
        seed: plan.seed,
    }
}

/// A count as a number to divide. Counts of a load are far below what a double holds exactly.
#[expect(clippy::cast_precision_loss, reason = "a load counts to far less than 2^53")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

/// A count with its thousands apart: `1,234,567`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A rate or a height as a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "nothing here is below 0, and the cast saturates"
)]
fn rounded(value: f64) -> String {
    grouped(value.round() as u64)
}

/// Milliseconds with as many digits as say something.
fn milliseconds(value: f64) -> String {
    match value {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests;
