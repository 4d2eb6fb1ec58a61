//! The requests of one HTTP/2 connection, on the connection's own task.
//!
//! Each on a task of its own would be woken by itself, and would wake the connection for its answer alone: a turn of the scheduler and
//! a socket call for each. Here the commits of a group wake one task, which takes all their answers and sends them together. What is
//! long is not done by a handler but on threads of its own, so nobody holds up the others on a connection for long.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Context;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper::rt::Executor;
use parking_lot::Mutex;

type Stream = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The requests under way.
#[derive(Default)]
pub(super) struct Streams {
    arrivals: StreamsHandle,
    under_way: FuturesUnordered<Stream>,
}

/// Where the connection puts a request that has come.
#[derive(Clone, Default)]
pub(super) struct StreamsHandle(Arc<Arrivals>);

#[derive(Default)]
struct Arrivals {
    any: AtomicBool,
    streams: Mutex<Vec<Stream>>,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for StreamsHandle {
    fn execute(&self, stream: F) {
        self.0.streams.lock().push(Box::pin(stream));
        self.0.any.store(true, Ordering::Release);
    }
}

impl Streams {
    pub(super) fn handle(&self) -> StreamsHandle {
        self.arrivals.clone()
    }

    /// Whether requests have come that were not looked at.
    pub(super) fn has_new(&self) -> bool {
        self.arrivals.0.any.load(Ordering::Acquire)
    }

    /// Goes on with every request that can go on.
    pub(super) fn poll_all(&mut self, context: &mut Context<'_>) {
        if self.has_new() {
            self.arrivals.0.any.store(false, Ordering::Release);
            let mut arrivals = self.arrivals.0.streams.lock();
            self.under_way.extend(arrivals.drain(..));
        }
        while !self.under_way.is_empty() && self.under_way.poll_next_unpin(context).is_ready() {}
    }
}
