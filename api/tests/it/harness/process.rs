//! A `boxoffice` process: what it says, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Longer than anything here takes on the busiest machine, and than the box office itself waits for a store that does not
/// open (a minute and more): only a hang reaches it.
pub(crate) const HANG: Duration = Duration::from_mins(3);

/// A process whose stderr is read line by line; it dies with its owner.
pub(crate) struct Process {
    child: Child,
    stderr: Receiver<String>,
    heard: Vec<String>,
    stdout: Option<JoinHandle<String>>,
}

/// What is left of a process.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stderr: Vec<String>,
    pub(crate) stdout: String,
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let pipe = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (sender, stderr) = mpsc::channel();
        thread::spawn(move || {
            for line in pipe.split(b'\n').map_while(Result::ok) {
                // Nobody listens any more once the owner is gone; the pipe must be drained all the same.
                let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        let mut pipe = child.stdout.take().expect("stdout is piped");
        let stdout = thread::spawn(move || {
            let mut text = Vec::new();
            pipe.read_to_end(&mut text).expect("stdout can be read");
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { child, stderr, heard: Vec::new(), stdout: Some(stdout) }
    }

    /// The first line on stderr with these words; none when the process ends without having said them.
    pub(crate) fn hear(&mut self, words: &str) -> Option<String> {
        if let Some(line) = self.heard.iter().find(|line| line.contains(words)) {
            return Some(line.clone());
        }
        while let Some(line) = self.next_line() {
            self.heard.push(line.clone());
            if line.contains(words) {
                return Some(line);
            }
        }
        None
    }

    /// What was said on stderr until now.
    pub(crate) fn heard(&mut self) -> &[String] {
        self.heard.extend(self.stderr.try_iter());
        &self.heard
    }

    /// Waits for the end, which something else has brought about.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> Ended {
        while let Some(line) = self.next_line() {
            self.heard.push(line);
        }
        let status = self.child.wait().expect("the process can be waited for");
        let stdout = self.stdout.take().map(|reader| reader.join().expect("stdout is read to its end"));
        Ended { status, stderr: std::mem::take(&mut self.heard), stdout: stdout.unwrap_or_default() }
    }

    /// `kill -9`: the process gets no chance to do anything. Killing the dead is no error.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("the process can be waited for");
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill exists").success(), "the process takes a signal");
    }

    /// What Linux says of it in one of the files about processes.
    pub(crate) fn told_by_system(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("it lives")
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("the process can be waited for").is_none()
    }

    #[track_caller]
    fn next_line(&mut self) -> Option<String> {
        match self.stderr.recv_timeout(HANG) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the process hangs after saying {:?}", self.heard),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The one clear line with which a start was refused.
    #[track_caller]
    pub(crate) fn refusal(&self) -> &str {
        let code = self.status.code();
        assert!(code.is_some_and(|code| code != 0), "an exit status of its own and not 0: {self:?}");
        let lines: Vec<_> = self.stderr.iter().filter(|line| !line.trim().is_empty()).collect();
        assert_eq!(lines.len(), 1, "one line says why: {self:?}");
        assert!(!lines[0].contains("panicked"), "{self:?}");
        lines[0]
    }

    /// Asserts a clean end.
    #[track_caller]
    pub(crate) fn cleanly(self) -> Self {
        assert!(self.status.success(), "{self:?}");
        assert!(!self.stderr.iter().any(|line| line.contains("panicked")), "{self:?}");
        self
    }
}
