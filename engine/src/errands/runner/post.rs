//! Mails that are sent.

use std::sync::Arc;

use compact_str::format_compact;

use super::Means;
use super::retry::Pace;
use crate::concert::{ErrandNumber, ErrandView, MailKind};
use crate::errands::notifier::{Mail, NotifierError};

impl Means {
    /// Sends a mail, however often it has to be tried. One that will never arrive counts as sent: nobody else can be told.
    pub(super) async fn send_mail(self, kind: MailKind, errand: ErrandView) -> ErrandNumber {
        let ErrandView { number, booking, .. } = errand;
        let (Some(notifier), Some(user)) = (&self.outside.notifier, self.office.user(&booking.user)) else {
            return number;
        };
        let mail = Arc::new(Mail {
            id: format_compact!("{}-{}-{}", booking.id.concert, number.sequence, number.index),
            address: user.email.clone(),
            username: user.username.clone(),
            kind,
            booking,
        });
        let mut pace = Pace::of_mail();
        loop {
            let sent = {
                let _place = self.mail_calls.acquire().await;
                notifier.send(Arc::clone(&mail)).await
            };
            match sent {
                Ok(()) => return number,
                Err(NotifierError::Refused(why)) => {
                    tracing::warn!(mail = %mail.id, why, "a mail is refused, and will not be sent");
                    return number;
                }
                Err(NotifierError::Temporary(why)) => {
                    tracing::warn!(mail = %mail.id, why, "a mail is sent again later");
                    pace.wait(&self.office).await;
                }
            }
        }
    }
}
