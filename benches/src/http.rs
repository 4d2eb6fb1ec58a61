//! Load over HTTP: a server in a process of its own, and callers in a closed loop who do little but send and count.
//!
//! [`Calls`] are the requests, made before the clock runs. [`Load::http1`], [`Load::h2c`] and [`Load::batches`] send them for a while
//! and count what came back; every answer has the status that was expected, or the bench ends. The servers are this same executable
//! in another role: a bench's `main` begins with [`play_role`]. [`Site`] is the box office, and knows what can be asked of it.

mod batches;
mod calls;
mod http1;
pub(crate) mod http2;
mod roles;
mod server;
mod site;

pub(crate) use calls::Prepared;
pub use calls::{Call, Calls};
pub(crate) use http1::Connection;
pub use roles::play_role;
pub use server::Server;
pub(crate) use server::{BOXOFFICE as BOXOFFICE_ROLE, LISTENING, SECRET, listen};
pub use site::{Disk, RefusalTimes, Site};

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::figures::per_second;
use crate::office::runtime_of_caller;
use crate::stopwatch::Stopwatch;

/// Threads that call, each with its own part of the connections.
const THREADS: usize = 2;

/// Who is called, by how many, for how long.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The server.
    pub address: SocketAddr,
    /// Connections at the same time.
    pub connections: usize,
    /// How long each caller goes on; what is under way then is waited for.
    pub time: Duration,
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// Answers, all of the expected status; of batches, lines that are bookings.
    pub answers: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
}

impl Tally {
    /// Answers per second.
    pub fn per_second(&self) -> f64 {
        per_second(self.answers, self.elapsed)
    }
}

impl Load {
    /// Over HTTP/1.1, one request at a time on each connection.
    pub fn http1(self, calls: &Arc<Calls>) -> Tally {
        self.run(calls, http1::call)
    }

    /// Over HTTP/2 without TLS, `streams` requests at a time on each connection.
    pub fn h2c(self, calls: &Arc<Calls>, streams: usize) -> Tally {
        self.run(calls, move |address, calls, ends| http2::call(address, calls, ends, streams))
    }

    /// Batches over HTTP/1.1, one at a time on each connection. What is counted is their lines, which all have to be bookings.
    pub fn batches(self, calls: &Arc<Calls>) -> Tally {
        self.run(calls, batches::call)
    }

    /// Has every connection served by a task of `caller`, which counts.
    fn run<F>(
        self,
        calls: &Arc<Calls>,
        caller: impl Fn(SocketAddr, Arc<Calls>, Ends) -> F + Send + Sync,
    ) -> Tally
    where
        F: Future<Output = u64> + Send + 'static,
    {
        let ends = Ends(Arc::default());
        let stopwatch = Stopwatch::start();
        let answers = std::thread::scope(|scope| {
            let (done, finished) = channel();
            let threads = (0..THREADS.min(self.connections)).map(|thread| {
                let (caller, ends, done) = (&caller, ends.clone(), done.clone());
                scope.spawn(move || {
                    let answers = runtime_of_caller().block_on(async {
                        let mut connections = JoinSet::new();
                        for _ in (thread..self.connections).step_by(THREADS) {
                            connections.spawn(caller(self.address, Arc::clone(calls), ends.clone()));
                        }
                        connections.join_all().await.into_iter().sum::<u64>()
                    });
                    // The one who waits for the end of the time waits no longer when a caller has failed.
                    drop(done);
                    answers
                })
            });
            let threads: Vec<_> = threads.collect();
            drop(done);
            let nothing: Result<(), _> = finished.recv_timeout(self.time);
            ends.0.store(true, Ordering::Relaxed);
            let answers =
                threads.into_iter().map(|thread| thread.join().expect("every answer was as expected"));
            let answers = answers.sum();
            assert_eq!(nothing, Err(RecvTimeoutError::Timeout), "callers go on until their time is over");
            answers
        });
        Tally { answers, elapsed: stopwatch.elapsed() }
    }
}

/// Tells callers when their time is over.
#[derive(Clone)]
struct Ends(Arc<AtomicBool>);

impl Ends {
    fn has_come(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
