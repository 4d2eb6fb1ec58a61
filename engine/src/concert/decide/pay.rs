//! Money: what is owed, what became of a payment, what was given back.

use compact_str::CompactString;

use super::super::booking::{Booking, BookingStatus};
use super::super::command::StartPayment;
use super::super::errand::{ErrandNumber, Lane};
use super::super::event::{ConcertEvent, Settlement};
use super::super::keys::Effect;
use super::super::payment::{Payment, PaymentStatus};
use super::super::rejection::Rejection;
use super::super::seating::SeatStatus;
use super::super::state::{Concert, Stage};
use super::{Decided, Decision};
use crate::caller::Caller;
use crate::faults::Faults;
use crate::ids::PaymentNumber;
use crate::limits;
use crate::time::Time;

impl Concert {
    /// The payment with this number, if the caller may know of it: whoever may know of its booking.
    ///
    /// # Errors
    /// `PaymentNotFound` otherwise.
    pub fn payment_for(&self, caller: &Caller, number: PaymentNumber) -> Result<&Payment, Rejection> {
        let payment = self.payment(number).ok_or(Rejection::PaymentNotFound)?;
        self.booking_for(caller, payment.booking).map_err(|_| Rejection::PaymentNotFound)?;
        Ok(payment)
    }

    pub(super) fn decide_start_payment(&self, wish: &StartPayment, now: Time) -> Decided {
        let StartPayment { caller, booking: number, gateway, method, idempotency } = wish;
        let mut faults = Faults::default();
        let printable = method.bytes().all(|byte| byte.is_ascii_graphic());
        if method.is_empty() || method.len() > limits::PAYMENT_METHOD_BYTES_MAX || !printable {
            let most = limits::PAYMENT_METHOD_BYTES_MAX;
            faults.add("/method", format!("must be a word of at most {most} ASCII characters"));
        }
        faults.into_result()?;
        let booking = self.booking_for(caller, *number)?;
        if let Some(effect) = self.repeated(&caller.user, idempotency.as_ref(), now)? {
            return Ok(Decision::Repeated(effect));
        }
        let gateway = gateway.as_ref().map_err(Rejection::clone)?;
        if booking.status == BookingStatus::Expired {
            return Err(Rejection::HoldExpired);
        }
        let amount = match (booking.status, booking.pending()) {
            (BookingStatus::Held, _) if self.terms.payment_required => booking.total(),
            (BookingStatus::Confirmed, Some(pending)) => pending.amount_due,
            _ => return Err(Rejection::NotHeld),
        };
        if amount == 0 {
            return Err(Rejection::NotHeld);
        }
        if self.is_being_paid(booking) {
            return Err(Rejection::PaymentInProgress);
        }
        if booking.payments().len() >= limits::PAYMENTS_PER_BOOKING_MAX {
            return Err(Rejection::TooManyPayments { max: limits::PAYMENTS_PER_BOOKING_MAX });
        }
        Ok(Decision::Record(ConcertEvent::PaymentStarted {
            booking: *number,
            by: caller.user.clone(),
            amount,
            gateway: gateway.clone(),
            method: method.clone(),
            idempotency: *idempotency,
        }))
    }

    /// Whether nobody knows yet how a payment of this booking ends.
    pub(super) fn is_being_paid(&self, booking: &Booking) -> bool {
        let payments = booking.payments().iter().filter_map(|number| self.payment(*number));
        payments.into_iter().any(|payment| payment.status == PaymentStatus::Processing)
    }

    pub(super) fn decide_record_submission(
        &self,
        number: PaymentNumber,
        reference: &CompactString,
        client_secret: Option<&CompactString>,
        now: Time,
    ) -> Decided {
        let payment = self.payment(number).ok_or(Rejection::PaymentNotFound)?;
        let booking = self.booking(payment.booking).expect("a payment has its booking");
        // States that have shed the booking could not take the event.
        if payment.reference.is_some() || self.is_over(booking, now) {
            return Ok(Decision::Unchanged(Effect::Payment(number)));
        }
        let (reference, client_secret) = (reference.clone(), client_secret.cloned());
        Ok(Decision::Record(ConcertEvent::PaymentSubmitted { payment: number, reference, client_secret }))
    }

    pub(super) fn decide_settle_payment(
        &self,
        number: PaymentNumber,
        reference: Option<&CompactString>,
        outcome: &Result<(), CompactString>,
        now: Time,
    ) -> Decided {
        let payment = self.payment(number).ok_or(Rejection::PaymentNotFound)?;
        let booking = self.booking(payment.booking).expect("a payment has its booking");
        let settlement = match (&payment.status, outcome) {
            // What was captured is captured: whatever comes late or twice changes nothing.
            (PaymentStatus::Succeeded, _) | (PaymentStatus::Failed(_), Err(_)) => {
                return Ok(Decision::Unchanged(Effect::Payment(number)));
            }
            // States that have shed the booking could not take the event.
            (PaymentStatus::Failed(_), Ok(())) if self.is_over(booking, now) => {
                return Ok(Decision::Unchanged(Effect::Payment(number)));
            }
            (PaymentStatus::Processing, Err(reason)) => {
                let expires_at = if payment.for_change { None } else { expiry_after_decline(booking, now) };
                Settlement::Declined { reason: reason.clone(), expires_at }
            }
            (PaymentStatus::Processing | PaymentStatus::Failed(_), Ok(())) => {
                self.settlement_of(payment, booking, now)
            }
        };
        let reference = reference.filter(|_| payment.reference.is_none()).cloned();
        Ok(Decision::Record(ConcertEvent::PaymentSettled { payment: number, reference, settlement }))
    }

    fn settlement_of(&self, payment: &Payment, booking: &Booking, now: Time) -> Settlement {
        let pays_booking = !payment.for_change && payment.amount == booking.total();
        match booking.status {
            BookingStatus::Held if pays_booking => Settlement::Confirmed,
            BookingStatus::Expired if pays_booking && self.can_retake(booking, now) => Settlement::Retaken,
            BookingStatus::Confirmed
                if payment.for_change
                    && booking.pending().is_some_and(|pending| pending.amount_due == payment.amount) =>
            {
                Settlement::ChangeMade
            }
            _ => Settlement::GivenBack,
        }
    }

    /// Whether the seats of a hold that expired are still free, and may be its owner's again.
    fn can_retake(&self, booking: &Booking, now: Time) -> bool {
        let details = &self.terms.details;
        let takes_place =
            matches!(self.stage, Stage::OnSale | Stage::ClosedByTime | Stage::ClosedByOrganizer)
                && details.start.time > now;
        let within_limit = u64::from(self.people[booking.person].tickets) + u64::from(booking.quantity())
            <= u64::from(details.tickets_per_user_max);
        let are_free = booking.items.iter().all(|item| {
            let index = item.seat_type.index();
            self.counts[index].available >= item.quantity
                && self.waits_for(index).is_none()
                && item.seats.iter().all(|seat| {
                    let (map, states) = self.numbered(item.seat_type);
                    states.get(map, *seat) == SeatStatus::Available
                })
        });
        let code_is_left = booking.discount().is_none_or(|discount| self.has_use_left(discount.code));
        takes_place && within_limit && are_free && code_is_left
    }

    pub(super) fn decide_record_refund(&self, number: PaymentNumber, errand: ErrandNumber) -> Decided {
        let payment = self.payment(number).ok_or(Rejection::PaymentNotFound)?;
        let mut refunds = payment.refunds.iter();
        if refunds.any(|refund| refund.errand == errand && !refund.is_made) {
            Ok(Decision::Record(ConcertEvent::RefundMade { payment: number, errand }))
        } else {
            Ok(Decision::Unchanged(Effect::Payment(number)))
        }
    }

    pub(super) fn decide_record_errands(&self, errands: &[ErrandNumber]) -> Decision<ConcertEvent> {
        let owed = errands.iter().copied().filter(|errand| self.owed.has(Lane::Mail, *errand));
        let errands: Vec<_> = owed.take(limits::ERRANDS_PER_PAGE_MAX).collect();
        if errands.is_empty() {
            Decision::Unchanged(Effect::Noted)
        } else {
            Decision::Record(ConcertEvent::ErrandsDone { errands })
        }
    }
}

/// Until when a hold lasts after a payment was declined, where that is later: there shall be time for another try, once.
fn expiry_after_decline(booking: &Booking, now: Time) -> Option<Time> {
    let hold = booking.hold().filter(|hold| booking.status == BookingStatus::Held && !hold.declined)?;
    let expires_at = now.plus_seconds(limits::HOLD_AFTER_DECLINE_SECONDS_MIN).min(hold.until_max);
    (expires_at > hold.expires_at).then_some(expires_at)
}
