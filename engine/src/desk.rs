//! The desk of one actor: where requests to it are counted and handed in, and where readers see what is committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use ractor::ActorRef;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use crate::actor::Ask;
use crate::journal::Stream;
use crate::limits;
use crate::machine::{Machine, Outcome, Refused};

mod sleep;
mod slots;

use sleep::Sleep;
pub(crate) use slots::{Placed, Slot, Slots};

/// In front of one actor. It outlives the actor's incarnations.
pub(crate) struct Desk<M: Machine> {
    pub(crate) stream: Stream,
    /// What readers see.
    pub(crate) front: M::Front,
    /// Sequence of the last event that is durable.
    durable: AtomicU64,
    /// Epoch of the last incarnation. The journal need not know of it: it may have written nothing.
    epoch: AtomicU64,
    /// The present incarnation; none while it is being restored, or sleeps.
    keeper: ArcSwapOption<ActorRef<Ask<M>>>,
    pub(crate) sleep: Sleep,
    in_flight: AtomicU32,
    in_flight_total: Arc<AtomicU32>,
}

impl<M: Machine> Desk<M> {
    pub(crate) fn new(
        stream: Stream,
        front: M::Front,
        in_flight_total: Arc<AtomicU32>,
        wakes: UnboundedSender<Stream>,
    ) -> Self {
        Self {
            stream,
            front,
            durable: AtomicU64::new(0),
            epoch: AtomicU64::new(0),
            keeper: ArcSwapOption::empty(),
            sleep: Sleep::new(wakes),
            in_flight: AtomicU32::new(0),
            in_flight_total,
        }
    }

    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    pub(crate) fn set_durable(&self, sequence: u64) {
        self.durable.store(sequence, Ordering::Release);
    }

    /// The epoch of the next incarnation: above that of the last one, and above the last that was written.
    pub(crate) fn next_epoch(&self, written: u64) -> u64 {
        let epoch = self.epoch.load(Ordering::Relaxed).max(written) + 1;
        self.epoch.store(epoch, Ordering::Relaxed);
        epoch
    }

    /// Whether there was no incarnation but the first.
    pub(crate) fn is_first_epoch(&self) -> bool {
        self.epoch.load(Ordering::Relaxed) == 1
    }

    /// Puts an incarnation behind the desk, or takes it away.
    pub(crate) fn seat(&self, keeper: Option<ActorRef<Ask<M>>>) {
        let is_there = keeper.is_some();
        self.keeper.store(keeper.map(Arc::new));
        if is_there {
            self.sleep.end();
        }
    }

    /// Takes the keeper away until somebody asks for it, unless somebody does so already, or something has happened since this sequence.
    /// Returns it, to be ended.
    pub(crate) fn fall_asleep(&self, sequence: u64) -> Option<Arc<ActorRef<Ask<M>>>> {
        self.sleep.begin();
        let keeper = self.keeper.swap(None);
        let is_needed = || self.in_flight.load(Ordering::SeqCst) > 0 || self.durable() != sequence;
        if keeper.is_some() && is_needed() {
            self.keeper.store(keeper);
            self.sleep.end();
            return None;
        }
        keeper
    }

    pub(crate) fn keeper(&self) -> Option<Arc<ActorRef<Ask<M>>>> {
        self.keeper.load_full()
    }

    /// Ends the present incarnation, and says whether there was one.
    pub(crate) fn dismiss(&self) -> bool {
        self.keeper().is_some_and(|keeper| {
            keeper.kill();
            true
        })
    }

    /// Asks the actor at once. The future waits for the answer, which nothing can undo any more; it is small, because requests that wait
    /// are many, and are moved about with all they hold.
    pub(crate) fn ask<F>(self: &Arc<Self>, ask: F) -> impl Future<Output = Outcome<M>> + use<M, F>
    where
        F: FnOnce(Reply<M>) -> Ask<M>,
    {
        let asked = Permit::take(self).map(|permit| {
            let (sender, receiver) = oneshot::channel();
            let unsent = self.try_send(ask(Reply { permit, way: Way::Alone(sender) }));
            let sending = unsent.map(|ask| {
                let desk = Arc::clone(self);
                Box::pin(async move { desk.send(ask).await })
            });
            (sending, receiver)
        });
        async move {
            let (sending, receiver) = asked.ok_or(Refused::Overloaded)?;
            if let Some(sending) = sending {
                sending.await;
            }
            // A reply that is dropped unanswered was never handed to the writer (see `Pending`): nothing has changed.
            receiver.await.unwrap_or(Err(Refused::StorageUnavailable))
        }
    }

    /// Has the actor do several things, in this order, and does not wait. Each is let in, or refused, by itself.
    pub(crate) fn hand_in(self: &Arc<Self>, commands: Vec<(M::Command, Slot<M>)>) {
        let mut let_in = Vec::with_capacity(commands.len());
        for (command, slot) in commands {
            if let Some(permit) = Permit::take(self) {
                let_in.push((command, Reply { permit, way: Way::Among(slot) }));
            } else {
                slot.fill(Err(Refused::Overloaded));
            }
        }
        // Whether somebody is to come is not asked here: a keeper may have come since the look for one.
        if let Some(ask) = self.try_send(Ask::Batch(let_in)) {
            let desk = Arc::clone(self);
            tokio::spawn(async move { desk.send(ask).await });
        }
    }

    /// Gives the actor a message, and wakes the machine for it if it sleeps. Where there is nobody to come, the replies in the message are
    /// dropped unused: nothing has changed.
    async fn send(&self, ask: Ask<M>) {
        let mut ask = self.try_send(ask);
        while let Some(waiting) = ask.take() {
            if self.sleep.is_asleep() {
                self.sleep.wake(self.stream).await;
            } else if self.keeper.load().is_none() {
                return;
            }
            ask = self.try_send(waiting);
        }
    }

    /// Gives the message back if there is nobody to take it.
    fn try_send(&self, ask: Ask<M>) -> Option<Ask<M>> {
        match self.keeper.load().as_ref() {
            // An actor that died takes no message: the replies in it are dropped unused, and nothing has changed.
            Some(keeper) => {
                let _ = keeper.send_message(ask);
                None
            }
            None => Some(ask),
        }
    }
}

/// One place among the requests under way. It travels with the request, not with whoever waits for it: a caller who has gone away
/// still fills the mailbox.
pub(crate) struct Permit<M: Machine>(Arc<Desk<M>>);

impl<M: Machine> Permit<M> {
    fn take(desk: &Arc<Desk<M>>) -> Option<Self> {
        // In one order with the look at the keeper that follows: see `fall_asleep`.
        let here = desk.in_flight.fetch_add(1, Ordering::SeqCst);
        let everywhere = desk.in_flight_total.fetch_add(1, Ordering::Relaxed);
        let permit = Self(Arc::clone(desk));
        (here < limits::IN_FLIGHT_PER_CONCERT_MAX && everywhere < limits::IN_FLIGHT_TOTAL_MAX)
            .then_some(permit)
    }
}

impl<M: Machine> Drop for Permit<M> {
    fn drop(&mut self) {
        // Whoever sees that it is over sees what came of it: see `fall_asleep`.
        self.0.in_flight.fetch_sub(1, Ordering::Release);
        self.0.in_flight_total.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The way back to whoever asked, while nothing has been handed to the writer.
pub(crate) struct Reply<M: Machine> {
    /// Stands first, so that it is given back first when a reply is dropped: the place is free before anybody can know.
    permit: Permit<M>,
    way: Way<M>,
}

/// To whom a reply goes. Dropped, either way says that nothing has changed.
enum Way<M: Machine> {
    /// To whoever waits for this answer alone.
    Alone(oneshot::Sender<Outcome<M>>),
    /// To its place among the answers of a batch.
    Among(Slot<M>),
}

impl<M: Machine> Reply<M> {
    /// Answers at once.
    pub(crate) fn send(self, outcome: Outcome<M>) {
        // The place is free before the answer can bring the next request.
        drop(self.permit);
        match self.way {
            // Whoever asked may have gone away; what was decided stands all the same.
            Way::Alone(sender) => drop(sender.send(outcome)),
            Way::Among(slot) => slot.fill(outcome),
        }
    }

    /// The answer to an event that is now handed to the writer.
    pub(crate) fn after_event(self, answer: M::Answer) -> Pending<M> {
        Pending { reply: Some(self), outcome: Some(Ok(answer)), lost: Refused::OutcomeUnknown }
    }

    /// An answer that shows the state after events that are not durable yet.
    pub(crate) fn after_others(self, outcome: Outcome<M>) -> Pending<M> {
        Pending { reply: Some(self), outcome: Some(outcome), lost: Refused::StorageUnavailable }
    }
}

/// An answer that waits in the writer for its event, or for the events it has seen, to be durable.
///
/// Whatever becomes of the writer, nobody is left waiting and nobody is told something false: dropped, it says what is known.
pub(crate) struct Pending<M: Machine> {
    reply: Option<Reply<M>>,
    outcome: Option<Outcome<M>>,
    /// What to say when the writer is lost.
    lost: Refused<M::Rejection>,
}

impl<M: Machine> Pending<M> {
    /// What it waited for is durable.
    pub(crate) fn release(mut self) {
        if let (Some(reply), Some(outcome)) = (self.reply.take(), self.outcome.take()) {
            reply.send(outcome);
        }
    }

    /// What it waited for was not written, and never will be.
    pub(crate) fn refuse(mut self) {
        if let Some(reply) = self.reply.take() {
            reply.send(Err(Refused::StorageUnavailable));
        }
    }
}

impl<M: Machine> Drop for Pending<M> {
    fn drop(&mut self) {
        if let Some(reply) = self.reply.take() {
            let lost = std::mem::replace(&mut self.lost, Refused::StorageUnavailable);
            reply.send(Err(lost));
        }
    }
}
