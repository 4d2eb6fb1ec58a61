//! Every journal of this room keeps the contract of the port.

use boxoffice_engine::journal::conformance;
use boxoffice_persistence::PlainFileJournal;

use crate::support::open;

#[test]
fn sled_journal_keeps_the_contract() {
    let temp = tempfile::tempdir().unwrap();
    let mut made = 0;
    conformance::run(|| {
        made += 1;
        open(&temp.path().join(made.to_string())).unwrap()
    });
    conformance::run_with_snapshots(
        || {
            made += 1;
            open(&temp.path().join(made.to_string())).unwrap()
        },
        |journal| {
            journal.snapshot().unwrap();
        },
    );
}

#[test]
fn plain_file_journal_keeps_the_contract() {
    let temp = tempfile::tempdir().unwrap();
    let mut made = 0;
    conformance::run(|| {
        made += 1;
        PlainFileJournal::create(&temp.path().join(made.to_string())).unwrap()
    });
}
