//! localstripe: installed once, started on a free port of loopback, ended with the tests.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

const PACKAGE: &str = "localstripe==1.15.10";
/// What it stands on, as it was tried.
const WITH: [&str; 2] = ["aiohttp==3.14.5", "python-dateutil==4.0.0"];

/// localstripe's own command listens on every address and writes its store into /tmp: this does neither. It ends when its
/// standard input does, so it cannot outlive the tests, however they end.
const START: &str = "
import os, socket, sys, threading
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(128)
print(listener.getsockname()[1], flush=True)
web.run_app(server.app, sock=listener, print=None, access_log=None)
";

/// A localstripe that runs.
pub(crate) struct StandIn {
    child: Child,
    pub(crate) url: String,
}

impl StandIn {
    /// The one that most tests share, unless it cannot be had and need not be.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<StandIn>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Another one.
    pub(crate) fn start() -> Option<Self> {
        static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        match INSTALLED.get_or_init(install) {
            Ok(python) => Some(Self::start_with(python)),
            Err(why) => {
                let required = std::env::var_os("BOXOFFICE_REQUIRE_STRIPE").is_some_and(|value| value == "1");
                assert!(!required, "BOXOFFICE_REQUIRE_STRIPE=1, but {why}");
                println!("SKIPPED, nothing was tested: {why}");
                None
            }
        }
    }

    fn start_with(python: &Path) -> Self {
        let mut child = Command::new(python)
            .args(["-c", START])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut line).expect("localstripe says its port");
        let port: u16 = line.trim().parse().expect("localstripe listens");
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }

    /// Asks it, past our gateway.
    pub(crate) fn get(&self, path: &str) -> Value {
        let mut response = ureq::get(format!("{}{path}", self.url))
            .header("Authorization", "Bearer sk_test_1")
            .call()
            .unwrap();
        serde_json::from_slice(&response.body_mut().read_to_vec().unwrap()).unwrap()
    }

    /// Tells it something, past our gateway.
    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)]) {
        let url = format!("{}{path}", self.url);
        let answer =
            ureq::post(url).header("Authorization", "Bearer sk_test_1").send_form(form.iter().copied());
        assert_eq!(answer.unwrap().status(), 200, "{path}");
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Installs localstripe where later runs find it, and says which Python has it.
fn install() -> Result<PathBuf, String> {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(PACKAGE.replace("==", "-"));
    let python = |venv: &Path| venv.join("bin/python");
    let works = |venv: &Path| run(Command::new(python(venv)).args(["-c", "import localstripe"])).is_ok();
    if !works(&kept) {
        // What is there was made by a Python that is gone.
        let _ = std::fs::remove_dir_all(&kept);
        // Made elsewhere and moved, so that a half-made one is never used.
        let making = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(|error| error.to_string())?;
        let venv = making.path().join("venv");
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE];
        run(Command::new(python(&venv)).args(pip).args(WITH))?;
        let moved = std::fs::rename(&venv, &kept);
        moved.or_else(|error| if works(&kept) { Ok(()) } else { Err(error.to_string()) })?;
    }
    Ok(python(&kept))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string());
    let why = match output {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error,
    };
    Err(format!("localstripe cannot be installed: {command:?}: {why}"))
}
