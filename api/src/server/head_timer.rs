//! The time that a head may take, measured without setting a timer for each of them.
//!
//! hyper begins a sleep when it begins to wait for a head, and drops it when the head is there, which is nearly always. Here all sleeps
//! of a connection are one: where its old end is not later than the present one, it goes on to that, and only then is put off.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

type Alarm = Pin<Box<tokio::time::Sleep>>;

/// The timer of one connection.
#[derive(Clone, Default)]
pub(super) struct HeadTimer {
    alarm: Arc<Mutex<Option<Alarm>>>,
}

/// A sleep until `deadline`.
struct Nap {
    deadline: Instant,
    timer: HeadTimer,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Nap { deadline, timer: self.clone() })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

impl Future for Nap {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline.into();
        let mut alarm = self.timer.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        // An alarm that would come too late is of no use.
        if alarm.deadline() > deadline {
            alarm.as_mut().reset(deadline);
        }
        loop {
            ready!(alarm.as_mut().poll(context));
            if alarm.deadline() >= deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
        }
    }
}

impl Sleep for Nap {}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn each_sleep_takes_its_own_time() {
        let timer = HeadTimer::default();
        for (given_up, given_up_after, seconds) in
            [(10, 4, 10), (10, 9, 10), (2, 1, 2), (100, 1, 2), (10, 1, 10), (2, 1, 100)]
        {
            let nap = timer.sleep(given_up * SECOND);
            assert!(tokio::time::timeout(given_up_after * SECOND, nap).await.is_err());
            let begun = tokio::time::Instant::now();
            timer.sleep(seconds * SECOND).await;
            // The runtime's clock counts milliseconds.
            assert!(begun.elapsed().abs_diff(seconds * SECOND) < SECOND / 100, "{:?}", begun.elapsed());
        }
    }
}
