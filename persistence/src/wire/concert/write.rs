//! From what happened to its mirror. Whatever the first generation of variants can say is written in it.

use boxoffice_engine::concert::{ConcertEvent, DetailsChange, NewConcert, NewSeatType};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::UserId;

use super::terms::{WireConcert, WireSeatType};
use super::{WireConcertEvent, unsaid};

impl<'a> From<&'a ConcertEvent> for WireConcertEvent<'a> {
    #[expect(clippy::too_many_lines, reason = "an arm per event; in one match, so that none is forgotten")]
    fn from(event: &'a ConcertEvent) -> Self {
        use ConcertEvent as Event;
        match event {
            Event::Created { organizer, concert, idempotency } => created(organizer, concert, *idempotency),
            Event::DetailsChanged { by, change } => details_changed(by, change),
            Event::SeatTypeAdded { by, seat_type } => seat_type_added(by, seat_type),
            Event::SeatTypeChanged { by, number, change } => {
                Self::SeatTypeChanged { by: by.as_str(), number: number.0, change: change.into() }
            }
            Event::SalesOpened { by } => Self::SalesOpened { by: by.as_str() },
            Event::SalesClosed { by } => Self::SalesClosed { by: by.as_str() },
            Event::Cancelled { by } => Self::Cancelled { by: by.as_str() },
            Event::Deleted { by } => Self::Deleted { by: by.as_str() },
            Event::TimePassed => Self::TimePassed,
            Event::Booked { user, items, terms: None, mail: unsaid::MAIL, idempotency } => Self::Booked {
                user: user.as_str(),
                items: items.into(),
                idempotency: idempotency.map(Into::into),
            },
            Event::Booked { user, items, terms, mail, idempotency } => Self::BookedOnTerms {
                user: user.as_str(),
                items: items.into(),
                terms: terms.as_deref().map(Into::into),
                mail: *mail,
                idempotency: idempotency.map(Into::into),
            },
            Event::BookingCancelled { number, by, refund: unsaid::REFUND, idempotency } => {
                Self::BookingCancelled {
                    number: number.0,
                    by: by.as_str(),
                    idempotency: idempotency.map(Into::into),
                }
            }
            Event::BookingCancelled { number, by, refund, idempotency } => Self::BookingCancelledWithRefund {
                number: number.0,
                by: by.as_str(),
                refund: *refund,
                idempotency: idempotency.map(Into::into),
            },
            Event::BookingsCancelled { through } => Self::BookingsCancelled { through: through.0 },
            Event::HoldExtended { number, by, expires_at, idempotency } => Self::HoldExtended {
                number: number.0,
                by: by.as_str(),
                expires_at: expires_at.0,
                idempotency: idempotency.map(Into::into),
            },
            Event::HoldConfirmed { number, by, idempotency } => Self::HoldConfirmed {
                number: number.0,
                by: by.as_str(),
                idempotency: idempotency.map(Into::into),
            },
            Event::BookingChanged { number, by, items, discount, idempotency } => Self::BookingChanged {
                number: number.0,
                by: by.as_str(),
                items: items.into(),
                discount: *discount,
                idempotency: idempotency.map(Into::into),
            },
            Event::ChangePrepared { number, by, items, discount, expires_at, idempotency } => {
                Self::ChangePrepared {
                    number: number.0,
                    by: by.as_str(),
                    items: items.into(),
                    discount: *discount,
                    expires_at: expires_at.0,
                    idempotency: idempotency.map(Into::into),
                }
            }
            Event::PaymentStarted { booking, by, amount, gateway, method, idempotency } => {
                Self::PaymentStarted {
                    booking: booking.0,
                    by: by.as_str(),
                    amount: *amount,
                    gateway,
                    method,
                    idempotency: idempotency.map(Into::into),
                }
            }
            Event::PaymentSubmitted { payment, reference, client_secret } => Self::PaymentSubmitted {
                payment: payment.0,
                reference,
                client_secret: client_secret.as_deref(),
            },
            Event::PaymentSettled { payment, reference, settlement } => Self::PaymentSettled {
                payment: payment.0,
                reference: reference.as_deref(),
                settlement: settlement.into(),
            },
            Event::RefundMade { payment, errand } => {
                Self::RefundMade { payment: payment.0, errand: (*errand).into() }
            }
            Event::ErrandsDone { errands } => {
                Self::ErrandsDone { errands: errands.iter().map(|errand| (*errand).into()).collect() }
            }
            Event::SeatsBlocked { by, item } => Self::SeatsBlocked { by: by.as_str(), item: item.into() },
            Event::SeatsReleased { by, item } => Self::SeatsReleased { by: by.as_str(), item: item.into() },
            Event::WaitlistJoined { user, seat_type, quantity, mail, idempotency } => Self::WaitlistJoined {
                user: user.as_str(),
                seat_type: seat_type.0,
                quantity: *quantity,
                mail: *mail,
                idempotency: idempotency.map(Into::into),
            },
            Event::WaitlistLeft { number, by, idempotency } => waitlist_left(*number, by, *idempotency),
            Event::SeatsOffered { waiter, items, hold } => {
                Self::SeatsOffered { waiter: *waiter, items: items.into(), hold: (*hold).into() }
            }
            Event::CodeAdded { by, code } => {
                Self::CodeAdded { by: by.as_str(), code: Box::new(code.as_ref().into()) }
            }
            Event::CodeWithdrawn { by, code } => Self::CodeWithdrawn { by: by.as_str(), code: *code },
            Event::ChangeAnnounced { through } => Self::ChangeAnnounced { through: through.0 },
            Event::KeyNoted { number, by, idempotency } => {
                Self::KeyNoted { number: number.0, by: by.as_str(), idempotency: (*idempotency).into() }
            }
        }
    }
}

fn created<'a>(
    organizer: &'a UserId,
    concert: &'a NewConcert,
    idempotency: Option<IdempotencyKey>,
) -> WireConcertEvent<'a> {
    let (organizer, idempotency) = (organizer.as_str(), idempotency.map(Into::into));
    match WireConcert::of(concert) {
        Some(concert) => WireConcertEvent::Created { organizer, concert: Box::new(concert), idempotency },
        None => WireConcertEvent::CreatedInFull { organizer, concert: Box::new(concert.into()), idempotency },
    }
}

fn details_changed<'a>(by: &'a UserId, change: &'a DetailsChange) -> WireConcertEvent<'a> {
    let (by, said) = (by.as_str(), Box::new(change.into()));
    match change.forbids_orphan_seats {
        None => WireConcertEvent::DetailsChanged { by, change: said },
        Some(forbids_orphan_seats) => {
            WireConcertEvent::DetailsChangedInFull { by, change: said, forbids_orphan_seats }
        }
    }
}

fn seat_type_added<'a>(by: &'a UserId, seat_type: &'a NewSeatType) -> WireConcertEvent<'a> {
    let by = by.as_str();
    match WireSeatType::of(seat_type) {
        Some(seat_type) => WireConcertEvent::SeatTypeAdded { by, seat_type },
        None => WireConcertEvent::SeatTypeAddedInFull { by, seat_type: seat_type.into() },
    }
}

fn waitlist_left(number: u64, by: &UserId, idempotency: Option<IdempotencyKey>) -> WireConcertEvent<'_> {
    let by = by.as_str();
    match idempotency {
        None => WireConcertEvent::WaitlistLeft { number, by },
        Some(key) => WireConcertEvent::WaitlistLeftWithKey { number, by, idempotency: key.into() },
    }
}
