//! What a mail tells, in words and numbers that the templates only have to place.

use boxoffice_engine::concert::LocalTime;
use boxoffice_engine::errands::notifier::{Mail, MailKind};
use boxoffice_engine::money::{Currency, MinorUnits};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::respond::Amount;

/// What is written where a time lies beyond what calendars reach; the engine admits none.
const TIME_UNKNOWN: &str = "(unknown)";

/// Everything that the templates show. None of it contains a line's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) kind: MailKind,
    /// What the mail's reader is called.
    pub(super) reader: String,
    pub(super) concert: String,
    pub(super) venue: String,
    /// When the concert begins, written out as clocks there show it.
    pub(super) start: String,
    /// Until when the reader can act (pay, take an offer), as clocks at the concert show it.
    pub(super) until: Option<String>,
    pub(super) items: Vec<Item>,
    pub(super) total: String,
    pub(super) booking: String,
}

/// Seats of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) seat_type: String,
    pub(super) quantity: u32,
    /// The seats' labels, `A-1, A-2`; empty where seats have none.
    pub(super) seats: String,
    /// Of one seat.
    pub(super) price: String,
}

impl Facts {
    /// Collects what there is to tell.
    pub(super) fn of(mail: &Mail) -> Self {
        let view = &mail.booking;
        let (terms, details) = (&view.terms, &view.terms.details);
        let items = view.booking.items.iter().map(|item| Item {
            seat_type: terms
                .seat_types
                .get(item.seat_type.index())
                .map_or_else(String::new, |seat_type| one_line(&seat_type.name)),
            quantity: item.quantity,
            seats: one_line(&view.seats_of(item).join(", ")),
            price: money(item.unit_price, terms.currency),
        });
        let offset_seconds = details.start.offset_seconds;
        Self {
            kind: mail.kind,
            reader: one_line(&mail.username),
            concert: one_line(&details.name),
            venue: one_line(&details.venue),
            start: written_out(details.start),
            until: view.booking.expires_at().map(|time| written_out(LocalTime { time, offset_seconds })),
            items: items.collect(),
            total: money(view.booking.total(), terms.currency),
            booking: view.id.to_string(),
        }
    }

    /// What the mail is about, in a few words: its heading, and the beginning of its subject.
    pub(super) fn headline(&self) -> &'static str {
        match self.kind {
            MailKind::Confirmed => "Booking confirmed",
            MailKind::Held => "Seats held for you",
            MailKind::AboutToExpire => "Your hold is about to end",
            MailKind::Expired => "Your hold has ended",
            MailKind::Cancelled => "Booking cancelled",
            MailKind::Refunded => "Money given back",
            MailKind::Offered => "Seats offered to you",
            MailKind::Changed => "Booking changed",
            MailKind::ConcertChanged => "Concert changed",
            MailKind::ConcertCancelled => "Concert cancelled",
        }
    }
}

/// `Saturday, 12 June 2027, 20:00 (UTC+02:00)`
fn written_out(LocalTime { time, offset_seconds }: LocalTime) -> String {
    let local = Timestamp::from_millisecond(time.0).and_then(|timestamp| {
        let offset = Offset::from_seconds(offset_seconds)?;
        Ok(timestamp.to_zoned(TimeZone::fixed(offset)))
    });
    local.map_or_else(
        |_| TIME_UNKNOWN.to_owned(),
        |local| local.strftime("%A, %-d %B %Y, %H:%M (UTC%:z)").to_string(),
    )
}

fn money(minor: MinorUnits, currency: Currency) -> String {
    format!("{} {}", Amount { minor, currency }, currency.code())
}

/// A text without anything that could end its line: in a header, what follows would be a header of its own.
fn one_line(text: &str) -> String {
    let ends_line = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    text.chars().map(|character| if ends_line(character) { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use boxoffice_engine::time::Time;

    use super::*;

    #[test]
    fn times_are_told_as_clocks_at_the_concert_show_them() {
        let cases = [
            (1_812_837_600_000, 7_200, "Sunday, 13 June 2027, 00:00 (UTC+02:00)"),
            (1_812_837_600_000, -12_600, "Saturday, 12 June 2027, 18:30 (UTC-03:30)"),
            (1_812_837_600_000, 0, "Saturday, 12 June 2027, 22:00 (UTC+00:00)"),
            (i64::MAX, 0, TIME_UNKNOWN),
        ];
        for (milliseconds, offset_seconds, expected) in cases {
            let time = LocalTime { time: Time(milliseconds), offset_seconds };
            assert_eq!(written_out(time), expected);
        }
    }

    #[test]
    fn what_ends_a_line_is_a_space() {
        assert_eq!(one_line("a\r\nBcc: b\u{85}c\u{2028}d\0"), "a  Bcc: b c d ");
    }
}
