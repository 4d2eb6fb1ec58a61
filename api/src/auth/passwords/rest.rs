//! How long those who hash passwords rest, so that the processors are there for what cannot wait.
//!
//! A low rank alone does not do it: what a hash does to caches and memory slows whoever runs beside it, and it runs in every moment that
//! nobody else does. So a thread rests after each hash, the longer the busier the rest of the program is. Where nothing else happens it
//! does not rest at all.

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// So many times as long as it hashed does a thread rest where the others keep all processors busy.
const RESTS: u32 = 4;

/// Processor time of all threads that hash, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Hashing(AtomicU64);

/// What one thread that hashes knows of itself and the others.
pub(super) struct Thread<'a> {
    hashing: &'a Hashing,
    processors: u32,
    before: Clocks,
}

#[derive(Clone, Copy)]
struct Clocks {
    now: Duration,
    process: Duration,
    own: Duration,
    hashing: Duration,
}

impl<'a> Thread<'a> {
    /// The thread that calls this.
    pub(super) fn current(hashing: &'a Hashing) -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let processors = u32::try_from(processors).unwrap_or(u32::MAX);
        Self { hashing, processors, before: Clocks::read(hashing) }
    }

    /// How long to rest after a hash. What it is measured by is all that happened since this was called before.
    pub(super) fn rest(&mut self) -> Duration {
        let hashed = time_of(ClockId::ThreadCPUTime).saturating_sub(self.before.own);
        self.hashing.0.fetch_add(u64::try_from(hashed.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        let after = Clocks::read(self.hashing);
        let before = std::mem::replace(&mut self.before, after);
        let hashing = after.hashing.saturating_sub(before.hashing);
        let others = after.process.saturating_sub(before.process).saturating_sub(hashing);
        rest(hashed, others, after.now.saturating_sub(before.now), self.processors)
    }
}

impl Clocks {
    fn read(hashing: &Hashing) -> Self {
        Self {
            now: time_of(ClockId::Monotonic),
            process: time_of(ClockId::ProcessCPUTime),
            own: time_of(ClockId::ThreadCPUTime),
            hashing: Duration::from_nanos(hashing.0.load(Ordering::Relaxed)),
        }
    }
}

fn time_of(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// How long to rest after having hashed for so long, where the others had so much processor time in so much time.
fn rest(hashed: Duration, others: Duration, window: Duration, processors: u32) -> Duration {
    if window.is_zero() {
        return Duration::ZERO;
    }
    let share = others.as_secs_f64() / window.as_secs_f64() / f64::from(processors);
    (hashed * RESTS).mul_f64(share.min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busier_the_others_are_the_longer_it_rests() {
        let ms = Duration::from_millis;
        // Hashed, others, window, processors.
        for ((hashed, others, window, processors), expected) in [
            ((20, 0, 20, 2), 0),
            ((20, 20, 20, 2), 40),
            ((20, 40, 20, 2), 80),
            ((20, 20, 80, 1), 20),
            // On many processors a little work of others is nothing.
            ((20, 20, 20, 64), 1),
            // Clocks that disagree.
            ((20, 100, 20, 2), 80),
            ((20, 40, 0, 2), 0),
        ] {
            let rest = rest(ms(hashed), ms(others), ms(window), processors);
            assert_eq!(rest.as_millis(), ms(expected).as_millis(), "{hashed} {others} {window}");
        }
    }

    #[test]
    fn what_a_thread_hashes_is_counted_for_all_of_them() {
        let hashing = Hashing::default();
        let mut thread = Thread::current(&hashing);
        thread.rest();
        let counted = hashing.0.load(Ordering::Relaxed);
        assert!(counted > 0 && counted < u64::MAX / 2, "{counted}");
    }
}
