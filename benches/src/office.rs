//! Opening and closing an office as the program does.

use std::path::Path;
use std::sync::Arc;

use boxoffice_engine::box_office::Inventory;
use boxoffice_engine::concert::NewConcert;
use boxoffice_engine::deaths::Deaths;
use boxoffice_engine::errands::Outside;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::Journal;
use boxoffice_engine::time::{Clock, SystemClock};
use boxoffice_engine::{BoxOffice, Settings};
use boxoffice_persistence::{Schedule, SledJournal};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::command::give_up;
use crate::concerts::{concert_id, organizer};

/// The runtime of the program: one worker for each core.
pub fn runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("threads can be started")
}

/// One of those that call: a runtime on the thread that uses it.
pub(crate) fn runtime_of_caller() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("threads can be started")
}

/// Whether the engine was built for tests: its figures count for nothing then.
pub fn has_testing() -> bool {
    size_of::<Deaths>() > 0
}

/// An office on this journal, and what it found there.
pub async fn open(journal: Arc<dyn Journal>) -> (BoxOffice, Inventory) {
    open_at(journal, Arc::new(SystemClock::start())).await
}

/// An office that goes by this clock.
pub(crate) async fn open_at(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> (BoxOffice, Inventory) {
    let settings = Settings {
        clock,
        fatal: Arc::new(fail),
        accept_clock: false,
        outside: Outside::default(),
        deaths: Deaths::default(),
    };
    BoxOffice::open(journal, settings).await.expect("the journal of a bench can be restored")
}

/// Makes so many concerts like this one, all at a time.
///
/// # Errors
/// Why one of them is not made.
pub(crate) async fn put_on_sale(
    office: &BoxOffice,
    concert: &NewConcert,
    concerts: usize,
) -> Result<Vec<ConcertId>, String> {
    let ids: Vec<_> = (0..concerts as u64).map(concert_id).collect();
    let mut making = JoinSet::new();
    for id in ids.iter().copied() {
        let (office, concert) = (office.clone(), concert.clone());
        making.spawn(async move { office.create_concert(organizer(), concert, None, |_| id).await });
    }
    for made in making.join_all().await {
        made.map_err(|refused| format!("a concert cannot be made: {refused}"))?;
    }
    Ok(ids)
}

/// Seats that readers see booked, at all concerts.
pub fn booked_seats(office: &BoxOffice) -> usize {
    let views = office.concerts();
    views.iter().flat_map(|view| &view.counts).map(|counts| counts.booked as usize).sum()
}

/// Events of all concerts.
pub(crate) fn events(office: &BoxOffice) -> u64 {
    office.concerts().iter().map(|view| view.sequence).sum()
}

/// Closes an office; its journal is free then.
pub async fn close(office: BoxOffice) {
    office.close().await;
}

/// The store in this directory, new or not, with snapshots by this schedule.
pub fn open_store(directory: &Path, schedule: Schedule) -> SledJournal {
    SledJournal::open(directory, schedule, fail).expect("the store can be opened")
}

/// A store that hangs or fails ends the bench, as it would end the program.
pub(crate) fn fail(why: &str) {
    give_up(&format!("the journal failed: {why}"));
}
