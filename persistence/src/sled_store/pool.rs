//! sled's I/O threads, of which most are sent to rest while a journal is open.
//!
//! sled has one pool of seven for the whole process and wakes them all for each write, one after another, though one finds something to
//! do: with the groups of 20 that 64 connections make, that took a sixth of the processor. There is no setting for it (sled 0.34.7,
//! `threadpool.rs`: `DESIRED_WAITING_THREADS`, `notify_all`). But whoever waits for a flush is told of its end by the thread that made
//! it, and may keep that thread for as long as it likes. Up to three that sled had started
//! beside the seven, to open a long journal, end by themselves; more would stay awake (after a million events there were three).

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Threads that rest. Two go on, so that a write need not wait while a file is opened or cut. Of what the pool does only a flush waits for
/// the rest of the pool, and a write for whoever waits until a file is cut: with two threads that takes a file that loses its end while
/// megabytes are written in one group, and the watchdog would end it.
const RESTING: usize = 5;

/// How long a pool that is well may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// A flush that is over before we wait for it keeps no thread. That happens while a thread of the pool is awake anyway.
const TRIES_MAX: usize = 10_000;

static POOL: Pool = Pool(Mutex::new(Held { holders: 0, rest: None }));

/// What a process holds of sled's pool.
#[derive(Debug)]
struct Pool(Mutex<Held>);

#[derive(Debug)]
struct Held {
    /// Journals that are open.
    holders: usize,
    rest: Option<Arc<Rest>>,
}

/// Lets the pool rest as long as it lives. The last one that is dropped in a process wakes it.
#[derive(Debug)]
pub(crate) struct QuietPool(&'static Pool);

/// What threads of the pool wait for.
#[derive(Debug, Default)]
struct Rest {
    over: Mutex<bool>,
    ended: Condvar,
}

impl QuietPool {
    /// Sends threads to rest by way of a sled that has nothing to flush.
    pub(crate) fn hold(db: &sled::Db) -> Self {
        POOL.hold(db, RESTING)
    }
}

impl Pool {
    fn hold(&'static self, db: &sled::Db, threads: usize) -> QuietPool {
        let mut held = self.0.lock();
        held.holders += 1;
        if held.rest.is_none() {
            let rest = Arc::new(Rest::default());
            let kept = (0..TRIES_MAX).filter(|_| keeps_a_thread(db, &rest)).take(threads).count();
            tracing::debug!(threads = kept, "threads of sled rest");
            if !answers(db) {
                // Where some have died, those that are kept may be all there are.
                tracing::warn!("sled does not answer while some of its threads rest: they are all woken");
                rest.end();
            }
            held.rest = Some(rest);
        }
        QuietPool(self)
    }
}

impl Drop for QuietPool {
    fn drop(&mut self) {
        let mut held = self.0.0.lock();
        held.holders -= 1;
        if held.holders == 0
            && let Some(rest) = held.rest.take()
        {
            rest.end();
        }
    }
}

impl Rest {
    fn end(&self) {
        *self.over.lock() = true;
        self.ended.notify_all();
    }
}

impl Wake for Rest {
    fn wake(self: Arc<Self>) {
        self.ended.wait_while(&mut self.over.lock(), |over| !*over);
    }
}

/// Told by the thread that made a flush.
struct Answer(Sender<()>);

impl Wake for Answer {
    fn wake(self: Arc<Self>) {
        // Whoever asked may not wait any more.
        let _ = self.0.send(());
    }
}

/// Whether a thread is left that makes a flush.
fn answers(db: &sled::Db) -> bool {
    let (made, answer) = mpsc::channel();
    let waker = Waker::from(Arc::new(Answer(made)));
    let mut flush = pin!(db.flush_async());
    flush.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
        || answer.recv_timeout(ANSWER_MAX).is_ok()
}

/// Has a flush made. Says whether it was not over when we began to wait for it: then its thread rests at its end.
fn keeps_a_thread(db: &sled::Db, rest: &Arc<Rest>) -> bool {
    let waker = Waker::from(Arc::clone(rest));
    let keeps = pin!(db.flush_async()).poll(&mut Context::from_waker(&waker)).is_pending();
    if !keeps {
        // The thread that was awake may fall asleep.
        std::thread::yield_now();
    }
    keeps
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Weak;

    use super::*;
    use crate::sled_store::open_sled;
    use crate::store_thread;

    /// Beside what the journals of other tests hold, one thread may be kept: sled needs one to go on.
    static ONE: Pool = Pool(Mutex::new(Held { holders: 0, rest: None }));

    fn threads_kept(rest: &Weak<Rest>, held: usize) -> usize {
        rest.strong_count() - held
    }

    fn rest_of(pool: &Pool) -> Weak<Rest> {
        pool.0.lock().rest.as_ref().map(Arc::downgrade).expect("the caller holds the pool")
    }

    /// Opens a sled in a directory and writes to it, within the time that a store may take.
    fn writes(dir: &Path) -> sled::Db {
        let dir = dir.to_owned();
        let written = store_thread::run(0, move || {
            let db = open_sled(&dir).unwrap();
            for key in 0..100_u8 {
                db.insert([key], &[key]).unwrap();
                assert!(db.flush().unwrap() > 0);
            }
            db
        });
        written.expect("sled writes within its time")
    }

    #[test]
    fn a_thread_rests_until_the_last_holder_is_gone_and_sled_writes_on() {
        let dir = tempfile::tempdir().unwrap();
        let db = writes(&dir.path().join("first"));
        let (first, second) = (ONE.hold(&db, 1), ONE.hold(&db, 1));
        let rest = rest_of(&ONE);
        drop(writes(&dir.path().join("second")));
        drop(first);
        assert_eq!(threads_kept(&rest, 1), 1);
        drop(second);
        let woke = (0..30_000).any(|_| {
            std::thread::park_timeout(Duration::from_millis(1));
            threads_kept(&rest, 0) == 0
        });
        assert!(woke, "a thread of sled still rests though nobody holds the pool");
    }

    #[test]
    fn a_journal_keeps_as_many_as_it_says_and_others_are_opened_and_written_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let db = writes(&dir.path().join("first"));
        let _held = QuietPool::hold(&db);
        assert_eq!(threads_kept(&rest_of(&POOL), 1), RESTING);
        for name in ["second", "third", "fourth"] {
            drop(writes(&dir.path().join(name)));
        }
    }
}
