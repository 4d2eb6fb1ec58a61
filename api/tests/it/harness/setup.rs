//! How a box office is set up before it opens: where its data lies, its variables, its arguments.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::box_office::BoxOffice;
use super::disasters::Beside;
use super::process::{Ended, Process};

/// The secret that signs the tests' tokens.
pub(crate) const SECRET: &str = "the-secret-of-the-tests-is-longer-than-32-bytes";
/// The password of the account that every box office of the tests has: `admin`.
pub(crate) const ADMIN_PASSWORD: &str = "correct horse battery staple";

/// A box office that may open, again and again, on the same data. Nothing of the environment of the tests reaches it.
#[derive(Clone)]
pub(crate) struct Setup {
    home: Arc<Home>,
    data: PathBuf,
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
}

/// The directory that it starts in. A test that fails leaves it behind, for whoever wants to know why.
struct Home(TempDir);

impl Drop for Home {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.disable_cleanup(true);
            println!("left for you to look at: {}", self.0.path().display());
        }
    }
}

impl Setup {
    pub(crate) fn new() -> Self {
        Self::bare()
            .variable("BOXOFFICE_JWT_SECRET", SECRET)
            .variable("BOXOFFICE_ADMIN_USERNAME", "admin")
            .variable("BOXOFFICE_ADMIN_EMAIL", "admin@boxoffice.example")
            .variable("BOXOFFICE_ADMIN_PASSWORD", ADMIN_PASSWORD)
    }

    /// Without a secret and an admin.
    pub(crate) fn bare() -> Self {
        let home = Home(tempfile::tempdir().expect("a temporary directory"));
        let data = home.0.path().join("data");
        let setup = Self { home: Arc::new(home), data, variables: Vec::new(), arguments: Vec::new() };
        setup.variable("BOXOFFICE_LISTEN", "127.0.0.1:0").variable("BOXOFFICE_RATE_LIMIT", "off")
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With snapshots as often as the journal looks whether one is due, or as by default.
    pub(crate) fn beside(self, beside: Beside) -> Self {
        match beside {
            Beside::Nothing => self,
            Beside::Snapshots => self.variable("BOXOFFICE_SNAPSHOT_BYTES", "4096"),
        }
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With its data elsewhere.
    pub(crate) fn data_at(mut self, data: &Path) -> Self {
        data.clone_into(&mut self.data);
        self
    }

    /// With a `boxoffice.toml` in the directory that it starts in.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.home().join(name), text).expect("the file can be written");
        self
    }

    /// The directory that it starts in.
    pub(crate) fn home(&self) -> &Path {
        self.home.0.path()
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Starts `boxoffice` with arguments, in this setup.
    pub(crate) fn run(&self, arguments: &[&str]) -> Process {
        self.start(Command::new(env!("CARGO_BIN_EXE_boxoffice")), arguments)
    }

    /// The same by a shell that has changed something about itself before.
    pub(crate) fn run_after(&self, change: &str, arguments: &[&str]) -> Process {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(format!("{change} && exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_boxoffice"));
        self.start(shell, arguments)
    }

    fn start(&self, mut command: Command, arguments: &[&str]) -> Process {
        command.args(arguments).current_dir(self.home()).env_clear();
        command.env("BOXOFFICE_DATA_DIR", &self.data).envs(self.variables.iter().cloned());
        Process::start(command)
    }

    /// Starts `boxoffice serve` and waits until it listens.
    pub(crate) fn try_open(&self) -> Result<BoxOffice, Ended> {
        let arguments: Vec<_> =
            ["serve"].into_iter().chain(self.arguments.iter().map(String::as_str)).collect();
        let mut process = self.run(&arguments);
        match process.hear("listening on http://") {
            Some(line) => Ok(BoxOffice::listening(self.clone(), process, &line)),
            None => Err(process.ended()),
        }
    }

    #[track_caller]
    pub(crate) fn open(&self) -> BoxOffice {
        self.try_open().unwrap_or_else(|ended| panic!("the box office does not open: {ended:?}"))
    }

    /// What a start that must fail leaves.
    #[track_caller]
    pub(crate) fn refused(&self) -> Ended {
        match self.try_open() {
            Ok(_) => panic!("the box office opens, and must not"),
            Err(ended) => ended,
        }
    }
}
