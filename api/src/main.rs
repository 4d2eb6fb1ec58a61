//! The `boxoffice` command: joins the engine, its store and its HTTP API.

use std::ffi::OsStr;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use boxoffice_api::cli::{
    Cli, Command, ConfigCommand, EXIT_FAILURE, EXIT_UNABLE, EXIT_USAGE, LoadtestArgs, ServeArgs, StoreArgs,
    VerifyArgs,
};
use boxoffice_api::config::{Config, ConfigError, Setting, unknown_variables};
use boxoffice_api::loadtest::{self, LoadtestError};
use boxoffice_api::log::Log;
use boxoffice_api::process::{self, MeansError};
use boxoffice_api::serve::{self, ServeError};
use boxoffice_persistence::{OpenError, Schedule, SledJournal, SnapshotError, Snapshotted, verify};
use clap::Parser;
use tikv_jemallocator::Jemalloc;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What is logged unless `RUST_LOG` says otherwise; an optimized build has nothing below `debug`. Of the store only the one line of a refusal is to be seen.
const LOG_DEFAULT: &str = "info,sled=off";

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let log = match Log::to_stderr() {
        Ok(log) => log,
        Err(error) => {
            // There is nobody left to tell when stderr is closed.
            let _ = writeln!(std::io::stderr(), "boxoffice: cannot make a thread for the log: {error}");
            return EXIT_FAILURE.into();
        }
    };
    let done = match command {
        Command::Config { command: ConfigCommand::Check(arguments) } => config_check(&arguments, &log),
        Command::Serve(arguments) => serve(&arguments, &log),
        Command::Verify(arguments) => verify_store(&arguments, &log),
        Command::Snapshot(arguments) => snapshot(&arguments, &log),
        Command::Loadtest(arguments) => load_test(&arguments, &log),
    };
    match done {
        Ok(()) => {
            log.flush();
            ExitCode::SUCCESS
        }
        Err(failure) => {
            log.say_at_the_end(&format!("boxoffice: {failure}"));
            failure.into()
        }
    }
}

fn config_check(arguments: &ServeArgs, log: &Log) -> Result<(), Failure> {
    let config = load(arguments.settings(), arguments.config.as_deref(), log)?;
    process::limits()?;
    serve::check(&config)?;
    print(&config.to_string())
}

fn serve(arguments: &ServeArgs, log: &Arc<Log>) -> Result<(), Failure> {
    let config = load(arguments.settings(), arguments.config.as_deref(), log)?;
    log_to(log);
    let limits = process::limits()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("cannot start the runtime: {error}")))?;
    let dying = Arc::clone(log);
    let fatal = Arc::new(move |why: &str| die(why, &dying));
    let hook = Arc::clone(&fatal);
    let journal = SledJournal::open(&config.data_dir, schedule(&config), move |why| hook(why))?;
    let journal = Arc::new(journal);
    let kept = Arc::clone(&journal);
    runtime.block_on(serve::serve(&config, journal, fatal, arguments.accept_clock, limits, log))?;
    match kept.snapshot() {
        Ok(_) => {}
        Err(error @ SnapshotError::Moved(_)) => return Err(error.into()),
        // What is acknowledged is on the disk already: without the snapshot the next start only takes longer.
        Err(error) => tracing::warn!(%error, "no snapshot was made at the end"),
    }
    log.say("stopped: everything that was acknowledged is on the disk");
    Ok(())
}

fn schedule(config: &Config) -> Schedule {
    let age = Duration::from_secs(config.snapshot_seconds);
    Schedule { records_max: config.snapshot_events, ..Schedule::up_to(config.snapshot_bytes, age) }
}

fn log_to(log: &Arc<Log>) {
    let given = std::env::var_os(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let text = if given.is_empty() { OsStr::new(LOG_DEFAULT) } else { &given };
    let filter = EnvFilter::try_new(text.to_string_lossy()).unwrap_or_else(|error| {
        log.say(&format!("boxoffice: warning: RUST_LOG is passed over, {LOG_DEFAULT} holds: {error}"));
        EnvFilter::new(LOG_DEFAULT)
    });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Arc::clone(log))
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}

fn snapshot(arguments: &StoreArgs, log: &Arc<Log>) -> Result<(), Failure> {
    let config = load(arguments.settings(), arguments.config.as_deref(), log)?;
    log_to(log);
    let log = Arc::clone(log);
    let journal = SledJournal::open_existing(&config.data_dir, schedule(&config), move |why| die(why, &log))?;
    let Snapshotted { records, renewed, streams } = journal.snapshot()?;
    print(&format!("snapshot: {streams} states, {renewed} of them renewed by {records} records\n"))
}

/// Ends the process at once, with nothing more acknowledged: the office cannot go on.
fn die(why: &str, log: &Log) {
    log.say_at_the_end(&format!(
        "boxoffice: the box office cannot go on, and nothing more is acknowledged: {why}; hint: if it was the disk, mend it; then start again"
    ));
    std::process::exit(i32::from(EXIT_FAILURE));
}

fn verify_store(arguments: &VerifyArgs, log: &Log) -> Result<(), Failure> {
    let VerifyArgs { store, work_dir } = arguments;
    let config = load(store.settings(), store.config.as_deref(), log)?;
    let report = verify(&config.data_dir, work_dir.as_deref())?;
    print(&format!("{report}\n"))?;
    if report.is_sound() {
        Ok(())
    } else {
        Err(Failure::Other(format!("the store in {} is damaged", config.data_dir.display())))
    }
}

fn load_test(arguments: &LoadtestArgs, log: &Log) -> Result<(), Failure> {
    let plan = naming_unknown_variables(arguments.plan(|name| std::env::var_os(name)), log)?;
    let outcome = loadtest::run(plan)?;
    // Whatever becomes of one of them, the other forms of the report are not to be lost.
    let (printed, held) = (print(&outcome.text()), outcome.held());
    let written = outcome.write_files();
    if held == Ok(false) {
        let unwritten = written.err().map_or(String::new(), |error| format!("; {error}"));
        return Err(Failure::Other(format!(
            "the box office broke a promise; the report names each case{unwritten}"
        )));
    }
    written?;
    held?;
    printed
}

fn load(settings: Vec<(Setting, String)>, file: Option<&Path>, log: &Log) -> Result<Config, ConfigError> {
    naming_unknown_variables(Config::load(settings, |name| std::env::var_os(name), file), log)
}

/// Warns of variables that are passed over. A refusal stays one line, and names them as well: one of them may be its reason.
fn naming_unknown_variables<T>(loaded: Result<T, ConfigError>, log: &Log) -> Result<T, ConfigError> {
    let unknown = unknown_variables(std::env::vars_os().map(|(name, _)| name));
    match loaded {
        Ok(loaded) => {
            for what in unknown {
                log.say(&format!("boxoffice: warning: {what}"));
            }
            Ok(loaded)
        }
        Err(error) => Err(error.and(unknown)),
    }
}

fn print(text: &str) -> Result<(), Failure> {
    write!(std::io::stdout(), "{text}").map_err(|error| Failure::Other(error.to_string()))
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error("no snapshot was made: {0}; hint: boxoffice verify")]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Means(#[from] MeansError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Loadtest(#[from] LoadtestError),
    #[error("{0}")]
    Other(String),
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        Self::from(match failure {
            Failure::Config(_) | Failure::Serve(ServeError::Config(_)) => EXIT_USAGE,
            Failure::Loadtest(_) => EXIT_UNABLE,
            Failure::Store(_)
            | Failure::Snapshot(_)
            | Failure::Serve(_)
            | Failure::Means(_)
            | Failure::Other(_) => EXIT_FAILURE,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_configured_by_default_is_the_schedule_of_the_store() {
        let config = Config::load(Vec::new(), |_| None, None).unwrap();
        assert_eq!(schedule(&config), Schedule::default());
    }
}
