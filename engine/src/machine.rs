//! What the actor needs of a state machine. Concerts and accounts are the two that there are.

use std::sync::Arc;

use crate::concert::ErrandNumber;
use crate::ids::BookingNumber;
use crate::journal::{Event, State};
use crate::time::Time;
use crate::writer::{AnyWork, Work};

mod accounts;
mod buyers;
mod concert;

pub use accounts::{AccountsAnswer, AccountsFront, AccountsQuery};
pub use buyers::BuyersIndex;
pub(crate) use buyers::Gathered;
pub use concert::ConcertFront;

/// A pure state machine as its actor sees it.
pub(crate) trait Machine: Send + Sized + 'static {
    /// What can be asked of it.
    type Command: Send + 'static;
    /// What it can be asked about.
    type Query: Send + 'static;
    /// What happens to it.
    type Event;
    /// What a command or a query is answered with.
    type Answer: Send + 'static;
    /// Why it is not.
    type Rejection: Send + 'static;
    /// What an event changes in what readers see.
    type Change: Send + 'static;
    /// What readers see.
    type Front: Send + Sync + 'static;

    fn sequence(&self) -> u64;
    fn time(&self) -> Time;

    /// What the command makes happen.
    fn decide(&self, command: &Self::Command, now: Time) -> Result<Step<Self>, Self::Rejection>;

    /// Makes the event so and checks what it could have broken; a broken invariant panics.
    fn apply(&mut self, event: &Self::Event, time: Time) -> Applied<Self>;

    /// The answer to a question.
    fn answer(&self, query: &Self::Query) -> Result<Self::Answer, Self::Rejection>;

    /// What is due by now and must happen before anything else does.
    fn due(&self, _now: Time) -> Option<Self::Command> {
        None
    }

    /// When something is due next.
    fn next_due(&self) -> Option<Time> {
        None
    }

    /// The next piece of a longer task, to be done between commands.
    fn chore(&self) -> Option<Self::Command> {
        None
    }

    /// Whether nothing but time and requests can make anything happen.
    fn can_sleep(&self) -> bool {
        false
    }

    /// Bookings to which nothing can happen any more, if they are so many that it is worth to go on without them.
    fn settled(&self) -> Vec<BookingNumber> {
        Vec::new()
    }

    /// Goes on without these, and so do readers.
    fn shed(&mut self, _front: &Self::Front, _bookings: &[BookingNumber]) {}

    /// Rings where errands are run, if anything became owed to the world outside since `heard`.
    fn ring(&self, _front: &Self::Front, _heard: &mut ErrandNumber) {}

    /// Notes ahead of the commit where readers may find something: too much is harmless, too little is not.
    fn foretell(&self, _front: &Self::Front, _event: &Self::Event) {}

    /// Shows the whole state to readers: after a restore.
    fn show(&self, front: &Self::Front);

    /// The event as the journal takes it.
    fn wrap(event: Self::Event) -> Event;

    /// The machine in this state; nothing when the state is another machine's.
    fn of(state: State) -> Option<Self>;

    /// Work of this machine as the writer takes it.
    fn work(work: Work<Self>) -> AnyWork;
}

/// What follows from a command that is not refused.
pub(crate) enum Step<M: Machine> {
    /// This happens.
    Happens(M::Event),
    /// Nothing needs to happen; this is the answer.
    Answer(M::Answer),
}

/// What followed from an event.
pub(crate) struct Applied<M: Machine> {
    pub(crate) answer: M::Answer,
    pub(crate) change: M::Change,
}

/// A request that was answered with what is, and whether it was a repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// Whether the same request had succeeded before, so that nothing happened now.
    pub repeated: bool,
}

/// A request that was not fulfilled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused<R> {
    /// The rules say no. Nothing has changed.
    #[error("{rejection}")]
    Rejected {
        /// Which rule.
        rejection: R,
        /// The sequence of the state that it was decided on.
        sequence: u64,
    },
    /// Too much is under way. Nothing has changed.
    #[error("too many requests are under way")]
    Overloaded,
    /// The journal, or this concert, cannot take anything at present. Nothing has changed.
    #[error("nothing can be written at present")]
    StorageUnavailable,
    /// The journal failed while the event was on its way: nobody knows yet whether it happened.
    #[error("whether this happened is not known")]
    OutcomeUnknown,
}

/// What a command or a query comes back with.
pub(crate) type Outcome<M> = Result<<M as Machine>::Answer, Refused<<M as Machine>::Rejection>>;

/// Shared by everything that refers to one machine of the office.
pub(crate) type DeskOf<M> = Arc<crate::desk::Desk<M>>;
