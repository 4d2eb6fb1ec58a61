//! The machine's clock, made safe: wall time at the start plus monotonic time, drawn slowly towards the wall.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Clock, Sleep, Time};

/// The clock's rate differs from the monotonic one by at most one part in this many.
const DRAW_DIVISOR: i64 = 100;
/// How long one sleep lasts at most before it looks at the clock again: the clock may be drawn while we wait.
const SLEEP_MS_MAX: i64 = 60_000;

/// A clock that neither a step back nor a spike forward of the wall clock can move by more than 1 % of the time that passes:
/// such a step must not expire holds or close sales.
pub struct SystemClock {
    started: Instant,
    /// What is to be added to the milliseconds since `started`.
    offset_ms: AtomicI64,
    /// When the offset was last drawn, in milliseconds since `started`.
    drawn_at_ms: AtomicI64,
}

impl SystemClock {
    /// A clock that starts at the wall's present time.
    #[expect(clippy::disallowed_methods, reason = "this is the Clock that everything else asks")]
    pub fn start() -> Self {
        Self { started: Instant::now(), offset_ms: AtomicI64::new(wall_ms()), drawn_at_ms: AtomicI64::new(0) }
    }

    fn draw(&self, elapsed_ms: i64) {
        let drawn_at_ms = self.drawn_at_ms.load(Ordering::Relaxed);
        if elapsed_ms - drawn_at_ms < DRAW_DIVISOR {
            return;
        }
        let turn =
            self.drawn_at_ms.compare_exchange(drawn_at_ms, elapsed_ms, Ordering::AcqRel, Ordering::Relaxed);
        if turn.is_ok() {
            let offset_ms = self.offset_ms.load(Ordering::Relaxed);
            let step_ms = drawn_step_ms(wall_ms() - elapsed_ms - offset_ms, elapsed_ms - drawn_at_ms);
            self.offset_ms.fetch_add(step_ms, Ordering::AcqRel);
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let elapsed_ms = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.draw(elapsed_ms);
        Time(elapsed_ms.saturating_add(self.offset_ms.load(Ordering::Acquire)))
    }

    fn sleep_until(&self, time: Time) -> Sleep {
        let wait_ms = time.0.saturating_sub(self.now().0).clamp(0, SLEEP_MS_MAX);
        Box::pin(tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs())))
    }
}

/// How far to draw a clock that is `behind_ms` behind the wall, when `passed_ms` have passed since it was last drawn.
fn drawn_step_ms(behind_ms: i64, passed_ms: i64) -> i64 {
    let step_ms_max = passed_ms / DRAW_DIVISOR;
    behind_ms.clamp(-step_ms_max, step_ms_max)
}

#[expect(clippy::disallowed_methods, reason = "the only reading of the wall clock")]
fn wall_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_drawn_by_at_most_a_hundredth_of_what_passed() {
        for (behind_ms, passed_ms, step_ms) in
            [(0, 1_000, 0), (5, 1_000, 5), (1_000_000, 1_000, 10), (-1_000_000, 1_000, -10), (7, 99, 0)]
        {
            assert_eq!(drawn_step_ms(behind_ms, passed_ms), step_ms);
        }
    }
}
