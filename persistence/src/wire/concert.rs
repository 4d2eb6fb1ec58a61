//! Mirrors of what happens to a concert, version 1.
//!
//! The variants up to `BookingsCancelled` are the first generation. Those that follow came with numbered seats, holds and payments;
//! the first five of them say more about what the first generation said already, and are written only where there is more to say:
//! see [`unsaid`].

use bincode::{BorrowDecode, Decode, Encode};
use boxoffice_engine::concert::SeatTypeChange;
use boxoffice_engine::idempotency::IdempotencyKey;

use super::WireError;
use super::accounts::user;
use super::list::List;

mod booking;
mod full_terms;
mod payment;
mod promo;
mod read;
mod seat_map;
mod terms;
pub(super) mod unsaid;
mod write;

use booking::WireHold;
pub(super) use booking::{WireItem, WireTerms};
use full_terms::{WireFullConcert, WireFullSeatType};
pub(super) use payment::WireErrand;
use payment::WireSettlement;
use promo::WireCode;
use terms::{WireConcert, WireDetailsChange, WireSeatType};

/// The place of a variant is its number on the wire: new ones go to the end, and none ever changes.
#[derive(Encode, BorrowDecode)]
pub(super) enum WireConcertEvent<'a> {
    Created {
        organizer: &'a str,
        concert: Box<WireConcert<'a>>,
        idempotency: Option<WireKey>,
    },
    DetailsChanged {
        by: &'a str,
        change: Box<WireDetailsChange<'a>>,
    },
    SeatTypeAdded {
        by: &'a str,
        seat_type: WireSeatType<'a>,
    },
    SeatTypeChanged {
        by: &'a str,
        number: u16,
        change: WireSeatTypeChange<'a>,
    },
    SalesOpened {
        by: &'a str,
    },
    SalesClosed {
        by: &'a str,
    },
    Cancelled {
        by: &'a str,
    },
    Deleted {
        by: &'a str,
    },
    TimePassed,
    Booked {
        user: &'a str,
        items: List<WireItem>,
        idempotency: Option<WireKey>,
    },
    BookingCancelled {
        number: u64,
        by: &'a str,
        idempotency: Option<WireKey>,
    },
    BookingsCancelled {
        through: u64,
    },
    /// `Created`, and how it is paid, what the waiting list offers, and what seats are numbered or hidden.
    CreatedInFull {
        organizer: &'a str,
        concert: Box<WireFullConcert<'a>>,
        idempotency: Option<WireKey>,
    },
    /// `DetailsChanged`, the rule on single seats included.
    DetailsChangedInFull {
        by: &'a str,
        change: Box<WireDetailsChange<'a>>,
        forbids_orphan_seats: bool,
    },
    /// `SeatTypeAdded` of one that is numbered or hidden.
    SeatTypeAddedInFull {
        by: &'a str,
        seat_type: WireFullSeatType<'a>,
    },
    /// `Booked` with a hold or a discount, or by somebody who wants mail.
    BookedOnTerms {
        user: &'a str,
        items: List<WireItem>,
        terms: Option<WireTerms>,
        mail: bool,
        idempotency: Option<WireKey>,
    },
    /// `BookingCancelled` of one that was paid.
    BookingCancelledWithRefund {
        number: u64,
        by: &'a str,
        refund: i64,
        idempotency: Option<WireKey>,
    },
    HoldExtended {
        number: u64,
        by: &'a str,
        expires_at: i64,
        idempotency: Option<WireKey>,
    },
    HoldConfirmed {
        number: u64,
        by: &'a str,
        idempotency: Option<WireKey>,
    },
    BookingChanged {
        number: u64,
        by: &'a str,
        items: List<WireItem>,
        discount: i64,
        idempotency: Option<WireKey>,
    },
    ChangePrepared {
        number: u64,
        by: &'a str,
        items: List<WireItem>,
        discount: i64,
        expires_at: i64,
        idempotency: Option<WireKey>,
    },
    PaymentStarted {
        booking: u64,
        by: &'a str,
        amount: i64,
        gateway: &'a str,
        method: &'a str,
        idempotency: Option<WireKey>,
    },
    PaymentSubmitted {
        payment: u64,
        reference: &'a str,
        client_secret: Option<&'a str>,
    },
    PaymentSettled {
        payment: u64,
        reference: Option<&'a str>,
        settlement: WireSettlement<'a>,
    },
    RefundMade {
        payment: u64,
        errand: WireErrand,
    },
    ErrandsDone {
        errands: List<WireErrand>,
    },
    SeatsBlocked {
        by: &'a str,
        item: WireItem,
    },
    SeatsReleased {
        by: &'a str,
        item: WireItem,
    },
    WaitlistJoined {
        user: &'a str,
        seat_type: u16,
        quantity: u32,
        mail: bool,
        idempotency: Option<WireKey>,
    },
    WaitlistLeft {
        number: u64,
        by: &'a str,
    },
    SeatsOffered {
        waiter: u64,
        items: List<WireItem>,
        hold: WireHold,
    },
    CodeAdded {
        by: &'a str,
        code: Box<WireCode<'a>>,
    },
    CodeWithdrawn {
        by: &'a str,
        code: u16,
    },
    ChangeAnnounced {
        through: u64,
    },
    KeyNoted {
        number: u64,
        by: &'a str,
        idempotency: WireKey,
    },
    /// `WaitlistLeft` by a request with a key.
    WaitlistLeftWithKey {
        number: u64,
        by: &'a str,
        idempotency: WireKey,
    },
}

#[derive(Clone, Copy, Encode, Decode)]
pub(super) struct WireKey {
    key: [u8; 16],
    request: [u8; 16],
}

#[derive(Encode, BorrowDecode)]
pub(super) struct WireSeatTypeChange<'a> {
    name: Option<&'a str>,
    price: Option<i64>,
    total_seats: Option<u32>,
}

impl From<IdempotencyKey> for WireKey {
    fn from(IdempotencyKey { key, request }: IdempotencyKey) -> Self {
        Self { key, request }
    }
}

impl From<WireKey> for IdempotencyKey {
    fn from(WireKey { key, request }: WireKey) -> Self {
        Self { key, request }
    }
}

impl<'a> From<&'a SeatTypeChange> for WireSeatTypeChange<'a> {
    fn from(change: &'a SeatTypeChange) -> Self {
        let SeatTypeChange { name, price, total_seats } = change;
        Self { name: name.as_deref(), price: *price, total_seats: *total_seats }
    }
}

impl From<WireSeatTypeChange<'_>> for SeatTypeChange {
    fn from(change: WireSeatTypeChange<'_>) -> Self {
        let WireSeatTypeChange { name, price, total_seats } = change;
        Self { name: name.map(str::to_owned), price, total_seats }
    }
}
