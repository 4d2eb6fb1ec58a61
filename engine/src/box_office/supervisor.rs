//! Watches over the keepers: makes them, and makes them again from the journal when they die.
//!
//! A dead keeper's events that are on their way are finished first (the barrier), so what the journal then shows is all there is.
//! Its successor has a higher epoch, and the writer takes nothing more from the dead one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::JoinSet;

use super::ended::Look;
use super::reads::{Places, Reading};
use super::registry::Registry;
use super::shedding::{Leaving, Shedding};
use super::sleepers::Sleepers;
use crate::accounts::Accounts;
use crate::actor::{Keeper, Kept};
use crate::concert::{Concert, ErrandNumber, Fingerprint, HistoryEntry, HistoryPage};
use crate::deaths::{DeathAt, Deaths};
use crate::ids::{BookingId, ConcertId};
use crate::journal::{Journal, ReplayError, Stream};
use crate::machine::{DeskOf, Machine};
use crate::restore::Restored;
use crate::time::{Clock, Time};
use crate::writer::{Notice, WriterHandle};

/// A stream whose restore fails this often is left alone, so that it cannot keep the others from being served.
const RESTORES_FAILED_MAX: u32 = 2;

/// How long to wait before a stream is read again that could not be read beside a closed journal, in seconds.
const REREAD_SECONDS: i64 = 1;

/// How often in a row the actors of a stream may die, with nothing new from them in the journal, before it is restored only after a
/// pause. What kills them may be in what they do by themselves, and then it comes again at once.
const DEATHS_IN_VAIN_MAX: u32 = 16;
/// How often that pause is doubled at most; the first lasts a second.
const PAUSE_DOUBLINGS_MAX: u32 = 6;

/// What the supervisor is told.
pub(crate) enum Order {
    /// Puts keepers behind the desks of everything that was restored at start.
    Seat(Box<crate::restore::Everything>, oneshot::Sender<()>),
    /// Opens a desk for a concert that is about to be made.
    Open(ConcertId, oneshot::Sender<DeskOf<Concert>>),
    /// Looks which concerts could sleep.
    LookAround,
    /// A keeper says that its machine, at this sequence, has nothing to do before something is due.
    PutToSleep {
        /// Whose machine.
        stream: Stream,
        /// Sequence of its last event.
        sequence: u64,
        /// When something is due, if ever.
        due: Option<Time>,
    },
    /// An actor names what it can go on without.
    LetLeave(ConcertId, Leaving),
    /// Somebody asks a machine that sleeps.
    Wake(Stream),
    /// The time has come for a machine that sleeps.
    Rise,
    /// Brings nobody to life any more: the office closes.
    Close(oneshot::Sender<()>),
    /// What the writer has to tell.
    Notice(Notice),
    /// Reads a stream after a pause.
    ReadAgain(Stream),
    /// A concert was read from the journal, or could not be.
    ConcertRead(ConcertId, Box<Reading<Concert>>),
    /// The accounts were read from the journal, or could not be.
    AccountsRead(Box<Reading<Accounts>>),
    /// Looks for bookings that states have shed.
    FindEnded(Look),
    /// Asks the journal at which concerts that have slept since the start somebody has booked.
    FindBuyer(Fingerprint, Places, oneshot::Sender<Result<Vec<ConcertId>, ReplayError>>),
    /// Reads from the journal what happened to a booking. The place is taken until it has been read, whoever still waits for it.
    ReadHistory(
        BookingId,
        HistoryPage,
        OwnedSemaphorePermit,
        oneshot::Sender<Result<Vec<HistoryEntry>, ReplayError>>,
    ),
}

/// Deaths of a stream's actors, one after another.
#[derive(Debug, Default)]
pub(crate) struct DeathsInVain {
    /// The last sequence that was durable at the last of them.
    durable: u64,
    /// How many there were since anything became durable.
    count: u32,
}

impl DeathsInVain {
    /// Counts another, and says for how many seconds nobody is to be brought to life.
    fn pause_after(&mut self, durable: u64) -> i64 {
        let in_vain = if durable == self.durable { self.count } else { 0 };
        *self = Self { durable, count: in_vain.saturating_add(1) };
        self.count.checked_sub(DEATHS_IN_VAIN_MAX).map_or(0, |more| 1 << more.min(PAUSE_DOUBLINGS_MAX))
    }
}

/// Serves the office in which everything lives.
pub(crate) struct Supervisor;

/// What the supervisor needs to make keepers.
pub(crate) struct Ward {
    pub(crate) registry: Arc<Registry>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) writer: WriterHandle,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) deaths: Deaths,
    /// Which stream an actor keeps.
    pub(crate) streams: HashMap<ActorId, Stream>,
    /// Streams that are restored once the journal is open again. Until then a keeper that only answers questions may sit there.
    pub(crate) waiting: HashSet<Stream>,
    /// Whether keepers end because the office closes, and are not restored.
    pub(crate) closing: bool,
    /// How often the restore of a stream has failed in a row.
    pub(crate) failed: HashMap<Stream, u32>,
    /// Of streams whose actors have died, how often they did so in vain.
    pub(crate) deaths_in_vain: HashMap<Stream, DeathsInVain>,
    /// Streams that are being read: the journal is let go of when they are done.
    pub(crate) reads: JoinSet<()>,
    /// Orders that are sent in a while.
    pub(crate) pauses: JoinSet<()>,
    pub(crate) sleepers: Sleepers,
    pub(crate) shedding: Shedding,
}

impl Actor for Supervisor {
    type Msg = Order;
    type State = Ward;
    type Arguments = Ward;

    async fn pre_start(&self, _myself: ActorRef<Order>, ward: Ward) -> Result<Ward, ActorProcessingErr> {
        Ok(ward)
    }

    async fn handle(
        &self,
        myself: ActorRef<Order>,
        order: Order,
        ward: &mut Ward,
    ) -> Result<(), ActorProcessingErr> {
        ward.deaths.pass(DeathAt::Supervising);
        if ward.closing {
            return Ok(());
        }
        match order {
            Order::Seat(everything, done) => {
                let accounts = Arc::clone(&ward.registry.accounts);
                ward.seat(&myself, &accounts, everything.accounts, false).await;
                for concert in everything.concerts {
                    ward.open_desk(&myself, concert.machine.id(), concert).await;
                }
                ward.open_sleeping(&myself, everything.sleepers);
                ward.send_later(&myself, 0, Order::LookAround);
                let _ = done.send(());
            }
            Order::LetLeave(id, leaving) => ward.let_leave(id, leaving),
            Order::LookAround => ward.look_around(&myself),
            Order::PutToSleep { stream, sequence, due } => ward.put_to_sleep(&myself, stream, sequence, due),
            Order::Wake(stream) => ward.wake(&myself, stream),
            Order::Rise => ward.rise(&myself),
            Order::Open(id, opened) => {
                let desk = match ward.registry.concert(id) {
                    // Whoever came first for this id has opened its desk.
                    Some(desk) => desk,
                    None => ward.open_desk(&myself, id, Restored::new(Concert::absent(id))).await,
                };
                let _ = opened.send(desk);
            }
            Order::Close(done) => {
                ward.closing = true;
                // Whoever waits for one that sleeps is told that nobody will come.
                ward.registry.end_sleeps();
                let _ = done.send(());
            }
            Order::Notice(Notice::Lost(stream)) => {
                ward.dismiss(stream);
            }
            Order::Notice(Notice::Reopened) => {
                for stream in std::mem::take(&mut ward.waiting) {
                    // The death of a keeper brings its successor.
                    if !ward.dismiss(stream) {
                        ward.read(&myself, stream);
                    }
                }
            }
            Order::Notice(Notice::Shed) => ward.look_for_shed(&myself),
            Order::ReadAgain(stream) => ward.read(&myself, stream),
            Order::ConcertRead(id, reading) => {
                if let Some(desk) = ward.registry.concert(id) {
                    ward.take_over(&myself, &desk, *reading).await;
                }
            }
            Order::AccountsRead(reading) => {
                let desk = Arc::clone(&ward.registry.accounts);
                ward.take_over(&myself, &desk, *reading).await;
            }
            Order::FindEnded(look) => ward.find_ended(look),
            Order::FindBuyer(buyer, places, found) => ward.find_buyer(buyer, places, found),
            Order::ReadHistory(id, page, place, read) => ward.read_history(id, page, place, read),
        }
        Ok(())
    }

    async fn post_stop(&self, _myself: ActorRef<Order>, ward: &mut Ward) -> Result<(), ActorProcessingErr> {
        while ward.reads.join_next().await.is_some() {}
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Order>,
        event: SupervisionEvent,
        ward: &mut Ward,
    ) -> Result<(), ActorProcessingErr> {
        let (keeper, failure) = match &event {
            SupervisionEvent::ActorFailed(keeper, error) => (keeper, Some(error)),
            SupervisionEvent::ActorTerminated(keeper, ..) => (keeper, None),
            _ => return Ok(()),
        };
        if let Some(stream) = ward.streams.remove(&keeper.get_id()) {
            ward.unseat(stream);
            if !ward.closing {
                ward.restore(&myself, stream, failure.map(ToString::to_string));
            }
        }
        Ok(())
    }
}

impl Ward {
    /// Makes a concert's desk, and puts it up once its keeper is there.
    async fn open_desk(
        &mut self,
        myself: &ActorRef<Order>,
        id: ConcertId,
        concert: Restored<Concert>,
    ) -> DeskOf<Concert> {
        let desk = self.registry.new_desk(Arc::new(concert.machine.view()));
        self.seat(myself, &desk, concert, false).await;
        self.registry.put_up(id, Arc::clone(&desk));
        desk
    }

    /// Puts a new keeper with this machine behind a desk, unless it dies as it begins. One that `only_answers` changes nothing.
    async fn seat<M: Machine>(
        &mut self,
        myself: &ActorRef<Order>,
        desk: &DeskOf<M>,
        restored: Restored<M>,
        only_answers: bool,
    ) {
        let Restored { machine, epoch } = restored;
        let due = machine.next_due();
        let kept = Kept {
            machine,
            epoch: desk.next_epoch(epoch),
            desk: Arc::clone(desk),
            writer: self.writer.clone(),
            clock: Arc::clone(&self.clock),
            deaths: self.deaths.clone(),
            only_answers,
            heard: ErrandNumber::default(),
            alarm: None,
        };
        let supervisor: ActorCell = myself.get_cell();
        match Actor::spawn_linked(None, Keeper::<M>::new(), kept, supervisor).await {
            Ok((keeper, _)) => {
                self.streams.insert(keeper.get_id(), desk.stream);
                self.sleepers.remove(desk.stream, due);
                desk.seat(Some(keeper));
            }
            Err(error) => self.restore(myself, desk.stream, Some(error.to_string())),
        }
    }

    /// Ends the keeper of a stream, whose state is not what the journal shows; its death brings its successor. Says whether there
    /// was one.
    fn dismiss(&self, stream: Stream) -> bool {
        match stream {
            Stream::Accounts => self.registry.accounts.dismiss(),
            Stream::Concert(id) => self.registry.concert(id).is_some_and(|desk| desk.dismiss()),
        }
    }

    /// Brings the successor of a keeper that ended, or failed with an error: at once, unless its kind only ever fails.
    fn restore(&mut self, myself: &ActorRef<Order>, stream: Stream, failure: Option<String>) {
        let Some(error) = failure else {
            tracing::error!(?stream, "an actor was ended; it is restored from the journal");
            return self.read(myself, stream);
        };
        let durable = self.durable(stream);
        let pause_seconds = self.deaths_in_vain.entry(stream).or_default().pause_after(durable);
        tracing::error!(?stream, error, pause_seconds, "an actor died; it is restored from the journal");
        if pause_seconds == 0 {
            self.read(myself, stream);
        } else {
            self.send_later(myself, pause_seconds, Order::ReadAgain(stream));
        }
    }

    /// The last sequence of a stream that is durable; nothing is of one whose desk is not up yet.
    fn durable(&self, stream: Stream) -> u64 {
        match stream {
            Stream::Accounts => self.registry.accounts.durable(),
            Stream::Concert(id) => self.registry.concert(id).map_or(0, |desk| desk.durable()),
        }
    }

    fn unseat(&self, stream: Stream) {
        match stream {
            Stream::Accounts => self.registry.accounts.seat(None),
            Stream::Concert(id) => {
                if let Some(desk) = self.registry.concert(id) {
                    desk.seat(None);
                }
            }
        }
    }

    /// Sends an order in so many seconds.
    pub(super) fn send_later(&mut self, myself: &ActorRef<Order>, seconds: i64, order: Order) {
        let (clock, myself) = (Arc::clone(&self.clock), myself.clone());
        while self.pauses.try_join_next().is_some() {}
        self.pauses.spawn(async move {
            clock.sleep_until(clock.now().plus_seconds(seconds)).await;
            // A supervisor that is gone takes no orders any more.
            let _ = myself.send_message(order);
        });
    }

    /// Puts what was read behind its desk, or gives the stream up. While the journal is closed, what was read can be looked at, but
    /// it is not built upon: the reopened journal may show more.
    async fn take_over<M: Machine>(
        &mut self,
        myself: &ActorRef<Order>,
        desk: &DeskOf<M>,
        reading: Reading<M>,
    ) {
        let stream = desk.stream;
        let opening = self.writer.status.opening();
        if desk.keeper().is_some() {
            return;
        }
        if opening.is_none() {
            self.waiting.insert(stream);
            return match reading.result {
                Ok(restored) => self.seat(myself, desk, restored, true).await,
                Err(error) => {
                    // The journal may be between two openings. Until it can be read nothing of the stream can.
                    tracing::warn!(?stream, %error, "cannot be read beside the closed journal; it is tried again");
                    self.send_later(myself, REREAD_SECONDS, Order::ReadAgain(stream));
                }
            };
        }
        if opening != reading.opening {
            // What was read beside a full disk may lack what the reopened journal shows.
            self.read(myself, stream);
            return;
        }
        match reading.result {
            Ok(restored) => {
                self.failed.remove(&stream);
                self.seat(myself, desk, restored, false).await;
            }
            Err(error) => {
                let failed = self.failed.entry(stream).or_default();
                *failed += 1;
                tracing::error!(?stream, failed, %error, "a restore failed");
                if *failed < RESTORES_FAILED_MAX {
                    self.read(myself, stream);
                } else {
                    tracing::error!(?stream, "is left alone until the next start");
                    self.sleepers.remove(stream, None);
                    desk.sleep.end();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_while_nothing_new_is_durable() {
        let mut deaths = DeathsInVain::default();
        for (durable, pauses) in [
            (0, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 64, 64][..]),
            (5, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
            (6, &[0]),
            (7, &[0, 0]),
        ] {
            for pause_seconds in pauses {
                assert_eq!(deaths.pause_after(durable), *pause_seconds, "{deaths:?}");
            }
        }
    }
}
