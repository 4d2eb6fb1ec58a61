//! Where the contenders stand their crowd: which of them are here, and how each is started.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::contenders::{Rules, Rush, Trial};
use super::http_clients::Way;
use super::in_process::InProcess;
use super::load::{Span, Workload};
use super::node::{self, Node};
use super::passes;
use super::postgres::Cluster;
use super::process::output;
use super::redis::{self, Redis};
use super::served::Served;
use super::tuning::{DEEP, DEEPER, HOT, Knob, Tuning};
use crate::concerts::Crowd;
use crate::journals;

/// Who stands the crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// Boxoffice's engine and store, in the process of its callers.
    InProcess,
    /// Boxoffice over HTTP/1.1.
    Http1,
    /// Boxoffice over HTTP/2 without TLS.
    H2c,
    /// Boxoffice in batches, over HTTP/1.1.
    Batch,
    /// Redis and a script.
    Redis,
    /// The same, with several orders sent together.
    RedisPipelined,
    /// PostgreSQL and a stored function.
    Postgres,
    /// Node in front of Redis.
    Node,
}

impl Contender {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 8] = [
        Self::InProcess,
        Self::Http1,
        Self::H2c,
        Self::Batch,
        Self::Redis,
        Self::RedisPipelined,
        Self::Postgres,
        Self::Node,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProcess => "Boxoffice, in process",
            Self::Http1 => "Boxoffice, HTTP/1.1",
            Self::H2c => "Boxoffice, h2c",
            Self::Batch => "Boxoffice, batches",
            Self::Redis => "Redis",
            Self::RedisPipelined => "Redis, pipelined",
            Self::Postgres => "PostgreSQL",
            Self::Node => "Node, express, Redis",
        }
    }

    /// Whether it is Boxoffice.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::InProcess | Self::Http1 | Self::H2c | Self::Batch)
    }

    /// Whether this workload tells something about it. Orders are sent together where there are many, and four thousand clients who
    /// send one at a time tell no more than a thousand. Since a connection of PostgreSQL is a process, a thousand clients would wait
    /// in line for some dozens of them.
    pub fn is_meant_for(self, workload: Workload) -> bool {
        match self {
            Self::Batch | Self::RedisPipelined => workload == DEEP || workload == DEEPER,
            Self::Postgres => workload.in_flight <= HOT.in_flight,
            Self::InProcess => true,
            Self::Http1 | Self::H2c | Self::Redis | Self::Node => workload != DEEPER,
        }
    }

    fn depth(self, tuning: &Tuning, workload: Workload) -> usize {
        match self {
            Self::Batch => tuning.batch_lines(workload),
            Self::RedisPipelined => tuning.pipeline_depth(workload),
            // 4 on one connection, 64 on 4, 1,024 on 16.
            Self::H2c => workload.in_flight / (workload.in_flight.isqrt() / 2).max(1),
            _ => 1,
        }
    }
}

/// The stage: a directory on a disk, and what is installed.
pub struct Stage {
    /// Everything that is stored lies in it, and goes with it.
    directory: TempDir,
    crowd: Arc<Crowd>,
    passes: passes::Office,
    /// What it says of its version, if it is installed.
    redis: Option<String>,
    /// If it is installed.
    postgres: Option<Cluster>,
    node: Option<Stack>,
}

/// Node, with what it needs in a directory.
struct Stack {
    directory: PathBuf,
    version: String,
}

impl Stage {
    /// A stage for Boxoffice alone. What the contenders store lies in a new directory within `parent`, and goes with the stage.
    ///
    /// # Errors
    /// When that directory cannot be made, or lies in memory.
    pub fn without_peers(parent: &Path, crowd: Crowd) -> Result<Self, String> {
        journals::check_on_disk(parent)?;
        // Another user may pass through it: PostgreSQL refuses to run as root.
        let directory =
            tempfile::Builder::new().permissions(Permissions::from_mode(0o711)).tempdir_in(parent);
        let directory =
            directory.map_err(|error| format!("no directory in {}: {error}", parent.display()))?;
        let (crowd, passes) = (Arc::new(crowd), passes::Office::open());
        Ok(Self { directory, crowd, passes, redis: None, postgres: None, node: None })
    }

    /// A stage for all that are installed. `stack` is the directory of the program for Node, with what that needs.
    ///
    /// # Errors
    /// When what is installed does not work.
    pub fn set(parent: &Path, stack: Option<&Path>, crowd: Crowd) -> Result<Self, String> {
        let mut stage = Self::without_peers(parent, crowd)?;
        let version = |program| output(Command::new(program).arg("--version")).ok();
        stage.redis = version(redis::PROGRAM);
        let cluster = |programs| Cluster::create(programs, stage.directory.path().join("postgresql"));
        stage.postgres = Cluster::programs().map(cluster).transpose()?;
        stage.node = version(node::PROGRAM).zip(stack).map(|(version, stack)| Stack {
            directory: stack.to_owned(),
            version: format!("Node {version}"),
        });
        Ok(stage)
    }

    /// What a contender lacks here, if it lacks something.
    pub fn lacks(&self, contender: Contender) -> Option<&'static str> {
        match contender {
            Contender::Redis | Contender::RedisPipelined | Contender::Node if self.redis.is_none() => {
                Some("redis-server")
            }
            Contender::Postgres if self.postgres.is_none() => Some("postgresql"),
            Contender::Node if self.node.is_none() => Some("node with its packages"),
            _ => None,
        }
    }

    /// Who the peers are, in their own words.
    pub fn versions(&self) -> Vec<String> {
        let postgres = self.postgres.as_ref().and_then(|cluster| cluster.version().ok());
        let node = self.node.as_ref().map(|stack| stack.version.clone());
        let redis =
            self.redis.iter().map(|words| words.split_whitespace().take(3).collect::<Vec<_>>().join(" "));
        redis.chain(postgres).chain(node).collect()
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
        let people = self.crowd.people().len();
        let rush = Rush { workload, depth: contender.depth(tuning, workload), span, people };
        self.tried(contender, tuning, workload, rush).await
    }

    /// Finds the best settings of these contenders, and tells what was tried.
    ///
    /// # Errors
    /// When one of them cannot be measured.
    pub async fn tune(&self, here: &[Contender], span: Span) -> Result<(Tuning, Vec<String>), String> {
        let (mut tuning, mut told) = (Tuning::default(), Vec::new());
        for knob in Knob::ALL {
            if here.contains(&knob.contender) {
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
        let place = tempfile::Builder::new().prefix("peer-").tempdir_in(self.directory.path());
        let place =
            place.map_err(|error| format!("no room in {}: {error}", self.directory.path().display()))?;
        let result = self.tried_in(place.path(), contender, tuning, workload, trial).await;
        result.map_err(|error| format!("{}: {error}", contender.name()))
    }

    async fn tried_in<T: Trial>(
        &self,
        place: &Path,
        contender: Contender,
        tuning: &Tuning,
        workload: Workload,
        trial: T,
    ) -> Result<T::Result, String> {
        let crowd = || Arc::clone(&self.crowd);
        let (concerts, capacity) = trial.on_sale();
        let served = async |way| {
            let passes = self.passes.passes(&self.crowd)?;
            Served::start(place.join("store"), way, (concerts, capacity), passes, crowd()).await
        };
        let redis = async || {
            let redis = Redis::start(place, tuning.io_threads, crowd()).await?;
            redis.put_on_sale(concerts, capacity).await?;
            Ok::<_, String>(redis)
        };
        match contender {
            Contender::InProcess => {
                trial.of(InProcess::start(place.join("store"), crowd(), concerts, capacity).await?).await
            }
            Contender::Http1 => trial.of(served(Way::Http1).await?).await,
            Contender::H2c => trial.of(served(Way::H2c).await?).await,
            Contender::Batch => trial.of(served(Way::Batch).await?).await,
            Contender::Redis | Contender::RedisPipelined => trial.of(redis().await?).await,
            Contender::Postgres => {
                let cluster = self.postgres.as_ref().ok_or("there is no postgresql")?;
                let postgres = cluster.start(tuning.commit_delay_us(workload), crowd()).await?;
                postgres.put_on_sale(concerts, capacity).await?;
                trial.of(postgres).await
            }
            Contender::Node => {
                let stack = self.node.as_ref().ok_or("there is no node")?;
                let how = (tuning.node_workers, tuning.node_way);
                let passes = self.passes.passes(&self.crowd)?;
                let redis = redis().await?;
                trial.of(Node::start(&stack.directory, redis, concerts, how, passes, crowd()).await?).await
            }
        }
    }
}
