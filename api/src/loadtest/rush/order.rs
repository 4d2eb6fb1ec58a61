//! One order, and what its answers say.

use std::cell::Cell;

use bytes::Bytes;
use hyper::header::HeaderValue;

use super::super::contract::{Booking, Problem};
use super::super::findings::Promise;
use super::super::history::{Booked, Buyer, Cancellation, Refusal, Why};
use super::super::http::Answer;
use super::super::limits::REFUSALS_PER_CONCERT_MAX;
use super::super::meter::Outcome;
use super::Rush;

/// An order. It may be sent several times, always with the same key.
pub(super) struct Order {
    /// The number of its concert.
    pub(super) concert: usize,
    pub(super) buyer: Buyer,
    pub(super) quantity: u32,
    /// The seat that was chosen.
    seat: Option<String>,
    pub(super) key: HeaderValue,
    pub(super) body: Bytes,
    /// The number of the booking that it was answered with.
    pub(super) booking: Cell<Option<usize>>,
    /// Whether it was answered as new, and not as a replay.
    was_made: Cell<bool>,
}

impl Order {
    pub(super) fn new(
        concert: usize,
        buyer: Buyer,
        quantity: u32,
        seat: Option<String>,
        key: HeaderValue,
        body: Bytes,
    ) -> Self {
        let (booking, was_made) = (Cell::default(), Cell::default());
        Self { concert, buyer, quantity, seat, key, body, booking, was_made }
    }

    fn key(&self) -> &str {
        self.key.to_str().unwrap_or_default()
    }
}

impl Rush {
    /// Notes that an order was answered with a booking.
    pub(super) fn note_booking(&self, order: &Order, answer: &Answer) -> (Outcome, Option<usize>) {
        let name = self.told.borrow()[order.concert].concert.name.clone();
        let (key, buyer) = (order.key(), order.buyer);
        let booking: Booking<'_> = match serde_json::from_slice(&answer.body) {
            Ok(booking) => booking,
            Err(error) => {
                let case =
                    format!("{name}: the order of buyer {buyer} was answered with no booking: {error}");
                self.findings.borrow_mut().breaks(Promise::AsTold, case);
                return (Outcome::Failed, None);
            }
        };
        if !answer.is_replay && order.was_made.replace(true) {
            let case = format!(
                "{name}: key {key} of buyer {buyer} was answered as new twice, with booking {}",
                booking.id
            );
            self.findings.borrow_mut().breaks(Promise::KeysOnce, case);
        }
        if let Some(known) = order.booking.get() {
            let known = self.told.borrow()[order.concert].bookings[known].id.clone();
            if known == booking.id {
                return (Outcome::Repeated, None);
            }
            let case =
                format!("{name}: key {key} of buyer {buyer} made two bookings, {known} and {}", booking.id);
            self.findings.borrow_mut().breaks(Promise::KeysOnce, case);
        }
        self.compare_with_order(&name, order, &booking);
        let booked = Booked {
            id: booking.id.clone().into_owned(),
            buyer,
            quantity: booking.quantity,
            seats: booking.seats(),
            sequence: booking.sequence,
            cancellation: Cancellation::None,
        };
        let number = self.remember(order.concert, booked);
        order.booking.set(Some(number));
        (Outcome::Booked(booking.quantity), Some(number))
    }

    /// What was booked must be what was ordered.
    fn compare_with_order(&self, name: &str, order: &Order, booking: &Booking<'_>) {
        let told = self.told.borrow();
        let concert = &told[order.concert].concert;
        let mut findings = self.findings.borrow_mut();
        let mut agree = |what: &str, is_so: bool| {
            if !is_so {
                let (id, buyer) = (&booking.id, order.buyer);
                let case = format!(
                    "{name}: booking {id} of buyer {buyer} was answered with another {what} than ordered"
                );
                findings.breaks(Promise::AsTold, case);
            }
        };
        let seats = booking.seats();
        agree("concert", booking.concert_id == concert.id);
        agree("seat type", booking.items.iter().all(|item| item.seat_type_id == concert.seat_type));
        agree("buyer", self.crowd.buyer(&booking.user_id) == Some(order.buyer));
        agree("quantity", booking.quantity == order.quantity);
        agree("status", booking.status == "confirmed");
        agree(
            "number of seats",
            seats.len() == if concert.is_numbered { order.quantity as usize } else { 0 },
        );
        agree("seat", order.seat.as_ref().is_none_or(|seat| seats.contains(seat)));
    }

    /// Notes that an order was refused. `was_booked` says whether it was known to have its booking before it was sent.
    pub(super) fn note_refusal(&self, order: &Order, was_booked: bool, problem: Problem) -> Outcome {
        let mut told = self.told.borrow_mut();
        let told = &mut told[order.concert];
        if was_booked {
            let (name, key, buyer) = (&told.concert.name, order.key(), order.buyer);
            let case = format!(
                "{name}: key {key} of buyer {buyer} has its booking and was refused as {}",
                problem.code
            );
            self.findings.borrow_mut().breaks(Promise::KeysOnce, case);
            return Outcome::Failed;
        }
        let why = match problem.code.as_str() {
            "sold_out" if self.is_last_call.get() => {
                told.is_sold_out = true;
                problem.available.map(Why::SoldOut)
            }
            "sold_out" => problem.available.map(Why::SoldOut),
            "already_booked" => Some(Why::LimitReached),
            "seat_taken" => problem.seat.map(Why::SeatTaken),
            _ => return Outcome::Failed,
        };
        if let (Some(sequence), Some(why)) = (problem.sequence, why)
            && told.refusals.len() < REFUSALS_PER_CONCERT_MAX
        {
            told.refusals.push(Refusal { sequence, buyer: order.buyer, quantity: order.quantity, why });
        }
        Outcome::Refused
    }
}
