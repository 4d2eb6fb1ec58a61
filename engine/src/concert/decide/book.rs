//! Booking seats.

use super::super::booking::{Hold, price};
use super::super::command::BookSeats;
use super::super::event::{BookingTerms, ConcertEvent};
use super::super::promo::{CodeText, PromoCode};
use super::super::rejection::Rejection;
use super::super::state::{Concert, Stage};
use super::{Decided, Decision};
use crate::ids::UserId;
use crate::limits;
use crate::time::Time;

impl Concert {
    pub(super) fn decide_book(&self, wish: &BookSeats, now: Time) -> Decided {
        wish.faults().into_result()?;
        self.check_known_to(&wish.user, wish.by_manager)?;
        let code = wish.promo_code.as_ref().map(|text| text.as_ref().and_then(|text| self.known_code(text)));
        let mut items = self.found(&wish.items, code.flatten().map(|(_, code)| code))?;
        if let Some(effect) = self.repeated(&wish.user, wish.idempotency.as_ref(), now)? {
            return Ok(Decision::Repeated(effect));
        }
        self.check_on_sale()?;
        let code = code.map(|code| self.check_code(code, now)).transpose()?;
        let limit = self.terms.details.tickets_per_user_max;
        let owned = self.people.get(&wish.user).map_or(0, |person| person.tickets);
        if u64::from(owned) + wish.quantity() > u64::from(limit) {
            return Err(Rejection::AlreadyBooked { limit, owned });
        }
        self.allot(&mut items, &[])?;
        let price = price(&items);
        let discount = code.map(|(place, code)| code.discount(place, price));
        let due = price - discount.map_or(0, |discount| discount.amount);
        let hold = (self.terms.payment_required && due > 0).then(|| self.new_hold(now));
        let terms = (hold.is_some() || discount.is_some()).then(|| Box::new(BookingTerms { hold, discount }));
        Ok(Decision::Record(ConcertEvent::Booked {
            user: wish.user.clone(),
            items,
            terms,
            mail: wish.mail,
            idempotency: wish.idempotency,
        }))
    }

    /// Whether there is a concert for whoever wants something of it: a draft is its organizer's, and of those who act for others.
    pub(super) fn check_known_to(&self, user: &UserId, is_manager: bool) -> Result<(), Rejection> {
        match self.stage {
            Stage::Absent | Stage::Deleted => Err(Rejection::ConcertNotFound),
            Stage::Draft if !is_manager && *user != self.terms.organizer => Err(Rejection::ConcertNotFound),
            _ => Ok(()),
        }
    }

    /// Whether seats can be booked now; else why not.
    pub(super) fn check_on_sale(&self) -> Result<(), Rejection> {
        match self.stage {
            Stage::Cancelled => Err(Rejection::ConcertCancelled),
            Stage::Draft | Stage::Scheduled => Err(Rejection::SalesNotOpen),
            Stage::ClosedByTime | Stage::ClosedByOrganizer => Err(Rejection::SalesClosed),
            Stage::Absent | Stage::Deleted | Stage::OnSale => Ok(()),
        }
    }

    /// The code with this text, and its place. One that was withdrawn still says which seat types it opened, so that a request
    /// that succeeded before finds its booking again.
    fn known_code(&self, text: &CodeText) -> Option<(u16, &PromoCode)> {
        let withdrawn = || (0..).zip(&self.terms.codes).filter(|(_, code)| code.text == *text).last();
        self.code(text).or_else(withdrawn)
    }

    /// The code with this text that was not withdrawn, and its place.
    pub(in super::super) fn code(&self, text: &CodeText) -> Option<(u16, &PromoCode)> {
        let mut codes = (0..).zip(&self.terms.codes);
        codes.find(|(_, code)| code.text == *text && !code.withdrawn)
    }

    fn check_code<'a>(
        &self,
        code: Option<(u16, &'a PromoCode)>,
        now: Time,
    ) -> Result<(u16, &'a PromoCode), Rejection> {
        let (place, code) = code.ok_or(Rejection::CodeInvalid)?;
        if !code.is_taken_at(now) {
            return Err(Rejection::CodeInvalid);
        }
        if !self.has_use_left(place) {
            return Err(Rejection::CodeUsedUp);
        }
        Ok((place, code))
    }

    /// Whether one more booking may use the code at this place.
    pub(super) fn has_use_left(&self, place: u16) -> bool {
        let place = usize::from(place);
        self.terms.codes[place].uses_max.is_none_or(|uses_max| self.code_uses[place] < uses_max)
    }

    fn new_hold(&self, now: Time) -> Hold {
        let seconds = i64::from(self.terms.hold_seconds);
        // Once extended, and once more after a declined payment.
        let until_max = now.plus_seconds(2 * seconds + limits::HOLD_AFTER_DECLINE_SECONDS_MIN);
        Hold { expires_at: now.plus_seconds(seconds), until_max, is_offer: false, declined: false }
    }
}
