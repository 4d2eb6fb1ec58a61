//! The port through which people are told what became of their bookings.

use std::sync::Arc;

use compact_str::CompactString;

use super::Call;
use crate::concert::BookingView;
pub use crate::concert::MailKind;

/// Sends mail.
///
/// The same mail comes again whenever it was not recorded as sent: after a timeout, after a crash. Its `id` is then the same, so
/// that a repeat is recognizable.
pub trait Notifier: Send + Sync + 'static {
    /// Sends one mail.
    fn send(&self, mail: Arc<Mail>) -> Call<Result<(), NotifierError>>;
}

/// A mail as the office wants it sent; what it says is the notifier's to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The same for every try of this mail, and for no other: letters, digits and `-`.
    pub id: CompactString,
    /// To which address.
    pub address: String,
    /// What its reader is called.
    pub username: String,
    /// What it is about.
    pub kind: MailKind,
    /// The booking as it is now, with its concert's terms.
    pub booking: BookingView,
}

/// A mail that was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifierError {
    /// It may succeed later.
    #[error("the mail cannot be sent at present: {0}")]
    Temporary(String),
    /// It never will: the address is refused.
    #[error("the mail is refused: {0}")]
    Refused(String),
}
