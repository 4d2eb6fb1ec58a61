//! What the system lets this process have: open files and threads. Where there are too few of them, what fails later looks like a broken
//! disk, in the middle of a sale. So they are asked for before anything else.

use std::io;
use std::num::NonZero;
use std::sync::mpsc;
use std::thread;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::server::Limits;

/// Files that may be open beside the connections: the store's, and those of calls to the world outside.
const FILES_BESIDE_CONNECTIONS: u64 = 1_024;
/// With fewer open files there is no box office.
const FILES_MIN: u64 = 256;
/// Threads beside those of the runtime, of which there is one for each processor: the store's and sled's, the journal's, those that hash
/// passwords, read and look.
const THREADS_BESIDE_RUNTIME: usize = 24;

/// Too little to begin with.
#[derive(Debug, thiserror::Error)]
pub enum MeansError {
    /// Too few open files.
    #[error(
        "this process may have {allowed} files open, and needs {FILES_MIN} at least; hint: ulimit -n {FILES_BESIDE_CONNECTIONS}, or more, before it is started"
    )]
    Files {
        /// So many.
        allowed: u64,
    },
    /// Too few threads.
    #[error(
        "this process cannot have {wanted} threads: {source}; hint: the limits of processes and threads (ulimit -u, TasksMax=, a pids limit) are too low"
    )]
    Threads {
        /// So many are needed.
        wanted: usize,
        /// What the system says.
        source: io::Error,
    },
}

/// Asks for what a box office needs, and says how many connections it can have with what it got.
///
/// # Errors
/// When that is too little.
pub fn limits() -> Result<Limits, MeansError> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    require_threads(processors + THREADS_BESIDE_RUNTIME)?;
    let limits = Limits::default();
    let wanted = limits.connections_max as u64 + FILES_BESIDE_CONNECTIONS;
    let allowed = allow_open_files(wanted);
    let connections = connections_with(allowed)?.min(limits.connections_max);
    if allowed < wanted {
        tracing::warn!(
            allowed,
            wanted,
            connections,
            "there will be fewer connections than there could be; hint: ulimit -n"
        );
    }
    Ok(Limits { connections_max: connections, ..limits })
}

/// How many connections there may be where so many files may be open, so that they never take those of the store.
fn connections_with(allowed: u64) -> Result<usize, MeansError> {
    if allowed < FILES_MIN {
        return Err(MeansError::Files { allowed });
    }
    let connections = (allowed / 4).max(allowed.saturating_sub(FILES_BESIDE_CONNECTIONS));
    Ok(usize::try_from(connections).unwrap_or(usize::MAX))
}

/// Allows itself to have so many files open, as far as the system lets it, and says how many these are: many shells and service managers
/// allow 1,024 by default, and more on demand.
fn allow_open_files(wanted: u64) -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let current = current.unwrap_or(u64::MAX);
    if current >= wanted {
        return current;
    }
    let allowed = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    // Whoever may not have more goes on with what they have.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum });
    if raised.is_ok() { allowed } else { current }
}

/// Has so many threads at the same time, and lets them go.
fn require_threads(wanted: usize) -> Result<(), MeansError> {
    let (mut gates, mut threads) = (Vec::new(), Vec::new());
    let mut started = Ok(());
    while started.is_ok() && threads.len() < wanted {
        let (gate, opened) = mpsc::channel::<()>();
        match thread::Builder::new().spawn(move || _ = opened.recv()) {
            Ok(thread) => {
                gates.push(gate);
                threads.push(thread);
            }
            Err(source) => started = Err(MeansError::Threads { wanted, source }),
        }
    }
    drop(gates);
    for thread in threads {
        // It does nothing that could go wrong.
        let _ = thread.join();
    }
    started
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_never_take_what_the_store_needs() {
        for (allowed, connections) in [
            (256, Some(64)),
            (1_024, Some(256)),
            (2_048, Some(1_024)),
            (4_096, Some(3_072)),
            (11_024, Some(10_000)),
            (255, None),
        ] {
            assert_eq!(connections_with(allowed).ok(), connections, "{allowed}");
        }
    }

    #[test]
    fn threads_that_can_be_had_are_had() {
        assert!(require_threads(THREADS_BESIDE_RUNTIME).is_ok());
    }
}
