//! How low the threads that make snapshots and merge segments rank among the others.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use super::LOOK_EVERY;

/// What must keep pace with bookings, which come first.
pub(super) const OF_SNAPSHOTS: i32 = 5;
/// What may take as long as it likes.
pub(super) const OF_MERGES: i32 = 10;

/// Does `work` on a thread that ranks so much below the others, and returns what comes of it. Meanwhile `beside` is called now and then, on
/// this one: a thread that has once ranked low can never rise again.
pub(super) fn below<T: Send>(
    niceness: i32,
    work: impl FnOnce() -> T + Send,
    beside: &mut dyn FnMut(),
) -> io::Result<T> {
    thread::scope(|scope| {
        let (at_work, over) = mpsc::channel::<()>();
        let working =
            thread::Builder::new().name("snapshots-low".to_owned()).spawn_scoped(scope, move || {
                let _at_work = at_work;
                if let Err(error) = rustix::process::nice(niceness) {
                    tracing::debug!(%error, "snapshots are made at the rank of everything else");
                }
                work()
            })?;
        while over.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
            beside();
        }
        // A panic there is one here.
        Ok(working.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
