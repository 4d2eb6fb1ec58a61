//! What the tests of the store share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use boxoffice_engine::fold::Fold;
use boxoffice_engine::journal::{Found, Journal, Record, Scope, State, Stream, conformance};
use boxoffice_persistence::{OpenError, Schedule, SledJournal};

pub(crate) const CONCERTS: u64 = 3;

/// Opens a store that is not expected to hang.
pub(crate) fn open(data_dir: &Path) -> Result<SledJournal, OpenError> {
    SledJournal::open(data_dir, Schedule::default(), |why| panic!("{why}"))
}

/// Appends groups `from` to `to`: some small, some of several frames, of all concerts.
pub(crate) fn append_groups(journal: &impl Journal, groups: std::ops::Range<u64>) {
    for group in groups {
        journal.append(&group_of(group)).unwrap();
    }
}

/// The records of one group. Each group continues every stream where the group before left it.
pub(crate) fn group_of(group: u64) -> Vec<Record> {
    let (from, to) = (first_sequence(group), first_sequence(group + 1) - 1);
    (1..=CONCERTS).flat_map(|concert| conformance::sale(concert, 1, from..=to)).collect()
}

/// Every seventh group has 1,000 records per concert and needs several frames, the others have two.
fn first_sequence(group: u64) -> u64 {
    let large = group.div_ceil(7);
    1 + large * 1_000 + (group - large) * 2
}

/// All records of the groups before `groups`, in the order of appending.
pub(crate) fn expected(groups: u64) -> Vec<Record> {
    (0..groups).flat_map(group_of).collect()
}

/// Everything that a journal holds.
pub(crate) fn everything(journal: &impl Journal) -> Vec<Record> {
    conformance::replayed(journal, Scope::Everything)
}

/// What everything in a journal comes to, in the order of the streams, with how many records were read for it.
pub(crate) fn states(journal: &impl Journal) -> (Vec<State>, usize) {
    let mut folds = BTreeMap::<Stream, Fold>::new();
    let mut records = 0;
    let restored = journal.restore(Scope::Everything, &mut |found| match found {
        Found::Snapshot(snapshot) => {
            folds.insert(snapshot.stream, Fold::begin(snapshot).unwrap());
        }
        Found::Record(record) => {
            records += 1;
            let absent = || Fold::absent(record.stream);
            folds.entry(record.stream).or_insert_with(absent).take(&record).unwrap();
        }
        Found::Sketch(sketch) => panic!("{sketch:?}"),
    });
    restored.unwrap();
    (folds.into_values().map(|fold| fold.state().clone()).collect(), records)
}

/// What these records come to, in the order of the streams.
pub(crate) fn states_of(records: &[Record]) -> Vec<State> {
    let mut folds = BTreeMap::<Stream, Fold>::new();
    for record in records {
        let absent = || Fold::absent(record.stream);
        folds.entry(record.stream).or_insert_with(absent).take(record).unwrap();
    }
    folds.into_values().map(|fold| fold.state().clone()).collect()
}

/// What a kill leaves behind: the files as they are at this moment, without closing anything.
pub(crate) fn copy_dir(from: &Path, to: &Path) {
    try_copy_dir(from, to).unwrap();
}

/// The same while files come and go: fails when one went before it was copied.
pub(crate) fn try_copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            try_copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// All files below a directory with their content, in the order of their names. The lock is nobody's evidence.
pub(crate) fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files.extend(contents(&entry.path()));
        } else if entry.file_name() != "lock" {
            files.push((entry.path(), fs::read(entry.path()).unwrap()));
        }
    }
    files.sort();
    files
}
