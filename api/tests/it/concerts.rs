//! Concerts: making, changing, finding them.

mod changing;
mod faults;
mod lifecycle;
mod listing;
mod making;
mod seat_types;
