//! The numbered seats of one seat type: where they are, what each of them is, and which of them a party had best be given.
//!
//! Read [`SeatMap`] first. A seat is known by its place in the map: rows one after another, the first seat of the first row is 0.
//! A map never changes and is shared; its [`SeatStates`] change with every booking and are cloned with the concert, so they are
//! kept small. The map is handed to every call on the states rather than kept in them, because one map serves many copies.

mod best;
mod faults;
mod map;
mod row;
mod split;
mod states;

pub(super) use faults::RowNames;
pub use faults::row_faults;
pub use map::{Place, SeatMap, SeatPosition, SeatRow};
pub use states::{SeatStates, SeatStatus};
