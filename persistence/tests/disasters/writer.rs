//! A child that writes, followed line by line.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread::{self, JoinHandle};

use crate::child::{self, Beside, LONGEST, Task};
use crate::step::Step;

/// So many groups a step is waited for: some pass too quickly to be seen.
const GROUPS_PER_STEP_MAX: u64 = 12;

/// A child that writes.
pub(crate) struct Writer {
    child: Child,
    data_dir: PathBuf,
    lines: Receiver<String>,
    errors: JoinHandle<String>,
    heard: Heard,
}

/// What it said so far.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Groups that are durable, those before it was started included.
    pub(crate) durable: u64,
    /// Snapshots that it made.
    pub(crate) snapshots: u64,
    /// What it said last, of appends that failed.
    pub(crate) last: Vec<String>,
    /// Why it made no more snapshots.
    pub(crate) no_snapshot: Option<String>,
    /// What it wrote to its standard error; nothing before its end.
    pub(crate) errors: String,
}

impl Writer {
    /// Starts one that goes on after so many groups.
    pub(crate) fn start(data_dir: &Path, from: u64, beside: Beside) -> Self {
        let mut child = child::start(Task::Write { from }, beside, data_dir);
        let (stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map(Result::unwrap) {
                // Whoever listened may have failed.
                let _ = child::said(&line).map(|said| sender.send(said.to_owned()));
            }
        });
        let errors = thread::spawn(move || {
            let mut errors = String::new();
            stderr.read_to_string(&mut errors).unwrap();
            errors
        });
        let heard = Heard { durable: from, ..Heard::default() };
        Self { child, data_dir: data_dir.to_owned(), lines, errors, heard }
    }

    pub(crate) fn heard(&self) -> &Heard {
        &self.heard
    }

    /// Waits until so many groups are durable.
    pub(crate) fn writes(&mut self, groups: u64) {
        while self.heard.durable < groups {
            let line = self.lines.recv_timeout(LONGEST);
            let line =
                line.unwrap_or_else(|error| panic!("the writer writes no more: {error}, {:?}", self.heard));
            self.heard.take(line);
        }
    }

    /// Waits until a step of a snapshot is under way. Says whether it was seen.
    pub(crate) fn reaches(&mut self, step: Step) -> bool {
        let last = self.heard.durable + GROUPS_PER_STEP_MAX;
        while !step.is_under_way(&self.data_dir) {
            match self.lines.try_recv() {
                Ok(line) => self.heard.take(line),
                Err(TryRecvError::Empty) => thread::yield_now(),
                Err(TryRecvError::Disconnected) => panic!("the writer writes no more: {:?}", self.heard),
            }
            if self.heard.durable > last {
                return false;
            }
        }
        true
    }

    /// `kill -9`, and what it said before.
    pub(crate) fn killed(mut self) -> Heard {
        self.child.kill().unwrap();
        self.ended()
    }

    /// What it said until it ended by itself.
    pub(crate) fn ended(mut self) -> Heard {
        while let Ok(line) = self.lines.recv_timeout(LONGEST) {
            self.heard.take(line);
        }
        if self.child.try_wait().unwrap().is_none() {
            // Its output has ended, or it hangs: then this ends it, and what it did not say is missed by the test.
            self.child.kill().unwrap();
        }
        self.child.wait().unwrap();
        self.heard.errors = self.errors.join().unwrap();
        self.heard
    }
}

impl Heard {
    fn take(&mut self, line: String) {
        if let Some(group) = line.strip_prefix("durable ") {
            self.durable = group.parse::<u64>().unwrap() + 1;
        } else if line.starts_with("snapshot ") {
            self.snapshots += 1;
        } else if line.starts_with("no snapshot: ") {
            self.no_snapshot = Some(line);
        } else {
            self.last.push(line);
        }
    }
}
