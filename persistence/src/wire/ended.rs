//! The form of a booking that a concert's state has shed: what [`crate::ended`] keeps for good. Its concert, number and status stand beside
//! it. `version u8 | bincode 2, standard configuration`. As with records, what is there never changes; the next form has the next version.

use bincode::{BorrowDecode, Decode, Encode};
use boxoffice_engine::concert::{
    Booking, BookingStatus, BookingTerms, Changed, EndedBooking, Payment, PaymentStatus, Refund, Sale,
};
use boxoffice_engine::ids::{BookingNumber, ConcertId, PaymentNumber};
use boxoffice_engine::time::Time;

use super::accounts::user;
use super::concert::{WireErrand, WireItem, WireTerms};
use super::list::List;
use super::{Appender, CONFIG, WireError, form};

const VERSION: u8 = 1;

#[derive(Encode, BorrowDecode)]
struct WireEnded<'a> {
    user: &'a str,
    items: List<WireItem>,
    mail: bool,
    created_at: i64,
    sale: Option<WireSale>,
    payments: List<WirePayment<'a>>,
}

#[derive(Encode, Decode)]
struct WireSale {
    changed: Option<(u64, i64)>,
    terms: WireTerms,
    paid: i64,
}

#[derive(Encode, BorrowDecode)]
struct WirePayment<'a> {
    number: u64,
    amount: i64,
    for_change: bool,
    gateway: &'a str,
    method: &'a str,
    status: WireStatus<'a>,
    reference: Option<&'a str>,
    client_secret: Option<&'a str>,
    refunds: List<WireRefund>,
    created_at: i64,
}

#[derive(Encode, BorrowDecode)]
enum WireStatus<'a> {
    Processing,
    Succeeded,
    Failed(&'a str),
}

#[derive(Encode, Decode)]
struct WireRefund {
    errand: WireErrand,
    amount: i64,
    is_made: bool,
}

/// Appends the form of an ended booking.
pub(crate) fn pack_ended(ended: &EndedBooking, bytes: &mut Vec<u8>) {
    bytes.push(VERSION);
    let EndedBooking { user, booking, payments, .. } = ended;
    let wire = WireEnded {
        user: user.as_str(),
        items: (&booking.items).into(),
        mail: booking.mail,
        created_at: booking.created_at().0,
        sale: booking.sale.as_deref().map(Into::into),
        payments: payments.iter().map(Into::into).collect(),
    };
    bincode::encode_into_writer(wire, Appender(bytes), CONFIG)
        .expect("memory takes every byte, and no mirror type refuses to be encoded");
}

/// Whose booking these bytes stand for, if they are its form.
pub(crate) fn ended_user(bytes: &[u8]) -> Option<&str> {
    let (_, rest) = bytes.split_first().filter(|(version, _)| **version == VERSION)?;
    bincode::borrow_decode_from_slice(rest, CONFIG).ok().map(|(user, _)| user)
}

/// Bytes of its version and its user, with which such a form begins.
pub(crate) fn ended_head(bytes: &[u8]) -> Option<usize> {
    let (_, rest) = bytes.split_first()?;
    bincode::borrow_decode_from_slice::<&str, _>(rest, CONFIG).ok().map(|(_, length)| 1 + length)
}

/// The booking of this number that these bytes stand for.
pub(crate) fn unpack_ended(
    bytes: &[u8],
    concert: ConcertId,
    number: BookingNumber,
    status: BookingStatus,
) -> Result<EndedBooking, WireError> {
    let (version, rest) = bytes.split_first().ok_or(WireError::CutOff)?;
    if *version != VERSION {
        return Err(WireError::Value("version"));
    }
    let (wire, read) = bincode::borrow_decode_from_slice::<WireEnded<'_>, _>(rest, CONFIG).map_err(form)?;
    if read != rest.len() {
        return Err(WireError::LeftOver);
    }
    let payments: Vec<Payment> = wire.payments.0.into_iter().map(|payment| payment.payment(number)).collect();
    let mut sale = wire.sale.map(|sale| Box::new(Sale::from(sale)));
    if let Some(sale) = &mut sale {
        sale.payments = payments.iter().map(|payment| payment.number).collect();
    }
    let created_at = Time(wire.created_at);
    Ok(EndedBooking {
        concert,
        user: user(wire.user)?,
        booking: Booking::apart(number, wire.items.into(), status, wire.mail, created_at, sale),
        payments,
    })
}

/// All but the numbers of its payments, and a change that waits: what has ended has none.
impl From<&Sale> for WireSale {
    fn from(sale: &Sale) -> Self {
        let Sale { changed, hold, discount, paid, .. } = *sale;
        Self {
            changed: changed.map(|Changed { sequence, at }| (sequence, at.0)),
            terms: (&BookingTerms { hold, discount }).into(),
            paid,
        }
    }
}

impl From<WireSale> for Sale {
    fn from(WireSale { changed, terms, paid }: WireSale) -> Self {
        let BookingTerms { hold, discount } = terms.into();
        let changed = changed.map(|(sequence, at)| Changed { sequence, at: Time(at) });
        Self { changed, hold, discount, paid, ..Self::default() }
    }
}

impl<'a> From<&'a Payment> for WirePayment<'a> {
    fn from(payment: &'a Payment) -> Self {
        let refund = |refund: &Refund| WireRefund {
            errand: refund.errand.into(),
            amount: refund.amount,
            is_made: refund.is_made,
        };
        Self {
            number: payment.number.0,
            amount: payment.amount,
            for_change: payment.for_change,
            gateway: &payment.gateway,
            method: &payment.method,
            status: match &payment.status {
                PaymentStatus::Processing => WireStatus::Processing,
                PaymentStatus::Succeeded => WireStatus::Succeeded,
                PaymentStatus::Failed(reason) => WireStatus::Failed(reason),
            },
            reference: payment.reference.as_deref(),
            client_secret: payment.client_secret.as_deref(),
            refunds: payment.refunds.iter().map(refund).collect(),
            created_at: payment.created_at.0,
        }
    }
}

impl WirePayment<'_> {
    fn payment(self, booking: BookingNumber) -> Payment {
        let refund =
            |WireRefund { errand, amount, is_made }| Refund { errand: errand.into(), amount, is_made };
        Payment {
            number: PaymentNumber(self.number),
            booking,
            amount: self.amount,
            for_change: self.for_change,
            gateway: self.gateway.into(),
            method: self.method.into(),
            status: match self.status {
                WireStatus::Processing => PaymentStatus::Processing,
                WireStatus::Succeeded => PaymentStatus::Succeeded,
                WireStatus::Failed(reason) => PaymentStatus::Failed(reason.into()),
            },
            reference: self.reference.map(Into::into),
            client_secret: self.client_secret.map(Into::into),
            refunds: self.refunds.0.into_iter().map(refund).collect(),
            created_at: Time(self.created_at),
        }
    }
}
