//! What can be asked of a concert.

use compact_str::CompactString;

use super::ended::EndedBooking;
use super::errand::ErrandNumber;
use super::event::SeatTypeChange;
use super::promo::{CodeText, PromoCode};
use super::rejection::Rejection;
use super::terms::{DetailsChange, NewConcert, NewSeatType};
use crate::caller::Caller;
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingNumber, PaymentNumber, SeatTypeNumber, UserId};

/// Something that a caller wants to happen to a concert, or that time brings about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConcertCommand {
    /// Make the concert.
    Create {
        /// Who makes it, and manages it from then on.
        caller: Caller,
        /// Everything about it.
        concert: Box<NewConcert>,
        /// Whether anybody takes payments: a request that succeeded before needs nobody.
        has_gateway: bool,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// Something that only the concert's organizer or an admin may do.
    Manage {
        /// Who wants it.
        caller: Caller,
        /// What.
        action: ManagerAction,
    },
    /// Something about a booking that the concert's state has shed.
    OnEnded {
        /// The booking.
        ended: Box<EndedBooking>,
        /// What is wanted.
        command: Box<ConcertCommand>,
    },
    /// Book seats.
    Book(BookSeats),
    /// Cancel one booking.
    CancelBooking {
        /// Who wants it.
        caller: Caller,
        /// Which booking.
        number: BookingNumber,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// Change a booking to other seats.
    ChangeBooking(Box<ChangeBooking>),
    /// Make a hold last longer.
    ExtendHold {
        /// Who wants it.
        caller: Caller,
        /// Which booking's.
        number: BookingNumber,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// Take up a hold for which nothing is to be paid.
    ConfirmHold {
        /// Who wants it.
        caller: Caller,
        /// Which booking's.
        number: BookingNumber,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// Pay what is owed for a booking.
    StartPayment(Box<StartPayment>),
    /// Note that the gateway knows of a payment.
    RecordSubmission {
        /// Which one.
        payment: PaymentNumber,
        /// What the gateway calls it.
        reference: CompactString,
        /// What the buyer's client needs to finish it.
        client_secret: Option<CompactString>,
    },
    /// Note how a payment ended.
    SettlePayment {
        /// Which one.
        payment: PaymentNumber,
        /// What the gateway calls it, where it says so.
        reference: Option<CompactString>,
        /// Whether the money was captured; else why not.
        outcome: Result<(), CompactString>,
    },
    /// Note that the gateway gave back a part of a payment.
    RecordRefund {
        /// Of which payment.
        payment: PaymentNumber,
        /// By which errand.
        errand: ErrandNumber,
    },
    /// Note that mails were sent.
    RecordErrands(Vec<ErrandNumber>),
    /// Wait for seats of a type that is sold out.
    JoinWaitlist(JoinWaitlist),
    /// Wait no longer.
    LeaveWaitlist {
        /// Who wants it.
        user: UserId,
        /// For seats of which type.
        seat_type: SeatTypeNumber,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// Let happen what is due by now. Made by the concert's own actor.
    PassTime,
    /// End the next bookings of a cancelled concert. Made by the concert's own actor.
    CancelNextBookings,
    /// Offer seats that came free to the first who waits for so many. Made by the concert's own actor.
    OfferNextSeats,
    /// Tell the next owners of bookings that the details changed. Made by the concert's own actor.
    AnnounceNextChange,
}

/// What an organizer does with a concert of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagerAction {
    /// Change description, times or rules.
    ChangeDetails {
        /// What is to be different.
        change: Box<DetailsChange>,
        /// The version that the change was made for, if it matters.
        if_version: Option<u64>,
    },
    /// Add a seat type.
    AddSeatType(NewSeatType),
    /// Change a seat type.
    ChangeSeatType {
        /// Which one.
        number: SeatTypeNumber,
        /// What is to be different.
        change: SeatTypeChange,
    },
    /// Publish a draft, or reopen a closed sale.
    OpenSales,
    /// Close the sale.
    CloseSales,
    /// Call the concert off.
    Cancel,
    /// Remove a concert that was never booked.
    Delete,
    /// Set seats aside.
    BlockSeats(WantedItem),
    /// Give seats that were set aside back to the sale.
    ReleaseSeats(WantedItem),
    /// Make a promo code.
    AddCode(Box<PromoCode>),
    /// Take a promo code back.
    WithdrawCode(CodeText),
}

/// A wish for seats: all of them or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookSeats {
    /// For whom.
    pub user: UserId,
    /// Which seats: at least one item, each seat type at most once.
    pub items: WantedItems,
    /// The code that the buyer entered; `Some(None)` where no code can have that text.
    pub promo_code: Option<Option<CodeText>>,
    /// Whether the owner is told by mail what becomes of it.
    pub mail: bool,
    /// Whether a manager of the concert books for the user, so that a draft is no secret.
    pub by_manager: bool,
    /// The caller's key.
    pub idempotency: Option<IdempotencyKey>,
}

/// The items of a wish; nearly always one.
pub type WantedItems = smallvec::SmallVec<[WantedItem; 1]>;

/// Some seats of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedItem {
    /// Of which type.
    pub seat_type: SeatTypeNumber,
    /// How many.
    pub quantity: u32,
    /// Which ones, by their labels. Where none are named, the best available of a type with numbered seats are meant.
    pub seats: Vec<CompactString>,
}

/// A wish to change a booking: all of it or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeBooking {
    /// Who wants it.
    pub caller: Caller,
    /// Which booking.
    pub number: BookingNumber,
    /// What it shall be.
    pub wish: ChangeWish,
    /// The caller's key.
    pub idempotency: Option<IdempotencyKey>,
}

/// What a booking shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeWish {
    /// Just this.
    Items(WantedItems),
    /// The one item that it has, but for what is given here.
    OneItem {
        /// Other seat type.
        seat_type: Option<SeatTypeNumber>,
        /// Other number of seats.
        quantity: Option<u32>,
        /// Other seats.
        seats: Option<Vec<CompactString>>,
    },
}

/// A wish to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinWaitlist {
    /// Whose it is.
    pub user: UserId,
    /// For seats of which type.
    pub seat_type: SeatTypeNumber,
    /// For how many.
    pub quantity: u32,
    /// Whether they are told of an offer by mail.
    pub mail: bool,
    /// The caller's key.
    pub idempotency: Option<IdempotencyKey>,
}

/// A wish to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPayment {
    /// Who wants it.
    pub caller: Caller,
    /// For which booking.
    pub booking: BookingNumber,
    /// The gateway that takes it, or why none does: a request that succeeded before needs none.
    pub gateway: Result<CompactString, Rejection>,
    /// How: a word of the gateway's.
    pub method: CompactString,
    /// The caller's key.
    pub idempotency: Option<IdempotencyKey>,
}
