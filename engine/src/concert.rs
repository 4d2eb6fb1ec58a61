//! One concert as a pure state machine: `decide` says what a command makes happen, `apply` makes it so.
//!
//! **Invariant: nothing in here reads a clock, draws a random number, waits, locks or does I/O.** Time and ids come in with the
//! command, so replaying the events gives the same state again.

mod apply;
mod command;
mod counts;
mod decide;
mod event;
mod invariants;
mod keys;
mod rejection;
mod state;
pub mod terms;
mod view;

pub use command::{BookSeats, ConcertCommand, ManagerAction, WantedItem, WantedItems};
pub use counts::Counts;
pub use decide::{Decided, Decision, item_faults};
pub use event::{BookedItem, BookedItems, ConcertEvent, SeatTypeChange};
pub use invariants::Broken;
pub use keys::Effect;
pub use rejection::Rejection;
pub use state::{Booking, BookingStatus, Concert, SeatType, Stage, Terms};
pub use terms::{CancellationTerms, Details, DetailsChange, Layout, LocalTime, NewConcert, NewSeatType};
pub use view::{BookingView, ConcertQuery, ConcertView};
