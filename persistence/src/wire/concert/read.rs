//! From a mirror to what happened. What the first generation of variants leaves unsaid was as [`unsaid`] has it.

use boxoffice_engine::concert::{ConcertEvent, DetailsChange};
use boxoffice_engine::ids::{BookingNumber, PaymentNumber, SeatTypeNumber};
use boxoffice_engine::time::Time;

use super::{WireConcertEvent, WireError, unsaid, user};

impl TryFrom<WireConcertEvent<'_>> for ConcertEvent {
    type Error = WireError;

    #[expect(clippy::too_many_lines, reason = "an arm per variant; in one match, so that none is forgotten")]
    fn try_from(event: WireConcertEvent<'_>) -> Result<Self, WireError> {
        use WireConcertEvent as Wire;
        Ok(match event {
            Wire::Created { organizer, concert, idempotency } => Self::Created {
                organizer: user(organizer)?,
                concert: Box::new((*concert).try_into()?),
                idempotency: idempotency.map(Into::into),
            },
            Wire::CreatedInFull { organizer, concert, idempotency } => Self::Created {
                organizer: user(organizer)?,
                concert: Box::new((*concert).try_into()?),
                idempotency: idempotency.map(Into::into),
            },
            Wire::DetailsChanged { by, change } => {
                Self::DetailsChanged { by: user(by)?, change: Box::new((*change).into()) }
            }
            Wire::DetailsChangedInFull { by, change, forbids_orphan_seats } => {
                let forbids_orphan_seats = Some(forbids_orphan_seats);
                let change = DetailsChange { forbids_orphan_seats, ..(*change).into() };
                Self::DetailsChanged { by: user(by)?, change: Box::new(change) }
            }
            Wire::SeatTypeAdded { by, seat_type } => {
                Self::SeatTypeAdded { by: user(by)?, seat_type: seat_type.into() }
            }
            Wire::SeatTypeAddedInFull { by, seat_type } => {
                Self::SeatTypeAdded { by: user(by)?, seat_type: seat_type.try_into()? }
            }
            Wire::SeatTypeChanged { by, number, change } => {
                Self::SeatTypeChanged { by: user(by)?, number: SeatTypeNumber(number), change: change.into() }
            }
            Wire::SalesOpened { by } => Self::SalesOpened { by: user(by)? },
            Wire::SalesClosed { by } => Self::SalesClosed { by: user(by)? },
            Wire::Cancelled { by } => Self::Cancelled { by: user(by)? },
            Wire::Deleted { by } => Self::Deleted { by: user(by)? },
            Wire::TimePassed => Self::TimePassed,
            Wire::Booked { user: id, items, idempotency } => Self::Booked {
                user: user(id)?,
                items: items.into(),
                terms: None,
                mail: unsaid::MAIL,
                idempotency: idempotency.map(Into::into),
            },
            Wire::BookedOnTerms { user: id, items, terms, mail, idempotency } => Self::Booked {
                user: user(id)?,
                items: items.into(),
                terms: terms.map(|terms| Box::new(terms.into())),
                mail,
                idempotency: idempotency.map(Into::into),
            },
            Wire::BookingCancelled { number, by, idempotency } => Self::BookingCancelled {
                number: BookingNumber(number),
                by: user(by)?,
                refund: unsaid::REFUND,
                idempotency: idempotency.map(Into::into),
            },
            Wire::BookingCancelledWithRefund { number, by, refund, idempotency } => Self::BookingCancelled {
                number: BookingNumber(number),
                by: user(by)?,
                refund,
                idempotency: idempotency.map(Into::into),
            },
            Wire::BookingsCancelled { through } => {
                Self::BookingsCancelled { through: BookingNumber(through) }
            }
            Wire::HoldExtended { number, by, expires_at, idempotency } => Self::HoldExtended {
                number: BookingNumber(number),
                by: user(by)?,
                expires_at: Time(expires_at),
                idempotency: idempotency.map(Into::into),
            },
            Wire::HoldConfirmed { number, by, idempotency } => Self::HoldConfirmed {
                number: BookingNumber(number),
                by: user(by)?,
                idempotency: idempotency.map(Into::into),
            },
            Wire::BookingChanged { number, by, items, discount, idempotency } => Self::BookingChanged {
                number: BookingNumber(number),
                by: user(by)?,
                items: items.into(),
                discount,
                idempotency: idempotency.map(Into::into),
            },
            Wire::ChangePrepared { number, by, items, discount, expires_at, idempotency } => {
                Self::ChangePrepared {
                    number: BookingNumber(number),
                    by: user(by)?,
                    items: items.into(),
                    discount,
                    expires_at: Time(expires_at),
                    idempotency: idempotency.map(Into::into),
                }
            }
            Wire::PaymentStarted { booking, by, amount, gateway, method, idempotency } => {
                Self::PaymentStarted {
                    booking: BookingNumber(booking),
                    by: user(by)?,
                    amount,
                    gateway: gateway.into(),
                    method: method.into(),
                    idempotency: idempotency.map(Into::into),
                }
            }
            Wire::PaymentSubmitted { payment, reference, client_secret } => Self::PaymentSubmitted {
                payment: PaymentNumber(payment),
                reference: reference.into(),
                client_secret: client_secret.map(Into::into),
            },
            Wire::PaymentSettled { payment, reference, settlement } => Self::PaymentSettled {
                payment: PaymentNumber(payment),
                reference: reference.map(Into::into),
                settlement: settlement.into(),
            },
            Wire::RefundMade { payment, errand } => {
                Self::RefundMade { payment: PaymentNumber(payment), errand: errand.into() }
            }
            Wire::ErrandsDone { errands } => {
                Self::ErrandsDone { errands: errands.0.into_iter().map(Into::into).collect() }
            }
            Wire::SeatsBlocked { by, item } => Self::SeatsBlocked { by: user(by)?, item: item.into() },
            Wire::SeatsReleased { by, item } => Self::SeatsReleased { by: user(by)?, item: item.into() },
            Wire::WaitlistJoined { user: id, seat_type, quantity, mail, idempotency } => {
                Self::WaitlistJoined {
                    user: user(id)?,
                    seat_type: SeatTypeNumber(seat_type),
                    quantity,
                    mail,
                    idempotency: idempotency.map(Into::into),
                }
            }
            Wire::WaitlistLeft { number, by } => {
                Self::WaitlistLeft { number, by: user(by)?, idempotency: unsaid::LEAVING_KEY }
            }
            Wire::WaitlistLeftWithKey { number, by, idempotency } => {
                Self::WaitlistLeft { number, by: user(by)?, idempotency: Some(idempotency.into()) }
            }
            Wire::SeatsOffered { waiter, items, hold } => {
                Self::SeatsOffered { waiter, items: items.into(), hold: hold.into() }
            }
            Wire::CodeAdded { by, code } => {
                Self::CodeAdded { by: user(by)?, code: Box::new((*code).try_into()?) }
            }
            Wire::CodeWithdrawn { by, code } => Self::CodeWithdrawn { by: user(by)?, code },
            Wire::ChangeAnnounced { through } => Self::ChangeAnnounced { through: BookingNumber(through) },
            Wire::KeyNoted { number, by, idempotency } => Self::KeyNoted {
                number: BookingNumber(number),
                by: user(by)?,
                idempotency: idempotency.into(),
            },
        })
    }
}
