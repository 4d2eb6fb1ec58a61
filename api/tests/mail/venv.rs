//! The mail server's Python packages, fetched once into the build directory and kept there.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// The Python that has the mail server; none where there cannot be one and the test may be skipped.
#[track_caller]
pub(crate) fn python(test: &str) -> Option<PathBuf> {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match MADE.get_or_init(made) {
        Ok(python) => Some(python.clone()),
        Err(reason) => {
            let is_required = std::env::var("BOXOFFICE_REQUIRE_SMTP").is_ok_and(|value| value == "1");
            assert!(!is_required, "{test} must not be skipped here: {reason}");
            // Past the capture of the test runner: a test that did not run must not look as if it had.
            let _ = writeln!(std::io::stderr(), "skipped: {test}, there is no mail server: {reason}");
            None
        }
    }
}

fn made() -> Result<PathBuf, String> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail-server");
    let (python, complete) = (place.join("bin/python"), place.join("complete"));
    std::fs::create_dir_all(&place).map_err(|error| error.to_string())?;
    // Other runs of the tests may be at it, too.
    let lock = File::create(place.with_extension("lock")).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    if std::fs::read_to_string(&complete).is_ok_and(|known| known == REQUIREMENTS) && runs(&python) {
        return Ok(python);
    }
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/requirements.txt");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
    run(Command::new(&python).args(pip).arg(requirements))?;
    run(Command::new(&python).args(["-c", "import aiosmtpd.smtp"]))?;
    std::fs::write(complete, REQUIREMENTS).map_err(|error| error.to_string())?;
    Ok(python)
}

/// Whether it is there, and not left over from a Python that is gone.
fn runs(python: &Path) -> bool {
    run(Command::new(python).args(["-c", "import aiosmtpd.smtp"])).is_ok()
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    Err(format!("{command:?}: {}", said.trim()))
}
