//! What the benches have in common: offices on each journal, and the rushes that they stand.
//!
//! Read [`Rush`] first. Every bench asserts what it measured: a figure for the wrong result is worth nothing.
//!
//! Figures count only from `cargo bench -p boxoffice-benches`. Built together with the tests of the workspace, the engine has its
//! feature `testing`, which costs a lock at every step of a booking.

pub mod churn;
pub mod command;
mod concerts;
pub mod curves;
pub mod figures;
pub mod http;
mod journals;
mod memory;
mod office;
pub mod overload;
mod party;
pub mod peers;
mod rush;
mod stopwatch;
mod svg;

pub use concerts::{
    Crowd, NOW, a_concert, buyer, concert_id, customer, decided, happen, on_sale, organizer, sales, snapshot,
    wish,
};
pub use journals::{ClosedStore, Journals, Store, append_all, directory_in};
pub use memory::{disk_bytes, resident_bytes};
pub use office::{booked_seats, close, has_testing, open, open_store, runtime};
pub use party::Party;
pub use rush::{Crush, Rush};
pub use stopwatch::Stopwatch;

/// That of the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
