//! The actor that owns one machine: it decides, applies, hands the event to the writer, and goes on with the next command while the
//! event is on its way to the disk. The reply waits for it there.
//!
//! **Invariant: nothing in `handle` awaits.** So a command is never half done when the actor is killed.

use std::marker::PhantomData;
use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::box_office::Order;
use crate::concert::ErrandNumber;
use crate::deaths::{DeathAt, Deaths};
use crate::desk::Reply;
use crate::ids::BookingNumber;
use crate::journal::Record;
use crate::machine::{Applied, DeskOf, Machine, Refused, Step};
use crate::time::{Alarm, Clock, Time};
use crate::writer::{Work, WriterHandle};

/// How long an actor waits before it tries again what it could not do while the journal was closed, in seconds.
const RETRY_SECONDS: i64 = 1;

/// What an actor is sent.
pub(crate) enum Ask<M: Machine> {
    /// To do something.
    Command(M::Command, Reply<M>),
    /// To do several things, one after another.
    Batch(Vec<(M::Command, Reply<M>)>),
    /// To say something.
    Query(M::Query, Reply<M>),
    /// To look what is due.
    Wake,
    /// To name the bookings that are settled, if they are many, to whoever wants to know.
    NameSettled(NamedSettled),
    /// To go on without these bookings, which the journal has.
    Shed(Vec<BookingNumber>),
    /// To sleep, if there is nothing to stay awake for: whoever puts machines to sleep is told.
    Doze(ActorRef<Order>),
}

/// Is told a machine's sequence and the bookings that were settled by then.
pub(crate) type NamedSettled = Box<dyn FnOnce(u64, Vec<BookingNumber>) + Send>;

/// Owns one machine.
pub(crate) struct Keeper<M>(PhantomData<fn() -> M>);

impl<M> Keeper<M> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

/// What a keeper is given at its start, and holds while it lives.
pub(crate) struct Kept<M: Machine> {
    pub(crate) machine: M,
    pub(crate) epoch: u64,
    pub(crate) desk: DeskOf<M>,
    pub(crate) writer: WriterHandle,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) deaths: Deaths,
    /// Whether it was made beside a closed journal: it then answers questions until its successor comes, and changes nothing.
    pub(crate) only_answers: bool,
    /// The newest errand of which the runner was told.
    pub(crate) heard: ErrandNumber,
    /// When the actor is to look what is due, and what will wake it then.
    pub(crate) alarm: Option<(Time, Alarm)>,
}

impl<M: Machine> Actor for Keeper<M> {
    type Msg = Ask<M>;
    type State = Kept<M>;
    type Arguments = Kept<M>;

    async fn pre_start(
        &self,
        myself: ActorRef<Ask<M>>,
        mut kept: Kept<M>,
    ) -> Result<Kept<M>, ActorProcessingErr> {
        kept.deaths.pass(DeathAt::Beginning);
        kept.machine.show(&kept.desk.front);
        kept.desk.set_durable(kept.machine.sequence());
        kept.set_alarm(&myself);
        kept.ring();
        Ok(kept)
    }

    async fn handle(
        &self,
        myself: ActorRef<Ask<M>>,
        ask: Ask<M>,
        kept: &mut Kept<M>,
    ) -> Result<(), ActorProcessingErr> {
        match ask {
            Ask::Command(command, reply) => {
                let now = kept.catch_up();
                kept.execute(&command, Some(reply), now);
            }
            Ask::Batch(batch) => {
                let now = kept.catch_up();
                for (command, reply) in batch {
                    kept.execute(&command, Some(reply), now);
                }
            }
            Ask::Query(query, reply) => {
                kept.catch_up();
                let outcome = kept.machine.answer(&query).map_err(|rejection| kept.rejected(rejection));
                kept.answer(reply, outcome);
            }
            // What is settled was so before whatever is due: no reason to look at the clock. Nor is there when it is let go of.
            Ask::NameSettled(named) => {
                let settled = kept.machine.settled();
                if !settled.is_empty() {
                    named(kept.machine.sequence(), settled);
                }
            }
            // Beside one that only answers, its successor may be at work already, for readers as well.
            Ask::Shed(bookings) if kept.may_change() => {
                let desk = Arc::clone(&kept.desk);
                kept.machine.shed(&desk.front, &bookings);
            }
            Ask::Shed(_) => {}
            Ask::Doze(bedside) => {
                kept.catch_up();
                kept.doze(&bedside);
            }
            Ask::Wake => {
                let now = kept.catch_up();
                // It may have been sent before the alarm was set anew: then that one must not ring as well.
                kept.alarm = None;
                kept.do_chore(now);
            }
        }
        kept.set_alarm(&myself);
        kept.ring();
        Ok(())
    }
}

impl<M: Machine> Kept<M> {
    /// Lets happen what is due, before anything that comes after it, and says what time it is.
    fn catch_up(&mut self) -> Time {
        let now = self.clock.now();
        while self.may_change()
            && let Some(command) = self.machine.due(now)
        {
            self.execute(&command, None, now);
        }
        now
    }

    /// Does one piece of a longer task. The alarm brings the next, after what is in the mailbox by then.
    fn do_chore(&mut self, now: Time) {
        if let Some(command) = self.machine.chore() {
            self.execute(&command, None, now);
        }
    }

    /// decide -> apply -> hand over. The reply, if any, is released when the event is durable.
    fn execute(&mut self, command: &M::Command, reply: Option<Reply<M>>, now: Time) {
        self.deaths.pass(DeathAt::Deciding);
        let now = now.max(self.machine.time());
        // While the journal is closed nothing new is begun, so that this actor's state stays what is durable.
        if !self.may_change() {
            if let Some(reply) = reply {
                reply.send(Err(Refused::StorageUnavailable));
            }
            return;
        }
        match self.machine.decide(command, now) {
            Ok(Step::Happens(event)) => self.make_happen(event, reply, now),
            Ok(Step::Answer(answer)) => {
                if let Some(reply) = reply {
                    self.answer(reply, Ok(answer));
                }
            }
            Err(rejection) => {
                if let Some(reply) = reply {
                    let rejected = self.rejected(rejection);
                    self.answer(reply, Err(rejected));
                }
            }
        }
    }

    /// Says that this machine can sleep, and until when, if that is so.
    fn doze(&self, bedside: &ActorRef<Order>) {
        let sequence = self.machine.sequence();
        if self.machine.can_sleep() && self.may_change() && self.desk.durable() == sequence {
            let due = self.machine.next_due();
            // An office that closes puts nobody to sleep.
            let _ = bedside.send_message(Order::PutToSleep { stream: self.desk.stream, sequence, due });
        }
    }

    /// Has errands run that became owed. Whoever runs them asks this actor, and is answered when they are durable.
    fn ring(&mut self) {
        self.machine.ring(&self.desk.front, &mut self.heard);
    }

    fn may_change(&self) -> bool {
        self.writer.is_open() && !self.only_answers
    }

    fn make_happen(&mut self, event: M::Event, reply: Option<Reply<M>>, time: Time) {
        self.deaths.pass(DeathAt::Applying);
        let Applied { answer, change } = self.machine.apply(&event, time);
        self.machine.foretell(&self.desk.front, &event);
        let record = Record {
            stream: self.desk.stream,
            sequence: self.machine.sequence(),
            epoch: self.epoch,
            time,
            event: M::wrap(event),
        };
        self.deaths.pass(DeathAt::HandingOver);
        let pending = reply.map(|reply| reply.after_event(answer));
        let work = Work { desk: Arc::clone(&self.desk), epoch: self.epoch, change: Some(change), pending };
        self.writer.hand_event(record, M::work(work));
        self.deaths.pass(DeathAt::HandedOver);
    }

    /// Answers with what this actor sees: at once if all of it is durable, else when it is.
    fn answer(&self, reply: Reply<M>, outcome: Result<M::Answer, Refused<M::Rejection>>) {
        if self.desk.durable() >= self.machine.sequence() {
            reply.send(outcome);
        } else {
            let pending = Some(reply.after_others(outcome));
            let work = Work { desk: Arc::clone(&self.desk), epoch: self.epoch, change: None, pending };
            self.writer.hand_reply(M::work(work));
        }
    }

    fn rejected(&self, rejection: M::Rejection) -> Refused<M::Rejection> {
        Refused::Rejected { rejection, sequence: self.machine.sequence() }
    }

    /// Sees to it that the actor wakes when something is due, or at once when there is a chore.
    fn set_alarm(&mut self, myself: &ActorRef<Ask<M>>) {
        let due = self.machine.chore().map(|_| Time::default()).or_else(|| self.machine.next_due());
        let due = due.filter(|_| !self.only_answers);
        if due == self.alarm.as_ref().map(|(time, _)| *time) {
            return;
        }
        let not_before =
            if self.writer.is_open() { None } else { Some(self.clock.now().plus_seconds(RETRY_SECONDS)) };
        self.alarm = due.map(|due| {
            let (clock, myself) = (Arc::clone(&self.clock), myself.clone());
            let wake_at = not_before.map_or(due, |time| time.max(due));
            let alarm = Alarm::set(clock, wake_at, move || {
                // An actor that is gone has nothing due any more.
                let _ = myself.send_message(Ask::Wake);
            });
            (due, alarm)
        });
    }
}
