//! Settings as text become values, and whatever is wrong with them is collected.

use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use boxoffice_engine::accounts::{check_email, check_password, check_username};
use boxoffice_engine::faults::Faults;

use super::sources::{Found, Sources};
use super::{Admin, Secret, Setting, secret};

const SNAPSHOT_BYTES: RangeInclusive<u64> = 4096..=1024 * 1024 * 1024;
const SNAPSHOT_EVENTS: RangeInclusive<u64> = 100..=1_000_000_000;
const SNAPSHOT_SECONDS: RangeInclusive<u64> = 1..=86_400;
/// Each has 19 MiB in hand while it hashes.
const PASSWORD_THREADS: RangeInclusive<usize> = 1..=64;

/// Reads settings and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) sources: &'a Sources,
    pub(super) faults: &'a mut Vec<String>,
}

impl Reader<'_> {
    pub(super) fn value<T, E: Display>(
        &mut self,
        setting: Setting,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let Found { value, place, .. } = self.sources.get(setting)?;
        match read(value) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.faults.push(format!("{place} is {value:?} and {fault}"));
                None
            }
        }
    }

    /// A secret that is given itself or by the file that it is in, and where it came from.
    pub(super) fn secret(&mut self, itself: Setting, in_file: Setting) -> Option<(Secret, String)> {
        let read = self.sources.stronger(itself, in_file).and_then(|stronger| match stronger {
            None => Ok(None),
            Some((setting, found)) if setting == itself => {
                Ok(Some((Secret::new(&found.value), found.place.clone())))
            }
            Some((_, found)) => {
                let secret = Secret::from_file(Path::new(&found.value));
                secret
                    .map(|secret| Some((secret, found.place.clone())))
                    .map_err(|fault| format!("{}: {fault}", found.place))
            }
        });
        read.unwrap_or_else(|fault| {
            self.faults.push(fault);
            None
        })
    }

    pub(super) fn jwt_secret(&mut self) -> Option<Secret> {
        let (secret, place) = self.secret(Setting::JwtSecret, Setting::JwtSecretFile)?;
        if let Err(fault) = secret::check_length(&secret, &place) {
            self.faults.push(fault);
        }
        Some(secret)
    }

    /// The admin's name and address must be ones that anybody could register.
    fn check_admin(&mut self, setting: Setting, check: impl Fn(&str, &mut Faults)) {
        let Some(Found { value, place, .. }) = self.sources.get(setting) else { return };
        let mut faults = Faults::default();
        check(value, &mut faults);
        for fault in faults.iter() {
            self.faults.push(format!("{place} is {value:?} and {}", fault.detail));
        }
    }

    pub(super) fn admin(&mut self) -> Option<Admin> {
        let username = self.value(Setting::AdminUsername, str::parse::<String>);
        let email = self.value(Setting::AdminEmail, str::parse::<String>);
        let faults_before = self.faults.len();
        let password = self.secret(Setting::AdminPassword, Setting::AdminPasswordFile);
        if let Some((password, place)) = &password {
            let mut faults = Faults::default();
            check_password("/password", password.reveal(), &mut faults);
            for fault in faults.iter() {
                self.faults.push(format!("{place} {}", fault.detail));
            }
        }
        self.check_admin(Setting::AdminUsername, check_username);
        self.check_admin(Setting::AdminEmail, check_email);
        if let (Some(username), Some(email), Some((password, _))) = (&username, &email, &password) {
            return Some(Admin {
                username: username.clone(),
                email: email.clone(),
                password: password.clone(),
            });
        }
        let missing = [
            (Setting::AdminUsername, username.is_none()),
            (Setting::AdminEmail, email.is_none()),
            (Setting::AdminPassword, password.is_none()),
        ];
        let names: Vec<&str> =
            missing.iter().filter(|(_, missing)| *missing).map(|(setting, _)| setting.variable()).collect();
        // A password file that cannot be read has been complained about already.
        if names.len() < missing.len() && self.faults.len() == faults_before {
            let names = names.join(" and ");
            self.faults
                .push(format!("an admin needs username, e-mail address and password: missing {names}"));
        }
        None
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(
        |_| "must be an IP address with a port (hint: 127.0.0.1:3000, or 0.0.0.0:3000 for everybody)",
    )
}

/// The empty path leads nowhere, but with a name after it, into the working directory.
pub(super) fn directory(text: &str) -> Result<PathBuf, &'static str> {
    if text.is_empty() { Err("must be the path of a directory (hint: ./data)") } else { Ok(text.into()) }
}

pub(super) fn password_threads(text: &str) -> Result<usize, String> {
    number(text, "threads", &PASSWORD_THREADS)
}

/// Records take a few dozen bytes each, so less would be a snapshot for every few bookings.
pub(super) fn snapshot_bytes(text: &str) -> Result<u64, String> {
    number(text, "bytes", &SNAPSHOT_BYTES)
}

pub(super) fn snapshot_events(text: &str) -> Result<u64, String> {
    number(text, "events", &SNAPSHOT_EVENTS)
}

pub(super) fn snapshot_seconds(text: &str) -> Result<u64, String> {
    number(text, "seconds", &SNAPSHOT_SECONDS)
}

fn number<T: FromStr + PartialOrd + Display>(
    text: &str,
    unit: &str,
    range: &RangeInclusive<T>,
) -> Result<T, String> {
    let fault = || format!("must be a number of {unit} from {} to {}", range.start(), range.end());
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(fault)
}

pub(super) fn boolean(text: &str) -> Result<bool, &'static str> {
    text.parse().map_err(|_| "must be true or false")
}

pub(super) fn on_or_off(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off"),
    }
}
