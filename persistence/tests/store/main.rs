//! The journals of this room as their users see them: the port's contract, restarts, and what is refused.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod conformance;
mod dying;
mod ended;
mod large_concerts;
mod moved;
mod restarts;
mod snapshots;
mod support;
