//! A mail server of a test's own, that can be killed and come back.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::received::Received;
use super::venv;

/// A running mail server; it ends with its owner, and with the test's process, however that ends.
pub(crate) struct Server {
    python: PathBuf,
    place: TempDir,
    setup: Value,
    running: Option<Running>,
    port: u16,
}

struct Running {
    child: Child,
    /// The server ends when this is closed.
    _stdin: ChildStdin,
}

impl Server {
    /// Starts a server on a free port. `setup` is what `server.py` says; none where there is no mail server to test with.
    #[track_caller]
    pub(crate) fn start(test: &str, setup: &Value) -> Option<Self> {
        let python = venv::python(test)?;
        let place = tempfile::tempdir().expect("a temporary directory");
        let mut server = Self { python, place, setup: setup.clone(), running: None, port: 0 };
        server.comes_back();
        Some(server)
    }

    /// Starts it on the port that it had.
    #[track_caller]
    pub(crate) fn comes_back(&mut self) {
        self.kill();
        self.setup["port"] = json!(self.port);
        self.setup["events"] = json!(self.events());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/server.py");
        let mut command = Command::new(&self.python);
        command.arg(script).arg(self.setup.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python starts");
        let stdin = child.stdin.take().expect("stdin is piped");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        self.running = Some(Running { child, _stdin: stdin });
        let mut line = String::new();
        stdout.read_line(&mut line).expect("the server speaks");
        self.port = line.trim().parse().unwrap_or_else(|_| panic!("the server does not start: {line:?}"));
    }

    /// `kill -9`. Killing the dead is no error.
    pub(crate) fn kill(&mut self) {
        self.running = None;
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The URL of the server without TLS.
    pub(crate) fn plain_url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// What happened to the server until now, of one kind.
    pub(crate) fn told(&self, kind: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.events()).expect("the events can be read");
        // A line without its end is still being written.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let events = lines.map(|line| serde_json::from_str(line).expect("a line of JSON"));
        events.filter(|event: &Value| event["event"] == kind).collect()
    }

    /// The mails that arrived, in their order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.told("message").iter().map(Received::read).collect()
    }

    fn events(&self) -> PathBuf {
        self.place.path().join("events")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
