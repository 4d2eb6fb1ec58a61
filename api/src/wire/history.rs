//! What happened to a booking, event by event.

use boxoffice_engine::concert::{BookingView, Happening, HistoryEntry};
use boxoffice_engine::ids::{ConcertId, PaymentId, UserId};
use boxoffice_engine::money::Currency;
use serde::Serialize;

use super::booking::status_word;
use crate::respond::{Amount, Utc};

/// One event that concerned a booking.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry<'a> {
    sequence: u64,
    time: Utc,
    event: &'static str,
    /// Who did it; nobody where time or the payment gateway did.
    by: Option<&'a str>,
    status: &'static str,
    payment_id: Option<String>,
    amount: Option<Amount>,
}

/// The history of a booking as it is told.
pub(crate) fn history<'a>(view: &BookingView, entries: &'a [HistoryEntry]) -> Vec<Entry<'a>> {
    let (concert, currency) = (view.id.concert, view.terms.currency);
    entries.iter().map(|entry| Entry::of(entry, concert, currency)).collect()
}

impl<'a> Entry<'a> {
    fn of(entry: &'a HistoryEntry, concert: ConcertId, currency: Currency) -> Self {
        Self {
            sequence: entry.sequence,
            time: Utc(entry.time),
            event: word(entry.happening),
            by: entry.by.as_ref().map(UserId::as_str),
            status: status_word(entry.status),
            payment_id: entry.payment.map(|number| PaymentId { concert, number }.to_string()),
            amount: entry.amount.map(|minor| Amount { minor, currency }),
        }
    }
}

fn word(happening: Happening) -> &'static str {
    match happening {
        Happening::Booked => "booked",
        Happening::Held => "held",
        Happening::Offered => "offered",
        Happening::Extended => "extended",
        Happening::Confirmed => "confirmed",
        Happening::Changed => "changed",
        Happening::ChangePrepared => "change_prepared",
        Happening::ChangeExpired => "change_expired",
        Happening::PaymentStarted => "payment_started",
        Happening::PaymentSubmitted => "payment_submitted",
        Happening::PaymentSucceeded => "payment_succeeded",
        Happening::PaymentSucceededLate => "payment_succeeded_late",
        Happening::PaymentGivenBack => "payment_given_back",
        Happening::PaymentDeclined => "payment_declined",
        Happening::RefundMade => "refund_made",
        Happening::Cancelled => "cancelled",
        Happening::ConcertCancelled => "concert_cancelled",
        Happening::Expired => "expired",
    }
}
