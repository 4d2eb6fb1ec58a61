//! Puts concerts to sleep that nobody needs, and wakes them.
//!
//! A concert sleeps once a snapshot holds its last event, so that waking it reads one state and no record. It wakes for whoever asks
//! it something, and when its own time comes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use ractor::ActorRef;

use super::supervisor::{Order, Ward};
use crate::actor::Ask;
use crate::concert::Concert;
use crate::ids::ConcertId;
use crate::journal::Stream;
use crate::restore::Sleeping;
use crate::time::{Alarm, Time};

/// How often the supervisor looks which concerts could sleep, in seconds. One does that had no event between two looks, and for which
/// nothing is due before the next.
const LOOK_SECONDS: i64 = 300;

/// Who sleeps, and what of the others was seen at the last look.
#[derive(Default)]
pub(crate) struct Sleepers {
    /// The sequences of the concerts that were awake.
    seen: HashMap<ConcertId, u64>,
    /// When those that sleep have something to do, the earliest first.
    due: BTreeSet<(Time, ConcertId)>,
    /// Those that are being woken.
    waking: HashSet<ConcertId>,
    alarm: Option<(Time, Alarm)>,
}

impl Sleepers {
    /// The concert, which has to do something when this is due, has a keeper again, or is given up. Nothing has happened to it while it
    /// slept, so the same was due when it fell asleep; else it would be woken once for nothing.
    pub(super) fn remove(&mut self, stream: Stream, due: Option<Time>) {
        let Stream::Concert(id) = stream else { return };
        self.waking.remove(&id);
        if let Some(due) = due {
            self.due.remove(&(due, id));
        }
    }
}

#[cfg(feature = "testing")]
impl super::BoxOffice {
    /// Whether a concert sleeps: it has no actor before somebody asks it something.
    pub fn is_asleep(&self, id: ConcertId) -> bool {
        self.registry.is_asleep(id)
    }

    /// How many concerts have a desk.
    pub fn desks(&self) -> usize {
        let mut desks = 0;
        self.registry.each_desk(|_, _| desks += 1);
        desks
    }
}

impl Ward {
    /// Asks the keepers of concerts where nothing happens whether they can sleep, and does so again in a while.
    pub(super) fn look_around(&mut self, myself: &ActorRef<Order>) {
        let before = std::mem::take(&mut self.sleepers.seen);
        let seen = &mut self.sleepers.seen;
        let mut unmade = Vec::new();
        self.registry.each_desk(|id, desk| {
            let Some(keeper) = desk.keeper() else { return };
            let sequence = desk.durable();
            let is_idle = before.get(&id) == Some(&sequence);
            if is_idle && sequence == 0 {
                unmade.push(id);
            } else if is_idle && self.journal.snapshot_at(desk.stream) == Some(sequence) {
                // One that has just died does not sleep but is restored.
                let _ = keeper.send_message(Ask::Doze(myself.clone()));
            }
            seen.insert(id, sequence);
        });
        for id in unmade {
            self.take_down(id);
        }
        self.send_later(myself, LOOK_SECONDS, Order::LookAround);
    }

    /// Takes the desk of a concert down that was not made after all: whoever wanted it was refused or went away, and may never come again.
    fn take_down(&mut self, id: ConcertId) {
        let Some(desk) = self.registry.concert(id) else { return };
        // The next desk begins with the first epoch again: the writer must not have refused it, nor be about to.
        if !desk.is_first_epoch() || !self.writer.is_open() {
            return;
        }
        if let Some(keeper) = desk.fall_asleep(0) {
            self.registry.take_down(id);
            self.end_in_peace(&keeper);
            // Whoever still stands there is refused, as wherever there is no keeper.
            desk.sleep.end();
        }
    }

    /// Ends a keeper whose end is not a death that brings a successor.
    fn end_in_peace(&mut self, keeper: &ActorRef<Ask<Concert>>) {
        self.streams.remove(&keeper.get_id());
        keeper.stop(None);
    }

    /// Takes the keeper of a concert away that has nothing to do before `due`.
    pub(super) fn put_to_sleep(
        &mut self,
        myself: &ActorRef<Order>,
        stream: Stream,
        sequence: u64,
        due: Option<Time>,
    ) {
        let Stream::Concert(id) = stream else { return };
        let Some(desk) = self.registry.concert(id) else { return };
        let is_due_soon = due.is_some_and(|due| due <= self.clock.now().plus_seconds(LOOK_SECONDS));
        if is_due_soon || self.journal.snapshot_at(stream) != Some(sequence) {
            return;
        }
        if let Some(keeper) = desk.fall_asleep(sequence) {
            self.end_in_peace(&keeper);
            self.sleepers.due.extend(due.map(|due| (due, id)));
            self.set_alarm(myself);
        }
    }

    /// Lets concerts go on sleeping that slept before the office was opened.
    pub(super) fn open_sleeping(&mut self, myself: &ActorRef<Order>, sleeping: Sleeping) {
        let Sleeping { views, due, .. } = sleeping;
        if !views.is_empty() {
            // There is one start.
            let _ = self.registry.has_sleepers.set(());
        }
        self.registry.let_sleep(views);
        self.sleepers.due = due;
        self.set_alarm(myself);
    }

    /// Brings a sleeping concert back, if nobody does so already.
    pub(super) fn wake(&mut self, myself: &ActorRef<Order>, stream: Stream) {
        let Stream::Concert(id) = stream else { return };
        let sleeps = self.registry.concert(id).is_some_and(|desk| desk.sleep.is_asleep());
        if sleeps && self.sleepers.waking.insert(id) {
            self.read(myself, stream);
        }
    }

    /// Brings the concerts back whose time has come.
    pub(super) fn rise(&mut self, myself: &ActorRef<Order>) {
        self.sleepers.alarm = None;
        let now = self.clock.now();
        while let Some((due, id)) = self.sleepers.due.first().copied()
            && due <= now
        {
            self.sleepers.due.pop_first();
            self.wake(myself, Stream::Concert(id));
        }
        self.set_alarm(myself);
    }

    fn set_alarm(&mut self, myself: &ActorRef<Order>) {
        let first = self.sleepers.due.first().map(|(time, _)| *time);
        if first == self.sleepers.alarm.as_ref().map(|(time, _)| *time) {
            return;
        }
        self.sleepers.alarm = first.map(|first| {
            let (clock, myself) = (Arc::clone(&self.clock), myself.clone());
            let alarm = Alarm::set(clock, first, move || {
                // A supervisor that is gone wakes nobody any more.
                let _ = myself.send_message(Order::Rise);
            });
            (first, alarm)
        });
    }
}
