//! The end of a booking, and what happens to a hold before it.

use super::super::booking::{Booking, BookingStatus};
use super::super::event::ConcertEvent;
use super::super::rejection::Rejection;
use super::super::state::{Concert, Stage};
use super::{Decided, Decision};
use crate::caller::Caller;
use crate::idempotency::IdempotencyKey;
use crate::ids::BookingNumber;
use crate::money::MinorUnits;
use crate::time::Time;

impl Concert {
    pub(super) fn decide_cancel_booking(
        &self,
        caller: &Caller,
        number: BookingNumber,
        idempotency: Option<&IdempotencyKey>,
        now: Time,
    ) -> Decided {
        let booking = self.booking_for(caller, number)?;
        if let Some(effect) = self.repeated(&caller.user, idempotency, now)? {
            return Ok(Decision::Repeated(effect));
        }
        check_live(booking)?;
        if self.terms.details.start.time <= now {
            return Err(Rejection::ConcertStarted);
        }
        let refund = booking.paid() - self.fee(booking, caller, now);
        let (by, idempotency) = (caller.user.clone(), idempotency.copied());
        Ok(Decision::Record(ConcertEvent::BookingCancelled { number, by, refund, idempotency }))
    }

    /// What it costs to cancel a booking: nothing where it is not its owner's doing, or the concert was called off before.
    fn fee(&self, booking: &Booking, caller: &Caller, now: Time) -> MinorUnits {
        let details = &self.terms.details;
        if *self.owner(booking) == caller.user && self.stage != Stage::Cancelled {
            details.cancellation.fee(booking.paid(), details.start.time, now)
        } else {
            0
        }
    }

    pub(super) fn decide_extend_hold(
        &self,
        caller: &Caller,
        number: BookingNumber,
        idempotency: Option<&IdempotencyKey>,
        now: Time,
    ) -> Decided {
        let booking = self.booking_for(caller, number)?;
        if let Some(effect) = self.repeated(&caller.user, idempotency, now)? {
            return Ok(Decision::Repeated(effect));
        }
        let hold = match (booking.status, booking.hold()) {
            (BookingStatus::Held, Some(hold)) => hold,
            (BookingStatus::Expired, _) => return Err(Rejection::HoldExpired),
            _ => return Err(Rejection::NotHeld),
        };
        let expires_at = now.plus_seconds(i64::from(self.terms.hold_seconds)).min(hold.until_max);
        if expires_at <= hold.expires_at {
            return Ok(Self::keeps_booking(caller, number, idempotency));
        }
        let (by, idempotency) = (caller.user.clone(), idempotency.copied());
        Ok(Decision::Record(ConcertEvent::HoldExtended { number, by, expires_at, idempotency }))
    }

    pub(super) fn decide_confirm_hold(
        &self,
        caller: &Caller,
        number: BookingNumber,
        idempotency: Option<&IdempotencyKey>,
        now: Time,
    ) -> Decided {
        let booking = self.booking_for(caller, number)?;
        if let Some(effect) = self.repeated(&caller.user, idempotency, now)? {
            return Ok(Decision::Repeated(effect));
        }
        match booking.status {
            BookingStatus::Confirmed => Ok(Self::keeps_booking(caller, number, idempotency)),
            BookingStatus::Expired => Err(Rejection::HoldExpired),
            BookingStatus::Cancelled => Err(Rejection::NotHeld),
            BookingStatus::Held if self.terms.payment_required && booking.total() > 0 => {
                Err(Rejection::PaymentRequired)
            }
            BookingStatus::Held => {
                let (by, idempotency) = (caller.user.clone(), idempotency.copied());
                Ok(Decision::Record(ConcertEvent::HoldConfirmed { number, by, idempotency }))
            }
        }
    }
}

/// Whether a booking can still be changed or ended; else why not.
pub(super) fn check_live(booking: &Booking) -> Result<(), Rejection> {
    match booking.status {
        BookingStatus::Held | BookingStatus::Confirmed => Ok(()),
        BookingStatus::Cancelled => Err(Rejection::AlreadyCancelled),
        BookingStatus::Expired => Err(Rejection::HoldExpired),
    }
}
