//! Telling people what became of their bookings: the engine's port [`Notifier`] on the log or on a mail server.
//!
//! `facts` and `letter` say what a mail says, `message` makes it one that mail servers take, `smtp` and `session` hand it over.
//! Nothing here retries: a mail that was not sent is the engine's to bring again, under the same id.

mod facts;
mod letter;
mod log;
mod message;
mod session;
mod smtp;

use std::sync::Arc;

use boxoffice_engine::errands::notifier::Notifier;
use boxoffice_engine::time::Clock;

use crate::config::{Config, ConfigError};
pub use letter::Letter;
pub use log::LogNotifier;
pub use smtp::SmtpNotifier;

/// The notifier that is configured: a mail server where one is named, otherwise the log.
///
/// It connects to nothing yet: a mail server that is down must not keep a box office from opening.
///
/// # Errors
/// When the certificates to trust cannot be used.
pub fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Arc<dyn Notifier>, ConfigError> {
    Ok(match &config.mail_server {
        None => Arc::new(LogNotifier),
        Some(server) => Arc::new(SmtpNotifier::new(server, clock)?),
    })
}

#[cfg(test)]
mod tests;
