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
use super::restoring::DeathsInVain;
use super::shedding::{Leaving, Shedding};
use super::sleepers::Sleepers;
use crate::accounts::Accounts;
use crate::actor::{Keeper, Kept};
use crate::concert::{Concert, ErrandNumber, Fingerprint, HistoryEntry, HistoryPage};
use crate::deaths::{DeathAt, Deaths};
use crate::ids::{BookingId, ConcertId};
use crate::journal::{Journal, ReplayError, Stream};
use crate::machine::{DeskOf, Machine};
use crate::restore::{Everything, Restored};
use crate::time::{Clock, Time};
use crate::writer::{Notice, WriterHandle};

/// What the supervisor is told.
pub(crate) enum Order {
    /// Puts keepers behind the desks of everything that was restored at start.
    Seat(Box<Everything>, oneshot::Sender<()>),
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

/// Serves the office in which everything lives.
pub(crate) struct Supervisor;

/// What the supervisor needs to make keepers.
pub(crate) struct Ward {
    pub(super) registry: Arc<Registry>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) writer: WriterHandle,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) deaths: Deaths,
    /// Which stream an actor keeps.
    pub(super) streams: HashMap<ActorId, Stream>,
    /// Streams that are restored once the journal is open again. Until then a keeper that only answers questions may sit there.
    pub(super) waiting: HashSet<Stream>,
    /// Whether keepers end because the office closes, and are not restored.
    pub(super) closing: bool,
    /// How often the restore of a stream has failed in a row.
    pub(super) failed: HashMap<Stream, u32>,
    /// The newest reading of each stream that was ever read. Others come to nothing: what happened since they were begun may be acknowledged.
    pub(super) newest: HashMap<Stream, u64>,
    /// Of streams whose actors have died, how often they did so in vain.
    pub(super) deaths_in_vain: HashMap<Stream, DeathsInVain>,
    /// Streams that are being read: the journal is let go of when they are done.
    pub(super) reads: JoinSet<()>,
    /// Orders that are sent in a while.
    pub(super) pauses: JoinSet<()>,
    pub(super) sleepers: Sleepers,
    pub(super) shedding: Shedding,
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
                ward.seat_all(&myself, *everything).await;
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
            Order::Notice(Notice::Reopened) => ward.restore_waiting(&myself),
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
    pub(super) fn new(
        registry: Arc<Registry>,
        journal: Arc<dyn Journal>,
        writer: WriterHandle,
        clock: Arc<dyn Clock>,
        deaths: Deaths,
    ) -> Self {
        Self {
            registry,
            journal,
            writer,
            clock,
            deaths,
            streams: HashMap::new(),
            waiting: HashSet::new(),
            closing: false,
            failed: HashMap::new(),
            newest: HashMap::new(),
            deaths_in_vain: HashMap::new(),
            reads: JoinSet::new(),
            pauses: JoinSet::new(),
            sleepers: Sleepers::default(),
            shedding: Shedding::default(),
        }
    }

    /// Puts keepers behind the desks of everything that was restored at start.
    async fn seat_all(&mut self, myself: &ActorRef<Order>, everything: Everything) {
        let accounts = Arc::clone(&self.registry.accounts);
        self.seat(myself, &accounts, everything.accounts, false).await;
        for concert in everything.concerts {
            self.open_desk(myself, concert.machine.id(), concert).await;
        }
        self.open_sleeping(myself, everything.sleepers);
        self.send_later(myself, 0, Order::LookAround);
    }

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
    pub(super) async fn seat<M: Machine>(
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
        // Whether it wakes or dies of that: it sleeps no more.
        self.sleepers.remove(desk.stream, due);
        let supervisor: ActorCell = myself.get_cell();
        match Actor::spawn_linked(None, Keeper::<M>::new(), kept, supervisor).await {
            Ok((keeper, _)) => {
                self.streams.insert(keeper.get_id(), desk.stream);
                desk.seat(Some(keeper));
            }
            Err(error) => {
                // Whoever waits for one that sleeps is refused, as at any concert that is being restored.
                desk.sleep.end();
                self.restore(myself, desk.stream, Some(error.to_string()));
            }
        }
    }

    /// Ends the keeper of a stream, whose state is not what the journal shows; its death brings its successor. Says whether there
    /// was one.
    pub(super) fn dismiss(&self, stream: Stream) -> bool {
        match stream {
            Stream::Accounts => self.registry.accounts.dismiss(),
            Stream::Concert(id) => self.registry.concert(id).is_some_and(|desk| desk.dismiss()),
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
            clock.wait_until(clock.now().plus_seconds(seconds)).await;
            // A supervisor that is gone takes no orders any more.
            let _ = myself.send_message(order);
        });
    }
}
