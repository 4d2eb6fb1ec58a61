//! What happens to payments. Money moves only here: every line keeps the ledger's balance.

use smallvec::SmallVec;

use super::super::booking::BookingStatus;
use super::super::errand::{Errand, ErrandNumber, Lane, MailKind};
use super::super::event::{ConcertEvent, Settlement};
use super::super::keys::Effect;
use super::super::payment::{Payment, PaymentStatus, Refund};
use super::super::seating::SeatStatus;
use super::super::state::Concert;
use crate::ids::PaymentNumber;
use crate::money::MinorUnits;

impl Concert {
    pub(super) fn apply_to_payment(&mut self, event: &ConcertEvent) -> Effect {
        match event {
            ConcertEvent::PaymentStarted { booking, by, amount, gateway, method, idempotency } => {
                let number = PaymentNumber(self.sequence);
                let place = self.place(*booking);
                self.payments.push(Payment {
                    number,
                    booking: *booking,
                    amount: *amount,
                    for_change: self.bookings[place].status == BookingStatus::Confirmed,
                    gateway: gateway.clone(),
                    method: method.clone(),
                    status: PaymentStatus::Processing,
                    reference: None,
                    client_secret: None,
                    refunds: SmallVec::new(),
                    created_at: self.time,
                });
                self.bookings[place].sale_mut().payments.push(number);
                self.owed.add(self.sequence, Errand::TakePayment(number));
                self.remember(by, *idempotency, Effect::Payment(number))
            }
            ConcertEvent::PaymentSubmitted { payment, reference, client_secret } => {
                let known = self.payment_mut(*payment);
                known.reference = Some(reference.clone());
                known.client_secret.clone_from(client_secret);
                Effect::Payment(*payment)
            }
            ConcertEvent::PaymentSettled { payment, reference, settlement } => {
                let known = self.payment_mut(*payment);
                if let Some(reference) = reference {
                    known.reference = Some(reference.clone());
                }
                self.owed.remove(Lane::Money, ErrandNumber { sequence: payment.0, index: 0 });
                self.settle(*payment, settlement)
            }
            ConcertEvent::RefundMade { payment, errand } => {
                let mut refunds = self.payment_mut(*payment).refunds.iter_mut();
                let refund =
                    refunds.find(|refund| refund.errand == *errand).expect("a refund is made that was owed");
                assert!(!refund.is_made, "a refund is made once");
                refund.is_made = true;
                let amount = refund.amount;
                self.ledger.owed -= amount;
                self.ledger.refunded += amount;
                self.owed.remove(Lane::Money, *errand);
                let booking = self.payment_mut(*payment).booking;
                let place = self.place(booking);
                self.owe_mail(place, MailKind::Refunded);
                Effect::Payment(*payment)
            }
            other => unreachable!("{other:?} happens to no payment"),
        }
    }

    fn payment_mut(&mut self, number: PaymentNumber) -> &mut Payment {
        let place = self.payment_place(number).expect("things happen only to payments that exist");
        &mut self.payments[place]
    }

    fn settle(&mut self, number: PaymentNumber, settlement: &Settlement) -> Effect {
        let payment = self.payment_mut(number);
        let (booking, amount) = (payment.booking, payment.amount);
        if let Settlement::Declined { reason, expires_at } = settlement {
            payment.status = PaymentStatus::Failed(reason.clone());
            if let Some(expires_at) = expires_at {
                let place = self.place(booking);
                self.prolong(place, *expires_at);
                if let Some(hold) = &mut self.bookings[place].sale_mut().hold {
                    hold.declined = true;
                }
                self.touch(place);
            }
            return Effect::BookingChanged(booking);
        }
        payment.status = PaymentStatus::Succeeded;
        self.ledger.captured += amount;
        let place = self.place(booking);
        if *settlement == Settlement::GivenBack {
            self.owe_back_of(number, amount);
            return Effect::Payment(number);
        }
        self.bookings[place].sale_mut().paid += amount;
        self.ledger.confirmed += amount;
        match settlement {
            Settlement::Confirmed => self.confirm(place, SeatStatus::Held),
            Settlement::Retaken => self.retake(place),
            _ => {
                let pending =
                    self.bookings[place].pending().cloned().expect("a change waits for its payment");
                self.change_booking(place, &pending.items, pending.discount);
                self.owe_mail(place, MailKind::Changed);
            }
        }
        Effect::BookingChanged(booking)
    }

    /// Owes back so much of what was paid for a booking that is or was confirmed: of its newest payments first.
    pub(super) fn owe_back(&mut self, place: usize, amount: MinorUnits) {
        let mut left = amount;
        let payments: SmallVec<[PaymentNumber; 2]> = self.bookings[place].payments().into();
        for number in payments.into_iter().rev() {
            let part = self.payment_mut(number).kept().min(left);
            if part > 0 {
                self.owe_back_of(number, part);
                left -= part;
            }
        }
        assert_eq!(left, 0, "no more is given back than was captured");
        if amount > 0 {
            self.bookings[place].sale_mut().paid -= amount;
            self.ledger.confirmed -= amount;
        }
    }

    fn owe_back_of(&mut self, number: PaymentNumber, amount: MinorUnits) {
        let errand = self.owed.add(self.sequence, Errand::GiveBack(number));
        self.payment_mut(number).refunds.push(Refund { errand, amount, is_made: false });
        self.ledger.owed += amount;
    }
}
