//! Mail that goes nowhere: it is told to the log.

use std::sync::Arc;

use boxoffice_engine::errands::Call;
use boxoffice_engine::errands::notifier::{Mail, Notifier, NotifierError};

use super::letter::Letter;

/// Writes one line per mail, without its reader's name and address; what it says stands in the log at `debug` only.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogNotifier;

impl Notifier for LogNotifier {
    fn send(&self, mail: Arc<Mail>) -> Call<Result<(), NotifierError>> {
        Box::pin(async move {
            let Mail { id, kind, booking, .. } = &*mail;
            tracing::info!(mail = %id, kind = ?kind, booking = %booking.id, user = %booking.user, "mail");
            if tracing::enabled!(tracing::Level::DEBUG) {
                let Letter { subject, text, .. } = Letter::of(&mail);
                tracing::debug!(mail = %id, subject, text, "what the mail says");
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use boxoffice_engine::errands::notifier::MailKind;
    use parking_lot::Mutex;
    use tracing::Level;

    use super::super::tests::sample::mail;
    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    async fn told(level: Level) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        assert_eq!(LogNotifier.send(Arc::new(mail(MailKind::Held))).await, Ok(()));
        String::from_utf8(lines.0.lock().clone()).unwrap()
    }

    #[tokio::test]
    async fn one_line_names_the_mail_and_not_its_reader() {
        let told = told(Level::INFO).await;
        assert_eq!(told.lines().count(), 1, "{told}");
        for word in ["mail=0000000000007-m7", "kind=Held", "booking=0000000000007-b2", "user=u-ada"] {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert!(!told.contains("example.com") && !told.contains("Summer Night"), "{told}");
    }

    #[tokio::test]
    async fn what_a_mail_says_is_told_to_whoever_debugs() {
        let told = told(Level::DEBUG).await;
        assert!(
            told.contains("Seats held for you: Summer Night") && told.contains("Old Harbour Hall"),
            "{told}"
        );
        assert!(!told.contains("example.com"), "{told}");
    }
}
