//! What callers ask for, in which proportion.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Kind;
use crate::http::{Calls, Prepared};

/// Has no divisor in common with a hundred, so its multiples come by every number below, without a pattern to see.
const STRIDE: usize = 61;

/// Calls of two kinds. All callers together take them in turn.
#[derive(Clone, Debug)]
pub struct Mix {
    first: Arc<Calls>,
    rest: Arc<Calls>,
    first_of_hundred: usize,
    turn: Arc<AtomicUsize>,
}

impl Mix {
    /// Calls of one kind.
    pub fn of(calls: &Arc<Calls>) -> Self {
        Self::with(calls, 100, calls)
    }

    /// So many in a hundred of the first kind, the others of the rest.
    pub fn with(first: &Arc<Calls>, first_of_hundred: usize, rest: &Arc<Calls>) -> Self {
        let (first, rest) = (Arc::clone(first), Arc::clone(rest));
        Self { first, rest, first_of_hundred, turn: Arc::default() }
    }

    /// The next call, and the status that it is answered with when it is done.
    pub(super) fn next(&self) -> (Kind, &Prepared, u16) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % 100;
        let is_first = turn * STRIDE % 100 < self.first_of_hundred;
        let (kind, calls) = if is_first { (Kind::First, &self.first) } else { (Kind::Rest, &self.rest) };
        (kind, calls.next(), calls.status)
    }
}
