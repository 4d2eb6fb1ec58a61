//! What happened to one booking, event by event: the audit trail, made from the journal and from nothing else.

use super::booking::{Booking, BookingStatus};
use super::event::{ConcertEvent, Settlement};
use super::state::Concert;
use super::view::BookingView;
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
    /// Who made it happen.
    pub actor: Actor,
    /// What brought it about.
    pub cause: Cause,
    /// What happened.
    pub happening: Happening,
    /// How the booking stood afterwards.
    pub status: BookingStatus,
    /// When a hold was to be given up from then on.
    pub expires_at: Option<Time>,
    /// The whole booking afterwards, where its seats, its price, a change that waits or how it stands were not so before.
    pub booking: Option<BookingView>,
    /// The payment that it was about.
    pub payment: Option<PaymentNumber>,
    /// The money that was decided on: paid, captured, or owed back.
    pub amount: Option<MinorUnits>,
}

/// Who makes things happen to a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody: its owner, the concert's organizer or an admin.
    User(UserId),
    /// The box office itself.
    BoxOffice,
    /// The payment gateway.
    Gateway,
}

/// What brings an event about. Numbers are sequences of the concert's earlier events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Who made it happen asked for it.
    Request,
    /// A time had come.
    Deadline,
    /// The owner waited for such seats, since this event.
    Wish(u64),
    /// A payment that this event began.
    Payment(u64),
    /// Money that is owed back since this event.
    RefundOwed(u64),
    /// This event called the concert off.
    ConcertCancelled(u64),
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

/// Which entries of a history are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// Only those with a higher sequence.
    pub after: u64,
    /// So many at most.
    pub limit: usize,
}

/// Reads a concert's events, and keeps what concerned one booking.
pub struct BookingHistory {
    concert: Concert,
    number: BookingNumber,
    page: HistoryPage,
    /// The booking as the event before left it.
    before: Option<Booking>,
    /// Who called the concert off, and by which event.
    cancelled: Option<(UserId, u64)>,
    entries: Vec<HistoryEntry>,
}

impl Actor {
    /// Who it is, where it is somebody.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::BoxOffice | Self::Gateway => None,
        }
    }
}

impl Cause {
    /// The event that it lies in.
    pub fn sequence(self) -> Option<u64> {
        match self {
            Self::Request | Self::Deadline => None,
            Self::Wish(sequence)
            | Self::Payment(sequence)
            | Self::RefundOwed(sequence)
            | Self::ConcertCancelled(sequence) => Some(sequence),
        }
    }
}

impl BookingHistory {
    /// The history of this booking before the concert's first event.
    pub fn new(concert: ConcertId, number: BookingNumber, page: HistoryPage) -> Self {
        let concert = Concert::absent(concert);
        Self { concert, number, page, before: None, cancelled: None, entries: Vec::new() }
    }

    /// The concert's next event.
    pub fn take(&mut self, event: &ConcertEvent, time: Time) {
        self.concert.apply(event, time);
        let sequence = self.concert.sequence();
        if let ConcertEvent::Cancelled { by } = event {
            self.cancelled = Some((by.clone(), sequence));
        }
        let Some(booking) = self.concert.booking(self.number) else { return };
        let payment = payment_of(event, sequence).filter(|payment| booking.payments().contains(payment));
        if booking.sequence() != sequence && payment.is_none() {
            return;
        }
        let Some(happening) = happening(event, booking) else { return };
        if sequence > self.page.after && self.entries.len() < self.page.limit {
            let is_as_before = self.before.as_ref().is_some_and(|before| looks_as(before, booking));
            let (actor, cause) = self.origin(event);
            self.entries.push(HistoryEntry {
                sequence,
                time,
                actor,
                cause,
                happening,
                status: booking.status,
                expires_at: booking.expires_at(),
                booking: (!is_as_before).then(|| self.concert.booking_view(booking)),
                payment,
                amount: self.amount(event, payment),
            });
        }
        self.before = Some(booking.clone());
    }

    /// Everything that concerned the booking, oldest first.
    pub fn into_entries(self) -> Vec<HistoryEntry> {
        self.entries
    }

    /// Who made it happen, and what brought it about.
    fn origin(&self, event: &ConcertEvent) -> (Actor, Cause) {
        match event {
            ConcertEvent::SeatsOffered { waiter, .. } => (Actor::BoxOffice, Cause::Wish(*waiter)),
            ConcertEvent::PaymentSubmitted { payment, .. } | ConcertEvent::PaymentSettled { payment, .. } => {
                (Actor::Gateway, Cause::Payment(payment.0))
            }
            ConcertEvent::RefundMade { errand, .. } => (Actor::Gateway, Cause::RefundOwed(errand.sequence)),
            ConcertEvent::BookingsCancelled { .. } => {
                let (by, sequence) = self.cancelled.clone().expect("bookings end with a concert that did");
                (Actor::User(by), Cause::ConcertCancelled(sequence))
            }
            ConcertEvent::TimePassed => (Actor::BoxOffice, Cause::Deadline),
            ConcertEvent::Booked { user: by, .. }
            | ConcertEvent::HoldExtended { by, .. }
            | ConcertEvent::HoldConfirmed { by, .. }
            | ConcertEvent::BookingChanged { by, .. }
            | ConcertEvent::ChangePrepared { by, .. }
            | ConcertEvent::PaymentStarted { by, .. }
            | ConcertEvent::BookingCancelled { by, .. } => (Actor::User(by.clone()), Cause::Request),
            other => unreachable!("{other:?} happens to no booking"),
        }
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

/// Whether a booking is what it was, as far as it is told.
fn looks_as(before: &Booking, now: &Booking) -> bool {
    let told = |booking: &Booking| (booking.status, booking.total());
    told(before) == told(now) && before.items == now.items && before.pending() == now.pending()
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

fn payment_of(event: &ConcertEvent, sequence: u64) -> Option<PaymentNumber> {
    match event {
        ConcertEvent::PaymentStarted { .. } => Some(PaymentNumber(sequence)),
        ConcertEvent::PaymentSubmitted { payment, .. }
        | ConcertEvent::PaymentSettled { payment, .. }
        | ConcertEvent::RefundMade { payment, .. } => Some(*payment),
        _ => None,
    }
}
