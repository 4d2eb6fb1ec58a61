//! Whatever goes wrong at whatever moment: what callers were told is true, now and after a restart.

use std::collections::HashMap;
use std::sync::Arc;

use boxoffice_engine::JournalStatus;
use boxoffice_engine::deaths::DeathAt;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::faulty::Fault;
use proptest::prelude::*;

use crate::house::House;
use crate::load::{Rush, check};

/// Attempts of one phase.
const ATTEMPTS: usize = 32 * 6;

/// Something that goes wrong.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Death(DeathAt),
    Append(Fault),
    /// One restore fails: the second must do.
    Replay,
    /// The process is killed.
    Kill,
}

impl Trouble {
    /// Whether it cannot come late, and end the process or a concert that was asked nothing.
    fn is_over(self) -> bool {
        use DeathAt::{Appending, Publishing, Releasing};
        !matches!(self, Self::Death(Appending | Publishing | Releasing) | Self::Replay | Self::Kill)
    }
}

fn trouble() -> impl Strategy<Value = Trouble> {
    use DeathAt::{Appending, Applying, Deciding, HandedOver, HandingOver, Publishing, Releasing};
    use Fault::{FailedAfter, FailedBefore, FullAfter, FullBefore, Panic};
    let actors = prop::sample::select(vec![Deciding, Applying, HandingOver, HandedOver]);
    let writers = prop::sample::select(vec![Appending, Publishing, Releasing]);
    let faults = prop::sample::select(vec![FullBefore, FullAfter, FailedBefore, FailedAfter, Panic]);
    prop_oneof![
        12 => actors.prop_map(Trouble::Death),
        1 => writers.prop_map(Trouble::Death),
        2 => faults.prop_map(Trouble::Append),
        1 => Just(Trouble::Replay),
        1 => Just(Trouble::Kill),
    ]
}

/// What goes wrong in one phase, by the number of attempts before it.
fn phase() -> impl Strategy<Value = HashMap<usize, Trouble>> {
    prop::collection::hash_map(0..ATTEMPTS, trouble(), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_told_something_false(
        seats in 20_u32..150,
        phases in prop::collection::vec(phase(), 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        runtime.block_on(live_through(seats, phases));
    }
}

async fn live_through(seats: u32, phases: Vec<HashMap<usize, Trouble>>) {
    const NAMES: [&str; 3] = ["first", "second", "third"];
    let mut house = House::new().await;
    let mut concerts: Vec<ConcertId> = Vec::new();
    for number in 1..=3 {
        concerts.push(house.make_concert(number, seats).await);
    }
    let mut told = Vec::new();
    for (phase, name) in phases.into_iter().zip(NAMES) {
        let goes_on = phase.values().all(|trouble| trouble.is_over());
        let (journal, deaths) = (Arc::clone(&house.journal), house.deaths.clone());
        let trouble = move |count| match phase.get(&count) {
            None => {}
            Some(Trouble::Death(at)) => deaths.order(*at),
            Some(Trouble::Append(fault)) => journal.fail_next_append(*fault),
            Some(Trouble::Replay) => journal.fail_replays(1),
            Some(Trouble::Kill) => journal.cut(),
        };
        told.extend(Rush { concerts: &concerts, callers: 32, turns: 6, name }.let_in(&house, trouble).await);
        let status = *house.office.journal_status().borrow();
        house = match status {
            JournalStatus::Full if goes_on => {
                house.journal.make_room();
                house.journal_is(JournalStatus::Open).await;
                house
            }
            JournalStatus::Open => house.restarted().await,
            JournalStatus::Full | JournalStatus::Failed => house.killed().await,
        };
        check(&house, &concerts, &told).await;
    }
}
