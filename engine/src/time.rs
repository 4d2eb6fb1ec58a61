//! Points in time, and the one port through which the system's clock is read.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

mod manual;
mod system;

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

/// Waiting for a point in time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The only source of time. Two threads may see it differ by a millisecond; whoever needs an order of events keeps its own.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Time;

    /// Ends when `time` has come, or sooner: whoever waits looks at the clock again.
    fn sleep_until(&self, time: Time) -> Sleep;
}
