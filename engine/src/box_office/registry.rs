//! All desks of an office.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, OnceLock};

use papaya::{Compute, HashMap, Operation};
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
    concerts: HashMap<ConcertId, Place>,
    pub(crate) buyers: Arc<BuyersIndex>,
    /// Set once it is known that there are concerts that have slept since the start, of whose buyers the journal knows.
    pub(crate) has_sleepers: OnceLock<()>,
    in_flight: Arc<AtomicU32>,
    bells: UnboundedSender<Rung>,
    wakes: UnboundedSender<Stream>,
}

/// What there is of a concert.
enum Place {
    /// What readers see of one that has slept since the start, and of which nobody has asked more.
    Asleep(Arc<ConcertView>),
    /// Its desk, which stays when it sleeps again: somebody may still stand there.
    Desk(DeskOf<Concert>),
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

    /// The committed view of a concert.
    pub(crate) fn view(&self, id: ConcertId) -> Option<Arc<ConcertView>> {
        self.concerts.pin().get(&id).map(Place::view)
    }

    /// The desk of a concert. That of one which sleeps is put up when somebody asks for it first.
    pub(crate) fn concert(&self, id: ConcertId) -> Option<DeskOf<Concert>> {
        let concerts = self.concerts.pin();
        let view = match concerts.get(&id)? {
            Place::Desk(desk) => return Some(Arc::clone(desk)),
            Place::Asleep(view) => view,
        };
        let asleep = self.new_desk(Arc::clone(view));
        asleep.set_durable(view.sequence);
        asleep.sleep.begin();
        let put_up = concerts.compute(id, |place| match place {
            // Somebody was faster. A concert that has a place keeps it.
            Some((_, Place::Desk(desk))) => Operation::Abort(Arc::clone(desk)),
            _ => Operation::Insert(Place::Desk(Arc::clone(&asleep))),
        });
        Some(if let Compute::Aborted(desk) = put_up { desk } else { asleep })
    }

    /// Lets readers see concerts that sleep.
    pub(crate) fn let_sleep(&self, views: Vec<Arc<ConcertView>>) {
        let concerts = self.concerts.pin();
        concerts.reserve(views.len());
        for view in views {
            concerts.insert(view.id, Place::Asleep(view));
        }
    }

    /// Ends every sleep for good: whoever asks a concert that sleeps finds nobody at its desk, and nobody to come.
    pub(crate) fn end_sleeps(&self) {
        let ids: Vec<_> = self.concerts.pin().keys().copied().collect();
        ids.into_iter().filter_map(|id| self.concert(id)).for_each(|desk| desk.sleep.end());
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
        self.concerts.pin().insert(id, Place::Desk(desk));
    }

    /// Lets nobody find the desk of a concert any more.
    pub(crate) fn take_down(&self, id: ConcertId) {
        self.concerts.pin().remove(&id);
    }

    /// Calls `look` with the desk of every concert that has one.
    pub(crate) fn each_desk(&self, mut look: impl FnMut(ConcertId, &DeskOf<Concert>)) {
        self.concerts.pin().iter().for_each(|(id, place)| {
            if let Place::Desk(desk) = place {
                look(*id, desk);
            }
        });
    }

    /// The committed views of all concerts, in no order.
    pub(crate) fn views(&self) -> Vec<Arc<ConcertView>> {
        self.concerts.pin().values().map(Place::view).collect()
    }

    /// Whether a concert sleeps. Asking this puts up no desk.
    #[cfg(feature = "testing")]
    pub(crate) fn is_asleep(&self, id: ConcertId) -> bool {
        self.concerts.pin().get(&id).is_some_and(|place| match place {
            Place::Asleep(_) => true,
            Place::Desk(desk) => desk.sleep.is_asleep() && desk.keeper().is_none(),
        })
    }

    #[cfg(feature = "testing")]
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Place {
    fn view(&self) -> Arc<ConcertView> {
        match self {
            Self::Asleep(view) => Arc::clone(view),
            Self::Desk(desk) => Arc::clone(&desk.front.committed()),
        }
    }
}
