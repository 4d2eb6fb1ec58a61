//! Work in a process of its own: a panic, an abort or a hang of the child is an outcome, not the end of the tests.
//!
//! The child is this test binary again, running the one test below with its task in the environment.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use boxoffice_engine::journal::Journal;
use boxoffice_persistence::{SledJournal, Snapshotted, verify};

use crate::history::{append_groups, group_of, groups_in};
use crate::support::open;

const TASK: &str = "BOXOFFICE_TEST_TASK";
const DATA_DIR: &str = "BOXOFFICE_TEST_DATA_DIR";
const GROUPS: &str = "BOXOFFICE_TEST_GROUPS";
const BESIDE: &str = "BOXOFFICE_TEST_BESIDE";
/// Nothing that a child has to do takes so long; the store itself gives up on a stuck sled after a minute.
pub(crate) const LONGEST: Duration = Duration::from_secs(150);

/// The writing waits for the snapshots so often that neither leaves the other behind.
const GROUPS_PER_SNAPSHOT: u64 = 3;

/// What a child has to do with a data directory.
#[derive(Clone, Copy)]
pub(crate) enum Task {
    /// Open it, compare it with so many groups, write one more, and look again.
    Check { groups: u64 },
    /// Open it and write groups from this one on until that fails, saying which are durable.
    Write { from: u64 },
    /// Look whether anything is wrong with it.
    Verify,
}

/// What happens beside the writing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Nothing.
    Nothing,
    /// Snapshots, all the time; what they stand for is trimmed.
    Snapshots,
}

/// What a child said.
pub(crate) struct Said {
    pub(crate) ended_well: bool,
    pub(crate) lines: Vec<String>,
    pub(crate) errors: String,
}

/// Starts a child. Its standard output says one thing a line, each beginning with `child: `.
pub(crate) fn start(task: Task, beside: Beside, data_dir: &Path) -> Child {
    let (name, groups) = match task {
        Task::Check { groups } => ("check", groups),
        Task::Write { from } => ("write", from),
        Task::Verify => ("verify", 0),
    };
    let beside = if beside == Beside::Snapshots { "snapshots" } else { "nothing" };
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child::does_its_task_if_it_has_one", "--nocapture", "--quiet"])
        .envs([(TASK, name), (GROUPS, groups.to_string().as_str()), (BESIDE, beside)])
        .env(DATA_DIR, data_dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a child to its end.
pub(crate) fn run(task: Task, beside: Beside, data_dir: &Path) -> Said {
    let child = start(task, beside, data_dir);
    let pid = child.id();
    let (ended, end) = mpsc::channel();
    let waiting = thread::spawn(move || ended.send(child.wait_with_output().unwrap()).unwrap());
    let Ok(output) = end.recv_timeout(LONGEST) else {
        Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
        panic!("a child hangs over {}", data_dir.display());
    };
    waiting.join().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Said {
        ended_well: output.status.success(),
        lines: text.lines().filter_map(said).map(str::to_owned).collect(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// What a line of a child's output says, if it is one of the child's own. The test harness writes there, too.
pub(crate) fn said(line: &str) -> Option<&str> {
    line.split_once("child: ").map(|(_, said)| said)
}

#[test]
fn does_its_task_if_it_has_one() {
    let Ok(task) = std::env::var(TASK) else { return };
    let data_dir = std::env::var(DATA_DIR).unwrap();
    let groups = std::env::var(GROUPS).unwrap().parse().unwrap();
    let takes_snapshots = std::env::var(BESIDE).unwrap() == "snapshots";
    match task.as_str() {
        "check" => check(Path::new(&data_dir), groups, takes_snapshots),
        "write" => write(Path::new(&data_dir), groups, takes_snapshots),
        _ => look(Path::new(&data_dir)),
    }
}

fn check(data_dir: &Path, groups: u64, takes_snapshots: bool) {
    for groups in [groups, groups + 1] {
        let journal = match open(data_dir) {
            Ok(journal) => journal,
            Err(refusal) => return println!("child: refused: {refusal}"),
        };
        match groups_in(&journal) {
            Ok(found) if found == groups => {}
            Ok(found) => return println!("child: {found} groups instead of {groups}"),
            Err(unreadable) => return println!("child: {unreadable}"),
        }
        append_groups(&journal, groups..groups + 1);
        if takes_snapshots {
            journal.snapshot().unwrap();
        }
    }
    println!("child: whole");
}

fn write(data_dir: &Path, from: u64, takes_snapshots: bool) {
    let (journal, is_writing) = (open(data_dir).unwrap(), AtomicBool::new(true));
    let (snapshot_taken, snapshots) = mpsc::channel();
    thread::scope(|scope| {
        if takes_snapshots {
            scope.spawn(|| take_snapshots(&journal, &is_writing, snapshot_taken));
        }
        for group in from.. {
            if let Err(error) = journal.append(&group_of(group)) {
                println!("child: first {error}");
                let error = journal.append(&group_of(group)).unwrap_err();
                is_writing.store(false, Ordering::Relaxed);
                return println!("child: then {error}");
            }
            println!("child: durable {group}");
            if takes_snapshots && (group + 1).is_multiple_of(GROUPS_PER_SNAPSHOT) {
                // Once there will be no more of them, it goes on without.
                let _ = snapshots.recv();
            }
        }
    });
}

#[expect(clippy::needless_pass_by_value, reason = "its end says that there will be no more of them")]
fn take_snapshots(journal: &SledJournal, is_writing: &AtomicBool, taken: mpsc::Sender<()>) {
    while is_writing.load(Ordering::Relaxed) {
        match journal.snapshot() {
            Ok(Snapshotted { records: 0, .. }) => thread::yield_now(),
            Ok(Snapshotted { records, .. }) => {
                println!("child: snapshot of {records} records");
                // Who waits for it may have found the journal failed.
                let _ = taken.send(());
            }
            Err(error) => return println!("child: no snapshot: {error}"),
        }
    }
}

fn look(data_dir: &Path) {
    match verify(data_dir, None) {
        Ok(report) if report.is_sound() => println!("child: sound"),
        Ok(report) => report.wrong.iter().for_each(|what| println!("child: wrong: {what}")),
        Err(refusal) => println!("child: wrong: {refusal}"),
    }
}
