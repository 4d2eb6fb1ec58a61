//! How low the thread that merges segments ranks among the others. Snapshots rank as high as everything else: the journal grows for as
//! long as one takes.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::LOOK_EVERY;

/// What may take as long as it likes.
const NICENESS: i32 = 10;

/// Does `work` on a thread that ranks below the others, and returns what comes of it. Meanwhile `beside` is called now and then, on
/// this one: a thread that has once ranked low can never rise again. When it did something it is called again at once.
pub(super) fn below<T: Send>(
    work: impl FnOnce() -> T + Send,
    beside: &mut dyn FnMut() -> bool,
) -> io::Result<T> {
    thread::scope(|scope| {
        let (at_work, over) = mpsc::channel::<()>();
        let working = thread::Builder::new().name("merges".to_owned()).spawn_scoped(scope, move || {
            let _at_work = at_work;
            if let Err(error) = rustix::process::nice(NICENESS) {
                tracing::debug!(%error, "segments are merged at the rank of everything else");
            }
            work()
        })?;
        let mut wait = Duration::ZERO;
        while over.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            wait = if beside() { Duration::ZERO } else { LOOK_EVERY };
        }
        // A panic there is one here.
        Ok(working.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
