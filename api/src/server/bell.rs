//! What a connection waits for beside its bytes, at no cost to each of its requests.
//!
//! A task that is woken polls everything that it waits for. A connection is woken for every request, its own end happens once: so the
//! future that tells of it has a waker of its own, and is looked at only when that one was called.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A future that is polled only when it has woken itself.
pub(super) struct Bell<F> {
    future: Pin<Box<F>>,
    rope: Arc<Rope>,
    waker: Waker,
}

/// What wakes the future of a [`Bell`], and with it the task.
struct Rope {
    rings: AtomicBool,
    task: Waker,
}

impl Wake for Rope {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rings.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

impl<F: Future> Bell<F> {
    /// A bell in the task that awaits this, which stays the same task.
    pub(super) async fn hang(future: F) -> Self {
        let task = std::future::poll_fn(|context| Poll::Ready(context.waker().clone())).await;
        let rope = Arc::new(Rope { rings: AtomicBool::new(true), task });
        Self { future: Box::pin(future), waker: Waker::from(Arc::clone(&rope)), rope }
    }
}

impl<F: Future> Future for Bell<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<F::Output> {
        if !self.rope.rings.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        // Before the look, so that what rings meanwhile is not missed.
        self.rope.rings.swap(false, Ordering::AcqRel);
        let Self { future, waker, .. } = &mut *self;
        future.as_mut().poll(&mut Context::from_waker(waker))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn future_is_polled_only_when_it_was_woken() {
        let polls = AtomicUsize::new(0);
        let (ring, heard) = oneshot::channel();
        let mut heard = std::pin::pin!(heard);
        let counted = std::future::poll_fn(|context| {
            polls.fetch_add(1, Ordering::Relaxed);
            heard.as_mut().poll(context)
        });
        let mut bell = Bell::hang(counted).await;
        for _ in 0..3 {
            let polled = std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut bell).poll(context))).await;
            assert!(polled.is_pending());
            assert_eq!(polls.load(Ordering::Relaxed), 1);
        }
        ring.send(7).unwrap();
        assert_eq!(bell.await, Ok(7));
        assert_eq!(polls.load(Ordering::Relaxed), 2);
    }
}
