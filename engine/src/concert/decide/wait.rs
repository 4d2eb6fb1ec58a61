//! Waiting for seats of a type that is sold out.

use super::super::booking::{Booking, BookingStatus, Hold};
use super::super::command::{JoinWaitlist, WantedItem};
use super::super::event::{BookedItem, BookedItems, ConcertEvent, Seats};
use super::super::keys::Effect;
use super::super::rejection::Rejection;
use super::super::state::{Concert, SeatType, Stage};
use super::super::waiting::Waiter;
use super::{Decided, Decision};
use crate::faults::Faults;
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingId, SeatTypeNumber, UserId};
use crate::limits;
use crate::time::Time;

impl Concert {
    pub(super) fn decide_join_waitlist(&self, wish: &JoinWaitlist, now: Time) -> Decided {
        let JoinWaitlist { ref user, seat_type, quantity, mail, idempotency } = *wish;
        let mut faults = Faults::default();
        WantedItem { seat_type, quantity, seats: Vec::new() }.add_faults(format_args!(""), &mut faults);
        faults.into_result()?;
        let seats = self.seat_type_to_wait_for(user, seat_type)?.layout.total_seats();
        if let Some(effect) = self.repeated(user, idempotency.as_ref(), now)? {
            return Ok(Decision::Repeated(effect));
        }
        if quantity > seats {
            let mut faults = Faults::default();
            faults.add("/quantity", format!("is {quantity}, but the seat type has {seats} seats in all"));
            return Err(faults.into());
        }
        self.check_on_sale()?;
        if self.waiter_of(user, seat_type).is_some() {
            return Err(Rejection::AlreadyWaiting);
        }
        let limit = self.terms.details.tickets_per_user_max;
        let owned = self.people.get(user).map_or(0, |person| person.tickets);
        // Who has no tickets has no offer either: most need not be looked for.
        if owned > 0
            && let Some(offer) = self.offer_to(user, seat_type)
        {
            return Err(Rejection::AlreadyOffered {
                booking: BookingId { concert: self.id, number: offer.number },
            });
        }
        if u64::from(owned) + u64::from(quantity) > u64::from(limit) {
            return Err(Rejection::AlreadyBooked { limit, owned });
        }
        let index = seat_type.index();
        let available = self.counts[index].available;
        if available >= quantity && self.waits_for(index).is_none() {
            return Err(Rejection::NotSoldOut { available });
        }
        if self.waiting[index].iter().len() >= limits::WAITERS_PER_SEAT_TYPE_MAX {
            return Err(Rejection::WaitlistFull);
        }
        let user = user.clone();
        Ok(Decision::Record(ConcertEvent::WaitlistJoined { user, seat_type, quantity, mail, idempotency }))
    }

    pub(super) fn decide_leave_waitlist(
        &self,
        user: &UserId,
        seat_type: SeatTypeNumber,
        idempotency: Option<IdempotencyKey>,
        now: Time,
    ) -> Decided {
        self.seat_type_to_wait_for(user, seat_type)?;
        if let Some(effect) = self.repeated(user, idempotency.as_ref(), now)? {
            return Ok(Decision::Repeated(effect));
        }
        let number = self.waiter_of(user, seat_type).ok_or(Rejection::NotWaiting)?.number;
        Ok(Decision::Record(ConcertEvent::WaitlistLeft { number, by: user.clone(), idempotency }))
    }

    /// A seat type that everybody sees who may know of the concert.
    fn seat_type_to_wait_for(&self, user: &UserId, number: SeatTypeNumber) -> Result<&SeatType, Rejection> {
        self.check_known_to(user, false)?;
        self.seat_type(number).filter(|seat_type| !seat_type.hidden).ok_or(Rejection::SeatTypeNotFound)
    }

    fn waiter_of(&self, user: &UserId, seat_type: SeatTypeNumber) -> Option<&Waiter> {
        let person = self.people.place_of(user)?;
        self.waiting[seat_type.index()].iter().find(|waiter| waiter.person == person)
    }

    /// The live offer of seats of this type to this user.
    fn offer_to(&self, user: &UserId, seat_type: SeatTypeNumber) -> Option<&Booking> {
        self.bookings_of(user).find(|booking| {
            booking.status == BookingStatus::Held
                && booking.hold().is_some_and(|hold| hold.is_offer)
                && booking.items.iter().any(|item| item.seat_type == seat_type)
        })
    }

    /// The first who waits for seats of the type at this place that are free now, and may have them. Until they have them, nobody
    /// else can.
    pub(super) fn waits_for(&self, index: usize) -> Option<&Waiter> {
        if self.waiting[index].is_empty() || self.stage != Stage::OnSale {
            return None;
        }
        let limit = u64::from(self.terms.details.tickets_per_user_max);
        let may_have = |waiter: &Waiter| {
            u64::from(self.people[waiter.person].tickets) + u64::from(waiter.quantity) <= limit
        };
        self.waiting[index].first_who_fits(self.counts[index].available, may_have)
    }

    /// The next offer to be made: of seats of which type, to whom.
    pub(super) fn next_offer(&self) -> Option<(SeatTypeNumber, &Waiter)> {
        let mut indices = 0..self.waiting.len();
        indices.find_map(|index| SeatTypeNumber::from_index(index).zip(self.waits_for(index)))
    }

    pub(super) fn decide_offer_next_seats(&self, now: Time) -> Decision<ConcertEvent> {
        let Some((number, waiter)) = self.next_offer() else { return Decision::Unchanged(Effect::Concert) };
        let index = number.index();
        let seats = self.seating[index].as_ref().map(|_| {
            let (map, states) = self.numbered(number);
            states.best_available(map, waiter.quantity).expect("so many seats are available")
        });
        let item = BookedItem {
            seat_type: number,
            quantity: waiter.quantity,
            unit_price: self.terms.seat_types[index].price,
            seats: seats.map(Seats::from_vec).unwrap_or_default(),
        };
        let expires_at = now.plus_seconds(i64::from(self.terms.offer_seconds));
        let until_max = expires_at.plus_seconds(limits::HOLD_AFTER_DECLINE_SECONDS_MIN);
        Decision::Record(ConcertEvent::SeatsOffered {
            waiter: waiter.number,
            items: BookedItems::from_iter([item]),
            hold: Hold { expires_at, until_max, is_offer: true, declined: false },
        })
    }
}
