//! The contract's JSON: what is sent of concerts, bookings and users, and what is read of them.

mod booking;
mod concert;
mod concert_request;
mod user;

pub(crate) use booking::{
    Booking, STATUS_WORDS as BOOKING_STATUS_WORDS, place_of, read_booking_request, read_place,
};
pub(crate) use concert::{
    Concert, Inventory, STATUS_WORDS as CONCERT_STATUS_WORDS, SeatType, Seats, Status as ConcertStatus,
};
pub(crate) use concert_request::{
    read_details_change, read_new_concert, read_new_seat_type, read_seat_type_change,
};
pub(crate) use user::{Session, User};
