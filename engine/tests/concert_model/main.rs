//! Random histories of a concert, held against a model of its own that recounts everything from a plain list of bookings.

mod actions;
mod concert_histories;
mod model;

#[path = "../common/past.rs"]
mod past;
