//! Nobody else reads a mail or a password on its way.

use std::sync::Arc;

use boxoffice_engine::errands::notifier::MailKind;
use serde_json::json;

use super::certificates::Certificates;
use super::sample::mail;
use super::server::Server;
use super::{notifier, temporary};

const PASSWORD: (&str, &str) = ("BOXOFFICE_SMTP_PASSWORD", "hunter22");

#[tokio::test]
async fn tls_is_used_from_the_beginning_or_after_starttls() {
    let certificates = Certificates::of("localhost");
    for (tls, scheme) in [("wrapped", "smtps"), ("starttls", "smtp")] {
        let setup = json!({"login": ["ada", "hunter22"], "certificate": certificates.server(), "tls": tls});
        let Some(server) = Server::start("tls_is_used_from_the_beginning_or_after_starttls", &setup) else {
            return;
        };
        let url = format!("{scheme}://ada@localhost:{}", server.port());
        let authority = certificates.authority();
        let trusted = ("BOXOFFICE_SMTP_CA_FILE", authority.to_str().unwrap());
        let (notifier, _) = notifier(&[("BOXOFFICE_SMTP_URL", &url), PASSWORD, trusted]);
        assert_eq!(notifier.send(Arc::new(mail(MailKind::Confirmed))).await, Ok(()));
        assert!(server.received()[0].tls, "{tls}");
        let logins = server.told("login");
        assert!(logins.iter().all(|login| login["accepted"] == true && login["tls"] == true), "{logins:?}");
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_said_in_plain_text() {
    let test = "without_starttls_nothing_is_said_in_plain_text";
    let Some(server) = Server::start(test, &json!({"login": ["ada", "hunter22"]})) else { return };
    let url = format!("smtp://ada@127.0.0.1:{}", server.port());
    let (notifier, _) = notifier(&[("BOXOFFICE_SMTP_URL", &url), PASSWORD]);
    let words = temporary(notifier.send(Arc::new(mail(MailKind::Confirmed))).await);
    assert!(words.starts_with("the mail server does not encrypt: "), "{words}");
    assert_eq!(server.told("hello").len(), 1, "it was reached");
    assert_eq!(server.told("login").len() + server.told("mail").len() + server.received().len(), 0);
}

#[tokio::test]
async fn a_server_that_cannot_prove_its_name_gets_nothing() {
    let test = "a_server_that_cannot_prove_its_name_gets_nothing";
    let (other, unknown) = (Certificates::of("mail.example"), Certificates::of("localhost"));
    for certificates in [&other, &unknown] {
        for (tls, scheme) in [("wrapped", "smtps"), ("starttls", "smtp")] {
            let setup =
                json!({"login": ["ada", "hunter22"], "certificate": certificates.server(), "tls": tls});
            let Some(server) = Server::start(test, &setup) else { return };
            let url = format!("{scheme}://ada@localhost:{}", server.port());
            // The authority of the one with another name is trusted, the other one's is not.
            let authority = other.authority();
            let trusted = ("BOXOFFICE_SMTP_CA_FILE", authority.to_str().unwrap());
            let (notifier, _) = notifier(&[("BOXOFFICE_SMTP_URL", &url), PASSWORD, trusted]);
            let words = temporary(notifier.send(Arc::new(mail(MailKind::Confirmed))).await);
            assert!(words.contains("certificate"), "{words}");
            assert_eq!(server.told("login").len() + server.told("mail").len(), 0, "{words}");
        }
    }
}

#[tokio::test]
async fn a_refused_login_may_be_mended_and_is_not_repeated_in_the_error() {
    let test = "a_refused_login_may_be_mended_and_is_not_repeated_in_the_error";
    let Some(server) = Server::start(test, &json!({"login": ["ada", "right"]})) else { return };
    let url = format!("smtp://ada@127.0.0.1:{}?tls=none", server.port());
    let (wrong, _) = notifier(&[("BOXOFFICE_SMTP_URL", &url), PASSWORD]);
    let words = temporary(wrong.send(Arc::new(mail(MailKind::Confirmed))).await);
    assert_eq!(words, "the mail server refuses the login: 535 5.7.8");
    let (right, _) = notifier(&[("BOXOFFICE_SMTP_URL", &url), ("BOXOFFICE_SMTP_PASSWORD", "right")]);
    assert_eq!(right.send(Arc::new(mail(MailKind::Confirmed))).await, Ok(()));
    // Without a login, the server's wish for one is no word about the address.
    let (nobody, _) = notifier(&[("BOXOFFICE_SMTP_URL", &server.plain_url())]);
    temporary(nobody.send(Arc::new(mail(MailKind::Confirmed))).await);
    assert_eq!(server.received().len(), 1);
}
