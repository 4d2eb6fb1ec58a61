//! What becomes of bookings.

use super::{Answer, Booking, Expected, Item, Model, Pending, Status, refuse_if};
use crate::actions::{ORGANIZER, SECOND, Wanted};
use crate::model::SECOND_CODE_UNTIL;

/// What a code takes off: the first takes half, the second 60 at most (and opens the secret seats), the third nothing.
pub(crate) fn taken_off(code: Option<u8>, price: i64) -> i64 {
    match code {
        Some(0) => (price + 1) / 2,
        Some(1) => price.min(60),
        _ => 0,
    }
}

pub(crate) fn price_of(items: &[Item]) -> i64 {
    items.iter().map(|item| item.price * i64::from(item.quantity)).sum()
}

impl Booking {
    pub(crate) fn total(&self) -> i64 {
        price_of(&self.items) - taken_off(self.code, price_of(&self.items))
    }
}

impl Model {
    pub(crate) fn uses(&self, code: u8) -> u32 {
        let users = self.bookings.iter().filter(|booking| booking.is_live() && booking.code == Some(code));
        u32::try_from(users.count()).expect("few bookings")
    }

    /// Two bookings at a time may use the first code.
    pub(super) fn is_used_up(&self, code: u8) -> bool {
        code == 0 && self.uses(0) >= 2
    }

    fn check_code(&self, code: Option<u8>) -> Answer {
        let Some(code) = code else { return Ok(()) };
        let is_taken = code < 3 && !self.withdrawn[usize::from(code)];
        refuse_if(!is_taken || (code == 1 && self.now >= SECOND_CODE_UNTIL), "code invalid")?;
        refuse_if(self.is_used_up(code), "code used up")
    }

    fn check_limit(&self, owned: u32, quantity: u32) -> Answer {
        if owned + quantity > self.limit {
            let numbers = vec![u64::from(self.limit), u64::from(owned)];
            return Err(Expected::RefusedWith("already booked", numbers));
        }
        Ok(())
    }

    pub(super) fn check_limit_of(&self, user: u8, quantity: u32) -> Answer {
        self.check_limit(self.owned(user), quantity)
    }

    pub(crate) fn book(
        &mut self,
        user: u8,
        wish: &[Wanted],
        code: Option<u8>,
        chosen: Option<&[Item]>,
    ) -> Answer {
        Self::check_wish(wish, code)?;
        self.check_on_sale()?;
        self.check_code(code)?;
        self.check_limit_of(user, wish.iter().map(|item| item.quantity).sum())?;
        let items = self.allot(wish, None, chosen)?;
        let hold = i64::from(self.setting.hold_seconds) * SECOND;
        let booking = Booking {
            number: self.next,
            user,
            items,
            status: Status::Held,
            expires: self.now + hold,
            expires_at_most: self.now + 2 * hold + 120 * SECOND,
            was_extended_by_decline: false,
            is_offer: false,
            code,
            pending: None,
        };
        let is_held = self.setting.payment_required && booking.total() > 0;
        let status = if is_held { Status::Held } else { Status::Confirmed };
        self.bookings.push(Booking { status, ..booking });
        Ok(())
    }

    pub(crate) fn change(
        &mut self,
        by: u8,
        place: usize,
        wish: &[Wanted],
        chosen: Option<&[Item]>,
    ) -> Answer {
        let booking = self.known(by, place)?;
        Self::check_wish(wish, booking.code)?;
        refuse_if(booking.status == Status::Cancelled, "already cancelled")?;
        refuse_if(booking.status == Status::Expired, "hold expired")?;
        self.check_on_sale()?;
        refuse_if(self.is_being_paid(booking.number), "payment in progress")?;
        let others = self.owned(booking.user) - booking.tickets();
        self.check_limit(others, wish.iter().map(|item| item.quantity).sum())?;
        let mut items = self.allot(wish, Some(place), chosen)?;
        for item in &mut items {
            if let Some(before) = booking.items.iter().find(|before| before.seat_type == item.seat_type) {
                item.price = before.price;
            }
        }
        if items == booking.items && booking.pending.is_none() {
            return Err(Expected::Nothing);
        }
        let price = price_of(&items) - taken_off(booking.code, price_of(&items));
        let due = price - self.paid(booking.number);
        let number = booking.number;
        let hold = i64::from(self.setting.hold_seconds) * SECOND;
        let booking = &mut self.bookings[place];
        if self.setting.payment_required && booking.status == Status::Confirmed && due > 0 {
            let expires = booking.pending.as_ref().map_or(self.now + hold, |pending| pending.expires);
            booking.pending = Some(Pending { items, due, expires });
        } else {
            booking.items = items;
            booking.pending = None;
            self.give_back(number, (-due).max(0));
        }
        Ok(())
    }

    pub(crate) fn cancel_booking(&mut self, by: u8, place: usize) -> Answer {
        let booking = self.known(by, place)?;
        refuse_if(booking.status == Status::Cancelled, "already cancelled")?;
        refuse_if(booking.status == Status::Expired, "hold expired")?;
        refuse_if(self.now >= self.setting.start, "concert started")?;
        let (number, paid) = (booking.number, self.paid(booking.number));
        let deadline = self.setting.start - i64::from(self.setting.deadline_hours) * 3_600 * SECOND;
        let share = (paid * i64::from(self.setting.fee_basis_points) + 5_000) / 10_000;
        let fee = if by == ORGANIZER || self.cancelled {
            0
        } else if self.now > deadline {
            paid
        } else {
            paid.min(self.setting.fee_fixed + share)
        };
        self.end(place, Status::Cancelled);
        self.give_back(number, paid - fee);
        Ok(())
    }

    fn end(&mut self, place: usize, status: Status) {
        self.bookings[place].status = status;
        self.bookings[place].pending = None;
    }

    /// All bookings of a cancelled concert end.
    pub(crate) fn sweep(&mut self) -> Answer {
        if !self.is_to_be_swept() {
            return Err(Expected::Nothing);
        }
        self.swept = true;
        for place in 0..self.bookings.len() {
            if self.bookings[place].is_live() {
                let number = self.bookings[place].number;
                self.end(place, Status::Cancelled);
                self.give_back(number, self.paid(number));
            }
        }
        Ok(())
    }

    pub(crate) fn is_to_be_swept(&self) -> bool {
        self.cancelled && !self.swept && !self.bookings.is_empty()
    }

    pub(crate) fn extend(&mut self, place: usize) -> Answer {
        self.known(ORGANIZER, place)?;
        let hold = i64::from(self.setting.hold_seconds) * SECOND;
        let booking = &mut self.bookings[place];
        refuse_if(booking.status == Status::Expired, "hold expired")?;
        refuse_if(booking.status != Status::Held, "not held")?;
        let expires = booking.expires_at_most.min(self.now + hold);
        if expires <= booking.expires {
            return Err(Expected::Nothing);
        }
        booking.expires = expires;
        Ok(())
    }

    pub(crate) fn confirm(&mut self, place: usize) -> Answer {
        self.known(ORGANIZER, place)?;
        let is_required = self.setting.payment_required;
        let booking = &mut self.bookings[place];
        match booking.status {
            Status::Confirmed => Err(Expected::Nothing),
            Status::Expired => Err(Expected::Refused("hold expired")),
            Status::Cancelled => Err(Expected::Refused("not held")),
            Status::Held => {
                refuse_if(is_required && booking.total() > 0, "payment required")?;
                booking.status = Status::Confirmed;
                Ok(())
            }
        }
    }

    /// A decline leaves a hold two minutes, once.
    pub(super) fn extend_after_decline(&mut self, place: usize) {
        let (now, booking) = (self.now, &mut self.bookings[place]);
        let expires = booking.expires_at_most.min(now + 120 * SECOND);
        if booking.status == Status::Held && !booking.was_extended_by_decline && expires > booking.expires {
            booking.expires = expires;
            booking.was_extended_by_decline = true;
        }
    }

    /// Seats that came free are held for the first who waits for them.
    pub(crate) fn offer(&mut self, seat_type: u16, chosen: Option<&[Item]>) -> Answer {
        let Some(waiter) = self.first_who_waits(seat_type).cloned() else { return Err(Expected::Nothing) };
        self.waiters.retain(|other| other.number != waiter.number);
        let wish = [Wanted { seat_type, quantity: waiter.quantity, seats: Vec::new() }];
        // Whoever else waits for what is left has nothing to say here.
        let others = std::mem::take(&mut self.waiters);
        let items = self.allot(&wish, None, chosen);
        self.waiters = others;
        let expires = self.now + i64::from(self.setting.offer_seconds) * SECOND;
        self.bookings.push(Booking {
            number: self.next,
            user: waiter.user,
            items: items?,
            status: Status::Held,
            expires,
            expires_at_most: expires + 120 * SECOND,
            was_extended_by_decline: false,
            is_offer: true,
            code: None,
            pending: None,
        });
        Ok(())
    }
}
