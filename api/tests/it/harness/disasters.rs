//! When a disaster comes: whenever it likes, or in the middle of a snapshot, where snapshots are made all the time.

use std::path::Path;

use super::acknowledgements::Acknowledgements;
use super::step::{self, Step};

/// What happens beside the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// What happens by default, which is nothing in the time that a test takes.
    Nothing,
    /// Snapshots all the time, and what they stand for is trimmed.
    Snapshots,
}

/// Once this one is gone, snapshots were made and trimmed for.
const GENERATION_TRIMMED: &str = "journal-0000000002";
/// So many calls a step is waited for: several snapshots are made meanwhile.
const CALLS_PER_STEP_MAX: usize = 2_000;
/// Disasters beyond those that were asked for, until there were some in the middle of both: a step may pass unseen.
const MORE_DISASTERS_MAX: usize = 30;

impl Beside {
    /// Whether it has gone on for long enough to count.
    pub(crate) fn has_happened(self, data: &Path) -> bool {
        let is_gone = |generation: &str| generation > GENERATION_TRIMMED;
        self == Self::Nothing || step::generations(data).all(|generation| is_gone(&generation))
    }
}

/// The disasters of a test: how many, when they come, and what they interrupted.
pub(crate) struct Disasters {
    beside: Beside,
    asked_for: usize,
    begun: usize,
    in_snapshots: usize,
    in_trims: usize,
}

impl Disasters {
    pub(crate) fn new(asked_for: usize, beside: Beside) -> Self {
        Self { beside, asked_for, begun: 0, in_snapshots: 0, in_trims: 0 }
    }

    /// The number of the next one; none when all are over, and what they are for was interrupted.
    pub(crate) fn next(&mut self, data: &Path) -> Option<usize> {
        let have_met = self.beside == Beside::Nothing || (self.in_snapshots > 0 && self.in_trims > 0);
        let is_enough = have_met && self.beside.has_happened(data);
        if self.begun >= self.asked_for && (is_enough || self.begun >= self.asked_for + MORE_DISASTERS_MAX) {
            return None;
        }
        self.begun += 1;
        Some(self.begun - 1)
    }

    /// Waits for the moment of this one: after so many acknowledgements and, beside snapshots, when one of their steps, each in its
    /// turn, is under way.
    #[track_caller]
    pub(crate) fn wait(&self, data: &Path, acknowledged: &Acknowledgements, after: usize) {
        acknowledged.after(after);
        if self.beside == Beside::Snapshots {
            // From the last one: trims first, since few disasters come by default.
            let step = Step::ALL[Step::ALL.len() - 1 - (self.begun - 1) % Step::ALL.len()];
            acknowledged.until(CALLS_PER_STEP_MAX, || step.is_under_way(data));
        }
    }

    /// Looks at what this one left, before anything is opened again.
    pub(crate) fn has_left(&mut self, data: &Path) {
        let left = Step::ALL.into_iter().filter(|step| step.is_under_way(data));
        let (trims, snapshots): (Vec<_>, Vec<_>) =
            left.partition(|step| matches!(step, Step::Named | Step::Trim));
        // Where something was being removed, a generation too many tells nothing of a snapshot.
        if !trims.is_empty() {
            self.in_trims += 1;
        } else if !snapshots.is_empty() {
            self.in_snapshots += 1;
        }
        println!("disaster {}: {snapshots:?} {trims:?}", self.begun);
    }

    /// Asserts that they came when they should.
    #[track_caller]
    pub(crate) fn came_in_the_middle(&self, data: &Path) {
        let Self { beside, begun, in_snapshots, in_trims, .. } = self;
        println!(
            "{begun} disasters, {in_snapshots} in the middle of a snapshot, {in_trims} in that of a trim"
        );
        if *beside == Beside::Snapshots {
            assert!(beside.has_happened(data), "snapshots were made and trimmed for");
            assert!(*in_snapshots > 0 && *in_trims > 0, "{in_snapshots} and {in_trims} of {begun} disasters");
        }
    }
}
