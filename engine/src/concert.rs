//! One concert as a pure state machine: `decide` says what a command makes happen, `apply` makes it so.
//!
//! **Invariant: nothing in here reads a clock, draws a random number, waits, locks or does I/O.** Time and ids come in with the
//! command, so replaying the events gives the same state again.

mod apply;
mod booking;
mod command;
mod counts;
mod decide;
mod due;
mod ended;
mod errand;
mod event;
#[cfg(test)]
mod footprint;
mod form;
mod history;
mod invariants;
mod keys;
mod list;
mod payment;
mod person;
mod promo;
mod query;
mod rejection;
mod seating;
mod sketch;
mod state;
pub mod terms;
mod view;
mod waiting;

pub use booking::{Booking, BookingStatus, Changed, Discount, Hold, PendingChange, Sale};
pub use command::{
    BookSeats, ChangeBooking, ChangeWish, ConcertCommand, JoinWaitlist, ManagerAction, StartPayment,
    WantedItem, WantedItems,
};
pub use counts::{Counts, SalesTally};
pub use decide::{Decided, Decision, item_faults};
pub use ended::EndedBooking;
pub use errand::{Errand, ErrandNumber, Lane, MailKind, Owed};
pub use event::{BookedItem, BookedItems, BookingTerms, ConcertEvent, SeatTypeChange, Seats, Settlement};
pub use history::{Actor, BookingHistory, Cause, Happening, HistoryEntry, HistoryPage};
pub use invariants::Broken;
pub use keys::Effect;
pub use list::List;
pub use payment::{Ledger, Payment, PaymentStatus, Refund};
pub use promo::{CodeText, PromoCode, Reduction};
pub use query::{ConcertAnswer, ConcertQuery};
pub use rejection::Rejection;
pub use seating::{Place, SeatMap, SeatPosition, SeatRow, SeatStates, SeatStatus, row_faults};
pub use sketch::{Fingerprint, Sketch, fingerprint};
pub use state::{Concert, SeatType, Stage, Terms};
pub use terms::{CancellationTerms, Details, DetailsChange, Layout, LocalTime, NewConcert, NewSeatType};
pub use view::{BookingView, ConcertView, ErrandView, PaymentView, SalesView, WaitingView};
pub use waiting::Waiter;
