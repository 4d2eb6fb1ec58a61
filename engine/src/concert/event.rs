//! What happened to a concert. Events are facts: they are never refused, only applied.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::booking::{Discount, Hold};
use super::errand::ErrandNumber;
use super::promo::PromoCode;
use super::terms::{DetailsChange, NewConcert, NewSeatType};
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingNumber, PaymentNumber, SeatTypeNumber, UserId};
use crate::money::MinorUnits;
use crate::time::Time;
use compact_str::CompactString;

/// One thing that happened to a concert. Its sequence and time stand in the record around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConcertEvent {
    /// The concert came to be; always its first event.
    Created {
        /// Who made it and manages it.
        organizer: UserId,
        /// Everything about it.
        concert: Box<NewConcert>,
        /// The key under which a repeated request finds this concert again.
        idempotency: Option<IdempotencyKey>,
    },
    /// The organizer changed its description, times or rules.
    DetailsChanged {
        /// Who did it.
        by: UserId,
        /// What is different now.
        change: Box<DetailsChange>,
    },
    /// A seat type was added; its number is the next.
    SeatTypeAdded {
        /// Who did it.
        by: UserId,
        /// The seat type.
        seat_type: NewSeatType,
    },
    /// A seat type was changed.
    SeatTypeChanged {
        /// Who did it.
        by: UserId,
        /// Which one.
        number: SeatTypeNumber,
        /// What is different now.
        change: SeatTypeChange,
    },
    /// The organizer published a draft or reopened a closed sale.
    SalesOpened {
        /// Who did it.
        by: UserId,
    },
    /// The organizer closed the sale.
    SalesClosed {
        /// Who did it.
        by: UserId,
    },
    /// The concert will not take place. Its bookings are ended by the `BookingsCancelled` events that follow.
    Cancelled {
        /// Who did it.
        by: UserId,
    },
    /// The concert, never booked, was removed.
    Deleted {
        /// Who did it.
        by: UserId,
    },
    /// The record's time has come: whatever was due by then (the sale's opening, its close, the end of holds) has happened.
    TimePassed,
    /// Seats were booked. The booking's number is the event's sequence.
    Booked {
        /// Whose booking it is.
        user: UserId,
        /// What was booked; at least one item, each seat type at most once.
        items: BookedItems,
        /// Until when the seats are held, where they are to be paid first, and what a code takes off; nothing for most.
        terms: Option<Box<BookingTerms>>,
        /// Whether the owner is told by mail what becomes of it.
        mail: bool,
        /// The key under which a repeated request finds this booking again.
        idempotency: Option<IdempotencyKey>,
    },
    /// One booking was cancelled and its seats are free again.
    BookingCancelled {
        /// Which one.
        number: BookingNumber,
        /// Who did it: the owner, the concert's organizer or an admin.
        by: UserId,
        /// How much of what was paid is given back; the rest is the fee.
        refund: MinorUnits,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// The concert being cancelled, all its bookings up to this number are.
    BookingsCancelled {
        /// The last booking that this event reaches.
        through: BookingNumber,
    },
    /// A hold lasts longer.
    HoldExtended {
        /// Which booking's.
        number: BookingNumber,
        /// Who did it.
        by: UserId,
        /// Until when now.
        expires_at: Time,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// A hold for which nothing is to be paid was taken up: the seats are its owner's.
    HoldConfirmed {
        /// Which booking's.
        number: BookingNumber,
        /// Who did it.
        by: UserId,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// A booking was changed, at once.
    BookingChanged {
        /// Which one.
        number: BookingNumber,
        /// Who did it.
        by: UserId,
        /// What it is now.
        items: BookedItems,
        /// What its code takes off now.
        discount: MinorUnits,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// A change of a booking waits for its payment: its new seats are held.
    ChangePrepared {
        /// Which booking's.
        number: BookingNumber,
        /// Who did it.
        by: UserId,
        /// What the booking will be.
        items: BookedItems,
        /// What its code will take off then.
        discount: MinorUnits,
        /// When the new seats are given up.
        expires_at: Time,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// A payment was begun. Its number is the event's sequence; what it pays (the hold, or the change that waits) is what was owed.
    PaymentStarted {
        /// For which booking.
        booking: BookingNumber,
        /// Who did it.
        by: UserId,
        /// How much.
        amount: MinorUnits,
        /// The gateway that takes it.
        gateway: CompactString,
        /// How: a word of the gateway's.
        method: CompactString,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// The gateway knows of a payment.
    PaymentSubmitted {
        /// Which one.
        payment: PaymentNumber,
        /// What the gateway calls it.
        reference: CompactString,
        /// What the buyer's client needs to finish it.
        client_secret: Option<CompactString>,
    },
    /// A payment ended.
    PaymentSettled {
        /// Which one.
        payment: PaymentNumber,
        /// What the gateway calls it, where that was not known before.
        reference: Option<CompactString>,
        /// How, and what followed.
        settlement: Settlement,
    },
    /// The gateway gave back a part of a payment.
    RefundMade {
        /// Of which payment.
        payment: PaymentNumber,
        /// By which errand.
        errand: ErrandNumber,
    },
    /// Errands were done for which nothing else is to be recorded: mails.
    ErrandsDone {
        /// Which ones.
        errands: Vec<ErrandNumber>,
    },
    /// The organizer set seats aside.
    SeatsBlocked {
        /// Who did it.
        by: UserId,
        /// Which ones; without a price.
        item: BookedItem,
    },
    /// Seats that were set aside are free again.
    SeatsReleased {
        /// Who did it.
        by: UserId,
        /// Which ones; without a price.
        item: BookedItem,
    },
    /// Somebody waits for seats. The wish's number is the event's sequence.
    WaitlistJoined {
        /// Who.
        user: UserId,
        /// For seats of which type.
        seat_type: SeatTypeNumber,
        /// For how many.
        quantity: u32,
        /// Whether they are told of an offer by mail.
        mail: bool,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// Somebody waits no longer.
    WaitlistLeft {
        /// Which wish.
        number: u64,
        /// Who did it.
        by: UserId,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// Seats that came free are held for somebody who waited. The booking's number is the event's sequence.
    SeatsOffered {
        /// Whose wish it was; it waits no longer.
        waiter: u64,
        /// The seats.
        items: BookedItems,
        /// Until when.
        hold: Hold,
    },
    /// A promo code was made; its place is after those that were there.
    CodeAdded {
        /// Who did it.
        by: UserId,
        /// The code.
        code: Box<PromoCode>,
    },
    /// A promo code is no longer taken.
    CodeWithdrawn {
        /// Who did it.
        by: UserId,
        /// Its place among the concert's codes.
        code: u16,
    },
    /// A booking was already as a request with a key wanted it. Nothing changed, but the request succeeded, and its key is known.
    KeyNoted {
        /// Which booking.
        number: BookingNumber,
        /// Whose key it is.
        by: UserId,
        /// The key.
        idempotency: IdempotencyKey,
    },
    /// The owners of the bookings up to this number are told that the concert's details changed.
    ChangeAnnounced {
        /// The last booking that this event reaches.
        through: BookingNumber,
    },
}

/// What makes a booking more than seats that are taken for good at their price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BookingTerms {
    /// Until when the seats are held.
    pub hold: Option<Hold>,
    /// What a promo code takes off.
    pub discount: Option<Discount>,
}

/// How a payment ended, and what followed for its booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing was captured, for this reason. The hold stays, until then if it was to end sooner.
    Declined {
        /// A short word of the gateway's.
        reason: CompactString,
        /// When the hold expires now, where that is later.
        expires_at: Option<Time>,
    },
    /// The hold became a booking.
    Confirmed,
    /// The hold had expired, but its seats were free: they were taken again.
    Retaken,
    /// The change that waited for it was made.
    ChangeMade,
    /// There is nothing left to be paid: all of it is given back.
    GivenBack,
}

/// The items of a booking; nearly always one.
pub type BookedItems = SmallVec<[BookedItem; 1]>;

/// Numbered seats of one type; nearly always so few that they need no allocation.
pub type Seats = SmallVec<[u32; 4]>;

/// Seats of one type in a booking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedItem {
    /// Of which type.
    pub seat_type: SeatTypeNumber,
    /// How many.
    pub quantity: u32,
    /// Price of each when it was booked.
    pub unit_price: MinorUnits,
    /// Which seats, by their place in the seat type's map, in ascending order; empty for general admission.
    #[serde(deserialize_with = "crate::form::list")]
    pub seats: Seats,
}

impl BookedItem {
    /// Price of all its seats.
    pub fn price(&self) -> MinorUnits {
        self.unit_price * MinorUnits::from(self.quantity)
    }
}

/// What is different about a seat type; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeatTypeChange {
    /// New name.
    pub name: Option<String>,
    /// New price, for bookings from now on.
    pub price: Option<MinorUnits>,
    /// New capacity.
    pub total_seats: Option<u32>,
}
