//! What callers were answered.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::figures::per_second;

/// Latencies are told to three digits.
const DIGITS: u8 = 3;
/// What takes longer than a minute is told as a minute.
const MICROSECONDS_MAX: u64 = 60_000_000;

/// Which of the two kinds of calls in a mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What most of a mix may be.
    First,
    /// All else.
    Rest,
}

/// Answers of a load. All were what was asked for, or a refusal for overload.
#[derive(Clone, Debug)]
pub struct Counts {
    /// All that was done, from the first call to the last.
    pub done: u64,
    /// All that was refused.
    pub refused: u64,
    /// What was done while the clock ran.
    pub done_in_time: u64,
    /// What was refused while the clock ran.
    pub refused_in_time: u64,
    /// How long it ran.
    pub time: Duration,
    /// How long those took that were done while it ran, in microseconds, of each kind.
    latencies: [Latencies; 2],
}

/// Times in microseconds.
#[derive(Clone, Debug)]
pub(super) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(super) fn none() -> Self {
        Self(Histogram::new_with_bounds(1, MICROSECONDS_MAX, DIGITS).expect("these bounds make sense"))
    }

    pub(super) fn record(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    /// How long this part of them took at most, in milliseconds.
    pub(super) fn quantile_ms(&self, part: f64) -> f64 {
        let microseconds = self.0.value_at_quantile(part);
        f64::from(u32::try_from(microseconds).unwrap_or(u32::MAX)) / 1e3
    }
}

impl Counts {
    pub(super) fn none() -> Self {
        let latencies = [(); 2].map(|()| Latencies::none());
        Self { done: 0, refused: 0, done_in_time: 0, refused_in_time: 0, time: Duration::ZERO, latencies }
    }

    /// Counts an answer; `took` is told while the clock runs.
    pub(super) fn note(&mut self, kind: Kind, is_done: bool, took: Option<Duration>) {
        let in_time = u64::from(took.is_some());
        if is_done {
            self.done += 1;
            self.done_in_time += in_time;
            if let Some(took) = took {
                self.latencies[kind as usize].record(took);
            }
        } else {
            self.refused += 1;
            self.refused_in_time += in_time;
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.done += other.done;
        self.refused += other.refused;
        self.done_in_time += other.done_in_time;
        self.refused_in_time += other.refused_in_time;
        for (mine, others) in self.latencies.iter_mut().zip(&other.latencies) {
            mine.0.add(&others.0).expect("both tell the same digits and grow as they must");
        }
    }

    /// What was done in each second while the clock ran.
    pub fn per_second(&self) -> f64 {
        per_second(self.done_in_time, self.time)
    }

    /// What was refused in each second while the clock ran.
    pub fn refused_per_second(&self) -> f64 {
        per_second(self.refused_in_time, self.time)
    }

    /// How long one of a hundred took at least, in milliseconds.
    pub fn p99_ms(&self, kind: Kind) -> f64 {
        self.latencies[kind as usize].quantile_ms(0.99)
    }
}
