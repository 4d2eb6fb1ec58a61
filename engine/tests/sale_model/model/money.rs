//! Payments and refunds, counted unit by unit.

use super::{Answer, Expected, Model, Payment, Status, refuse_if};
use crate::actions::{HALL, ORGANIZER};

impl Payment {
    pub(crate) fn captured(&self) -> i64 {
        if self.succeeded == Some(true) { self.amount } else { 0 }
    }

    fn left(&self) -> i64 {
        self.captured() - self.refunds.iter().map(|refund| refund.0).sum::<i64>()
    }
}

impl Model {
    /// What is kept of a booking's payments.
    pub(crate) fn paid(&self, booking: u64) -> i64 {
        self.payments.iter().filter(|payment| payment.booking == booking).map(Payment::left).sum()
    }

    pub(super) fn is_being_paid(&self, booking: u64) -> bool {
        self.payments.iter().any(|payment| payment.booking == booking && payment.succeeded.is_none())
    }

    /// The newest payments first.
    pub(super) fn give_back(&mut self, booking: u64, amount: i64) {
        let mut left = amount;
        for payment in self.payments.iter_mut().rev().filter(|payment| payment.booking == booking) {
            let part = left.min(payment.left());
            if part > 0 {
                payment.refunds.push((part, false));
                left -= part;
            }
        }
        assert_eq!(left, 0, "the model gives back what was never paid");
    }

    pub(crate) fn pay(&mut self, place: usize) -> Answer {
        let booking = self.known(ORGANIZER, place)?;
        refuse_if(booking.status == Status::Expired, "hold expired")?;
        let amount = match (booking.status, &booking.pending) {
            (Status::Held, _) if self.setting.payment_required => booking.total(),
            (Status::Confirmed, Some(pending)) => pending.due,
            _ => 0,
        };
        refuse_if(amount == 0, "not held")?;
        refuse_if(self.is_being_paid(booking.number), "payment in progress")?;
        let tries = self.payments.iter().filter(|payment| payment.booking == booking.number).count();
        refuse_if(tries >= 32, "too many payments")?;
        self.payments.push(Payment {
            number: self.next,
            booking: booking.number,
            amount,
            for_change: booking.status == Status::Confirmed,
            succeeded: None,
            refunds: Vec::new(),
        });
        Ok(())
    }

    /// The place of an action's `nth` payment, as that of a booking.
    pub(crate) fn payment_place(&self, nth: usize, is_meant: impl Fn(&Payment) -> bool) -> usize {
        super::pick(&self.payments, nth, is_meant)
    }

    pub(crate) fn settle(&mut self, place: usize, succeeds: bool) -> Answer {
        let Some(payment) = self.payments.get(place).cloned() else {
            return Err(Expected::Refused("payment not found"));
        };
        let known = |number| self.bookings.iter().position(|booking| booking.number == number);
        let booking = known(payment.booking).expect("it pays a booking");
        match (payment.succeeded, succeeds) {
            (Some(true), _) | (Some(false), false) => return Err(Expected::Nothing),
            (None, false) => {
                self.payments[place].succeeded = Some(false);
                if !payment.for_change {
                    self.extend_after_decline(booking);
                }
                return Ok(());
            }
            (_, true) => {}
        }
        let is_full = !payment.for_change && self.bookings[booking].total() == payment.amount;
        let may_retake = is_full && self.may_retake(booking);
        self.payments[place].succeeded = Some(true);
        let known = &mut self.bookings[booking];
        match (known.status, known.pending.clone()) {
            (Status::Held, _) if is_full => known.status = Status::Confirmed,
            (Status::Expired, _) if may_retake => known.status = Status::Confirmed,
            (Status::Confirmed, Some(pending)) if payment.for_change && pending.due == payment.amount => {
                known.items = pending.items;
                known.pending = None;
            }
            _ => self.payments[place].refunds.push((payment.amount, false)),
        }
        Ok(())
    }

    /// Whether an expired hold can be had again.
    fn may_retake(&self, place: usize) -> bool {
        let booking = &self.bookings[place];
        let quantity: u32 = booking.items.iter().map(|item| item.quantity).sum();
        let plan: Vec<char> = self.plan().chars().collect();
        let has_seats = booking.items.iter().all(|item| {
            item.quantity <= self.free(item.seat_type)
                && self.first_who_waits(item.seat_type).is_none()
                && (item.seat_type != HALL || item.seats.iter().all(|seat| plan[*seat] == '.'))
        });
        !self.cancelled
            && self.now < self.setting.start
            && self.owned(booking.user) + quantity <= self.limit
            && has_seats
            && !booking.code.is_some_and(|code| self.is_used_up(code))
    }

    /// The oldest refund that a payment owes is made.
    pub(crate) fn refund(&mut self, place: usize) -> Answer {
        let Some(payment) = self.payments.get_mut(place) else {
            return Err(Expected::Refused("payment not found"));
        };
        match payment.refunds.iter_mut().find(|refund| !refund.1) {
            Some(refund) => {
                refund.1 = true;
                Ok(())
            }
            None => Err(Expected::Nothing),
        }
    }

    /// Captured, refunded, to be refunded, paid for what is confirmed, kept of what has ended.
    pub(crate) fn ledger(&self) -> [i64; 5] {
        let refunds = || self.payments.iter().flat_map(|payment| &payment.refunds);
        let sum = |made: bool| refunds().filter(|refund| refund.1 == made).map(|refund| refund.0).sum();
        let paid = |is_confirmed: bool| {
            let bookings =
                self.bookings.iter().filter(|booking| (booking.status == Status::Confirmed) == is_confirmed);
            bookings.map(|booking| self.paid(booking.number)).sum()
        };
        let captured = self.payments.iter().map(Payment::captured).sum();
        [captured, sum(true), sum(false), paid(true), paid(false)]
    }
}
