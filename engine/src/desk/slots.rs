//! The answers to what was handed in together, as they come: each with its place among the requests.

use std::task::{Context, Poll};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::machine::{Machine, Outcome, Refused};

/// Answers that are taken at once.
const TAKEN_AT_ONCE_MAX: usize = 128;

/// An answer with its place.
pub(crate) type Placed<M> = (usize, Outcome<M>);

/// Where the answers to a batch arrive. There are as many as slots were given out, which bounds them.
pub(crate) struct Slots<M: Machine> {
    answers: UnboundedReceiver<Placed<M>>,
}

/// The way back for one of the answers. It gives exactly one: dropped unused, it says that nothing has changed.
pub(crate) struct Slot<M: Machine> {
    place: usize,
    answers: Option<UnboundedSender<Placed<M>>>,
}

impl<M: Machine> Slots<M> {
    /// No answers yet, and what gives out the slots. Once it is dropped there are no more slots to come.
    pub(crate) fn new() -> (Self, impl Fn(usize) -> Slot<M>) {
        let (sender, answers) = unbounded_channel();
        (Self { answers }, move |place| Slot { place, answers: Some(sender.clone()) })
    }

    /// Takes answers that have come, in any order. None are to come when none are taken.
    pub(crate) fn poll_take(&mut self, context: &mut Context<'_>, taken: &mut Vec<Placed<M>>) -> Poll<usize> {
        self.answers.poll_recv_many(context, taken, TAKEN_AT_ONCE_MAX)
    }
}

impl<M: Machine> Slot<M> {
    /// Answers.
    pub(crate) fn fill(mut self, outcome: Outcome<M>) {
        self.give(outcome);
    }

    fn give(&mut self, outcome: Outcome<M>) {
        if let Some(answers) = self.answers.take() {
            // Whoever asked may have gone away; what was decided stands all the same.
            let _ = answers.send((self.place, outcome));
        }
    }
}

impl<M: Machine> Drop for Slot<M> {
    fn drop(&mut self) {
        self.give(Err(Refused::StorageUnavailable));
    }
}
