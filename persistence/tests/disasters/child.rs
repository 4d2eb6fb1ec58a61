//! Work in a process of its own: a panic, an abort or a hang of the child is an outcome, not the end of the tests.
//!
//! The child is this test binary again, running the one test below with its task in the environment.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use boxoffice_engine::journal::Journal;

use crate::support::{append_groups, everything, expected, group_of, open};

const TASK: &str = "BOXOFFICE_TEST_TASK";
const DATA_DIR: &str = "BOXOFFICE_TEST_DATA_DIR";
const GROUPS: &str = "BOXOFFICE_TEST_GROUPS";
/// Nothing that a child has to do takes so long; the store itself gives up on a stuck sled after a minute.
const LONGEST: Duration = Duration::from_secs(150);

/// What a child has to do with a data directory.
#[derive(Clone, Copy)]
pub(crate) enum Task {
    /// Open it, compare it with so many groups, write one more, and look again.
    Check { groups: u64 },
    /// Open it and write groups until that fails, saying which are durable.
    Write,
}

/// What a child said.
pub(crate) struct Said {
    pub(crate) ended_well: bool,
    pub(crate) lines: Vec<String>,
    pub(crate) errors: String,
}

/// Starts a child. Its standard output says one thing a line, each beginning with `child: `.
pub(crate) fn start(task: Task, data_dir: &Path) -> Child {
    let (name, groups) = match task {
        Task::Check { groups } => ("check", groups),
        Task::Write => ("write", 0),
    };
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child::does_its_task_if_it_has_one", "--nocapture", "--quiet"])
        .envs([(TASK, name), (GROUPS, groups.to_string().as_str())])
        .env(DATA_DIR, data_dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a child to its end.
pub(crate) fn run(task: Task, data_dir: &Path) -> Said {
    let child = start(task, data_dir);
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
    match task.as_str() {
        "check" => check(Path::new(&data_dir), groups),
        _ => write(Path::new(&data_dir)),
    }
}

fn check(data_dir: &Path, groups: u64) {
    for groups in [groups, groups + 1] {
        let journal = match open(data_dir) {
            Ok(journal) => journal,
            Err(refusal) => return println!("child: refused: {refusal}"),
        };
        let found = everything(&journal);
        if found != expected(groups) {
            return println!("child: other records: {} instead of {}", found.len(), expected(groups).len());
        }
        append_groups(&journal, groups..groups + 1);
    }
    println!("child: whole");
}

fn write(data_dir: &Path) {
    let journal = open(data_dir).unwrap();
    for group in 0.. {
        if let Err(error) = journal.append(&group_of(group)) {
            println!("child: first {error}");
            let error = journal.append(&group_of(group)).unwrap_err();
            return println!("child: then {error}");
        }
        println!("child: durable {group}");
    }
}
