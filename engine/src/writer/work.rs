//! What comes with an event on its way through the writer.

use crate::accounts::Accounts;
use crate::concert::Concert;
use crate::desk::Pending;
use crate::journal::Stream;
use crate::machine::{DeskOf, Machine};

/// What is to be done once an event is durable.
pub(crate) struct Work<M: Machine> {
    pub(crate) desk: DeskOf<M>,
    /// The incarnation that handed it over.
    pub(crate) epoch: u64,
    /// What readers are to see then; nothing for a mere reply.
    pub(crate) change: Option<M::Change>,
    /// Who is to be told then.
    pub(crate) pending: Option<Pending<M>>,
}

/// Work of one of the two machines.
pub(crate) enum AnyWork {
    Concert(Work<Concert>),
    Accounts(Work<Accounts>),
}

impl AnyWork {
    pub(crate) fn stream(&self) -> Stream {
        match self {
            Self::Concert(work) => work.desk.stream,
            Self::Accounts(work) => work.desk.stream,
        }
    }

    pub(crate) fn epoch(&self) -> u64 {
        match self {
            Self::Concert(work) => work.epoch,
            Self::Accounts(work) => work.epoch,
        }
    }

    /// What it waited for is durable.
    pub(crate) fn release(self) {
        match self {
            Self::Concert(Work { pending: Some(pending), .. }) => pending.release(),
            Self::Accounts(Work { pending: Some(pending), .. }) => pending.release(),
            Self::Concert(_) | Self::Accounts(_) => {}
        }
    }

    /// What it waited for was not written, and never will be.
    pub(crate) fn refuse(self) {
        match self {
            Self::Concert(Work { pending: Some(pending), .. }) => pending.refuse(),
            Self::Accounts(Work { pending: Some(pending), .. }) => pending.refuse(),
            Self::Concert(_) | Self::Accounts(_) => {}
        }
    }
}
