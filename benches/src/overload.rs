//! A box office of which more is asked than it can do: callers who count refusals instead of ending at them, calls in proportions, and
//! a server whose disk is slow and that times its own refusals.

mod callers;
mod counts;
mod mix;
mod server;
mod timed;

pub use callers::{Callers, Way};
pub use counts::{Counts, Kind};
pub use mix::Mix;
pub(crate) use server::{SLOWED, serve_slowed};
pub(crate) use timed::PATH as REFUSALS_PATH;
