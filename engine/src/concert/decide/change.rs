//! Changing a booking to other seats, another type, another number.

use std::borrow::Cow;

use super::super::booking::{Booking, BookingStatus, difference, price, quantity};
use super::super::command::{ChangeBooking, ChangeWish, WantedItem, WantedItems};
use super::super::event::{BookedItem, BookedItems, ConcertEvent};
use super::super::rejection::Rejection;
use super::super::state::Concert;
use super::hold::check_live;
use super::{Decided, Decision, item_faults};
use crate::faults::Faults;
use crate::time::Time;

impl Concert {
    pub(super) fn decide_change_booking(&self, change: &ChangeBooking, now: Time) -> Decided {
        let ChangeBooking { caller, number, wish, idempotency } = change;
        let booking = self.booking_for(caller, *number)?;
        let known = self.repeated(&caller.user, idempotency.as_ref(), now);
        // What the wish comes to depends on the booking, which may have changed since the same request succeeded.
        if let Ok(Some(effect)) = known {
            return Ok(Decision::Repeated(effect));
        }
        let wanted = wish.items(booking)?;
        item_faults(&wanted).into_result()?;
        let code = booking.discount().map(|discount| &self.terms.codes[usize::from(discount.code)]);
        let mut items = self.found(&wanted, code)?;
        known?;
        check_live(booking)?;
        self.check_on_sale()?;
        if self.terms.details.start.time <= now {
            return Err(Rejection::ConcertStarted);
        }
        if self.is_being_paid(booking) {
            return Err(Rejection::PaymentInProgress);
        }
        self.check_limit(booking, quantity(&items))?;
        for item in &mut items {
            // A price that was promised stays.
            let before = booking.items.iter().find(|before| before.seat_type == item.seat_type);
            item.unit_price = before.map_or(item.unit_price, |before| before.unit_price);
        }
        self.allot(&mut items, &held_by(booking))?;
        if items == booking.items && booking.pending().is_none() {
            return Ok(Self::keeps_booking(caller, *number, idempotency.as_ref()));
        }
        let discount = code.map_or(0, |code| code.reduction.of(price(&items)));
        let owed = price(&items) - discount - booking.paid();
        let (number, by, idempotency) = (*number, caller.user.clone(), *idempotency);
        let is_paid = self.terms.payment_required && booking.status == BookingStatus::Confirmed;
        Ok(Decision::Record(if is_paid && owed > 0 {
            // A change in place of another keeps its time: else seats could be held without an end.
            let expires_at = booking
                .pending()
                .map_or(now.plus_seconds(i64::from(self.terms.hold_seconds)), |pending| pending.expires_at);
            ConcertEvent::ChangePrepared { number, by, items, discount, expires_at, idempotency }
        } else {
            ConcertEvent::BookingChanged { number, by, items, discount, idempotency }
        }))
    }

    fn check_limit(&self, booking: &Booking, quantity: u32) -> Result<(), Rejection> {
        let limit = self.terms.details.tickets_per_user_max;
        let owned = self.people[booking.person].tickets - booking.tickets();
        if u64::from(owned) + u64::from(quantity) > u64::from(limit) {
            return Err(Rejection::AlreadyBooked { limit, owned });
        }
        Ok(())
    }
}

/// The seats that a booking has, those of a change that waits for its payment included.
fn held_by(booking: &Booking) -> BookedItems {
    let mut items = booking.items.clone();
    let pending = booking.pending().map(|pending| difference(&pending.items, &booking.items));
    for more in pending.into_iter().flatten() {
        match items.iter_mut().find(|item| item.seat_type == more.seat_type) {
            Some(item) => {
                item.quantity += more.quantity;
                item.seats.extend(more.seats);
                item.seats.sort_unstable();
            }
            None => items.push(more),
        }
    }
    items
}

impl ChangeWish {
    /// What the booking shall be.
    fn items(&self, booking: &Booking) -> Result<Cow<'_, WantedItems>, Rejection> {
        let (seat_type, quantity, seats) = match self {
            Self::Items(items) => return Ok(Cow::Borrowed(items)),
            Self::OneItem { seat_type, quantity, seats } => (seat_type, quantity, seats),
        };
        let [BookedItem { seat_type: present_type, quantity: present_quantity, .. }] = &booking.items[..]
        else {
            let mut faults = Faults::default();
            faults.add("/items", "the booking has several items: name all that it shall have");
            return Err(Rejection::Invalid(faults));
        };
        let named = seats.as_ref().map(Vec::len).and_then(|seats| u32::try_from(seats).ok());
        let item = WantedItem {
            seat_type: seat_type.unwrap_or(*present_type),
            quantity: quantity.or(named).unwrap_or(*present_quantity),
            seats: seats.clone().unwrap_or_default(),
        };
        Ok(Cow::Owned(WantedItems::from_iter([item])))
    }
}
