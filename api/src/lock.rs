//! Locks whose content is whole after any panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is behind a lock. Only for what no panic leaves half changed.
pub(crate) fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
