//! A letter as mail servers take it: MIME, with the headers that make a repeat recognizable.

use std::time::{Duration, SystemTime};

use boxoffice_engine::errands::notifier::{Mail, NotifierError};
use boxoffice_engine::time::Time;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use super::letter::Letter;

/// The end of the year 9998: lettre panics over later dates.
const DATE_MILLISECONDS_MAX: u64 = 253_370_764_799_999;

/// A mail that is ready to be handed over.
pub(super) struct Outgoing {
    pub(super) sender: Address,
    pub(super) recipient: Address,
    pub(super) bytes: Vec<u8>,
}

impl Outgoing {
    /// Puts a mail together. Its `Message-ID` says nothing but the mail's id and the sender's domain, so it stays what it is.
    ///
    /// # Errors
    /// [`NotifierError::Refused`], when no mail can have this address.
    pub(super) fn of(mail: &Mail, from: &Mailbox, now: Time) -> Result<Self, NotifierError> {
        let refused = |why: &str| NotifierError::Refused(why.to_owned());
        let recipient = recipient(&mail.address)
            .ok_or_else(|| refused("the address is none that mail can be sent to"))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if mail.id.is_empty() || !mail.id.bytes().all(plain) {
            return Err(refused("the mail's id is no text for a header"));
        }
        let Letter { subject, text, html } = Letter::of(mail);
        let written_by_nobody = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = Message::builder()
            .from(from.clone())
            // The address alone: a name beside it is one more thing that could be mistaken for a header.
            .to(Mailbox::new(None, recipient.clone()))
            .subject(subject)
            .date(date(now))
            .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
            .raw_header(HeaderValue::new(written_by_nobody, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|error| refused(&error.to_string()))?;
        Ok(Self { sender: from.email.clone(), recipient, bytes: message.formatted() })
    }
}

/// The address with its domain as mail servers know it: `xn--...` where it is not plain letters.
fn recipient(address: &str) -> Option<Address> {
    if address.chars().any(char::is_control) {
        return None;
    }
    let (user, domain) = address.rsplit_once('@')?;
    Address::new(user, idna::domain_to_ascii(domain).ok()?).ok()
}

/// As near as a `Date` can come: its year has four digits.
fn date(now: Time) -> SystemTime {
    let since_epoch = u64::try_from(now.0).unwrap_or_default().min(DATE_MILLISECONDS_MAX);
    SystemTime::UNIX_EPOCH + Duration::from_millis(since_epoch)
}
