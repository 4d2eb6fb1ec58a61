//! A server in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use boxoffice_persistence::Schedule;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::journals::directory_in;
use crate::office;

/// The role of the box office, which is followed by its directory.
pub(crate) const BOXOFFICE: &str = "--serve-boxoffice";
/// The role of a server that does nothing but answer.
pub(super) const BARE: &str = "--serve-bare";
/// What a server says, followed by its address.
pub(crate) const LISTENING: &str = "listening on http://";
/// What a box office is served with, beside its directory.
pub(super) const SETTINGS: [(&str, &str); 3] =
    [("BOXOFFICE_LISTEN", "127.0.0.1:0"), ("BOXOFFICE_JWT_SECRET", SECRET), ("BOXOFFICE_RATE_LIMIT", "off")];
/// The secret of the tokens.
pub(crate) const SECRET: &str = "the-secret-of-the-benches-has-more-than-32-bytes";

/// A server that was started here and ends with its owner.
pub struct Server {
    child: Child,
    address: SocketAddr,
    directory: Option<TempDir>,
}

impl Server {
    /// A box office in a role of this executable, which is told its directory, new in `parent`, and what else there is to say.
    pub(crate) fn in_role(parent: &Path, role: &str, further: Option<String>) -> Self {
        let directory = directory_in(parent);
        let mut command = itself();
        command.arg(role).arg(data_in(&directory)).args(further);
        Self::start(&mut command, Some(directory))
    }

    /// Any `boxoffice`, with a directory of its own in `parent`.
    pub(crate) fn of_program(program: &Path, parent: &Path) -> Self {
        let directory = directory_in(parent);
        let mut command = Command::new(program);
        command.arg("serve").env("BOXOFFICE_DATA_DIR", data_in(&directory));
        Self::start(command.envs(SETTINGS), Some(directory))
    }

    /// The least that can be built on hyper.
    pub fn bare() -> Self {
        let mut command = itself();
        command.arg(BARE);
        Self::start(&mut command, None)
    }

    fn start(command: &mut Command, directory: Option<TempDir>) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let mut said = Vec::new();
        let address = loop {
            let line = lines.next().and_then(Result::ok).ok_or(&said).expect("it serves");
            if let Some((_, address)) = line.split_once(LISTENING) {
                break address.parse().expect("an address");
            }
            said.push(line);
        };
        // What it says from here on nobody reads, but it must find somebody there.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, directory }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Memory of the server: what it has now and the most that it ever had, in MiB.
    pub fn memory_mib(&self) -> [u64; 2] {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it lives");
        ["VmRSS:", "VmHWM:"].map(|name| {
            let kilobytes =
                status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
            kilobytes.and_then(|text| text.parse::<u64>().ok()).expect("Linux tells it") / 1_024
        })
    }

    /// Processor time of the server until now.
    pub fn cpu(&self) -> Duration {
        // After the name in parentheses, which may hold anything, user and system time are the 12th and 13th field.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it lives");
        let (_, fields) = stat.rsplit_once(')').expect("a process has a name");
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().expect("ticks are a number")).sum();
        Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second())
    }

    /// Waits until it does nothing any more, for ten seconds at most: snapshots and merges of what was booked go on after the last answer.
    #[expect(
        clippy::disallowed_methods,
        reason = "there is nothing of another process that could be waited for"
    )]
    pub fn settle(&self) {
        for _ in 0..50 {
            let before = self.cpu();
            std::thread::sleep(Duration::from_millis(200));
            if self.cpu() == before {
                return;
            }
        }
    }

    /// Ends a box office by `kill -9`, and says how many bookings its store holds.
    pub fn killed(mut self) -> usize {
        self.end();
        let directory = self.directory.take().expect("a box office has a directory");
        let journal = office::open_store(&data_in(&directory), Schedule::default());
        office::runtime().block_on(async {
            let (office, inventory) = office::open(std::sync::Arc::new(journal)).await;
            office::close(office).await;
            inventory.bookings
        })
    }

    fn end(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("it can be waited for");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Listens where nobody else does, and says so to whoever started this process.
pub(crate) async fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let address = listener.local_addr().expect("it has an address");
    writeln!(std::io::stderr(), "{LISTENING}{address}").expect("somebody listens");
    listener
}

fn itself() -> Command {
    Command::new(std::env::current_exe().expect("this process has an executable"))
}

fn data_in(directory: &TempDir) -> PathBuf {
    directory.path().join("data")
}
