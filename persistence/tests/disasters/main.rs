//! What can happen to a store from outside: damage, a full disk, a power cut.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and one that is skipped says so"
)]

use parking_lot::{Mutex, MutexGuard};

mod child;
mod damage;
mod dice;
mod full_disk;
mod history;
mod kill;
mod killed_start;
mod loop_device;
mod power_cut;
mod step;
#[path = "../store/support.rs"]
mod support;
mod writer;

/// These tests go one after another: a process that one of them starts inherits, for a moment, the locks of the others' files.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock()
}
