//! Somebody's seats at a concert, from the hold to the end.
//!
//! ```text
//!   held ----> confirmed ----> cancelled
//!    |  \                        ^
//!    |   +--> cancelled          |   (a payment that succeeds too late takes the seats again if they are free)
//!    +------> expired ........> confirmed
//! ```

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::event::{BookedItem, BookedItems, Seats};
use super::person::BookingPlace;
use crate::ids::{BookingNumber, PaymentNumber};
use crate::money::MinorUnits;
use crate::time::{ShortTime, Time};

/// Somebody's seats at this concert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Its number: the sequence of the event that made it.
    pub number: BookingNumber,
    /// What was booked.
    #[serde(deserialize_with = "crate::form::list")]
    pub items: BookedItems,
    /// How it stands.
    pub status: BookingStatus,
    /// Whether its owner is told by mail what becomes of it.
    pub mail: bool,
    /// When it was made.
    pub(super) created_at: ShortTime,
    /// What it has beyond its seats; most that cost nothing to hold have nothing.
    pub sale: Option<Box<Sale>>,
    /// Whose it is: the place in `people`.
    pub(super) person: u32,
    /// The same person's booking before this one.
    #[serde(skip)]
    pub(super) previous: Option<BookingPlace>,
}

/// How a booking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BookingStatus {
    /// The seats are its owner's.
    Confirmed,
    /// The seats are free again.
    Cancelled,
    /// The seats are kept until they are paid for, or its time has come.
    Held,
    /// Its time came before it was paid; the seats are free again.
    Expired,
}

impl BookingStatus {
    /// Whether the seats are taken.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Held | Self::Confirmed)
    }
}

/// What a booking has beyond its seats: time, money, a change under way. Every live booking costs memory, so what most do not have is
/// here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// Its last change, if there was one since it was made.
    pub changed: Option<Changed>,
    /// The hold that it began as.
    pub hold: Option<Hold>,
    /// What a promo code took off its price.
    pub discount: Option<Discount>,
    /// Its payments, oldest first.
    #[serde(deserialize_with = "crate::form::list")]
    pub payments: SmallVec<[PaymentNumber; 2]>,
    /// Captured for it, and neither given back nor owed back.
    pub paid: MinorUnits,
    /// A change that is made once it is paid for.
    pub pending: Option<Box<PendingChange>>,
}

/// When a booking came to its present state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The event that did it.
    pub sequence: u64,
    /// That event's time.
    pub at: Time,
}

/// Seats kept for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When they are given up.
    pub expires_at: Time,
    /// Beyond which nothing extends it.
    pub until_max: Time,
    /// Whether the office offered the seats to somebody on the waiting list.
    pub is_offer: bool,
    /// Whether a payment was declined: that extends a hold once.
    pub declined: bool,
}

/// What a promo code takes off a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// Which one: the place among the concert's codes.
    pub code: u16,
    /// How much.
    pub amount: MinorUnits,
}

/// A change of a paid booking that costs more: its new seats are held, the old ones kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChange {
    /// What the booking will be.
    #[serde(deserialize_with = "crate::form::list")]
    pub items: BookedItems,
    /// What its code will take off then.
    pub discount: MinorUnits,
    /// What is to be paid first.
    pub amount_due: MinorUnits,
    /// When the new seats are given up.
    pub expires_at: Time,
}

impl Booking {
    /// Seats in all.
    pub fn quantity(&self) -> u32 {
        quantity(&self.items)
    }

    /// Seats that count against the owner's limit: while a change is under way, the larger number.
    pub(super) fn tickets(&self) -> u32 {
        let pending = self.pending().map_or(0, |pending| quantity(&pending.items));
        self.quantity().max(pending)
    }

    /// When it was made.
    pub fn created_at(&self) -> Time {
        self.created_at.into()
    }

    /// When its state last changed.
    pub fn updated_at(&self) -> Time {
        self.changed().map_or(self.created_at(), |changed| changed.at)
    }

    /// Sequence of the event that made its present state.
    pub fn sequence(&self) -> u64 {
        self.changed().map_or(self.number.0, |changed| changed.sequence)
    }

    fn changed(&self) -> Option<Changed> {
        self.sale.as_ref()?.changed
    }

    /// Price in all.
    pub fn total(&self) -> MinorUnits {
        price(&self.items) - self.discount().map_or(0, |discount| discount.amount)
    }

    /// When a hold is given up.
    pub fn expires_at(&self) -> Option<Time> {
        let hold = self.hold()?;
        (self.status == BookingStatus::Held).then_some(hold.expires_at)
    }

    /// The hold that it began as.
    pub fn hold(&self) -> Option<Hold> {
        self.sale.as_ref()?.hold
    }

    /// What a promo code took off.
    pub fn discount(&self) -> Option<Discount> {
        self.sale.as_ref()?.discount
    }

    /// A change that waits for its payment.
    pub fn pending(&self) -> Option<&PendingChange> {
        self.sale.as_ref()?.pending.as_deref()
    }

    /// Captured for it, and neither given back nor owed back.
    pub fn paid(&self) -> MinorUnits {
        self.sale.as_ref().map_or(0, |sale| sale.paid)
    }

    /// Its payments, oldest first.
    pub fn payments(&self) -> &[PaymentNumber] {
        self.sale.as_ref().map_or(&[], |sale| &sale.payments)
    }

    /// Forgets its places among others: they are the state's own.
    pub(super) fn make_apart(&mut self) {
        (self.person, self.previous) = (0, None);
    }

    pub(super) fn sale_mut(&mut self) -> &mut Sale {
        self.sale.get_or_insert_default()
    }
}

/// Seats of these items. What was not read from a damaged state is far below the end of the numbers.
pub(super) fn quantity(items: &[BookedItem]) -> u32 {
    items.iter().fold(0, |sum, item| sum.saturating_add(item.quantity))
}

/// Price of these items without any discount.
pub(super) fn price(items: &[BookedItem]) -> MinorUnits {
    items.iter().map(BookedItem::price).sum()
}

/// What of `items` is not in `others`, seat type by seat type. Numbered seats are in ascending order.
pub(super) fn difference(items: &[BookedItem], others: &[BookedItem]) -> BookedItems {
    let left = items.iter().filter_map(|item| {
        let other = others.iter().find(|other| other.seat_type == item.seat_type);
        let theirs = other.map_or(&[][..], |other| &other.seats);
        let seats: Seats =
            item.seats.iter().copied().filter(|seat| theirs.binary_search(seat).is_err()).collect();
        let quantity = if item.seats.is_empty() {
            item.quantity.saturating_sub(other.map_or(0, |other| other.quantity))
        } else {
            // A booking has at most ten thousand seats.
            u32::try_from(seats.len()).unwrap_or(u32::MAX)
        };
        (quantity > 0).then_some(BookedItem { quantity, seats, ..*item })
    });
    left.collect()
}
