//! When people come: a Poisson process, which does not wait for anybody's answer.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

/// The moments at which people come, counted from the opening, without end. While it ramps up, the rate grows evenly from nothing.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    rate: f64,
    ramp_seconds: f64,
    /// How many were to be expected by the last moment. In this measure of time they come at the even rate of one.
    expected: f64,
    rng: Rng,
}

impl Arrivals {
    pub(super) fn new(rate: f64, ramp: Duration, seed: u64) -> Self {
        Self { rate, ramp_seconds: ramp.as_secs_f64(), expected: 0.0, rng: Rng::with_seed(seed) }
    }

    /// The moment by which so many are to be expected.
    fn moment(&self, expected: f64) -> f64 {
        let during_ramp = self.rate * self.ramp_seconds / 2.0;
        if expected < during_ramp {
            (2.0 * self.ramp_seconds * expected / self.rate).sqrt()
        } else {
            self.ramp_seconds + (expected - during_ramp) / self.rate
        }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        // Between two who come on their own, the time is exponentially distributed.
        self.expected -= (1.0 - self.rng.f64()).ln();
        Duration::try_from_secs_f64(self.moment(self.expected)).ok()
    }
}

/// Sends each arrival when its moment has come, until `end` or until `stop` says something; how many found no room. The moment goes
/// along: what comes late is measured from there.
///
/// It is a thread of its own because the timers of the runtime are a millisecond coarse.
pub(super) fn send(
    arrivals: Arrivals,
    began: Instant,
    end: Duration,
    sender: Sender<Instant>,
    stop: Receiver<()>,
) -> thread::JoinHandle<u64> {
    thread::spawn(move || {
        let mut without_room = 0;
        for arrival in arrivals.take_while(|arrival| *arrival < end) {
            let moment = began + arrival;
            let wait = moment.saturating_duration_since(Instant::now());
            if !wait.is_zero() && stop.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                break;
            }
            without_room += u64::from(sender.try_send(moment).is_err());
        }
        without_room
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(rate: f64, ramp: u64, until: f64) -> Vec<f64> {
        let arrivals = Arrivals::new(rate, Duration::from_secs(ramp), 7);
        arrivals.map(|arrival| arrival.as_secs_f64()).take_while(|second| *second < until).collect()
    }

    /// Whether a count is within five standard deviations of what is expected of a Poisson process.
    fn is_near(count: usize, expected: f64) -> bool {
        let count = f64::from(u32::try_from(count).unwrap());
        (count - expected).abs() < 5.0 * expected.sqrt()
    }

    #[test]
    fn so_many_come_as_the_rate_says() {
        let all = seconds(1_000.0, 0, 100.0);
        assert!(is_near(all.len(), 100_000.0), "{}", all.len());
        assert!(all.is_sorted());
    }

    #[test]
    fn gaps_are_exponential_and_counts_vary_as_their_mean() {
        let all = seconds(1_000.0, 0, 100.0);
        // A share of 1/e of the gaps is longer than the mean, and 1/e^3 longer than three times that.
        for (mean_gaps, share) in [(1.0_f64, 0.367_879), (3.0, 0.049_787)] {
            let longer = all.windows(2).filter(|pair| pair[1] - pair[0] > mean_gaps / 1_000.0).count();
            assert!(is_near(longer, share * 100_000.0), "{longer} gaps above {mean_gaps} means");
        }
        let mut counts = vec![0.0_f64; 1_000];
        for second in &all {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below a thousand")]
            let place = (second * 10.0) as usize;
            counts[place] += 1.0;
        }
        let variance = counts.iter().map(|count| (count - 100.0).powi(2)).sum::<f64>() / 1_000.0;
        assert!((75.0..130.0).contains(&variance), "{variance}");
    }

    #[test]
    fn the_ramp_grows_evenly_from_nothing() {
        let all = seconds(1_000.0, 10, 30.0);
        let between = |from: f64, to: f64| all.iter().filter(|second| (from..to).contains(*second)).count();
        for (from, to, expected) in
            [(0.0, 5.0, 1_250.0), (5.0, 10.0, 3_750.0), (10.0, 20.0, 10_000.0), (20.0, 30.0, 10_000.0)]
        {
            assert!(is_near(between(from, to), expected), "{from}-{to}: {}", between(from, to));
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_arrivals() {
        let drawn = |seed| Arrivals::new(50.0, Duration::from_secs(1), seed).take(100).collect::<Vec<_>>();
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }

    #[test]
    fn arrivals_are_sent_with_their_own_moments_and_those_without_room_are_counted() {
        let began = Instant::now();
        let arrivals = Arrivals::new(1_000_000.0, Duration::ZERO, 3);
        let end = Duration::from_millis(1);
        let expected: Vec<_> = arrivals.clone().take_while(|arrival| *arrival < end).collect();
        let (sender, mut receiver) = tokio::sync::mpsc::channel(10);
        let (_stop, stopped) = std::sync::mpsc::channel();
        let without_room = send(arrivals, began, end, sender, stopped).join().unwrap();
        let sent: Vec<_> =
            std::iter::from_fn(|| receiver.blocking_recv()).map(|moment| moment - began).collect();
        assert_eq!(sent, expected[..10]);
        assert_eq!(without_room, expected.len() as u64 - 10);
    }

    #[test]
    fn a_load_that_is_stopped_sends_nobody_more() {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(10);
        let (stop, stopped) = std::sync::mpsc::channel();
        stop.send(()).unwrap();
        let arrivals = Arrivals::new(0.1, Duration::ZERO, 3);
        let sending = send(arrivals, Instant::now(), Duration::from_hours(1), sender, stopped);
        assert_eq!(sending.join().unwrap(), 0);
        assert_eq!(receiver.blocking_recv(), None);
    }
}
