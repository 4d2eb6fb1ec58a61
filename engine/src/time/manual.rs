//! A clock that tests move.

use tokio::sync::watch;

use super::{Clock, Sleep, Time};

/// Stands still until it is moved.
pub struct ManualClock {
    now: watch::Sender<Time>,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Time) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Moves on to `time`; a time before the present one changes nothing.
    pub fn move_to(&self, time: Time) {
        self.now.send_if_modified(|now| {
            let moves = time > *now;
            *now = time.max(*now);
            moves
        });
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        *self.now.borrow()
    }

    fn sleep_until(&self, time: Time) -> Sleep {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // The clock being gone means that nobody can be waiting for it in earnest.
            let _ = now.wait_for(|now| *now >= time).await;
        })
    }
}
