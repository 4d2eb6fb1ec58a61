//! What happened to a booking, event by event.

use boxoffice_engine::concert::{Actor, BookingView, Cause, Happening, HistoryEntry};
use boxoffice_engine::ids::{ConcertId, PaymentId, UserId};
use boxoffice_engine::money::Currency;
use serde::Serialize;
use serde_json::value::RawValue;

use super::booking::{push_change, push_items, status_word};
use crate::problem::Problem;
use crate::respond::{Amount, JsonText, Utc};

/// One event that concerned a booking.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry<'a> {
    sequence: u64,
    time: Utc,
    event: &'static str,
    /// Whether somebody did it, the box office itself, or the payment gateway.
    actor: &'static str,
    /// Who, where it was somebody.
    by: Option<&'a str>,
    cause: &'static str,
    /// The earlier event of the concert that the cause lies in.
    cause_sequence: Option<u64>,
    status: &'static str,
    expires_at: Option<Utc>,
    /// What the booking is from then on, where that is not what it was.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    made: Option<Made>,
    payment_id: Option<String>,
    amount: Option<Amount>,
}

/// What an event made of a booking.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    items: Box<RawValue>,
    total: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_change: Option<Box<RawValue>>,
}

impl Made {
    fn of(view: &BookingView) -> Result<Self, Problem> {
        let booking = &view.booking;
        let change = booking.pending().map(|pending| value(|json| push_change(json, view, pending)));
        Ok(Self {
            items: value(|json| push_items(json, view, &booking.items))?,
            total: Amount { minor: booking.total(), currency: view.terms.currency },
            pending_change: change.transpose()?,
        })
    }
}

/// What is written by hand, among what serde writes.
fn value(push: impl FnOnce(&mut JsonText) -> Result<(), Problem>) -> Result<Box<RawValue>, Problem> {
    let mut json = JsonText::default();
    push(&mut json)?;
    json.into_value()
}

/// The history of a booking as it is told.
///
/// # Errors
/// A 500, for a time that has no text.
pub(crate) fn history<'a>(
    view: &BookingView,
    entries: &'a [HistoryEntry],
) -> Result<Vec<Entry<'a>>, Problem> {
    let (concert, currency) = (view.id.concert, view.terms.currency);
    entries.iter().map(|entry| Entry::of(entry, concert, currency)).collect()
}

impl<'a> Entry<'a> {
    fn of(entry: &'a HistoryEntry, concert: ConcertId, currency: Currency) -> Result<Self, Problem> {
        Ok(Self {
            sequence: entry.sequence,
            time: Utc(entry.time),
            event: word(entry.happening),
            actor: actor_word(&entry.actor),
            by: entry.actor.user().map(UserId::as_str),
            cause: cause_word(entry.cause),
            cause_sequence: entry.cause.sequence(),
            status: status_word(entry.status),
            expires_at: entry.expires_at.map(Utc),
            made: entry.booking.as_ref().map(Made::of).transpose()?,
            payment_id: entry.payment.map(|number| PaymentId { concert, number }.to_string()),
            amount: entry.amount.map(|minor| Amount { minor, currency }),
        })
    }
}

fn actor_word(actor: &Actor) -> &'static str {
    match actor {
        Actor::User(_) => "user",
        Actor::BoxOffice => "box_office",
        Actor::Gateway => "gateway",
    }
}

fn cause_word(cause: Cause) -> &'static str {
    match cause {
        Cause::Request => "request",
        Cause::Deadline => "deadline",
        Cause::Wish(_) => "waitlist",
        Cause::Payment(_) => "payment",
        Cause::RefundOwed(_) => "refund_owed",
        Cause::ConcertCancelled(_) => "concert_cancelled",
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
