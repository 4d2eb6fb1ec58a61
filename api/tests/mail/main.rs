//! Mail, tried against a real mail server: aiosmtpd on a loopback port, which is killed as well.
//!
//! Its Python packages are fetched once, into the build directory. `BOXOFFICE_REQUIRE_SMTP=1` lets nothing be skipped.

// Tests may panic and print, and so may what they share: this tells clippy that all of it is tests.
#![cfg(test)]

mod certificates;
mod received;
mod sample;
mod server;
mod venv;

mod delivery;
mod encryption;
mod failures;

use std::sync::Arc;

use boxoffice_api::config::Config;
use boxoffice_api::mail;
use boxoffice_engine::errands::notifier::{Notifier, NotifierError};
use boxoffice_engine::time::ManualClock;

use sample::NOW;

/// The notifier that these variables configure, and the clock that it looks at.
fn notifier(variables: &[(&str, &str)]) -> (Arc<dyn Notifier>, Arc<ManualClock>) {
    let from = ("BOXOFFICE_MAIL_FROM", "Box Office <tickets@boxoffice.example>");
    let variables = [variables, &[from]].concat();
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
    let config = Config::load([], variable, None).expect("a good configuration");
    let clock = Arc::new(ManualClock::new(NOW));
    (mail::open(&config, Arc::clone(&clock) as _).expect("a notifier"), clock)
}

/// The words of a failure that may pass.
#[track_caller]
fn temporary(sent: Result<(), NotifierError>) -> String {
    match sent {
        Err(NotifierError::Temporary(words)) => words,
        other => panic!("{other:?} is no temporary failure"),
    }
}

/// The words of a refusal.
#[track_caller]
fn refused(sent: Result<(), NotifierError>) -> String {
    match sent {
        Err(NotifierError::Refused(words)) => words,
        other => panic!("{other:?} is no refusal"),
    }
}
