//! Who waits, and for whom free seats are.

use super::{Answer, Booking, Expected, Model, Status, Waiter, refuse_if};
use crate::actions::SECRET;

impl Model {
    /// The first who waits for seats of this type that are free, and may have them.
    pub(crate) fn first_who_waits(&self, seat_type: u16) -> Option<&Waiter> {
        let free = self.free(seat_type);
        let may_have = |waiter: &&Waiter| {
            waiter.seat_type == seat_type
                && waiter.quantity <= free
                && self.owned(waiter.user) + waiter.quantity <= self.limit
        };
        self.waiters.iter().find(may_have).filter(|_| self.is_on_sale())
    }

    pub(crate) fn next_offer(&self) -> Option<u16> {
        (1..=4).find(|seat_type| self.first_who_waits(*seat_type).is_some())
    }

    pub(crate) fn join(&mut self, user: u8, seat_type: u16, quantity: u32) -> Answer {
        refuse_if(quantity == 0, "invalid")?;
        refuse_if(!Self::is_known_type(seat_type) || seat_type == SECRET, "seat type not found")?;
        refuse_if(quantity > self.capacities[usize::from(seat_type) - 1], "invalid")?;
        self.check_on_sale()?;
        let is_hers = |waiter: &Waiter| waiter.user == user && waiter.seat_type == seat_type;
        refuse_if(self.waiters.iter().any(is_hers), "already waiting")?;
        let is_offered = |booking: &Booking| {
            let is_of_type = booking.items.iter().any(|item| item.seat_type == seat_type);
            booking.user == user && booking.is_offer && booking.status == Status::Held && is_of_type
        };
        refuse_if(self.bookings.iter().any(is_offered), "already offered")?;
        self.check_limit_of(user, quantity)?;
        let free = self.free(seat_type);
        if quantity <= free && self.first_who_waits(seat_type).is_none() {
            return Err(Expected::RefusedWith("not sold out", vec![u64::from(free)]));
        }
        self.waiters.push(Waiter { number: self.next, user, seat_type, quantity });
        Ok(())
    }

    pub(crate) fn leave(&mut self, user: u8, seat_type: u16) -> Answer {
        refuse_if(!Self::is_known_type(seat_type) || seat_type == SECRET, "seat type not found")?;
        let before = self.waiters.len();
        self.waiters.retain(|waiter| waiter.user != user || waiter.seat_type != seat_type);
        refuse_if(self.waiters.len() == before, "not waiting")
    }
}
