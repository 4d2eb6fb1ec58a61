//! What happened to one booking, event by event: the audit trail, made from the journal and from nothing else.

use super::booking::{Booking, BookingStatus};
use super::event::{ConcertEvent, Settlement};
use super::state::Concert;
use crate::ids::{BookingNumber, ConcertId, PaymentNumber, UserId};
use crate::money::MinorUnits;
use crate::time::Time;

/// One event that concerned a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The event's number within the concert.
    pub sequence: u64,
    /// When it happened.
    pub time: Time,
    /// Who did it; nobody where time or the payment gateway did.
    pub by: Option<UserId>,
    /// What happened.
    pub happening: Happening,
    /// How the booking stood afterwards.
    pub status: BookingStatus,
    /// The payment that it was about.
    pub payment: Option<PaymentNumber>,
    /// The money that was decided on: paid, captured, or owed back.
    pub amount: Option<MinorUnits>,
}

/// What can happen to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The seats became its owner's at once.
    Booked,
    /// The seats were held until they are paid for.
    Held,
    /// The seats were offered to its owner, who had waited.
    Offered,
    /// The hold lasts longer.
    Extended,
    /// A hold that costs nothing was taken up.
    Confirmed,
    /// Its seats were changed.
    Changed,
    /// A change waits for its payment.
    ChangePrepared,
    /// The change was not paid for in time.
    ChangeExpired,
    /// A payment was begun.
    PaymentStarted,
    /// The gateway knows of a payment.
    PaymentSubmitted,
    /// A payment succeeded, and the booking with it.
    PaymentSucceeded,
    /// A payment succeeded after the hold had expired, and the seats were taken again.
    PaymentSucceededLate,
    /// A payment succeeded for which nothing was owed any more: it is given back.
    PaymentGivenBack,
    /// A payment was declined.
    PaymentDeclined,
    /// The gateway gave money back.
    RefundMade,
    /// It was cancelled.
    Cancelled,
    /// It was cancelled with its concert.
    ConcertCancelled,
    /// The hold expired.
    Expired,
}

/// Reads a concert's events, and keeps what concerned one booking.
pub struct BookingHistory {
    concert: Concert,
    number: BookingNumber,
    entries: Vec<HistoryEntry>,
}

impl BookingHistory {
    /// The history of this booking before the concert's first event.
    pub fn new(concert: ConcertId, number: BookingNumber) -> Self {
        Self { concert: Concert::absent(concert), number, entries: Vec::new() }
    }

    /// The concert's next event.
    pub fn take(&mut self, event: &ConcertEvent, time: Time) {
        self.concert.apply(event, time);
        let Some(booking) = self.concert.booking(self.number) else { return };
        let payment =
            payment_of(event, self.concert.sequence()).filter(|payment| booking.payments().contains(payment));
        if booking.sequence != self.concert.sequence() && payment.is_none() {
            return;
        }
        let Some(happening) = happening(event, booking) else { return };
        self.entries.push(HistoryEntry {
            sequence: self.concert.sequence(),
            time,
            by: by(event).cloned(),
            happening,
            status: booking.status,
            payment,
            amount: self.amount(event, payment),
        });
    }

    /// Everything that concerned the booking, oldest first.
    pub fn into_entries(self) -> Vec<HistoryEntry> {
        self.entries
    }

    fn amount(&self, event: &ConcertEvent, payment: Option<PaymentNumber>) -> Option<MinorUnits> {
        let payment = payment.and_then(|payment| self.concert.payment(payment));
        match event {
            ConcertEvent::BookingCancelled { refund, .. } => Some(*refund),
            ConcertEvent::RefundMade { errand, .. } => {
                let mut refunds = payment?.refunds.iter();
                refunds.find(|refund| refund.errand == *errand).map(|refund| refund.amount)
            }
            _ => payment.map(|payment| payment.amount),
        }
    }
}

fn happening(event: &ConcertEvent, booking: &Booking) -> Option<Happening> {
    Some(match event {
        ConcertEvent::Booked { .. } if booking.status == BookingStatus::Held => Happening::Held,
        ConcertEvent::Booked { .. } => Happening::Booked,
        ConcertEvent::SeatsOffered { .. } => Happening::Offered,
        ConcertEvent::HoldExtended { .. } => Happening::Extended,
        ConcertEvent::HoldConfirmed { .. } => Happening::Confirmed,
        ConcertEvent::BookingChanged { .. } => Happening::Changed,
        ConcertEvent::ChangePrepared { .. } => Happening::ChangePrepared,
        ConcertEvent::TimePassed if booking.status == BookingStatus::Expired => Happening::Expired,
        ConcertEvent::TimePassed => Happening::ChangeExpired,
        ConcertEvent::PaymentStarted { .. } => Happening::PaymentStarted,
        ConcertEvent::PaymentSubmitted { .. } => Happening::PaymentSubmitted,
        ConcertEvent::PaymentSettled { settlement, .. } => match settlement {
            Settlement::Declined { .. } => Happening::PaymentDeclined,
            Settlement::Confirmed | Settlement::ChangeMade => Happening::PaymentSucceeded,
            Settlement::Retaken => Happening::PaymentSucceededLate,
            Settlement::GivenBack => Happening::PaymentGivenBack,
        },
        ConcertEvent::RefundMade { .. } => Happening::RefundMade,
        ConcertEvent::BookingCancelled { .. } => Happening::Cancelled,
        ConcertEvent::BookingsCancelled { .. } => Happening::ConcertCancelled,
        _ => return None,
    })
}

fn by(event: &ConcertEvent) -> Option<&UserId> {
    match event {
        ConcertEvent::Booked { user, .. } => Some(user),
        ConcertEvent::HoldExtended { by, .. }
        | ConcertEvent::HoldConfirmed { by, .. }
        | ConcertEvent::BookingChanged { by, .. }
        | ConcertEvent::ChangePrepared { by, .. }
        | ConcertEvent::PaymentStarted { by, .. }
        | ConcertEvent::BookingCancelled { by, .. } => Some(by),
        _ => None,
    }
}

fn payment_of(event: &ConcertEvent, sequence: u64) -> Option<PaymentNumber> {
    match event {
        ConcertEvent::PaymentStarted { .. } => Some(PaymentNumber(sequence)),
        ConcertEvent::PaymentSubmitted { payment, .. }
        | ConcertEvent::PaymentSettled { payment, .. }
        | ConcertEvent::RefundMade { payment, .. } => Some(*payment),
        _ => None,
    }
}
