//! The command line of `boxoffice`.

mod loadtest;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Setting;
pub use loadtest::LoadtestArgs;

/// The exit status of a command that failed.
pub const EXIT_FAILURE: u8 = 1;
/// The exit status after a wrong command line (clap's own, too) or configuration.
pub const EXIT_USAGE: u8 = 2;
/// The exit status of a load test that could not run: 1 is for promises that did not hold.
pub const EXIT_UNABLE: u8 = 3;

const AFTER_HELP: &str = "\
Examples:
  boxoffice serve --demo                     try it out: sample concerts in ./data
  boxoffice serve --listen 0.0.0.0:80 --data-dir /var/lib/boxoffice
  boxoffice config check                     what would `serve` do?
  boxoffice verify --data-dir /backup/data   is this store whole?
  boxoffice snapshot                         make the next start of ./data quick
  boxoffice loadtest http://127.0.0.1:3000   ten seconds of a rush: does it hold?

Settings: a flag beats the environment, which beats boxoffice.toml (the same names in lower case,
without BOXOFFICE_), which beats the default.
  BOXOFFICE_LISTEN           address and port                       127.0.0.1:3000
  BOXOFFICE_DATA_DIR         where everything is kept               ./data
  BOXOFFICE_JWT_SECRET       secret of access tokens, at least 32 bytes; or ..._FILE
                             (default: made once, kept in the data directory)
  BOXOFFICE_ADMIN_USERNAME   the admin who is made when there is none, with
  BOXOFFICE_ADMIN_EMAIL      an e-mail address and
  BOXOFFICE_ADMIN_PASSWORD   a password of 8 to 128 characters; or ..._FILE
  BOXOFFICE_DEMO             true: fill an empty store with sample concerts
  BOXOFFICE_GATEWAY          who takes payments: none, simulated       none
                             (no money; the demo's) or stripe, with
  BOXOFFICE_STRIPE_SECRET_KEY       the account's sk_... or rk_...; or ..._FILE
  BOXOFFICE_STRIPE_WEBHOOK_SECRET   whsec_... of its endpoint .../webhook/stripe; or ..._FILE
  BOXOFFICE_STRIPE_URL       a stand-in for Stripe, for tests
  BOXOFFICE_RATE_LIMIT       off: no limit on logins, for load tests
  BOXOFFICE_PASSWORD_THREADS passwords that are hashed at the same time   1
                             (they rank below everything else)
  BOXOFFICE_SNAPSHOT_BYTES   a snapshot is made after so many bytes     67108864
                             of records, sooner where little lives,
  BOXOFFICE_SNAPSHOT_EVENTS  after so many events, and                  2000000
  BOXOFFICE_SNAPSHOT_SECONDS so long after the last one, if anything    900
                             has happened
  BOXOFFICE_SMTP_URL         mail server: smtps://user@host:465, or smtp://user@host:587 (STARTTLS,
                             required); on this machine also smtp://127.0.0.1:25?tls=none
                             (default: none, mail is told to the log)
  BOXOFFICE_SMTP_PASSWORD    its user's password; or ..._FILE
  BOXOFFICE_SMTP_CA_FILE     certificates (PEM) to trust besides the system's
  BOXOFFICE_MAIL_FROM        whom mail is from: Box Office <tickets@example.com>

Exit status: 0 done; 1 failed, with one line on stderr that says why; 2 wrong command line or
configuration; 3 a load test could not run (its 1: a promise was broken).";

/// A box office: sells concert tickets, never one too many, and forgets none.
#[derive(Debug, Parser)]
#[command(name = "boxoffice", version, arg_required_else_help = true, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the command line asks for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Opens the box office and serves until SIGTERM or SIGINT
    Serve(ServeArgs),
    /// Looks at the configuration
    Config {
        /// What about it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Reads a whole store and says whether it is sound, or where it is damaged; changes nothing
    Verify(VerifyArgs),
    /// Makes a snapshot of a store that nobody serves from, and trims its journal; `serve` does so by itself
    Snapshot(StoreArgs),
    /// Lets a crowd loose on a box office that is running, and checks that it kept its promises
    ///
    /// Exit status: 0 every promise held; 1 one was broken, each case is named; 2 wrong command line or configuration; 3 it could not
    /// run, or not check.
    Loadtest(LoadtestArgs),
}

/// What to do about the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Prints the effective configuration, without secrets, or says what is wrong with it
    Check(ServeArgs),
}

/// Flags of `serve`; `config check` takes the same ones.
#[derive(Debug, Default, Args)]
pub struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Directory where everything is kept
    #[arg(long, value_name = "DIRECTORY")]
    pub data_dir: Option<String>,
    /// Fill an empty store with sample concerts, and say who may log in
    #[arg(long)]
    pub demo: bool,
    /// Who takes payments
    #[arg(long, value_name = "none|simulated|stripe")]
    pub gateway: Option<String>,
    /// Limit on the pace of logins
    #[arg(long, value_name = "on|off")]
    pub rate_limit: Option<String>,
    /// Mail server [default: none, mail is told to the log]
    #[arg(long, value_name = "URL")]
    pub smtp_url: Option<String>,
    /// Whom mail is from
    #[arg(long, value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// Start even though the latest event lies ahead of the clock
    #[arg(long)]
    pub accept_clock: bool,
    /// Settings file [default: boxoffice.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Flags of `verify` and `snapshot`.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// Directory of the store [default: as for serve]
    #[arg(long, value_name = "DIRECTORY")]
    pub data_dir: Option<String>,
    /// Settings file [default: boxoffice.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Flags of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Which store.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Directory for the copy of the journal that is looked at, and removed then; needed where the store cannot be written
    /// [default: that of the store]
    #[arg(long, value_name = "DIRECTORY")]
    pub work_dir: Option<PathBuf>,
}

impl ServeArgs {
    /// The settings that are given by flags.
    pub fn settings(&self) -> Vec<(Setting, String)> {
        let given = [
            (Setting::Listen, self.listen.clone()),
            (Setting::DataDir, self.data_dir.clone()),
            (Setting::Demo, self.demo.then(|| "true".to_owned())),
            (Setting::Gateway, self.gateway.clone()),
            (Setting::RateLimit, self.rate_limit.clone()),
            (Setting::SmtpUrl, self.smtp_url.clone()),
            (Setting::MailFrom, self.mail_from.clone()),
        ];
        given.into_iter().filter_map(|(setting, value)| Some((setting, value?))).collect()
    }
}

impl StoreArgs {
    /// The settings that are given by flags.
    pub fn settings(&self) -> Vec<(Setting, String)> {
        self.data_dir.iter().map(|data_dir| (Setting::DataDir, data_dir.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_names_every_setting() {
        let help = Cli::command().render_long_help().to_string();
        for setting in Setting::ALL {
            let variable = setting.variable().trim_end_matches("_FILE");
            assert!(help.contains(variable), "{variable}");
        }
    }

    #[test]
    fn flags_become_settings() {
        let cli = Cli::try_parse_from(["boxoffice", "serve", "--demo", "--listen", "1.2.3.4:5"]).unwrap();
        let Command::Serve(arguments) = cli.command else { panic!("not serve") };
        let expected = [(Setting::Listen, "1.2.3.4:5".to_owned()), (Setting::Demo, "true".to_owned())];
        assert_eq!(arguments.settings(), expected);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in [&["boxoffice"][..], &["boxoffice", "sell"], &["boxoffice", "serve", "--port", "1"]] {
            assert!(Cli::try_parse_from(line).is_err(), "{line:?}");
        }
    }
}
