//! What a concert owes the world outside. It is part of the state until an event records that it is done.

use std::collections::BTreeMap;

use crate::ids::{BookingNumber, PaymentNumber};

/// Which errand: the event that made it owed, and its place among that event's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrandNumber {
    /// Sequence of the event.
    pub sequence: u64,
    /// Place among the errands of that event.
    pub index: u32,
}

/// Something that is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// A payment is to be taken, and its outcome to be found.
    TakePayment(PaymentNumber),
    /// A part of a payment is to be given back.
    GiveBack(PaymentNumber),
    /// A booking's owner is to be told.
    Mail(MailKind, BookingNumber),
}

/// Errands that wait for each other's callee, and not for those of the other lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Payments and refunds.
    Money,
    /// Mails.
    Mail,
}

impl Errand {
    /// Its lane.
    pub fn lane(self) -> Lane {
        match self {
            Self::TakePayment(_) | Self::GiveBack(_) => Lane::Money,
            Self::Mail(..) => Lane::Mail,
        }
    }
}

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MailKind {
    /// The seats are its reader's.
    Confirmed,
    /// The seats are held until they are paid.
    Held,
    /// The hold is about to expire.
    AboutToExpire,
    /// The hold expired.
    Expired,
    /// The booking was cancelled.
    Cancelled,
    /// Money was given back.
    Refunded,
    /// Somebody on the waiting list has an offer.
    Offered,
    /// The booking was changed.
    Changed,
    /// The concert's name, venue or times changed.
    ConcertChanged,
    /// The concert will not take place.
    ConcertCancelled,
}

/// Everything that is owed, in the order in which it became so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owed {
    money: BTreeMap<ErrandNumber, Errand>,
    mail: BTreeMap<ErrandNumber, Errand>,
    /// The newest errand that there ever was.
    newest: ErrandNumber,
}

impl Owed {
    /// The errands of a lane after this one.
    pub fn after(&self, lane: Lane, after: ErrandNumber) -> impl Iterator<Item = (ErrandNumber, Errand)> {
        let beyond = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
        self.lane(lane).range(beyond).map(|(number, errand)| (*number, *errand))
    }

    /// Whether this one is still owed.
    pub fn has(&self, lane: Lane, number: ErrandNumber) -> bool {
        self.lane(lane).contains_key(&number)
    }

    /// Whether nothing is owed.
    pub fn is_empty(&self) -> bool {
        self.money.is_empty() && self.mail.is_empty()
    }

    /// The newest errand that there ever was; it may be done.
    pub fn newest(&self) -> ErrandNumber {
        self.newest
    }

    pub(super) fn add(&mut self, sequence: u64, errand: Errand) -> ErrandNumber {
        let index = if self.newest.sequence == sequence { self.newest.index + 1 } else { 0 };
        let number = ErrandNumber { sequence, index };
        self.newest = number;
        self.lane_mut(errand.lane()).insert(number, errand);
        number
    }

    pub(super) fn remove(&mut self, lane: Lane, number: ErrandNumber) {
        self.lane_mut(lane).remove(&number);
    }

    pub(super) fn lane(&self, lane: Lane) -> &BTreeMap<ErrandNumber, Errand> {
        match lane {
            Lane::Money => &self.money,
            Lane::Mail => &self.mail,
        }
    }

    fn lane_mut(&mut self, lane: Lane) -> &mut BTreeMap<ErrandNumber, Errand> {
        match lane {
            Lane::Money => &mut self.money,
            Lane::Mail => &mut self.mail,
        }
    }
}
