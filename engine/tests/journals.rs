//! The journals in memory keep the contract of the port.

use boxoffice_engine::journal::MemoryJournal;
use boxoffice_engine::journal::conformance::{run, run_with_snapshots};
use boxoffice_engine::journal::faulty::FaultyJournal;
use boxoffice_engine::journal::snapshotting::SnapshottingJournal;

#[test]
fn memory_journal_keeps_the_contract() {
    run(MemoryJournal::default);
}

#[test]
fn snapshotting_journal_keeps_the_contract() {
    run(SnapshottingJournal::default);
    run_with_snapshots(SnapshottingJournal::default, |journal| {
        journal.take_snapshots().expect("the suite's records can have happened");
    });
}

#[test]
fn faulty_journal_keeps_the_contract_until_it_is_told_otherwise() {
    run(FaultyJournal::default);
    run_with_snapshots(FaultyJournal::default, |journal| {
        journal.take_snapshots().expect("the suite's records can have happened");
    });
}
