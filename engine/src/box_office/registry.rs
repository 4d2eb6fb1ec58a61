//! All desks of an office.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, OnceLock};

use papaya::HashMap;
use tokio::sync::mpsc::UnboundedSender;

use crate::accounts::Accounts;
use crate::concert::{Concert, ConcertView};
use crate::desk::Desk;
use crate::errands::bell::{Bell, Rung};
use crate::ids::ConcertId;
use crate::journal::Stream;
use crate::machine::{AccountsFront, BuyersIndex, ConcertFront, DeskOf};

/// Finds the desk of a concert, and that of the accounts.
pub(crate) struct Registry {
    pub(crate) accounts: DeskOf<Accounts>,
    concerts: HashMap<ConcertId, DeskOf<Concert>>,
    pub(crate) buyers: Arc<BuyersIndex>,
    /// Set once it is known that there are concerts that have slept since the start, of whose buyers the journal knows.
    pub(crate) has_sleepers: OnceLock<()>,
    in_flight: Arc<AtomicU32>,
    bells: UnboundedSender<Rung>,
    wakes: UnboundedSender<Stream>,
}

impl Registry {
    pub(crate) fn new(
        buyers: Arc<BuyersIndex>,
        bells: UnboundedSender<Rung>,
        wakes: UnboundedSender<Stream>,
    ) -> Self {
        let in_flight = Arc::new(AtomicU32::new(0));
        let front = AccountsFront::default();
        let accounts = Arc::new(Desk::new(Stream::Accounts, front, Arc::clone(&in_flight), wakes.clone()));
        Self {
            accounts,
            concerts: HashMap::new(),
            buyers,
            has_sleepers: OnceLock::new(),
            in_flight,
            bells,
            wakes,
        }
    }

    pub(crate) fn concert(&self, id: ConcertId) -> Option<DeskOf<Concert>> {
        self.concerts.pin().get(&id).cloned()
    }

    /// A desk for a concert that has none, where readers see this. Nobody finds it before it is put up.
    pub(crate) fn new_desk(&self, view: Arc<ConcertView>) -> DeskOf<Concert> {
        let id = view.id;
        let bell = Bell::new(id, self.bells.clone());
        let front = ConcertFront::new(view, Arc::clone(&self.buyers), bell);
        Arc::new(Desk::new(Stream::Concert(id), front, Arc::clone(&self.in_flight), self.wakes.clone()))
    }

    /// Lets everybody find the desk of a concert: once there is a keeper behind it.
    pub(crate) fn put_up(&self, id: ConcertId, desk: DeskOf<Concert>) {
        self.concerts.pin().insert(id, desk);
    }

    /// Calls `look` with every desk of a concert.
    pub(crate) fn each_concert(&self, mut look: impl FnMut(ConcertId, &DeskOf<Concert>)) {
        self.concerts.pin().iter().for_each(|(id, desk)| look(*id, desk));
    }

    /// The committed views of all concerts, in no order.
    pub(crate) fn views(&self) -> Vec<Arc<ConcertView>> {
        self.concerts.pin().values().map(|desk| Arc::clone(&desk.front.committed())).collect()
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(std::sync::atomic::Ordering::Relaxed)
    }
}
