//! The thread that makes snapshots outlives what dies on it. Nothing of this room is known to panic there. The log may, which is not of
//! this room, and is told there of damage.

use std::fmt::{Debug, Write};
use std::path::Path;
use std::thread;

use boxoffice_engine::journal::Journal;
use boxoffice_engine::journal::conformance::{churn, sale};
use boxoffice_persistence::SnapshotError;
use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::ended::damage;
use crate::snapshots::files;
use crate::support::{open, states, states_of};

/// A log that dies when the thread that makes snapshots warns of anything in one of these directories.
struct DyingLog;

static DIES_OF: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Lets the log die of what it is told of a directory, once. Returns what asks whether it did.
fn die_of(dir: &Path) -> impl Fn() -> bool + use<> {
    // Whoever comes first sets it for all.
    let _ = tracing::subscriber::set_global_default(DyingLog);
    let dir = dir.to_str().unwrap().to_owned();
    DIES_OF.lock().push(dir.clone());
    move || !DIES_OF.lock().contains(&dir)
}

impl Subscriber for DyingLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.is_event()
    }

    fn event(&self, event: &Event<'_>) {
        if thread::current().name() == Some("snapshots") {
            let mut told = Told(String::new());
            event.record(&mut told);
            let died_of = DIES_OF.lock().extract_if(.., |dir| told.0.contains(&**dir)).count();
            assert_eq!(died_of, 0, "the log dies");
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        unreachable!("no span is enabled")
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// All that an event tells.
struct Told(String);

impl Visit for Told {
    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        write!(self.0, "{value:?} ").unwrap();
    }
}

#[test]
fn a_snapshot_that_dies_has_failed_and_the_next_one_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path()).unwrap();
    journal.append(&sale(1, 1, 1..=50)).unwrap();
    journal.snapshot().unwrap();
    drop(journal);
    damage(&files(&dir.path().join("snapshots"), "states-")[0], 40);
    let journal = open(dir.path()).unwrap();
    journal.append(&sale(1, 1, 51..=60)).unwrap();

    let has_died = die_of(dir.path());
    let died = journal.snapshot();
    assert!(
        has_died() && matches!(&died, Err(SnapshotError::Failed(why)) if why.contains("died")),
        "{died:?}"
    );
    assert_eq!(journal.snapshot().unwrap().records, 10);
    assert_eq!(states(&journal), (states_of(&sale(1, 1, 1..=60)), 0));
}

#[test]
fn what_dies_while_things_are_put_in_order_costs_no_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path()).unwrap();
    let round = |round: u64| churn(1, 1, 60 * round + 1..=60 * round + 60);
    for number in 0..7 {
        journal.append(&round(number)).unwrap();
        journal.snapshot().unwrap();
    }
    // Eight are merged, and what is damaged cannot be.
    damage(&files(&dir.path().join("ended"), "")[3], 40);
    let has_died = die_of(dir.path());
    for number in 7..10 {
        journal.append(&round(number)).unwrap();
        assert_eq!(journal.snapshot().unwrap().records, 60);
    }
    assert!(has_died());
}
