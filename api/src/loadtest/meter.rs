//! What a load was answered, how soon, and when.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::time::Instant;

/// Longest latency that is told apart, in microseconds: what takes longer counts as this.
const LATENCY_MICROS_MAX: u64 = 300_000_000;
/// Points of a curve that are aimed at.
const POINTS: u32 = 120;
/// Shortest time that a point of a curve covers.
const INTERVAL_MIN: Duration = Duration::from_millis(100);

/// What somebody wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Booking,
    Cancellation,
    /// The same again, with the same key.
    Repeat,
}

impl Kind {
    const WORDS: [(Self, &'static str); 3] =
        [(Self::Booking, "booking"), (Self::Cancellation, "cancellation"), (Self::Repeat, "repeat")];
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Booked(u32),
    Cancelled(u32),
    Repeated,
    Refused,
    /// No answer in the end, or one that says nothing about tickets.
    Failed,
}

/// How long something took, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Latencies {
    pub(super) what: &'static str,
    pub(super) count: u64,
    pub(super) mean: f64,
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
    pub(super) max: f64,
}

impl Latencies {
    /// The heads of [`Latencies::columns`].
    pub(super) const HEADS: [&str; 6] = ["mean", "p50", "p90", "p99", "p99.9", "max"];

    pub(super) fn columns(&self) -> [f64; 6] {
        [self.mean, self.p50, self.p90, self.p99, self.p999, self.max]
    }
}

/// A point of the curves: what ended within an interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Point {
    /// The interval's end, in seconds since the opening.
    pub(super) second: f64,
    pub(super) booked: u64,
    pub(super) cancelled: u64,
    pub(super) repeated: u64,
    pub(super) refused: u64,
    pub(super) failed: u64,
    /// Latencies of all of these, in milliseconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
    /// Seats that are left at its end, by what was told.
    pub(super) left: u64,
}

/// Counts and measures while a load lasts.
pub(super) struct Meter {
    began: Instant,
    interval: Duration,
    latencies: [Histogram<u64>; Kind::WORDS.len()],
    all: Histogram<u64>,
    points: Vec<Point>,
    /// What has ended in the present interval.
    point: Point,
    latencies_of_point: Histogram<u64>,
    left: u64,
}

impl Meter {
    /// Begins now. `seats` are for sale.
    pub(super) fn new(duration: Duration, seats: u64) -> Self {
        // The bounds are fine by construction: a hundred seconds and more, and three digits.
        let histogram =
            || Histogram::new_with_bounds(1, LATENCY_MICROS_MAX, 3).expect("bounds of a histogram");
        Self {
            began: Instant::now(),
            interval: (duration / POINTS).max(INTERVAL_MIN),
            latencies: Kind::WORDS.map(|_| histogram()),
            all: histogram(),
            points: Vec::new(),
            point: Point::default(),
            latencies_of_point: histogram(),
            left: seats,
        }
    }

    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// Something has ended that began then, or should have.
    pub(super) fn ended(&mut self, kind: Kind, outcome: Outcome, began: Instant) {
        let now = Instant::now();
        self.close_points(now.duration_since(self.began));
        let micros = u64::try_from(now.duration_since(began).as_micros()).unwrap_or(u64::MAX).max(1);
        self.latencies[kind as usize].saturating_record(micros);
        self.all.saturating_record(micros);
        self.latencies_of_point.saturating_record(micros);
        match outcome {
            Outcome::Booked(quantity) => {
                self.point.booked += 1;
                self.left = self.left.saturating_sub(u64::from(quantity));
            }
            Outcome::Cancelled(quantity) => {
                self.point.cancelled += 1;
                self.left += u64::from(quantity);
            }
            Outcome::Repeated => self.point.repeated += 1,
            Outcome::Refused => self.point.refused += 1,
            Outcome::Failed => self.point.failed += 1,
        }
    }

    /// Ends every interval that is over by now.
    fn close_points(&mut self, elapsed: Duration) {
        while elapsed >= self.end_of_point() {
            self.close_point();
        }
    }

    fn end_of_point(&self) -> Duration {
        self.interval * self.number_of_point()
    }

    fn number_of_point(&self) -> u32 {
        u32::try_from(self.points.len() + 1).unwrap_or(u32::MAX)
    }

    fn close_point(&mut self) {
        let end = self.end_of_point();
        let latencies = &mut self.latencies_of_point;
        let point = Point {
            second: end.as_secs_f64(),
            p50: milliseconds(latencies.value_at_quantile(0.5)),
            p99: milliseconds(latencies.value_at_quantile(0.99)),
            max: milliseconds(latencies.max()),
            left: self.left,
            ..std::mem::take(&mut self.point)
        };
        self.points.push(point);
        latencies.reset();
    }

    /// What has ended in every interval until now.
    pub(super) fn points(&mut self) -> &[Point] {
        self.close_points(self.began.elapsed());
        if self.point != Point::default() {
            self.close_point();
        }
        &self.points
    }

    /// How it stands, in a line.
    pub(super) fn line(&self) -> String {
        let seconds = self.began.elapsed().as_secs_f64();
        let (count, left, p99) = (self.all.len(), self.left, milliseconds(self.all.value_at_quantile(0.99)));
        format!("{seconds:.0} s: {count} done, 99 % within {p99:.1} ms, {left} seats left")
    }

    pub(super) fn latencies(&self) -> Vec<Latencies> {
        let kinds =
            Kind::WORDS.iter().zip(&self.latencies).map(|((_, what), histogram)| summary(what, histogram));
        std::iter::once(summary("all", &self.all)).chain(kinds).collect()
    }
}

fn summary(what: &'static str, histogram: &Histogram<u64>) -> Latencies {
    let at = |quantile| milliseconds(histogram.value_at_quantile(quantile));
    Latencies {
        what,
        count: histogram.len(),
        mean: histogram.mean() / 1_000.0,
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        p999: at(0.999),
        max: milliseconds(histogram.max()),
    }
}

/// Microseconds as milliseconds. No latency is long enough to lose anything.
fn milliseconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pass(milliseconds: u64) {
        tokio::time::advance(Duration::from_millis(milliseconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_ended_is_counted_in_its_interval_and_measured_from_where_it_began() {
        let mut meter = Meter::new(Duration::from_secs(10), 100);
        let began = meter.began();
        pass(50).await;
        meter.ended(Kind::Booking, Outcome::Booked(4), began);
        pass(200).await;
        meter.ended(Kind::Cancellation, Outcome::Cancelled(3), began + Duration::from_millis(240));
        meter.ended(Kind::Booking, Outcome::Refused, began + Duration::from_millis(50));
        let points = meter.points();
        let told: Vec<_> = points
            .iter()
            .map(|point| (point.booked, point.cancelled, point.refused, point.left, point.max.round()))
            .collect();
        assert_eq!(told, [(1, 0, 0, 96, 50.0), (0, 0, 0, 96, 0.0), (0, 1, 1, 99, 200.0)]);
        assert!((points[2].second - 0.3).abs() < 1e-9, "{points:?}");
        let [all, booking, cancellation, repeat] = meter.latencies().try_into().unwrap();
        assert_eq!([all.count, booking.count, cancellation.count, repeat.count], [3, 2, 1, 0]);
        assert!(
            (199.0..=201.0).contains(&booking.max) && (49.0..=51.0).contains(&booking.p50),
            "{booking:?}"
        );
        assert!((9.0..=11.0).contains(&cancellation.p99), "{cancellation:?}");
    }
}
