//! What an organizer does beside the sale: seats set aside, promo codes.

use super::super::command::WantedItem;
use super::super::event::{BookedItem, ConcertEvent};
use super::super::promo::{CodeText, PromoCode};
use super::super::rejection::Rejection;
use super::super::seating::SeatStatus;
use super::super::state::Concert;
use super::seats::label;
use super::{Decided, Decision};
use crate::faults::Faults;
use crate::ids::UserId;
use crate::limits;
use crate::time::Time;

impl Concert {
    pub(super) fn decide_block_seats(&self, by: UserId, wanted: &WantedItem) -> Decided {
        let mut item = self.set_aside_item(wanted)?;
        let available = self.counts[item.seat_type.index()].available;
        if self.seating[item.seat_type.index()].is_some() {
            let (map, states) = self.numbered(item.seat_type);
            item.seats.retain(|seat| states.get(map, *seat) != SeatStatus::Blocked);
            if let Some(seat) =
                item.seats.iter().find(|seat| states.get(map, **seat) != SeatStatus::Available)
            {
                return Err(Rejection::SeatTaken { seat: label(map, *seat) });
            }
            item.quantity = u32::try_from(item.seats.len()).unwrap_or(u32::MAX);
        } else if item.quantity > available {
            return Err(Rejection::SoldOut { available });
        }
        self.unless_cancelled(if item.quantity == 0 {
            Decision::Unchanged(super::Effect::Concert)
        } else {
            Decision::Record(ConcertEvent::SeatsBlocked { by, item })
        })
    }

    pub(super) fn decide_release_seats(&self, by: UserId, wanted: &WantedItem) -> Decided {
        let mut item = self.set_aside_item(wanted)?;
        let blocked = self.counts[item.seat_type.index()].blocked;
        if self.seating[item.seat_type.index()].is_some() {
            let (map, states) = self.numbered(item.seat_type);
            item.seats.retain(|seat| states.get(map, *seat) == SeatStatus::Blocked);
            item.quantity = u32::try_from(item.seats.len()).unwrap_or(u32::MAX);
        }
        // What is not set aside is as it should be already.
        item.quantity = item.quantity.min(blocked);
        self.unless_cancelled(if item.quantity == 0 {
            Decision::Unchanged(super::Effect::Concert)
        } else {
            Decision::Record(ConcertEvent::SeatsReleased { by, item })
        })
    }

    /// Seats without a price; numbered ones must be named.
    fn set_aside_item(&self, wanted: &WantedItem) -> Result<BookedItem, Rejection> {
        let seat_type = self.seat_type(wanted.seat_type).ok_or(Rejection::SeatTypeNotFound)?;
        let mut faults = Faults::default();
        if wanted.seats.is_empty() && seat_type.layout.map().is_some() {
            faults.add("/seats", "is missing: the seats of this type are numbered");
        } else if wanted.seats.is_empty() {
            // Whole blocks are set aside, so the bound of a booking does not count.
            if !(1..=limits::TOTAL_SEATS_MAX).contains(&wanted.quantity) {
                faults.add("/quantity", format!("must lie between 1 and {}", limits::TOTAL_SEATS_MAX));
            }
        } else {
            wanted.add_faults(format_args!(""), &mut faults);
        }
        faults.into_result()?;
        self.found_item(wanted).map(|item| BookedItem { unit_price: 0, ..item })
    }

    pub(super) fn decide_add_code(&self, by: UserId, code: &PromoCode, now: Time) -> Decided {
        let mut faults = code.faults(self.terms.currency, now);
        if self.terms.codes.len() >= limits::CODES_MAX {
            faults.add(
                "",
                format!("a concert has at most {} codes, withdrawn ones included", limits::CODES_MAX),
            );
        }
        if code.opens.iter().any(|number| self.seat_type(*number).is_none()) {
            faults.add("/opens", "names a seat type that the concert does not have");
        }
        faults.into_result()?;
        let event = ConcertEvent::CodeAdded { by, code: Box::new(code.clone()) };
        let decision = self.unless_cancelled(Decision::Record(event))?;
        if self.code(&code.text).is_some() {
            return Err(Rejection::CodeTaken { code: code.text.as_str().into() });
        }
        Ok(decision)
    }

    pub(super) fn decide_withdraw_code(&self, by: UserId, text: &CodeText) -> Decided {
        let (code, _) = self.code(text).ok_or(Rejection::CodeNotFound)?;
        Ok(Decision::Record(ConcertEvent::CodeWithdrawn { by, code }))
    }
}
