//! Mails that are sent.

use std::sync::Arc;

use compact_str::format_compact;

use super::retry::Pace;
use super::{Means, Tried};
use crate::concert::{ErrandView, MailKind};
use crate::errands::notifier::{Mail, NotifierError};

impl Means {
    /// Sends a mail. One that will never arrive counts as sent: nobody else can be told.
    pub(super) async fn send_mail(self, kind: MailKind, errand: ErrandView) -> Tried {
        let ErrandView { number, booking, .. } = errand;
        let (Some(notifier), Some(user)) = (&self.outside.notifier, self.office.user(&booking.user)) else {
            return Tried::Sent;
        };
        let mail = Arc::new(Mail {
            id: format_compact!("{}-{}-{}", booking.id.concert, number.sequence, number.index),
            address: user.email.clone(),
            username: user.username.clone(),
            kind,
            booking,
        });
        let sent = {
            let _place = self.mail_calls.acquire().await;
            notifier.send(Arc::clone(&mail)).await
        };
        match sent {
            Ok(()) => Tried::Sent,
            Err(NotifierError::Refused(why)) => {
                tracing::warn!(mail = %mail.id, why, "a mail is refused, and will not be sent");
                Tried::Sent
            }
            Err(NotifierError::Temporary(why)) => {
                tracing::warn!(mail = %mail.id, why, "a mail is sent again later");
                Tried::Again(Pace::MAIL)
            }
        }
    }
}
