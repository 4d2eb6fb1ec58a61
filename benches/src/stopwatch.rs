//! Measuring.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Measures how long something takes.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    started: Instant,
    cpu_at_start: Duration,
}

impl Stopwatch {
    /// Starts it.
    #[expect(clippy::disallowed_methods, reason = "benches measure real time")]
    pub fn start() -> Self {
        Self { cpu_at_start: cpu_time(), started: Instant::now() }
    }

    /// What has passed since the start.
    pub fn elapsed(self) -> Duration {
        self.started.elapsed()
    }

    /// The time that all threads of this process together have spent on the processors since the start. On a busy machine it says
    /// more than `elapsed` does.
    pub fn cpu(self) -> Duration {
        cpu_time().saturating_sub(self.cpu_at_start)
    }
}

fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).expect("nobody spends less than nothing")
}
