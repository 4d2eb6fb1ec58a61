//! Each peer's best settings, found on this machine before anything counts.

use super::load::Workload;
use super::stage::Contender;
use crate::figures::rate;

/// Many clients at one hot concert.
pub const HOT: Workload = Workload { concerts: 1, in_flight: 64 };
/// The same over many concerts.
pub const SPREAD: Workload = Workload { concerts: 1_000, in_flight: 64 };
/// So many orders in flight that clients may send several together.
pub const DEEP: Workload = Workload { concerts: 1, in_flight: 1_024 };
/// Four of the longest batches: what takes orders together is not kept waiting by its clients.
pub const DEEPER: Workload = Workload { concerts: 1, in_flight: 4_000 };

/// The settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Threads with which Redis reads and writes its connections.
    pub io_threads: usize,
    /// Orders that a client of Redis sends together, of 1,024 in flight.
    pub pipeline_depth: usize,
    /// The same, of 4,000.
    pub pipeline_depth_of_4000: usize,
    /// Microseconds that PostgreSQL waits for others before it syncs, with one hot concert.
    pub commit_delay_hot_us: usize,
    /// The same with many concerts.
    pub commit_delay_spread_us: usize,
    /// Processes of Node.
    pub node_workers: usize,
    /// How they book, by the place in `node::WAYS`.
    pub node_way: usize,
    /// Lines of a batch for Boxoffice, of 1,024 in flight.
    pub batch_lines: usize,
    /// The same, of 4,000.
    pub batch_lines_of_4000: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            io_threads: 1,
            pipeline_depth: 16,
            pipeline_depth_of_4000: 50,
            commit_delay_hot_us: 0,
            commit_delay_spread_us: 0,
            node_workers: 1,
            node_way: 0,
            batch_lines: 256,
            batch_lines_of_4000: 1_000,
        }
    }
}

impl Tuning {
    /// What PostgreSQL waits for others under this workload.
    pub fn commit_delay_us(&self, workload: Workload) -> usize {
        if workload.concerts == 1 { self.commit_delay_hot_us } else { self.commit_delay_spread_us }
    }

    /// Orders that a client of Redis sends together under this workload.
    pub fn pipeline_depth(&self, workload: Workload) -> usize {
        if workload == DEEPER { self.pipeline_depth_of_4000 } else { self.pipeline_depth }
    }

    /// Lines of a batch under this workload.
    pub fn batch_lines(&self, workload: Workload) -> usize {
        if workload == DEEPER { self.batch_lines_of_4000 } else { self.batch_lines }
    }
}

/// A setting that is tried out.
#[derive(Clone, Copy, Debug)]
pub struct Knob {
    /// What it is called.
    pub name: &'static str,
    /// Whose it is.
    pub contender: Contender,
    /// The workload that it is tried with.
    pub workload: Workload,
    /// What is tried, by name.
    pub values: &'static [(&'static str, usize)],
    /// Where it goes.
    setting: fn(&mut Tuning) -> &mut usize,
}

impl Knob {
    /// All of them, those first on which others depend.
    pub const ALL: [Self; 9] = [
        Self {
            name: "Redis, io-threads",
            contender: Contender::Redis,
            workload: HOT,
            values: &[("1", 1), ("2", 2)],
            setting: |tuning| &mut tuning.io_threads,
        },
        Self {
            name: "Redis, bookings that a client sends together, of 1,024 in flight",
            contender: Contender::RedisPipelined,
            workload: DEEP,
            values: &[("4", 4), ("16", 16), ("64", 64), ("256", 256)],
            setting: |tuning| &mut tuning.pipeline_depth,
        },
        Self {
            name: "Redis, bookings that a client sends together, of 4,000 in flight",
            contender: Contender::RedisPipelined,
            workload: DEEPER,
            values: &[("20", 20), ("50", 50), ("250", 250), ("1,000", 1_000)],
            setting: |tuning| &mut tuning.pipeline_depth_of_4000,
        },
        Self {
            name: "PostgreSQL, commit_delay in microseconds, one hot concert",
            contender: Contender::Postgres,
            workload: HOT,
            values: &[("0", 0), ("50", 50), ("200", 200)],
            setting: |tuning| &mut tuning.commit_delay_hot_us,
        },
        Self {
            name: "PostgreSQL, commit_delay in microseconds, 1,000 concerts",
            contender: Contender::Postgres,
            workload: SPREAD,
            values: &[("0", 0), ("50", 50), ("200", 200)],
            setting: |tuning| &mut tuning.commit_delay_spread_us,
        },
        Self {
            name: "Node, worker processes",
            contender: Contender::Node,
            workload: HOT,
            values: &[("1", 1), ("2", 2)],
            setting: |tuning| &mut tuning.node_workers,
        },
        Self {
            name: "Node, how it books in Redis",
            contender: Contender::Node,
            workload: HOT,
            values: &[
                ("Lua script", 0),
                ("Lua script and enableAutoPipelining", 1),
                ("lock of SET NX PX", 2),
            ],
            setting: |tuning| &mut tuning.node_way,
        },
        Self {
            name: "Boxoffice, lines of a batch, of 1,024 in flight",
            contender: Contender::Batch,
            workload: DEEP,
            values: &[("64", 64), ("256", 256), ("512", 512)],
            setting: |tuning| &mut tuning.batch_lines,
        },
        Self {
            name: "Boxoffice, lines of a batch, of 4,000 in flight",
            contender: Contender::Batch,
            workload: DEEPER,
            values: &[("250", 250), ("500", 500), ("1,000", 1_000)],
            setting: |tuning| &mut tuning.batch_lines_of_4000,
        },
    ];

    /// These settings with this one changed.
    pub fn turned(&self, mut tuning: Tuning, value: usize) -> Tuning {
        *(self.setting)(&mut tuning) = value;
        tuning
    }

    /// Tries all values, takes the fastest, and tells what all of them made.
    ///
    /// # Errors
    /// When one of them cannot be measured.
    pub async fn tuned(
        &self,
        tuning: Tuning,
        measure: impl AsyncFn(Tuning) -> Result<f64, String>,
    ) -> Result<(Tuning, String), String> {
        let mut tried = Vec::new();
        for (name, value) in self.values {
            let turned = self.turned(tuning, *value);
            tried.push((*name, turned, measure(turned).await?));
        }
        let best = tried.iter().max_by(|(.., this), (.., other)| this.total_cmp(other));
        let (name, tuned, _) = best.ok_or_else(|| format!("there is no value of {} to try", self.name))?;
        let all: Vec<_> = tried.iter().map(|(name, _, made)| format!("{name}: {}", rate(*made))).collect();
        Ok((*tuned, format!("{}: {name} (tried {})", self.name, all.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_fastest_setting_is_taken_and_all_are_told() {
        let [knob, ..] = Knob::ALL;
        let knob = Knob { name: "threads", values: &[("one", 1), ("two", 2), ("four", 4)], ..knob };
        let made = async |tuning: Tuning| Ok([0.0, 1e3, 3e3, 0.0, 2e3][tuning.io_threads]);
        let expected = Tuning { io_threads: 2, ..Tuning::default() };
        let told = "threads: two (tried one: 1.0 k, two: 3.0 k, four: 2.0 k)".to_owned();
        assert_eq!(knob.tuned(Tuning::default(), made).await, Ok((expected, told)));
    }

    #[test]
    fn every_knob_turns_a_setting_of_its_own() {
        let turned = Knob::ALL.map(|knob| knob.turned(Tuning::default(), 77));
        for (place, tuning) in turned.iter().enumerate() {
            assert_ne!(*tuning, Tuning::default());
            assert!(!turned[..place].contains(tuning), "{tuning:?} is turned by two knobs");
        }
    }
}
