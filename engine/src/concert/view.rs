//! What is told about a concert and its bookings: copies that nobody can change.

use std::sync::Arc;

use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::booking::Booking;
use super::counts::{Counts, SalesTally};
use super::errand::{Errand, ErrandNumber};
use super::event::BookedItem;
use super::payment::{Ledger, Payment};
use super::promo::CodeText;
use super::seating::SeatStates;
use super::state::{Concert, Stage, Terms};
use super::waiting::Waiter;
use crate::caller::Caller;
use crate::ids::{BookingId, ConcertId, PaymentId, SeatTypeId, SeatTypeNumber, UserId};
use crate::money::{Currency, MinorUnits};
use crate::time::Time;

/// A concert at one sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcertView {
    /// Its id.
    pub id: ConcertId,
    /// The event that made this state.
    pub sequence: u64,
    /// How far its sale is.
    pub stage: Stage,
    /// Everything that does not change with its bookings.
    pub terms: Arc<Terms>,
    /// The seats of each type, by the type's number.
    #[serde(deserialize_with = "crate::form::list")]
    pub counts: SmallVec<[Counts; 1]>,
    /// What each seat of a type is, by the type's number, where they are numbered.
    #[serde(deserialize_with = "crate::form::list")]
    pub seating: SmallVec<[Option<Arc<SeatStates>>; 2]>,
}

impl ConcertView {
    /// Whether it is on sale without a seat left for who has no code; hidden seat types count only where there are no others.
    pub fn is_sold_out(&self) -> bool {
        let all_hidden = self.terms.seat_types.iter().all(|seat_type| seat_type.hidden);
        let mut seats = self.terms.seat_types.iter().zip(&self.counts);
        self.stage == Stage::OnSale
            && seats.all(|(seat_type, counts)| counts.available == 0 || (seat_type.hidden && !all_hidden))
    }

    /// Whether this caller may know that the concert exists: a draft is its organizer's (and the admins').
    pub fn is_visible_to(&self, caller: Option<&Caller>) -> bool {
        self.stage.shows_to(caller, &self.terms.organizer)
    }

    /// Whether this caller may change the concert and see its bookings.
    pub fn is_managed_by(&self, caller: &Caller) -> bool {
        self.terms.are_managed_by(caller)
    }

    /// The hidden seat types that a code opens at `now`.
    pub fn opened_by(&self, code: &CodeText, now: Time) -> &[SeatTypeNumber] {
        let mut codes = self.terms.codes.iter();
        codes.find(|known| known.text == *code && known.is_taken_at(now)).map_or(&[], |known| &known.opens)
    }

    /// The ids of its seat types with what is told of each.
    pub fn seat_types(&self) -> impl Iterator<Item = (SeatTypeId, &super::SeatType, Counts)> {
        self.terms.seat_types.iter().zip(&self.counts).enumerate().filter_map(
            |(index, (seat_type, counts))| {
                let number = SeatTypeNumber::from_index(index)?;
                Some((SeatTypeId { concert: self.id, number }, seat_type, *counts))
            },
        )
    }
}

/// A booking at one sequence of its concert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingView {
    /// Its id.
    pub id: BookingId,
    /// Whose it is.
    pub user: UserId,
    /// The booking.
    pub booking: Booking,
    /// Its concert's terms, for the names.
    pub terms: Arc<Terms>,
}

impl BookingView {
    /// The labels of an item's seats; none for general admission.
    pub fn seats_of(&self, item: &BookedItem) -> Vec<CompactString> {
        let map =
            self.terms.seat_types.get(item.seat_type.index()).and_then(|seat_type| seat_type.layout.map());
        let places = map.into_iter().flat_map(|map| item.seats.iter().filter_map(|seat| map.place(*seat)));
        places.map(|place| format_compact!("{place}")).collect()
    }
}

/// A payment at one sequence of its concert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentView {
    /// Its id.
    pub id: PaymentId,
    /// What it pays.
    pub booking: BookingId,
    /// The payment.
    pub payment: Payment,
    /// Of its amounts.
    pub currency: Currency,
}

/// A wish to wait, at one sequence of its concert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingView {
    /// Its number.
    pub number: u64,
    /// Whose it is.
    pub user: UserId,
    /// For seats of which type.
    pub seat_type: SeatTypeId,
    /// For how many.
    pub quantity: u32,
    /// Its place in the order in which offers are made, from 1; nothing once it waits no longer.
    pub position: Option<u32>,
    /// Since when.
    pub since: Time,
}

/// A concert's sales at one sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SalesView {
    /// The concert.
    pub concert: ConcertView,
    /// The money of each seat type, by the type's number.
    pub tallies: Vec<SalesTally>,
    /// The money of all.
    pub ledger: Ledger,
    /// What promo codes took off the price of what is confirmed.
    pub discounts: MinorUnits,
    /// How many live bookings use each of the terms' codes.
    pub code_uses: Vec<u32>,
}

/// An errand with what it takes to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrandView {
    /// Which one.
    pub number: ErrandNumber,
    /// What it is about.
    pub errand: Errand,
    /// The booking that it concerns, as it is now.
    pub booking: BookingView,
    /// The payment that it concerns.
    pub payment: Option<PaymentView>,
}

impl Concert {
    /// The concert as it is now.
    pub fn view(&self) -> ConcertView {
        ConcertView {
            id: self.id,
            sequence: self.sequence,
            stage: self.stage,
            terms: Arc::clone(&self.terms),
            counts: self.counts.as_slice().into(),
            seating: self.seating.as_slice().into(),
        }
    }

    /// One of its bookings as it is now.
    pub fn booking_view(&self, booking: &Booking) -> BookingView {
        let user = self.owner(booking).clone();
        let mut booking = booking.clone();
        booking.make_apart();
        BookingView {
            id: BookingId { concert: self.id, number: booking.number },
            user,
            booking,
            terms: Arc::clone(&self.terms),
        }
    }

    /// One of its payments as it is now.
    pub fn payment_view(&self, payment: &Payment) -> PaymentView {
        PaymentView {
            id: PaymentId { concert: self.id, number: payment.number },
            booking: BookingId { concert: self.id, number: payment.booking },
            payment: payment.clone(),
            currency: self.terms.currency,
        }
    }

    /// A wish, and its place among those that wait, where it does.
    pub(super) fn waiting_view(&self, place: Option<usize>, waiter: &Waiter) -> WaitingView {
        let user = self.people.user(waiter.person).expect("a wish is somebody's");
        WaitingView {
            number: waiter.number,
            user: user.clone(),
            seat_type: SeatTypeId { concert: self.id, number: waiter.seat_type },
            quantity: waiter.quantity,
            position: place.and_then(|place| u32::try_from(place + 1).ok()),
            since: waiter.since,
        }
    }

    pub(super) fn errand_view(&self, number: ErrandNumber, errand: Errand) -> Option<ErrandView> {
        let payment = match errand {
            Errand::TakePayment(payment) | Errand::GiveBack(payment) => self.payment(payment),
            Errand::Mail(..) => None,
        };
        let booking = match errand {
            Errand::Mail(_, booking) => booking,
            _ => payment?.booking,
        };
        Some(ErrandView {
            number,
            errand,
            booking: self.booking_view(self.booking(booking)?),
            payment: payment.map(|payment| self.payment_view(payment)),
        })
    }
}
