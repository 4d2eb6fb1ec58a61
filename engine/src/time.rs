//! Points in time, and the one port through which the system's clock is read.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

mod alarm;
mod manual;
mod system;

pub(crate) use alarm::Alarm;
pub use manual::ManualClock;
pub use system::SystemClock;

/// A point in time: milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Time(pub i64);

impl Time {
    /// This time and so many seconds more (or, below zero, less).
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000)))
    }

    /// Whole seconds since the Unix epoch.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }
}

/// A point in time in six bytes, for what there is one of for every booking. It reaches to the year 6429; a later one is the last of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Time", into = "Time")]
pub struct ShortTime([u16; 3]);

impl From<Time> for ShortTime {
    fn from(Time(milliseconds): Time) -> Self {
        const END: i64 = 1 << 47;
        let [_, parts @ ..] = apart(milliseconds.clamp(-END, END - 1));
        Self(parts)
    }
}

impl From<ShortTime> for Time {
    fn from(ShortTime([high, middle, low]): ShortTime) -> Self {
        let joined = [high, middle, low].into_iter().fold(0, |bits, part| bits << 16 | u64::from(part));
        // There and back, so that the sign is everywhere above.
        Self((joined << 16).cast_signed() >> 16)
    }
}

/// The uppermost sixteen bits first.
fn apart(number: i64) -> [u16; 4] {
    let bits = number.to_be_bytes();
    std::array::from_fn(|place| u16::from_be_bytes([bits[2 * place], bits[2 * place + 1]]))
}

/// Waiting for a point in time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The only source of time. Two threads may see it differ by a millisecond; whoever needs an order of events keeps its own.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Time;

    /// Ends when `time` has come, or sooner: [`wait_until`](Self#method.wait_until) looks at the clock again.
    fn sleep_until(&self, time: Time) -> Sleep;
}

impl dyn Clock {
    /// Ends when `time` has come.
    pub async fn wait_until(&self, time: Time) {
        while self.now() < time {
            self.sleep_until(time).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_times_are_the_same_times() {
        const END: i64 = 1 << 47;
        for milliseconds in [0, 1, -1, 65_535, 65_536, -65_537, 1_811_872_800_123, END - 1, -END] {
            assert_eq!(Time::from(ShortTime::from(Time(milliseconds))), Time(milliseconds));
        }
        assert_eq!(Time::from(ShortTime::from(Time(i64::MAX))), Time(END - 1));
        assert_eq!(Time::from(ShortTime::from(Time(i64::MIN))), Time(-END));
        assert_eq!(size_of::<ShortTime>(), 6);
    }
}
