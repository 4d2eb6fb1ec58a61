//! A data directory that is moved, removed or replaced while it is open.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use boxoffice_engine::journal::conformance::sale;
use boxoffice_engine::journal::{AppendError, Journal};
use boxoffice_persistence::{Schedule, SledJournal, verify};
use tempfile::TempDir;

use crate::support::copy_dir;

/// Only a hang reaches it.
const HANG: Duration = Duration::from_mins(2);
const WORDS: &str = "does not lead to the store that was opened any more";

/// An open store with five records, and what its process is told at its end.
struct Opened {
    home: TempDir,
    journal: SledJournal,
    fatal: Receiver<String>,
}

impl Opened {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (told, fatal) = channel();
        let fatal_hook = move |why: &str| told.send(why.to_owned()).unwrap();
        let journal = SledJournal::open(&home.path().join("data"), Schedule::NEVER, fatal_hook).unwrap();
        journal.append(&sale(1, 1, 1..=5)).unwrap();
        Self { home, journal, fatal }
    }

    fn path(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn aside(&self) -> PathBuf {
        self.home.path().join("aside")
    }

    /// Asserts that it ends by itself and takes nothing more.
    #[track_caller]
    fn ends(&self) {
        let why = self.fatal.recv_timeout(HANG).expect("it ends");
        assert!(why.contains(WORDS), "{why}");
        let refused = self.journal.append(&sale(1, 1, 6..=6));
        assert!(matches!(&refused, Err(AppendError::Failed(why)) if why.contains(WORDS)), "{refused:?}");
        assert!(self.journal.snapshot().unwrap_err().to_string().contains(WORDS));
    }
}

fn files_below(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            files.insert(entry.path(), Vec::new());
            files.extend(files_below(&entry.path()));
        } else {
            files.insert(entry.path(), fs::read(entry.path()).unwrap());
        }
    }
    files
}

#[test]
fn whatever_becomes_of_its_directory_a_store_ends_by_itself() {
    let move_aside = |opened: &Opened| fs::rename(opened.path(), opened.aside()).unwrap();
    let remove = |opened: &Opened| fs::remove_dir_all(opened.path()).unwrap();
    let remove_mark = |opened: &Opened| fs::remove_file(opened.path().join("mark")).unwrap();
    let remove_journal =
        |opened: &Opened| fs::remove_dir_all(opened.path().join("journal-0000000000")).unwrap();
    let put_a_file_there = |opened: &Opened| {
        move_aside(opened);
        fs::write(opened.path(), "").unwrap();
    };
    let turn_into_a_circle = |opened: &Opened| {
        move_aside(opened);
        symlink(opened.path(), opened.path()).unwrap();
    };
    let remove_archive = |opened: &Opened| fs::remove_dir_all(opened.path().join("archive")).unwrap();
    let replace_snapshots = |opened: &Opened| {
        fs::rename(opened.path().join("snapshots"), opened.aside()).unwrap();
        fs::create_dir(opened.path().join("snapshots")).unwrap();
    };
    let harms: [&dyn Fn(&Opened); 8] = [
        &move_aside,
        &remove,
        &remove_mark,
        &remove_journal,
        &put_a_file_there,
        &turn_into_a_circle,
        &remove_archive,
        &replace_snapshots,
    ];
    for (number, harm) in harms.into_iter().enumerate() {
        println!("harm {number}");
        let opened = Opened::new();
        harm(&opened);
        opened.ends();
    }
}

#[test]
fn a_store_that_another_took_the_place_of_leaves_that_one_alone_and_is_whole_itself() {
    for is_asked_at_once in [true, false] {
        let opened = Opened::new();
        let backup = opened.home.path().join("backup");
        copy_dir(&opened.path(), &backup);
        opened.journal.append(&sale(1, 1, 6..=9)).unwrap();
        fs::rename(opened.path(), opened.aside()).unwrap();
        fs::rename(&backup, opened.path()).unwrap();
        let before = files_below(&opened.path());
        if is_asked_at_once {
            assert!(opened.journal.snapshot().unwrap_err().to_string().contains(WORDS));
        }
        opened.ends();
        let (aside, path) = (opened.aside(), opened.path());
        let Opened { home, journal, .. } = opened;
        drop(journal);
        assert_eq!(files_below(&path), before);
        let report = verify(&aside, None).unwrap();
        assert!(report.is_sound(), "{report}");
        assert_eq!(report.records, 9);
        drop(home);
    }
}

#[test]
fn a_store_that_stays_where_it_is_goes_on() {
    let opened = Opened::new();
    for sequence in 6..10 {
        opened.journal.snapshot().unwrap();
        opened.journal.append(&sale(1, 1, sequence..=sequence)).unwrap();
    }
    // By another name it is the same.
    symlink(opened.path(), opened.aside()).unwrap();
    let (told, fatal) = channel();
    let Opened { home, journal, .. } = opened;
    drop(journal);
    let journal = SledJournal::open(&home.path().join("aside"), Schedule::NEVER, move |why| {
        told.send(why.to_owned()).unwrap();
    });
    let journal = journal.unwrap();
    journal.snapshot().unwrap();
    journal.append(&sale(1, 1, 10..=10)).unwrap();
    drop(journal);
    assert!(fatal.try_recv().is_err());
}
