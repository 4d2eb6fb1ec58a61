//! What a concert owes the world outside. It is part of the state until an event records that it is done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{BookingNumber, PaymentNumber};

/// Which errand of a lane: the event that made it owed, and its place among that event's errands in this lane. Journals name refunds
/// by it, so what an old event owes in the lane of money never changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ErrandNumber {
    /// Sequence of the event.
    pub sequence: u64,
    /// Place among the errands of that event in the same lane.
    pub index: u32,
}

impl ErrandNumber {
    /// A number below this one with none between them.
    pub(crate) fn predecessor(self) -> Self {
        match self.index.checked_sub(1) {
            Some(index) => Self { index, ..self },
            None => Self { sequence: self.sequence.saturating_sub(1), index: u32::MAX },
        }
    }
}

/// Something that is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    money: OwedInLane,
    mail: OwedInLane,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct OwedInLane {
    errands: BTreeMap<ErrandNumber, Errand>,
    /// The newest errand that there ever was.
    newest: ErrandNumber,
}

impl Owed {
    /// The errands of a lane after this one.
    pub fn after(&self, lane: Lane, after: ErrandNumber) -> impl Iterator<Item = (ErrandNumber, Errand)> {
        let beyond = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
        self.lane(lane).errands.range(beyond).map(|(number, errand)| (*number, *errand))
    }

    /// All errands of a lane.
    pub(super) fn all(&self, lane: Lane) -> impl Iterator<Item = (ErrandNumber, Errand)> {
        self.lane(lane).errands.iter().map(|(number, errand)| (*number, *errand))
    }

    /// Whether this one is still owed.
    pub fn has(&self, lane: Lane, number: ErrandNumber) -> bool {
        self.lane(lane).errands.contains_key(&number)
    }

    /// Whether nothing is owed.
    pub fn is_empty(&self) -> bool {
        self.money.errands.is_empty() && self.mail.errands.is_empty()
    }

    /// The newest errand that there ever was; it may be done.
    pub fn newest(&self) -> ErrandNumber {
        self.money.newest.max(self.mail.newest)
    }

    pub(super) fn add(&mut self, sequence: u64, errand: Errand) -> ErrandNumber {
        let lane = self.lane_mut(errand.lane());
        let index = if lane.newest.sequence == sequence { lane.newest.index + 1 } else { 0 };
        lane.newest = ErrandNumber { sequence, index };
        lane.errands.insert(lane.newest, errand);
        lane.newest
    }

    pub(super) fn remove(&mut self, lane: Lane, number: ErrandNumber) {
        self.lane_mut(lane).errands.remove(&number);
    }

    fn lane(&self, lane: Lane) -> &OwedInLane {
        match lane {
            Lane::Money => &self.money,
            Lane::Mail => &self.mail,
        }
    }

    fn lane_mut(&mut self, lane: Lane) -> &mut OwedInLane {
        match lane {
            Lane::Money => &mut self.money,
            Lane::Mail => &mut self.mail,
        }
    }
}
