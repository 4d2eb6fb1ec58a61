//! Reads the journal beside its writer, off the threads that serve: streams whose keepers died, and what readers look for.

use std::sync::Arc;

use ractor::ActorRef;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::ended::Look;
use super::supervisor::{Order, Ward};
use super::{BoxOffice, ConcertRefused};
use crate::concert::{BookingHistory, Fingerprint, HistoryEntry, HistoryPage};
use crate::ids::{BookingId, ConcertId};
use crate::journal::{Event, Journal, ReplayError, Scope, Stream};
use crate::limits;
use crate::machine::{Machine, Refused};
use crate::restore::{RestoreError, Restored, restore_one};

/// How much readers may look for in the journal at a time.
#[derive(Clone)]
pub(super) struct Looks {
    waiting: Arc<Semaphore>,
    reading: Arc<Semaphore>,
}

impl Default for Looks {
    fn default() -> Self {
        let of = |places| Arc::new(Semaphore::new(places));
        Self { waiting: of(limits::LOOKS_WAITING_MAX), reading: of(limits::LOOKS_READ_MAX) }
    }
}

/// What a look takes, among those that wait and those that read.
pub(crate) type Places = [OwnedSemaphorePermit; 2];

impl Looks {
    /// Waits until there is room for a look more, unless too many wait.
    pub(super) async fn places(&self) -> Result<Places, ConcertRefused> {
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Refused::Overloaded)?;
        let reading = Arc::clone(&self.reading).acquire_owned().await;
        Ok([waiting, reading.map_err(|_| Refused::StorageUnavailable)?])
    }
}

/// What a replay of one stream brought.
pub(crate) struct Reading<M> {
    /// Which of the stream's readings it is: see [`Ward::newest`].
    pub(super) number: u64,
    /// The opening of the journal at which it was read, if it was open.
    pub(super) opening: Option<u64>,
    pub(super) result: Result<Restored<M>, RestoreError>,
}

impl<M: Machine> Reading<M> {
    /// Reads a stream. Whoever waits for it is answered even when the reading dies.
    async fn of(journal: Arc<dyn Journal>, number: u64, opening: Option<u64>, stream: Stream) -> Self {
        let reading = tokio::task::spawn_blocking(move || restore_one(&*journal, stream));
        let died = |error: tokio::task::JoinError| Err(RestoreError::Unreadable(error.to_string()));
        Self { number, opening, result: reading.await.unwrap_or_else(died) }
    }
}

impl BoxOffice {
    /// Has the supervisor read `what` from the journal, in answer to this order.
    pub(super) async fn read<T>(
        &self,
        what: &'static str,
        order: impl FnOnce(oneshot::Sender<Result<T, ReplayError>>) -> Order,
    ) -> Result<T, ConcertRefused> {
        let (sender, read) = oneshot::channel();
        let sent = self.supervisor.send_message(order(sender));
        sent.map_err(|_| Refused::StorageUnavailable)?;
        read.await.map_err(|_| Refused::StorageUnavailable)?.map_err(|error| {
            tracing::error!(%error, what, "cannot be read from the journal");
            Refused::StorageUnavailable
        })
    }
}

impl Ward {
    /// Answers from the journal, which is let go of when this is done. The place is taken until it has been read, whoever still waits for
    /// it.
    fn answer_beside<T: Send + 'static>(
        &mut self,
        place: impl Send + 'static,
        answer: oneshot::Sender<T>,
        read: impl FnOnce(&dyn Journal) -> T + Send + 'static,
    ) {
        let journal = Arc::clone(&self.journal);
        while self.reads.try_join_next().is_some() {}
        self.reads.spawn_blocking(move || {
            let found = read(&*journal);
            // Before the answer can bring the next request.
            drop(place);
            // Whoever asked may have gone away.
            let _ = answer.send(found);
        });
    }

    /// Looks for bookings that states have shed.
    pub(super) fn find_ended(&mut self, Look { query, found, places }: Look) {
        if self.journal.has_ended() {
            self.answer_beside(places, found, move |journal| journal.ended(&query));
        } else {
            // Whoever asked may have gone away.
            let _ = found.send(Ok(Vec::new()));
        }
    }

    /// Asks the journal at which concerts that have slept since the start somebody has booked.
    pub(super) fn find_buyer(
        &mut self,
        buyer: Fingerprint,
        places: Places,
        found: oneshot::Sender<Result<Vec<ConcertId>, ReplayError>>,
    ) {
        self.answer_beside(places, found, move |journal| journal.booked_at(buyer));
    }

    /// Reads what happened to a booking.
    pub(super) fn read_history(
        &mut self,
        id: BookingId,
        page: HistoryPage,
        place: OwnedSemaphorePermit,
        read: oneshot::Sender<Result<Vec<HistoryEntry>, ReplayError>>,
    ) {
        self.answer_beside(place, read, move |journal| history_of(journal, id, page));
    }

    /// Reads a stream whose keeper is dead, once everything that the dead one handed over is finished.
    pub(super) fn read(&mut self, myself: &ActorRef<Order>, stream: Stream) {
        let (writer, journal, myself) = (self.writer.clone(), Arc::clone(&self.journal), myself.clone());
        while self.reads.try_join_next().is_some() {}
        let newest = self.newest.entry(stream).or_default();
        *newest += 1;
        let number = *newest;
        self.reads.spawn(async move {
            writer.barrier().await;
            let opening = writer.status.opening();
            let order = match stream {
                Stream::Accounts => {
                    Order::AccountsRead(Box::new(Reading::of(journal, number, opening, stream).await))
                }
                Stream::Concert(id) => {
                    Order::ConcertRead(id, Box::new(Reading::of(journal, number, opening, stream).await))
                }
            };
            // The supervisor outlives everything but the office itself.
            let _ = myself.send_message(order);
        });
    }
}

/// What the journal says of a booking.
fn history_of(
    journal: &dyn Journal,
    id: BookingId,
    page: HistoryPage,
) -> Result<Vec<HistoryEntry>, ReplayError> {
    let mut history = BookingHistory::new(id.concert, id.number, page);
    journal.replay(Scope::Stream(Stream::Concert(id.concert)), &mut |record| {
        if let Event::Concert(event) = record.event {
            history.take(&event, record.time);
        }
    })?;
    Ok(history.into_entries())
}
