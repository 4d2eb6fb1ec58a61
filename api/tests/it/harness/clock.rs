//! The tests' look at the clock: tokens and concerts have dates, and a hang must end. Nothing here waits by sleeping, and no
//! test asserts how long something took.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::process::HANG;

/// What time it is.
#[expect(
    clippy::disallowed_methods,
    reason = "the binary under test lives in real time, so its callers do, too"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A point in time so many seconds from now, as the contract writes it.
pub(crate) fn in_seconds(seconds: i64) -> String {
    (now() + SignedDuration::from_secs(seconds)).to_string()
}

/// A point in time so many days from now, on the full second.
pub(crate) fn in_days(days: i64) -> String {
    let seconds = now().as_second() + days * 86_400;
    Timestamp::from_second(seconds).expect("a time that exists").to_string()
}

/// Tries until there is a result. An attempt is a call to the binary, so this does not spin faster than it answers.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "bounds a hang; nothing is asserted about how long it took")]
pub(crate) fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(result) = attempt() {
            return result;
        }
        assert!(begin.elapsed() < HANG, "never happened: {what}");
        std::thread::yield_now();
    }
}
