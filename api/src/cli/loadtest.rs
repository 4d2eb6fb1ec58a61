//! Flags of `loadtest`.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;

use crate::config::{Config, ConfigError, Secret, Setting};
use crate::loadtest::{Login, Plan, Target, limits};

/// The organizer's password, where a login is asked for.
const PASSWORD_VARIABLE: &str = "BOXOFFICE_LOADTEST_PASSWORD";

/// Flags of `loadtest`.
#[derive(Clone, Debug, Args)]
pub struct LoadtestArgs {
    /// The box office: http://HOST:PORT. It gets concerts and bookings that stay, so let it be one that sells nothing real
    #[arg(value_name = "URL", value_parser = Target::parse)]
    pub target: Target,
    /// People who want tickets, 16 to 1,000,000
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(within(limits::BUYERS_MIN..=limits::BUYERS_MAX)))]
    pub buyers: u32,
    /// Concerts that are made for it, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(within(1..=limits::CONCERTS_MAX)))]
    pub concerts: u32,
    /// Seats of each concert, 1 to 1,000,000; with --numbered 1 to 100,000
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(within(1..=limits::SEATS_MAX)))]
    pub seats: u32,
    /// Seats have numbers; half of the orders choose theirs, the others get the best available
    #[arg(long)]
    pub numbered: bool,
    /// Connections, 1 to 4,096, each with one request at a time [default: 64], or with --http2 with 16 [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(within(1..=limits::CONNECTIONS_MAX)))]
    pub connections: Option<u32>,
    /// Speak HTTP/2 (without TLS)
    #[arg(long)]
    pub http2: bool,
    /// Arrivals per second, 0.1 to 1,000,000, at random moments whether or not earlier ones have been answered (open loop); without it, everybody
    /// waits for an answer before the next request (closed loop)
    #[arg(long, value_name = "R", value_parser = rate)]
    pub rate: Option<f64>,
    /// How long it lasts, in seconds, 1 to 3,600; without a secret to mint tokens with 1 to 600
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=limits::DURATION_SECONDS_MAX))]
    pub duration: u64,
    /// How long it takes at the opening until all have come, in seconds, 0 to the duration
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=limits::DURATION_SECONDS_MAX))]
    pub ramp: u64,
    /// Bookings that are cancelled again, of a hundred, 0 to 100
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub cancels: u8,
    /// Requests that are sent again with the same Idempotency-Key, of a hundred, 0 to 100
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub retries: u8,
    /// What is drawn at random is drawn the same way again [default: another one each time]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// An organizer or admin who makes the concerts; the password is in the environment, `BOXOFFICE_LOADTEST_PASSWORD`, or in a file
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// The file with that password
    #[arg(long, value_name = "FILE", requires = "username")]
    pub password_file: Option<PathBuf>,
    /// The box office's secret, to mint tokens with [default: `BOXOFFICE_JWT_SECRET`, or the one in the data directory]
    #[arg(long, value_name = "FILE")]
    pub jwt_secret_file: Option<String>,
    /// The box office's data directory, if it is on this machine [default: as for serve]
    #[arg(long, value_name = "DIRECTORY")]
    pub data_dir: Option<String>,
    /// The settings file that the box office is served with, if it is on this machine [default: boxoffice.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write the report as one page with curves
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

impl LoadtestArgs {
    /// What is to be done. `variable` reads the environment.
    ///
    /// # Errors
    /// Everything that is wrong with it, on one line.
    pub fn plan(&self, variable: impl Fn(&str) -> Option<OsString>) -> Result<Plan, ConfigError> {
        if self.numbered && self.seats > limits::SEATS_NUMBERED_MAX {
            let (seats, max) = (self.seats, limits::SEATS_NUMBERED_MAX);
            return Err(ConfigError::of(format!(
                "--seats is {seats} and with --numbered must be at most {max}"
            )));
        }
        if self.ramp > self.duration {
            let (ramp, duration) = (self.ramp, self.duration);
            return Err(ConfigError::of(format!(
                "--ramp is {ramp} and must be at most the duration, {duration}"
            )));
        }
        let login = self.login(&variable)?;
        let secret = self.secret(variable)?;
        if secret.is_none() && self.duration > limits::DURATION_REGISTERED_SECONDS_MAX {
            let (duration, max) = (self.duration, limits::DURATION_REGISTERED_SECONDS_MAX);
            return Err(ConfigError::of(format!(
                "--duration is {duration} and without a secret to mint tokens with must be at most {max} (hint: --jwt-secret-file)"
            )));
        }
        Ok(Plan {
            target: self.target.clone(),
            buyers: self.buyers,
            concerts: self.concerts,
            seats: self.seats,
            is_numbered: self.numbered,
            connections: self.connections.unwrap_or(if self.http2 { 4 } else { 64 }),
            is_http2: self.http2,
            rate: self.rate,
            duration_seconds: self.duration,
            ramp_seconds: self.ramp,
            cancels_percent: self.cancels,
            retries_percent: self.retries,
            seed: self.seed.unwrap_or_else(|| fastrand::u64(..)),
            login,
            secret,
            html: self.html.clone(),
            json: self.json.clone(),
        })
    }

    fn login(&self, variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Login>, ConfigError> {
        let Some(username) = self.username.clone() else { return Ok(None) };
        if let Some(file) = &self.password_file {
            let password = Secret::from_file(file).map_err(ConfigError::of)?;
            return Ok(Some(Login { username, password }));
        }
        let given = variable(PASSWORD_VARIABLE).ok_or_else(|| {
            ConfigError::of(format!("--username needs a password in {PASSWORD_VARIABLE}, or --password-file"))
        })?;
        let text = given.into_string();
        let password =
            text.map_err(|_| ConfigError::of(format!("{PASSWORD_VARIABLE} is not valid UTF-8")))?;
        let password = Secret::new(password);
        Ok(Some(Login { username, password }))
    }

    /// The secret that was given, or the one in the data directory of a box office on this machine.
    fn secret(&self, variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Secret>, ConfigError> {
        let given = [(Setting::JwtSecretFile, &self.jwt_secret_file), (Setting::DataDir, &self.data_dir)];
        let given = given.into_iter().filter_map(|(setting, value)| Some((setting, value.clone()?)));
        let config = Config::load(given, variable, self.config.as_deref())?;
        // Whoever names a directory or a file means one that can be reached from here.
        let is_named = self.data_dir.is_some() || self.config.is_some();
        if self.target.is_on_this_machine() || is_named {
            return config.jwt_secret_if_any();
        }
        Ok(config.jwt_secret_given)
    }
}

fn within(range: RangeInclusive<u32>) -> RangeInclusive<i64> {
    i64::from(*range.start())..=i64::from(*range.end())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.1..=limits::RATE_MAX).contains(rate));
    rate.ok_or_else(|| format!("must be a number of arrivals from 0.1 to {}", limits::RATE_MAX))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::config::JWT_SECRET_FILE_NAME;

    #[track_caller]
    fn parsed(flags: &[&str]) -> LoadtestArgs {
        let line = [&["boxoffice", "loadtest", "http://127.0.0.1:3000"], flags].concat();
        match Cli::try_parse_from(line).unwrap().command {
            Command::Loadtest(arguments) => arguments,
            other => panic!("not loadtest: {other:?}"),
        }
    }

    #[test]
    fn help_names_the_ranges_that_are_enforced() {
        let mut cli = Cli::command();
        let loadtest = cli.find_subcommand_mut("loadtest").unwrap();
        for (flag, range) in [
            ("buyers", format!("{} to {}", limits::BUYERS_MIN, limits::BUYERS_MAX)),
            ("concerts", format!("1 to {}", limits::CONCERTS_MAX)),
            ("seats", format!("1 to {}", limits::SEATS_MAX)),
            ("seats", format!("--numbered 1 to {}", limits::SEATS_NUMBERED_MAX)),
            ("connections", format!("1 to {}", limits::CONNECTIONS_MAX)),
            ("rate", format!("0.1 to {}", limits::RATE_MAX)),
            ("duration", format!("1 to {}", limits::DURATION_SECONDS_MAX)),
            ("duration", format!("1 to {}", limits::DURATION_REGISTERED_SECONDS_MAX)),
            ("ramp", "0 to the duration".to_owned()),
            ("cancels", "0 to 100".to_owned()),
            ("retries", "0 to 100".to_owned()),
        ] {
            let argument = loadtest.get_arguments().find(|argument| argument.get_id() == flag).unwrap();
            let help = argument.get_help().unwrap().to_string().replace(',', "");
            assert!(help.contains(&range), "--{flag}: {range} is not in: {help}");
        }
    }

    #[test]
    fn what_is_beyond_another_flag_is_refused_with_what_it_must_be() {
        for (flags, words) in [
            (&["--ramp", "20", "--duration", "2"][..], "--ramp is 20 and must be at most the duration, 2"),
            (
                &["--seats", "100001", "--numbered"],
                "--seats is 100001 and with --numbered must be at most 100000",
            ),
        ] {
            let refusal = parsed(flags).plan(|_| None).unwrap_err().to_string();
            assert_eq!(refusal, format!("bad configuration: {words}"));
        }
        let elsewhere = LoadtestArgs {
            target: Target::parse("http://tickets.example").unwrap(),
            ..parsed(&["--duration", "601"])
        };
        let refusal = elsewhere.plan(|_| None).unwrap_err().to_string();
        assert!(
            refusal
                .contains("--duration is 601 and without a secret to mint tokens with must be at most 600"),
            "{refusal}"
        );
    }

    #[test]
    fn the_secret_is_found_by_the_settings_file_that_the_box_office_is_served_with() {
        let home = tempfile::tempdir().unwrap();
        let secret = "a secret of more than thirty-two bytes";
        std::fs::write(home.path().join(JWT_SECRET_FILE_NAME), secret).unwrap();
        let file = home.path().join("shop.toml");
        std::fs::write(&file, format!("data_dir = {:?}\n", home.path())).unwrap();
        let plan = parsed(&["--config", file.to_str().unwrap()]).plan(|_| None).unwrap();
        assert_eq!(plan.secret.unwrap().reveal(), secret);
    }
}
