//! A peer as a process of its own: started on loopback, killed the hard way, and never left behind.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpStream;

/// How often a start is looked after, and how often at most: a minute in all.
const LOOK_EVERY: Duration = Duration::from_millis(10);
const LOOKS_MAX: u32 = 6_000;
/// What is told of a log: its end.
const LOG_LINES: usize = 5;

/// What is started, and how.
#[derive(Debug)]
pub(super) struct Program<'a> {
    /// The program's file, or its name on the path.
    pub file: &'a Path,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Added to its environment.
    pub environment: Vec<(&'static str, String)>,
    /// Who runs it, if not the present user.
    pub user: Option<&'a str>,
    /// Where its words go.
    pub log: PathBuf,
}

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts a program. It dies with this thread, however that dies, so call it from one that stays.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(program: Program<'_>) -> Result<Self, String> {
        let Program { file, arguments, environment, user, log } = program;
        let out = File::create(&log).map_err(|error| format!("no log at {}: {error}", log.display()))?;
        let errors = out.try_clone().map_err(|error| format!("no log at {}: {error}", log.display()))?;
        let mut command = as_user(user, &["--pdeathsig", "KILL"]);
        command.arg(file).args(arguments).envs(environment);
        let child = command.stdin(Stdio::null()).stdout(out).stderr(errors).spawn();
        let child = child.map_err(|error| format!("{} does not start: {error}", file.display()))?;
        Ok(Self { child, log })
    }

    /// Waits until it takes connections.
    ///
    /// # Errors
    /// When it ends instead, or does not within a minute.
    pub(super) async fn listens(&mut self, port: u16) -> Result<(), String> {
        for _ in 0..LOOKS_MAX {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
                return Ok(());
            }
            self.look_again().await?;
        }
        Err(format!("nothing listens on port {port} after a minute: {}", self.last_words()))
    }

    /// Waits for a moment, before it is looked at again.
    ///
    /// # Errors
    /// When it has ended.
    pub(super) async fn look_again(&mut self) -> Result<(), String> {
        tokio::time::sleep(LOOK_EVERY).await;
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("the server ended with {status}: {}", self.last_words())),
            Err(error) => Err(format!("the server cannot be looked at: {error}")),
        }
    }

    /// Ends it with this signal and waits for its end.
    ///
    /// # Errors
    /// When it cannot be told.
    pub(super) fn end(mut self, signal: Signal) -> Result<(), String> {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let id = id.ok_or_else(|| format!("{} is no process id", self.child.id()))?;
        kill_process(id, signal).map_err(|error| format!("the server cannot be ended: {error}"))?;
        self.child.wait().map_err(|error| format!("the server does not end: {error}"))?;
        Ok(())
    }

    /// Everything that it said so far.
    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_else(|error| error.to_string())
    }

    fn last_words(&self) -> String {
        let log = self.said();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join(" / ")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whoever has ended already needs nothing more, and there is nobody to tell.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The beginning of a command for this user. `setpriv` becomes the program, so their process ids are the same.
pub(super) fn as_user(user: Option<&str>, options: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    if let Some(user) = user {
        command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
    }
    command.args(options).arg("--");
    command
}

/// Runs a command to its end and gives what it printed.
///
/// # Errors
/// When it cannot be run or fails.
pub(super) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?} cannot be run: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        let words = String::from_utf8_lossy(&output.stderr);
        Err(format!("{command:?} ended with {}: {}", output.status, words.trim()))
    }
}

/// A port on loopback that nobody listens on.
///
/// # Errors
/// When there is none.
pub(super) fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    Ok(address.map_err(|error| format!("no port is free: {error}"))?.port())
}
