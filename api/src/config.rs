//! What the box office is told at its start, checked as a whole before anything is opened.

mod gateway;
mod mail;
mod reader;
mod secret;
mod sources;
mod unknown;

use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

pub use gateway::{Gateway, StripeSettings, WEBHOOK_SECRET_BYTES_MIN};
pub use mail::{Authority, Encryption, MailLogin, MailServer};
use reader::{
    Reader, address, boolean, directory, on_or_off, password_threads, snapshot_bytes, snapshot_events,
    snapshot_seconds,
};
pub use secret::{JWT_SECRET_FILE_NAME, Secret};
pub use sources::Setting;
use sources::Sources;
pub use unknown::unknown_variables;

/// Read when no other file is named, and only if it is there.
pub const CONFIG_FILE_NAME: &str = "boxoffice.toml";

/// What a snapshot spares the next start is read again at a start without it: a fraction of a second.
const SNAPSHOT_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;
/// The same where they take few bytes each.
const SNAPSHOT_EVENTS_DEFAULT: u64 = 2_000_000;
const SNAPSHOT_SECONDS_DEFAULT: u64 = 900;

/// The effective configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The secret of access tokens, if one was given; [`Config::jwt_secret`] knows what to do if not.
    pub jwt_secret_given: Option<Secret>,
    /// The admin to make when there is none.
    pub admin: Option<Admin>,
    /// Whether an empty store is filled with sample concerts.
    pub demo: bool,
    /// How payments are taken.
    pub gateway: Gateway,
    /// Whether the pace of logins is limited.
    pub rate_limit: bool,
    /// Passwords that are hashed at the same time.
    pub password_threads: usize,
    /// After how many bytes of records a snapshot is made at the latest.
    pub snapshot_bytes: u64,
    /// After how many events a snapshot is made at the latest.
    pub snapshot_events: u64,
    /// How long after the last snapshot the next one is made, in seconds, if anything has happened.
    pub snapshot_seconds: u64,
    /// Where mail goes; if nowhere, it is told to the log.
    pub mail_server: Option<MailServer>,
}

/// The first administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Their username.
    pub username: String,
    /// Their e-mail address.
    pub email: String,
    /// Their password.
    pub password: Secret,
}

/// What is wrong with the configuration: every bad value, on one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad configuration: {}", .0.join("; "))]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    /// One thing that is wrong, found where the configuration was put to use.
    pub(crate) fn of(fault: String) -> Self {
        Self(vec![fault])
    }

    /// This with more that may be the reason for it.
    #[must_use]
    pub fn and(mut self, more: Vec<String>) -> Self {
        self.0.extend(more);
        self
    }
}

impl Config {
    /// Puts the configuration together. `variable` reads the environment; `file` is the one that was asked for, which must
    /// exist then.
    ///
    /// # Errors
    /// Every bad value at once.
    pub fn load(
        flags: impl IntoIterator<Item = (Setting, String)>,
        variable: impl Fn(&str) -> Option<OsString>,
        file: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let mut faults = Vec::new();
        let mut sources = Sources::default();
        let path = file.unwrap_or(Path::new(CONFIG_FILE_NAME));
        match std::fs::read_to_string(path) {
            Ok(text) => sources.add_file(path, &text, &mut faults),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.is_none() => {}
            Err(error) => faults.push(format!("{} cannot be read: {error}", path.display())),
        }
        sources.add_environment(variable, &mut faults);
        sources.add_flags(flags);
        let config = Self::from_sources(&sources, &mut faults);
        if faults.is_empty() { Ok(config) } else { Err(ConfigError(faults)) }
    }

    /// The secret of access tokens: the one given, or the one kept in the data directory, which is made at first.
    ///
    /// # Errors
    /// When it cannot be read or made.
    pub fn jwt_secret(&self) -> Result<Secret, ConfigError> {
        match &self.jwt_secret_given {
            Some(secret) => Ok(secret.clone()),
            None => secret::kept(&self.data_dir).map_err(ConfigError::of),
        }
    }

    /// The secret of access tokens, if there is one already: given, or kept in the data directory.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn jwt_secret_if_any(&self) -> Result<Option<Secret>, ConfigError> {
        match &self.jwt_secret_given {
            Some(secret) => Ok(Some(secret.clone())),
            None => secret::kept_if_any(&self.data_dir).map_err(ConfigError::of),
        }
    }

    fn from_sources(sources: &Sources, faults: &mut Vec<String>) -> Self {
        let mut read = Reader { sources, faults };
        let default = Self::default();
        let demo = read.value(Setting::Demo, boolean).unwrap_or(default.demo);
        Self {
            listen: read.value(Setting::Listen, address).unwrap_or(default.listen),
            data_dir: read.value(Setting::DataDir, directory).unwrap_or(default.data_dir),
            jwt_secret_given: read.jwt_secret(),
            admin: read.admin(),
            demo,
            gateway: read.gateway(demo),
            rate_limit: read.value(Setting::RateLimit, on_or_off).unwrap_or(default.rate_limit),
            password_threads: read
                .value(Setting::PasswordThreads, password_threads)
                .unwrap_or(default.password_threads),
            snapshot_bytes: read
                .value(Setting::SnapshotBytes, snapshot_bytes)
                .unwrap_or(default.snapshot_bytes),
            snapshot_events: read
                .value(Setting::SnapshotEvents, snapshot_events)
                .unwrap_or(default.snapshot_events),
            snapshot_seconds: read
                .value(Setting::SnapshotSeconds, snapshot_seconds)
                .unwrap_or(default.snapshot_seconds),
            mail_server: read.mail_server(),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            data_dir: PathBuf::from("./data"),
            jwt_secret_given: None,
            admin: None,
            demo: false,
            gateway: Gateway::None,
            rate_limit: true,
            password_threads: 1,
            snapshot_bytes: SNAPSHOT_BYTES_DEFAULT,
            snapshot_events: SNAPSHOT_EVENTS_DEFAULT,
            snapshot_seconds: SNAPSHOT_SECONDS_DEFAULT,
            mail_server: None,
        }
    }
}

/// Whether a host, as it stands in a URL without brackets, is this machine: what goes there may go in the open.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The effective configuration as a `boxoffice.toml`, without its secrets.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = toml::Table::new();
        let mut set = |setting: Setting, value: toml::Value| table.insert(setting.name().to_owned(), value);
        set(Setting::Listen, self.listen.to_string().into());
        set(Setting::DataDir, self.data_dir.display().to_string().into());
        set(Setting::Demo, self.demo.into());
        set(Setting::Gateway, self.gateway.name().into());
        set(Setting::RateLimit, if self.rate_limit { "on" } else { "off" }.into());
        set(Setting::PasswordThreads, shown(self.password_threads as u64));
        set(Setting::SnapshotBytes, shown(self.snapshot_bytes));
        set(Setting::SnapshotEvents, shown(self.snapshot_events));
        set(Setting::SnapshotSeconds, shown(self.snapshot_seconds));
        if let Some(admin) = &self.admin {
            set(Setting::AdminUsername, admin.username.clone().into());
            set(Setting::AdminEmail, admin.email.clone().into());
        }
        if let Some(server) = &self.mail_server {
            set(Setting::SmtpUrl, server.url().into());
            set(Setting::MailFrom, server.from.to_string().into());
            if let Some(authority) = &server.authority {
                set(Setting::SmtpCaFile, authority.path.display().to_string().into());
            }
        }
        if let Gateway::Stripe(StripeSettings { url: Some(url), .. }) = &self.gateway {
            set(Setting::StripeUrl, url.clone().into());
        }
        write!(f, "{table}")?;
        match &self.mail_server {
            None => writeln!(f, "# mail is told to the log: there is no {}", Setting::SmtpUrl.name())?,
            Some(MailServer { login: Some(_), .. }) => {
                writeln!(f, "# {} is given, not shown", Setting::SmtpPassword.name())?;
            }
            Some(_) => {}
        }
        if self.admin.is_some() {
            writeln!(f, "# {} is given, not shown", Setting::AdminPassword.name())?;
        }
        if let Gateway::Stripe(stripe) = &self.gateway {
            writeln!(f, "# {} is given, not shown", Setting::StripeSecretKey.name())?;
            let given =
                if stripe.webhook_secret.is_some() { "given, not shown" } else { "missing: no webhooks" };
            writeln!(f, "# {} is {given}", Setting::StripeWebhookSecret.name())?;
        }
        if self.jwt_secret_given.is_some() {
            return writeln!(f, "# {} is given, not shown", Setting::JwtSecret.name());
        }
        let path = self.data_dir.join(JWT_SECRET_FILE_NAME);
        writeln!(f, "# {} is kept in {}, made at first", Setting::JwtSecret.name(), path.display())
    }
}

fn shown(number: u64) -> toml::Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

#[cfg(test)]
mod tests;
