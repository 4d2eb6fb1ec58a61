//! A thread of its own for what sled may never come back from.
//!
//! On damaged files sled panics, and where one of its I/O threads has died it waits for ever. Neither may become our panic or
//! our hang: the work runs beside us, under a deadline, and whoever asked gets an answer.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

const NAME: &str = "store-open";
const SLED_THREADS: &str = "sled-io-";

/// Longest time for opening or closing an empty store.
const SECONDS_MIN: u64 = 60;
/// Slowest disk that is waited for, in bytes per second.
const BYTES_PER_SECOND_MIN: u64 = 16 * 1024 * 1024;

/// Work that gave no result.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Died {
    /// It panicked with this message. Everything it held has been dropped.
    #[error("sled panicked: {0}")]
    Panicked(String),
    /// It did not begin: the system gave no thread for it.
    #[error("no thread could be started: {0}")]
    Unstarted(String),
    /// It did not end in so many seconds and goes on holding what it held.
    #[error("sled did not answer in {0} seconds")]
    Stuck(u64),
}

/// Runs `work` in a thread of its own. `bytes` is the size of what it must read, from which follows how long it may take.
pub(crate) fn run<T: Send + 'static>(
    bytes: u64,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Died> {
    let seconds = SECONDS_MIN + bytes / BYTES_PER_SECOND_MIN;
    run_for(Duration::from_secs(seconds), work).map_err(|died| died.unwrap_or(Died::Stuck(seconds)))
}

/// Drops what has a store in it. A store that cannot be closed as it should be is no trouble any more: what was acknowledged was durable
/// before.
pub(crate) fn let_go(holds_store: impl Send + 'static) {
    if let Err(died) = run(0, move || drop(holds_store)) {
        tracing::warn!(%died, "a journal could not be closed as it should be; nothing of it is lost");
    }
}

/// Fails with `None` when the time is over.
fn run_for<T: Send + 'static>(
    longest: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Option<Died>> {
    quiet_panics();
    let (done, result) = mpsc::channel();
    let body = move || {
        // If nobody waits any more, the result is dropped here, with the store in it.
        let _ = done.send(catch(work));
    };
    let started = thread::Builder::new().name(NAME.to_owned()).spawn(body);
    started.map_err(|error| Some(Died::Unstarted(error.to_string())))?;
    match result.recv_timeout(longest) {
        Ok(result) => result.map_err(|message| Some(Died::Panicked(message))),
        Err(RecvTimeoutError::Timeout) => Err(None),
        Err(RecvTimeoutError::Disconnected) => {
            Err(Some(Died::Panicked("the thread ended without a word".to_owned())))
        }
    }
}

/// Calls `work`; a panic becomes its message.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // What `work` touched is whole at every step, or is not used again after a panic.
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

/// Keeps panics of sled, which become an answer here, from being printed as if the program had crashed.
fn quiet_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let current = thread::current();
            match current.name() {
                Some(name) if name == NAME || name.starts_with(SLED_THREADS) => {
                    tracing::debug!(thread = name, %panic, "sled panicked");
                }
                _ => others(panic),
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_gives_its_result_its_panic_or_nothing() {
        assert_eq!(run(0, || 7), Ok(7));
        assert_eq!(run(0, || panic!("bad {}", "page")), Err::<(), _>(Died::Panicked("bad page".to_owned())));
        let (_open, never) = mpsc::channel::<()>();
        let stuck = run_for(Duration::from_millis(1), move || never.recv().is_ok());
        assert_eq!(stuck, Err(None));
    }
}
