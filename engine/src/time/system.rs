//! The machine's clock, made safe: wall time at the start plus the time that has passed since, drawn slowly towards the wall.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use super::{Clock, Sleep, Time};

/// The clock's rate differs from that of the time that passes by at most one part in this many.
const DRAW_DIVISOR: i64 = 100;
/// How long one sleep lasts at most before it looks at the clock again: the clock may be drawn while we wait.
const SLEEP_MS_MAX: i64 = 60_000;
/// How far the wall may be from this clock before somebody should know, in milliseconds.
const APART_MS_MAX: i64 = 60_000;
/// How often they are told, in milliseconds.
const TELL_EVERY_MS: i64 = 3_600_000;

/// A clock that neither a step back nor a spike forward of the wall clock can move by more than 1 % of the time that passes:
/// such a step must not expire holds or close sales.
pub struct SystemClock {
    /// What is to be added to [`passed_ms`].
    offset_ms: AtomicI64,
    /// When the offset was last drawn, by [`passed_ms`].
    drawn_at_ms: AtomicI64,
    /// When somebody was last told that the wall is far away, in milliseconds by [`passed_ms`].
    told_at: AtomicI64,
}

impl SystemClock {
    /// A clock that starts at the wall's present time.
    pub fn start() -> Self {
        let passed_ms = passed_ms();
        Self {
            offset_ms: AtomicI64::new(wall_ms() - passed_ms),
            drawn_at_ms: AtomicI64::new(passed_ms),
            told_at: AtomicI64::new(passed_ms - TELL_EVERY_MS),
        }
    }

    fn draw(&self, passed_ms: i64) {
        let drawn_at_ms = self.drawn_at_ms.load(Ordering::Relaxed);
        if passed_ms - drawn_at_ms < DRAW_DIVISOR {
            return;
        }
        let turn =
            self.drawn_at_ms.compare_exchange(drawn_at_ms, passed_ms, Ordering::AcqRel, Ordering::Relaxed);
        if turn.is_ok() {
            let behind_ms = wall_ms() - passed_ms - self.offset_ms.load(Ordering::Relaxed);
            self.offset_ms.fetch_add(drawn_step_ms(behind_ms, passed_ms - drawn_at_ms), Ordering::AcqRel);
            self.tell_of(behind_ms, passed_ms);
        }
    }

    /// Tells the log now and then that the wall is far away: tokens and messages of others are dated by it.
    fn tell_of(&self, behind_ms: i64, passed_ms: i64) {
        let is_told = passed_ms - self.told_at.load(Ordering::Relaxed) < TELL_EVERY_MS;
        if behind_ms.abs() > APART_MS_MAX && !is_told {
            self.told_at.store(passed_ms, Ordering::Relaxed);
            tracing::warn!(
                seconds_behind = behind_ms / 1_000,
                "the machine's clock was set: the box office follows it by a hundredth of the time that passes, or at once when it is started again"
            );
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let passed_ms = passed_ms();
        self.draw(passed_ms);
        Time(passed_ms.saturating_add(self.offset_ms.load(Ordering::Acquire)))
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

/// Milliseconds that have passed since the machine was started, those in which it was suspended included.
fn passed_ms() -> i64 {
    let passed = clock_gettime(ClockId::Boottime);
    passed.tv_sec * 1_000 + passed.tv_nsec / 1_000_000
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

    #[test]
    fn it_starts_at_the_wall_and_goes_on_from_there() {
        let (before, clock) = (wall_ms(), SystemClock::start());
        let first = clock.now();
        // A hundredth of what passes is the most by which the two can part.
        assert!((before - 1..=wall_ms() + 1).contains(&first.0), "{before} {first:?}");
        assert!(clock.now() >= first);
    }

    #[test]
    fn a_wall_that_is_far_away_is_told_of_once_an_hour() {
        let clock = SystemClock::start();
        let start = clock.drawn_at_ms.load(Ordering::Relaxed);
        let mut told_at = Vec::new();
        for minutes in 0..=120 {
            let passed_ms = start + minutes * 60_000;
            clock.tell_of(if minutes == 0 { APART_MS_MAX } else { -APART_MS_MAX - 1 }, passed_ms);
            if clock.told_at.load(Ordering::Relaxed) == passed_ms {
                told_at.push(minutes);
            }
        }
        assert_eq!(told_at, [1, 61]);
    }
}
