//! Where the contenders stand their crowd: which of them are here, and how each is started.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::contenders::{Rules, Rush, Trial};
use super::in_process::InProcess;
use super::load::{Span, Workload};
use super::postgres::Cluster;
use super::process::output;
use super::redis::{self, Redis};
use super::tuning::{DEEP, HOT, Knob, Tuning};
use crate::concerts::Crowd;

/// Who stands the crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// Boxoffice's engine and store, in the process of its callers.
    InProcess,
    /// Redis and a script.
    Redis,
    /// The same, with several orders sent together.
    RedisPipelined,
    /// PostgreSQL and a stored function.
    Postgres,
}

impl Contender {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 4] = [Self::InProcess, Self::Redis, Self::RedisPipelined, Self::Postgres];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProcess => "Boxoffice, in process",
            Self::Redis => "Redis",
            Self::RedisPipelined => "Redis, pipelined",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// Whether it is Boxoffice.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::InProcess)
    }

    /// Whether this workload tells something about it. Orders are sent together where there are many; and since a connection of
    /// PostgreSQL is a process, a thousand clients would wait in line for some dozens of them.
    pub fn is_meant_for(self, workload: Workload) -> bool {
        match self {
            Self::RedisPipelined => workload == DEEP,
            Self::Postgres => workload.in_flight <= HOT.in_flight,
            Self::InProcess | Self::Redis => true,
        }
    }

    fn depth(self, tuning: &Tuning) -> usize {
        if self == Self::RedisPipelined { tuning.pipeline_depth } else { 1 }
    }
}

/// The stage: a directory on a disk, and what is installed.
pub struct Stage {
    /// Everything that is stored lies in it, and goes with it.
    directory: TempDir,
    crowd: Arc<Crowd>,
    /// What it says of its version, if it is installed.
    redis: Option<String>,
    /// If it is installed.
    postgres: Option<Cluster>,
}

impl Stage {
    /// A stage for Boxoffice alone. What the contenders store lies in a new directory within `parent`, and goes with the stage.
    ///
    /// # Errors
    /// When that directory cannot be made.
    pub fn without_peers(parent: &Path, crowd: Crowd) -> Result<Self, String> {
        // Another user may pass through it: PostgreSQL refuses to run as root.
        let directory =
            tempfile::Builder::new().permissions(Permissions::from_mode(0o711)).tempdir_in(parent);
        let directory =
            directory.map_err(|error| format!("no directory in {}: {error}", parent.display()))?;
        Ok(Self { directory, crowd: Arc::new(crowd), redis: None, postgres: None })
    }

    /// A stage for all that are installed.
    ///
    /// # Errors
    /// When what is installed does not work.
    pub fn set(parent: &Path, crowd: Crowd) -> Result<Self, String> {
        let mut stage = Self::without_peers(parent, crowd)?;
        stage.redis = output(Command::new(redis::PROGRAM).arg("--version")).ok();
        let cluster = |programs| Cluster::create(programs, stage.directory.path().join("postgresql"));
        stage.postgres = Cluster::programs().map(cluster).transpose()?;
        Ok(stage)
    }

    /// Why a contender cannot be measured here, if it cannot.
    pub fn absent(&self, contender: Contender) -> Option<&'static str> {
        match contender {
            Contender::Redis | Contender::RedisPipelined if self.redis.is_none() => {
                Some("there is no redis-server")
            }
            Contender::Postgres if self.postgres.is_none() => Some("there is no postgresql"),
            _ => None,
        }
    }

    /// Who the peers are, in their own words.
    pub fn versions(&self) -> Vec<String> {
        let postgres = self.postgres.as_ref().and_then(|cluster| cluster.version().ok());
        self.redis.iter().cloned().chain(postgres).collect()
    }

    /// Checks that a contender neither oversells nor books for one person twice.
    ///
    /// # Errors
    /// When it does, or cannot be run.
    pub async fn check_rules(&self, contender: Contender, tuning: &Tuning) -> Result<(), String> {
        self.tried(contender, tuning, HOT, Rules).await
    }

    /// Has a contender stand the crowd, and gives its bookings per second.
    ///
    /// # Errors
    /// When its books do not balance, or it cannot be run.
    pub async fn measure(
        &self,
        contender: Contender,
        tuning: &Tuning,
        workload: Workload,
        span: Span,
    ) -> Result<f64, String> {
        let rush = Rush { workload, depth: contender.depth(tuning), span, crowd: &self.crowd };
        self.tried(contender, tuning, workload, rush).await
    }

    /// Finds the best settings of the peers that are here, and tells what was tried.
    ///
    /// # Errors
    /// When one of them cannot be measured.
    pub async fn tune(&self, span: Span) -> Result<(Tuning, Vec<String>), String> {
        let (mut tuning, mut told) = (Tuning::default(), Vec::new());
        for knob in Knob::ALL {
            if self.absent(knob.contender).is_none() {
                let trial = async |tuning| self.measure(knob.contender, &tuning, knob.workload, span).await;
                let (tuned, line) = knob.tuned(tuning, trial).await?;
                tuning = tuned;
                told.push(line);
            }
        }
        Ok((tuning, told))
    }

    async fn tried<T: Trial>(
        &self,
        contender: Contender,
        tuning: &Tuning,
        workload: Workload,
        trial: T,
    ) -> Result<T::Result, String> {
        let crowd = Arc::clone(&self.crowd);
        let place = tempfile::Builder::new().prefix("peer-").tempdir_in(self.directory.path());
        let place =
            place.map_err(|error| format!("no room in {}: {error}", self.directory.path().display()))?;
        let result = match contender {
            Contender::InProcess => trial.of(InProcess::open(place.path(), crowd).await).await,
            Contender::Redis | Contender::RedisPipelined => {
                trial.of(Redis::start(place.path(), tuning.io_threads, crowd).await?).await
            }
            Contender::Postgres => {
                let cluster = self.postgres.as_ref().ok_or("there is no postgresql")?;
                trial.of(cluster.start(tuning.commit_delay_us(workload), crowd).await?).await
            }
        };
        result.map_err(|error| format!("{}: {error}", contender.name()))
    }
}
