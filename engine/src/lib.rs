//! What a box office is: concerts, accounts, the actors that own them, and the port behind which they survive.
//!
//! Read [`concert`] first: everything else exists to run it fast and never lose what it said.

pub mod accounts;
mod actor;
pub mod box_office;
pub mod caller;
pub mod concert;
pub mod deaths;
mod desk;
pub mod errands;
pub mod faults;
pub mod fold;
mod form;
pub mod idempotency;
pub mod ids;
pub mod journal;
pub mod limits;
pub mod machine;
pub mod money;
mod restore;
pub mod time;
mod writer;

pub use box_office::{BoxOffice, Settings};
pub use machine::{Answered, Refused};
pub use writer::JournalStatus;
