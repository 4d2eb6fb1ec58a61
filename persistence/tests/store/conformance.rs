//! Every journal of this room keeps the contract of the port.

use boxoffice_engine::journal::conformance;
use boxoffice_persistence::{PlainFileJournal, SledJournal};

#[test]
fn sled_journal_keeps_the_contract() {
    let temp = tempfile::tempdir().unwrap();
    let mut made = 0;
    conformance::run(|| {
        made += 1;
        SledJournal::open(&temp.path().join(made.to_string()), |why| panic!("{why}")).unwrap()
    });
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
