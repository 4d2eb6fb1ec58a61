//! What happens to bookings.

use super::super::booking::{
    Booking, BookingStatus, Changed, PendingChange, Sale, difference, price, quantity,
};
use super::super::due::{Due, DueWhat};
use super::super::errand::{Errand, MailKind};
use super::super::event::{BookedItem, BookedItems, BookingTerms, ConcertEvent, Seats};
use super::super::keys::Effect;
use super::super::person::BookingPlace;
use super::super::seating::SeatStatus;
use super::super::state::Concert;
use crate::ids::BookingNumber;
use crate::limits;
use crate::money::MinorUnits;
use crate::time::Time;

/// How long before its end the owner of a hold is warned, and of an offer, in seconds. As all constants that `apply` reads, these are
/// part of the format: with others, old journals would owe other mails.
const WARNING_SECONDS: i64 = 120;
const OFFER_WARNING_SECONDS: i64 = 600;

impl Concert {
    pub(super) fn apply_to_booking(&mut self, event: &ConcertEvent) -> Effect {
        match event {
            ConcertEvent::Booked { user, items, terms, mail, idempotency } => {
                let person = self.people.meet(user);
                let number = self.add_booking(person, items, terms.as_deref(), *mail);
                self.remember(user, *idempotency, Effect::Booked(number))
            }
            ConcertEvent::SeatsOffered { waiter, items, hold } => {
                let waiting = &mut self.waiting[items[0].seat_type.index()];
                let waiter = waiting.remove(*waiter).expect("an offer is made to somebody who waits");
                let terms = BookingTerms { hold: Some(*hold), discount: None };
                Effect::Booked(self.add_booking(waiter.person, items, Some(&terms), waiter.mail))
            }
            ConcertEvent::BookingCancelled { number, by, refund, idempotency } => {
                let place = self.place(*number);
                self.end_booking(place, BookingStatus::Cancelled, *refund);
                self.owe_mail(place, MailKind::Cancelled);
                self.remember(by, *idempotency, Effect::BookingCancelled(*number))
            }
            ConcertEvent::HoldExtended { number, by, expires_at, idempotency } => {
                let place = self.place(*number);
                self.prolong(place, *expires_at);
                self.touch(place);
                self.remember(by, *idempotency, Effect::BookingChanged(*number))
            }
            ConcertEvent::HoldConfirmed { number, by, idempotency } => {
                let place = self.place(*number);
                self.confirm(place, SeatStatus::Held);
                self.remember(by, *idempotency, Effect::BookingChanged(*number))
            }
            ConcertEvent::BookingChanged { number, by, items, discount, idempotency } => {
                let place = self.place(*number);
                self.change_booking(place, items, *discount);
                self.owe_mail(place, MailKind::Changed);
                self.remember(by, *idempotency, Effect::BookingChanged(*number))
            }
            ConcertEvent::ChangePrepared { number, by, items, discount, expires_at, idempotency } => {
                let place = self.place(*number);
                self.prepare_change(place, items, *discount, *expires_at);
                self.remember(by, *idempotency, Effect::BookingChanged(*number))
            }
            ConcertEvent::KeyNoted { number, by, idempotency } => {
                self.remember(by, Some(*idempotency), Effect::BookingChanged(*number))
            }
            other => unreachable!("{other:?} happens to no booking"),
        }
    }

    pub(super) fn place(&self, number: BookingNumber) -> usize {
        self.place_of(number).expect("things happen only to bookings that exist")
    }

    fn add_booking(
        &mut self,
        person: u32,
        items: &BookedItems,
        terms: Option<&BookingTerms>,
        mail: bool,
    ) -> BookingNumber {
        let number = BookingNumber(self.sequence);
        let place = self.bookings.len();
        let link = BookingPlace::new(place).expect("a concert has fewer than 2^32 bookings");
        let hold = terms.and_then(|terms| terms.hold);
        let status = if hold.is_some() { BookingStatus::Held } else { BookingStatus::Confirmed };
        self.shift(items, SeatStatus::Available, seat_status(status));
        let known = &mut self.people[person];
        known.tickets += quantity(items);
        let previous = known.newest.replace(link);
        self.live_bookings += 1;
        let discount = terms.and_then(|terms| terms.discount);
        if let Some(discount) = discount {
            self.code_uses[usize::from(discount.code)] += 1;
        }
        let has_terms = hold.is_some() || discount.is_some();
        let sale = has_terms.then(|| Box::new(Sale { hold, discount, ..Sale::default() }));
        let created_at = self.time.into();
        let booking = |items| Booking { number, items, status, mail, created_at, sale, person, previous };
        match plain(items) {
            Some(item) => self.bookings.push_with(|| booking(BookedItems::from_buf([item]))),
            None => self.bookings.push_with(|| booking(items.clone())),
        }
        self.newest_booking = number;
        if let Some(hold) = hold {
            self.note_expiry(place);
            self.owe_mail(place, if hold.is_offer { MailKind::Offered } else { MailKind::Held });
        } else {
            self.tally(items, 1);
            self.owe_mail(place, MailKind::Confirmed);
        }
        number
    }

    /// Gives the seats of a live booking back, and so much of what was paid for it; the rest is the fee.
    pub(super) fn end_booking(&mut self, place: usize, status: BookingStatus, refund: MinorUnits) {
        self.drop_change(place);
        self.forget_expiry(place);
        let booking = &self.bookings[place];
        assert!(booking.status.is_live(), "a booking ends once");
        let (before, items, paid) = (booking.status, booking.items.clone(), booking.paid());
        self.shift(&items, seat_status(before), SeatStatus::Available);
        if before == BookingStatus::Confirmed {
            self.tally(&items, -1);
            if self.terms.payment_required {
                for item in &items {
                    self.tallies[item.seat_type.index()].returned += item.price();
                }
            }
        }
        self.owe_back(place, refund);
        self.ledger.confirmed -= paid - refund;
        self.ledger.fees += paid - refund;
        self.count_tickets(place, u32::checked_sub);
        self.use_code(place, |uses| uses.checked_sub(1));
        self.live_bookings -= 1;
        self.bookings[place].status = status;
        self.touch(place);
    }

    /// Makes the seats their owner's, as which they were known until now `from`.
    pub(super) fn confirm(&mut self, place: usize, from: SeatStatus) {
        self.forget_expiry(place);
        let items = self.bookings[place].items.clone();
        self.shift(&items, from, SeatStatus::Booked);
        self.tally(&items, 1);
        self.bookings[place].status = BookingStatus::Confirmed;
        self.touch(place);
        self.owe_mail(place, MailKind::Confirmed);
    }

    /// Takes the seats of a hold that expired again.
    pub(super) fn retake(&mut self, place: usize) {
        self.live_bookings += 1;
        self.count_tickets(place, u32::checked_add);
        self.use_code(place, |uses| uses.checked_add(1));
        self.confirm(place, SeatStatus::Available);
    }

    /// Makes a booking what it shall be, and owes back what it costs less.
    pub(super) fn change_booking(&mut self, place: usize, items: &BookedItems, discount: MinorUnits) {
        self.drop_change(place);
        let booking = &self.bookings[place];
        let (status, before) = (booking.status, booking.items.clone());
        let taken = seat_status(status);
        self.shift(&difference(&before, items), taken, SeatStatus::Available);
        self.shift(&difference(items, &before), SeatStatus::Available, taken);
        self.count_tickets(place, u32::checked_sub);
        if status == BookingStatus::Confirmed {
            self.tally(&before, -1);
            self.tally(items, 1);
        }
        let booking = &mut self.bookings[place];
        booking.items.clone_from(items);
        if let Some(known) = booking.sale.as_mut().and_then(|sale| sale.discount.as_mut()) {
            known.amount = discount;
        }
        let too_much = booking.paid() - booking.total();
        self.count_tickets(place, u32::checked_add);
        if too_much > 0 {
            self.owe_back(place, too_much);
        }
        self.touch(place);
    }

    fn prepare_change(&mut self, place: usize, items: &BookedItems, discount: MinorUnits, expires_at: Time) {
        self.drop_change(place);
        let extras = difference(items, &self.bookings[place].items);
        self.shift(&extras, SeatStatus::Available, SeatStatus::Held);
        self.count_tickets(place, u32::checked_sub);
        let amount_due = price(items) - discount - self.bookings[place].paid();
        let pending = PendingChange { items: items.clone(), discount, amount_due, expires_at };
        self.bookings[place].sale_mut().pending = Some(Box::new(pending));
        self.count_tickets(place, u32::checked_add);
        self.due.insert(due(expires_at, place, DueWhat::DropChange));
        self.touch(place);
    }

    /// Gives up a change that waits for its payment, if there is one.
    pub(super) fn drop_change(&mut self, place: usize) {
        let Some(pending) = self.bookings[place].pending() else { return };
        let (expires_at, extras) =
            (pending.expires_at, difference(&pending.items, &self.bookings[place].items));
        self.due.remove(&due(expires_at, place, DueWhat::DropChange));
        self.shift(&extras, SeatStatus::Held, SeatStatus::Available);
        self.count_tickets(place, u32::checked_sub);
        self.bookings[place].sale_mut().pending = None;
        self.count_tickets(place, u32::checked_add);
        self.touch(place);
    }

    /// What is due by the concert's time happens to the bookings.
    pub(super) fn apply_due(&mut self) {
        while let Some(due) = self.due.first().copied().filter(|due| due.at <= self.time) {
            self.due.remove(&due);
            let place = due.place as usize;
            match due.what {
                // Of a hold whose end has come as well, its owner is told that and nothing else.
                DueWhat::Warn if self.bookings[place].expires_at() > Some(self.time) => {
                    self.owe_mail(place, MailKind::AboutToExpire);
                }
                DueWhat::Warn => {}
                DueWhat::Expire => {
                    self.end_booking(place, BookingStatus::Expired, 0);
                    self.owe_mail(place, MailKind::Expired);
                }
                DueWhat::DropChange => self.drop_change(place),
            }
        }
    }

    pub(super) fn apply_bookings_cancelled(&mut self, through: BookingNumber) {
        for place in self.places_between(self.swept, through) {
            if self.bookings[place].status.is_live() {
                self.end_booking(place, BookingStatus::Cancelled, self.bookings[place].paid());
                self.owe_mail(place, MailKind::ConcertCancelled);
            }
        }
        self.swept = through;
    }

    /// Lets a hold last until then.
    pub(super) fn prolong(&mut self, place: usize, expires_at: Time) {
        self.forget_expiry(place);
        if let Some(hold) = &mut self.bookings[place].sale_mut().hold {
            hold.expires_at = expires_at;
        }
        self.note_expiry(place);
    }

    fn note_expiry(&mut self, place: usize) {
        let booking = &self.bookings[place];
        let Some(expires_at) = booking.expires_at() else { return };
        self.due.insert(due(expires_at, place, DueWhat::Expire));
        let is_long = self.time.plus_seconds(limits::HOLD_WITH_WARNING_SECONDS_MIN) <= expires_at;
        let warn_at = warn_at(booking, expires_at);
        // An offer that is extended late has been warned of.
        if booking.mail && is_long && warn_at > self.time {
            self.due.insert(due(warn_at, place, DueWhat::Warn));
        }
    }

    fn forget_expiry(&mut self, place: usize) {
        let booking = &self.bookings[place];
        let Some(expires_at) = booking.expires_at() else { return };
        self.due.remove(&due(expires_at, place, DueWhat::Expire));
        self.due.remove(&due(warn_at(booking, expires_at), place, DueWhat::Warn));
    }

    pub(super) fn touch(&mut self, place: usize) {
        let changed = Changed { sequence: self.sequence, at: self.time };
        self.bookings[place].sale_mut().changed = Some(changed);
    }

    pub(super) fn owe_mail(&mut self, place: usize, kind: MailKind) {
        let booking = &self.bookings[place];
        if booking.mail {
            self.owed.add(self.sequence, Errand::Mail(kind, booking.number));
        }
    }

    /// Counts the tickets of a booking for its owner, or no longer.
    fn count_tickets(&mut self, place: usize, count: impl FnOnce(u32, u32) -> Option<u32>) {
        let booking = &self.bookings[place];
        let person = &mut self.people[booking.person];
        person.tickets =
            count(person.tickets, booking.tickets()).expect("a person has the tickets of their bookings");
    }

    fn use_code(&mut self, place: usize, count: impl FnOnce(u32) -> Option<u32>) {
        if let Some(discount) = self.bookings[place].discount() {
            let uses = &mut self.code_uses[usize::from(discount.code)];
            *uses = count(*uses).expect("a code is used by the bookings that have it");
        }
    }

    fn tally(&mut self, items: &BookedItems, sign: MinorUnits) {
        for item in items {
            self.tallies[item.seat_type.index()].revenue += sign * item.price();
        }
    }
}

/// The item, if there is one and its seats have no numbers. Most bookings are such, and cloning it would go through two lists.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "measured: read back from memory, it takes a tenth of what a booking does"
)]
fn plain(items: &BookedItems) -> Option<BookedItem> {
    match &items[..] {
        [item] if item.seats.is_empty() => Some(BookedItem { seats: Seats::new(), ..*item }),
        _ => None,
    }
}

fn seat_status(status: BookingStatus) -> SeatStatus {
    match status {
        BookingStatus::Held => SeatStatus::Held,
        BookingStatus::Confirmed => SeatStatus::Booked,
        BookingStatus::Cancelled | BookingStatus::Expired => SeatStatus::Available,
    }
}

fn warn_at(booking: &Booking, expires_at: Time) -> Time {
    let is_long = booking.hold().is_some_and(|hold| {
        hold.is_offer && booking.created_at().plus_seconds(2 * OFFER_WARNING_SECONDS) <= expires_at
    });
    expires_at.plus_seconds(-if is_long { OFFER_WARNING_SECONDS } else { WARNING_SECONDS })
}

fn due(at: Time, place: usize, what: DueWhat) -> Due {
    Due { at, place: u32::try_from(place).expect("a concert has fewer than 2^32 bookings"), what }
}
