//! Bookings: having them, being refused them, cancelling them, seeing them.

mod booking;
mod cancelling;
mod ended;
mod faults;
mod history;
mod listing;
mod names;
mod refusals;
