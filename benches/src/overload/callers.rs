//! Callers in a closed loop who take a refusal for overload for an answer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::task::JoinSet;

use super::{Counts, Kind, Mix};
use crate::http::{Connection, http2};
use crate::office::runtime_of_caller;

/// Threads that call, each with its own part of the connections.
const THREADS: usize = 2;
/// What tells a refusal for overload from others, in its body.
const OVERLOADED: &[u8] = br#""code":"overloaded""#;
const STATUS_REFUSED: u16 = 503;

/// How callers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over HTTP/1.1: one request at a time on each connection.
    Http1,
    /// Over HTTP/2 without TLS: so many at a time.
    H2c {
        /// Requests under way on each connection.
        streams: usize,
    },
}

/// Callers of one kind.
#[derive(Clone, Debug)]
pub struct Callers {
    /// Who is called.
    pub address: SocketAddr,
    /// How.
    pub way: Way,
    /// Connections at the same time.
    pub connections: usize,
    /// What for.
    pub mix: Mix,
    /// What who was refused waits before the next try, as `Retry-After` asks for; the impatient wait for nothing.
    pub patience: Option<Duration>,
}

/// How far a load has come: the callers warm up, are counted, and end.
#[derive(Clone, Default)]
struct Progress(Arc<AtomicU8>);

impl Progress {
    const COUNTING: u8 = 1;
    const OVER: u8 = 2;

    fn is(&self, step: u8) -> bool {
        self.0.load(Ordering::Relaxed) == step
    }

    fn set(&self, step: u8) {
        self.0.store(step, Ordering::Relaxed);
    }
}

impl Callers {
    /// Lets several kinds of callers loose together, for `warm` without and for `time` with the clock running; says of each kind what
    /// they were answered.
    pub fn call<const N: usize>(kinds: &[Self; N], warm: Duration, time: Duration) -> [Counts; N] {
        let progress = Progress::default();
        let connections: usize = kinds.iter().map(|callers| callers.connections).sum();
        let (connected, all_connected) = channel();
        let counts = kinds.each_ref().map(|_| Arc::new(Mutex::new(Vec::new())));
        let took = std::thread::scope(|scope| {
            for (callers, counts) in kinds.iter().zip(&counts) {
                for thread in 0..THREADS.min(callers.connections) {
                    let (progress, connected) = (progress.clone(), connected.clone());
                    scope.spawn(move || {
                        let told = callers.on_thread(thread, &progress, &connected);
                        counts.lock().push(told);
                    });
                }
            }
            // Now only callers hold it: the one who waits waits no longer when they have failed.
            drop(connected);
            for _ in 0..connections {
                all_connected.recv().expect("everybody is let in");
            }
            wait(&all_connected, warm);
            progress.set(Progress::COUNTING);
            let began = now();
            wait(&all_connected, time);
            progress.set(Progress::OVER);
            began.elapsed()
        });
        counts.map(|told| {
            let mut all = Counts::none();
            let told = told.lock();
            told.iter().for_each(|counts| all.add(counts));
            all.time = took;
            all
        })
    }

    fn on_thread(&self, thread: usize, progress: &Progress, connected: &Sender<()>) -> Counts {
        let counts = Arc::new(Mutex::new(Counts::none()));
        runtime_of_caller().block_on(async {
            let mut callers = JoinSet::new();
            for _ in (thread..self.connections).step_by(THREADS) {
                let caller = Caller {
                    mix: self.mix.clone(),
                    patience: self.patience,
                    progress: progress.clone(),
                    counts: Arc::clone(&counts),
                };
                // One after another: a crowd that knocks all at once would wait for the system's queue.
                match self.way {
                    Way::Http1 => {
                        let connection = Connection::to(self.address).await;
                        callers.spawn(caller.over_http1(connection));
                    }
                    Way::H2c { streams } => {
                        let connection = http2::Connection::to(self.address).await;
                        callers.spawn(caller.over_h2c(connection, streams));
                    }
                }
                connected.send(()).expect("somebody waits for all of them");
            }
            callers.join_all().await;
        });
        let counts = counts.lock();
        counts.clone()
    }
}

/// Whoever calls on one connection.
#[derive(Clone)]
struct Caller {
    mix: Mix,
    patience: Option<Duration>,
    progress: Progress,
    counts: Arc<Mutex<Counts>>,
}

impl Caller {
    async fn over_http1(self, mut connection: Connection) {
        while !self.progress.is(Progress::OVER) {
            let (kind, call, status) = self.mix.next();
            let began = now();
            connection.send(&call.http1).await;
            let head = connection.read_head().await;
            let is_done = head.status == status;
            if is_done {
                connection.skip_body(&head).await;
            } else {
                let said = connection.said();
                let body = connection.read_body(&head).await;
                assert_refusal(head.status, said.contains("retry-after: "), body.as_bytes());
            }
            self.note(kind, is_done, began);
            if let Some(patience) = self.patience.filter(|_| !is_done) {
                tokio::time::sleep(patience).await;
            }
        }
    }

    async fn over_h2c(self, mut connection: http2::Connection, streams: usize) {
        assert_eq!(self.patience, None, "whoever has many streams does not wait");
        let mut asked = HashMap::new();
        let ask = |connection: &mut http2::Connection, asked: &mut HashMap<_, _>| {
            let (kind, call, status) = self.mix.next();
            asked.insert(connection.ask(&[&call.http2], &call.body), (kind, status, now()));
        };
        for _ in 0..streams {
            ask(&mut connection, &mut asked);
        }
        while !asked.is_empty() {
            let answer = connection.answer().await;
            let (kind, status, began) = asked.remove(&answer.stream).expect("it was asked for");
            let is_done = answer.status == status;
            if !is_done {
                assert_refusal(answer.status, answer.asks_to_retry, &answer.body);
            }
            self.note(kind, is_done, began);
            if !self.progress.is(Progress::OVER) {
                ask(&mut connection, &mut asked);
            }
        }
    }

    fn note(&self, kind: Kind, is_done: bool, began: Instant) {
        let took = self.progress.is(Progress::COUNTING).then(|| began.elapsed());
        self.counts.lock().note(kind, is_done, took);
    }
}

/// Nothing else than overload keeps from being done what is asked for here.
fn assert_refusal(status: u16, has_retry_after: bool, body: &[u8]) {
    let is_overload = memchr::memmem::find(body, OVERLOADED).is_some();
    let said = String::from_utf8_lossy(body);
    assert!(status == STATUS_REFUSED && has_retry_after && is_overload, "{status}: {said}");
}

/// Waits for so long while callers go on.
fn wait(callers: &Receiver<()>, time: Duration) {
    let nothing = callers.recv_timeout(time);
    assert_eq!(nothing, Err(RecvTimeoutError::Timeout), "callers go on until their time is over");
}

#[expect(clippy::disallowed_methods, reason = "benches measure real time")]
fn now() -> Instant {
    Instant::now()
}
