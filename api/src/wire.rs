//! The contract's JSON: what is sent of concerts, bookings and users, and what is read of them.

mod audience;
mod batch;
mod booking;
mod booking_request;
mod concert;
mod concert_request;
mod history;
mod payment;
mod sales;
mod seat_map;
mod seats;
mod user;
mod waiting;

pub(crate) use audience::Audience;
pub(crate) use batch::{Outcome, batch_lines, push_outcome, read_batch_line};
pub(crate) use booking::{STATUS_WORDS as BOOKING_STATUS_WORDS, booking, bookings, place_of, read_place};
pub(crate) use booking_request::{read_booking_request, read_change_request};
pub(crate) use concert::{
    Concert, Inventory, STATUS_WORDS as CONCERT_STATUS_WORDS, SeatType, Status as ConcertStatus,
};
pub(crate) use concert_request::{
    read_details_change, read_new_concert, read_new_seat_type, read_seat_type_change,
};
pub(crate) use history::history;
pub(crate) use payment::{Payment, read_payment_request};
pub(crate) use sales::{Promo, Sales, read_code, read_set_aside};
pub(crate) use seats::{SeatTypeCounts, numbered_seats, seats};
pub(crate) use user::{Session, User};
pub(crate) use waiting::{Waiting, read_leaving_request, read_waiting_request};
