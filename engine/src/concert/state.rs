//! What a concert remembers.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::booking::Booking;
use super::counts::{Counts, SalesTally};
use super::due::Dues;
use super::ended::Shed;
use super::errand::Owed;
use super::form::{self, Kept};
use super::keys::KeyRing;
use super::list::List;
use super::payment::{Ledger, Payment};
use super::person::People;
use super::promo::PromoCode;
use super::seating::SeatStates;
use super::terms::{Details, Layout};
use super::waiting::WaitingList;
use crate::caller::{Caller, Role};
use crate::ids::{BookingNumber, ConcertId, PaymentNumber, SeatTypeNumber, UserId};
use crate::money::{Currency, MinorUnits};
use crate::time::Time;

/// A concert: the fold of its events. Before its first event it is absent, and knows nothing but its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept")]
pub struct Concert {
    pub(super) id: ConcertId,
    /// Sequence of the last event; 0 while absent.
    pub(super) sequence: u64,
    /// Time of the last event.
    pub(super) time: Time,
    pub(super) stage: Stage,
    /// Shared with the views and with the bookings that were told, so replaced and never changed.
    pub(super) terms: Arc<Terms>,
    /// One for each seat type, in the order of the terms.
    pub(super) counts: Vec<Counts>,
    /// One for each seat type: what each of its seats is, where they are numbered. Shared with the views.
    pub(super) seating: Vec<Option<Arc<SeatStates>>>,
    /// One for each seat type.
    pub(super) tallies: Vec<SalesTally>,
    /// One for each seat type.
    pub(super) waiting: Vec<WaitingList>,
    /// One for each code of the terms: how many live bookings use it.
    pub(super) code_uses: Vec<u32>,
    /// In the order of their numbers, because a booking's number is the sequence that made it.
    pub(super) bookings: List<Booking>,
    /// In the order of their numbers, as bookings are.
    pub(super) payments: Vec<Payment>,
    pub(super) ledger: Ledger,
    /// What happens to bookings by time alone.
    #[serde(serialize_with = "form::warnings")]
    pub(super) due: Dues,
    pub(super) owed: Owed,
    /// Everybody who booked here or used a key here, in the order in which they came.
    pub(super) people: People,
    /// The keys of their requests that succeeded, of those who have any: by their places in `people`.
    pub(super) keys: BTreeMap<u32, KeyRing>,
    /// When whose keys (the place in `people`) were last looked at for old ones, longest ago first; everybody with keys stands here
    /// once.
    pub(super) key_owners: VecDeque<(Time, u32)>,
    /// The last booking that was ever made here; 0 before the first.
    pub(super) newest_booking: BookingNumber,
    /// Bookings up to this one have been ended by the concert's cancellation.
    pub(super) swept: BookingNumber,
    /// While a change is announced: the last booking whose owner has been told, and the last that there was when it was made.
    pub(super) announcing: Option<(BookingNumber, BookingNumber)>,
    /// What the bookings came to that this state does not have any more.
    pub(super) shed: Shed,
    /// Bookings that are not ended.
    #[serde(skip)]
    pub(super) live_bookings: usize,
}

/// How far the concert's sale is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// It has not been made.
    Absent,
    /// Its organizer alone sees it.
    Draft,
    /// Everyone sees it; the sale opens later.
    Scheduled,
    /// Seats can be booked while there are any.
    OnSale,
    /// The sale closed when its time had come.
    ClosedByTime,
    /// The organizer closed the sale.
    ClosedByOrganizer,
    /// It will not take place.
    Cancelled,
    /// It was removed.
    Deleted,
}

impl Stage {
    /// Whether nobody sees a concert at this stage: it was not made, or was removed.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Absent | Self::Deleted)
    }

    /// Whether a concert at this stage may be known to a caller: a draft is its organizer's and the admins'.
    pub(super) fn shows_to(self, caller: Option<&Caller>, organizer: &UserId) -> bool {
        match self {
            Self::Absent | Self::Deleted => false,
            Self::Draft => {
                caller.is_some_and(|caller| caller.role == Role::Admin || caller.user == *organizer)
            }
            _ => true,
        }
    }
}

/// What is told about a concert and does not change with its bookings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Description, times and rules.
    pub details: Details,
    /// Of all prices.
    pub currency: Currency,
    /// Whether seats are held until they are paid for.
    pub payment_required: bool,
    /// How long a hold lasts, in seconds.
    pub hold_seconds: u32,
    /// How long an offer to somebody on the waiting list lasts, in seconds.
    pub offer_seconds: u32,
    /// Who manages it.
    pub organizer: UserId,
    /// Its seat types, by their number.
    pub seat_types: Vec<SeatType>,
    /// Its promo codes, withdrawn ones included.
    pub codes: Vec<PromoCode>,
    /// Changes by the organizer, its making included.
    pub version: u64,
    /// When it was made.
    pub created_at: Time,
    /// When the organizer last changed it.
    pub updated_at: Time,
}

/// A price category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatType {
    /// What it is called.
    #[serde(deserialize_with = "crate::form::text")]
    pub name: String,
    /// Price of one seat, for bookings from now on.
    pub price: MinorUnits,
    /// What seats it has.
    pub layout: Layout,
    /// Whether only a promo code opens it.
    pub hidden: bool,
}

impl Concert {
    /// The concert with this id before anything happened to it.
    pub fn absent(id: ConcertId) -> Self {
        Self {
            id,
            sequence: 0,
            time: Time::default(),
            stage: Stage::Absent,
            terms: Arc::new(Terms::unknown()),
            counts: Vec::new(),
            seating: Vec::new(),
            tallies: Vec::new(),
            waiting: Vec::new(),
            code_uses: Vec::new(),
            bookings: List::default(),
            payments: Vec::new(),
            ledger: Ledger::default(),
            due: Dues::new(),
            owed: Owed::default(),
            people: People::default(),
            keys: BTreeMap::new(),
            key_owners: VecDeque::new(),
            newest_booking: BookingNumber(0),
            swept: BookingNumber(0),
            announcing: None,
            shed: Shed::default(),
            live_bookings: 0,
        }
    }

    /// Its id.
    pub fn id(&self) -> ConcertId {
        self.id
    }

    /// Sequence of its last event.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Time of its last event.
    pub fn time(&self) -> Time {
        self.time
    }

    /// How far its sale is.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether nobody sees it: it was not made, or was removed.
    pub fn is_gone(&self) -> bool {
        self.stage.is_gone()
    }

    /// What is told about it.
    pub fn terms(&self) -> &Arc<Terms> {
        &self.terms
    }

    /// The seats of each type, by the type's number.
    pub fn counts(&self) -> &[Counts] {
        &self.counts
    }

    /// The bookings that it has, oldest first: all but those that were [shed](Self::shed).
    pub fn bookings(&self) -> &List<Booking> {
        &self.bookings
    }

    /// The payments of these, oldest first.
    pub fn payments(&self) -> &[Payment] {
        &self.payments
    }

    /// The payment with this number.
    pub fn payment(&self, number: PaymentNumber) -> Option<&Payment> {
        self.payment_place(number).map(|place| &self.payments[place])
    }

    /// Its money.
    pub fn ledger(&self) -> Ledger {
        self.ledger
    }

    /// What each seat of a type is, where they are numbered.
    pub fn seating(&self, number: SeatTypeNumber) -> Option<&Arc<SeatStates>> {
        self.seating.get(number.index())?.as_ref()
    }

    /// What it owes the world outside.
    pub fn owed(&self) -> &Owed {
        &self.owed
    }

    /// The booking with this number.
    pub fn booking(&self, number: BookingNumber) -> Option<&Booking> {
        self.place_of(number).map(|place| &self.bookings[place])
    }

    /// Whose booking it is.
    pub fn owner(&self, booking: &Booking) -> &UserId {
        self.people.user(booking.person).expect("every booking has an owner")
    }

    /// The bookings of one user, newest first.
    pub fn bookings_of(&self, user: &UserId) -> impl Iterator<Item = &Booking> {
        let newest = self.people.get(user).and_then(|person| person.newest);
        std::iter::successors(newest.map(|place| &self.bookings[place.index()]), |booking| {
            booking.previous.map(|place| &self.bookings[place.index()])
        })
    }

    /// Whether this user's newest booking is the only one of theirs that it has.
    pub fn has_booked_once(&self, user: &UserId) -> bool {
        self.bookings_of(user).take(2).count() == 1
    }

    /// Everybody with one of the bookings that it has.
    pub fn buyers(&self) -> impl Iterator<Item = &UserId> {
        self.people.iter().filter(|(_, person)| person.newest.is_some()).map(|(user, _)| user)
    }

    /// The places of the bookings after one number up to another.
    pub(super) fn places_between(&self, after: BookingNumber, through: BookingNumber) -> Range<usize> {
        let end = |number| self.bookings.partition_point(|booking| booking.number <= number);
        end(after)..end(through).max(end(after))
    }

    pub(super) fn keys_of(&self, user: &UserId) -> Option<&KeyRing> {
        self.keys.get(&self.people.place_of(user)?)
    }

    pub(super) fn place_of(&self, number: BookingNumber) -> Option<usize> {
        let place = self.bookings.partition_point(|booking| booking.number < number);
        self.bookings.get(place).is_some_and(|booking| booking.number == number).then_some(place)
    }

    pub(super) fn payment_place(&self, number: PaymentNumber) -> Option<usize> {
        self.payments.binary_search_by_key(&number, |payment| payment.number).ok()
    }

    pub(super) fn seat_type(&self, number: SeatTypeNumber) -> Option<&SeatType> {
        self.terms.seat_types.get(number.index())
    }
}

impl Terms {
    /// Whether this caller may change a concert with these terms and see its bookings.
    pub(super) fn are_managed_by(&self, caller: &Caller) -> bool {
        match caller.role {
            Role::Admin => true,
            Role::Organizer => caller.user == self.organizer,
            Role::Customer => false,
        }
    }

    /// The terms of a concert that has not been made: nobody ever sees them.
    fn unknown() -> Self {
        let nobody = UserId::new("nobody").expect("letters");
        let details = Details {
            name: String::new(),
            description: String::new(),
            genre: String::new(),
            venue: String::new(),
            start: super::LocalTime { time: Time::default(), offset_seconds: 0 },
            sales_open_at: None,
            sales_close_at: None,
            tickets_per_user_max: 0,
            cancellation: super::CancellationTerms::default(),
            forbids_orphan_seats: false,
        };
        Self {
            details,
            currency: Currency::USD,
            payment_required: false,
            hold_seconds: 0,
            offer_seconds: 0,
            organizer: nobody,
            seat_types: Vec::new(),
            codes: Vec::new(),
            version: 0,
            created_at: Time::default(),
            updated_at: Time::default(),
        }
    }
}
