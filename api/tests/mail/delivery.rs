//! What arrives.

use std::sync::Arc;

use boxoffice_engine::errands::notifier::MailKind;
use boxoffice_engine::time::Clock;
use serde_json::json;

use super::sample::{KINDS, about, mail};
use super::server::Server;
use super::{notifier, refused, temporary};

#[tokio::test]
async fn every_kind_arrives_in_both_parts_and_a_repeat_is_recognizable() {
    let test = "every_kind_arrives_in_both_parts_and_a_repeat_is_recognizable";
    let Some(server) = Server::start(test, &json!({})) else { return };
    let (notifier, clock) = notifier(&[("BOXOFFICE_SMTP_URL", &server.plain_url())]);
    for (number, kind) in KINDS.into_iter().enumerate() {
        let mut mail = mail(kind);
        mail.id = format!("mail-{number}").into();
        let mail = Arc::new(mail);
        for _ in 0..2 {
            notifier.send(Arc::clone(&mail)).await.unwrap();
            clock.move_to(clock.now().plus_seconds(1));
        }
        let received = server.received();
        assert_eq!(received.len(), 2 * number + 2);
        for again in &received[2 * number..] {
            assert_eq!(again.recipient, "ada@example.com");
            assert_eq!(again.header("To"), "ada@example.com");
            assert_eq!(again.header("Message-ID"), format!("<mail-{number}@boxoffice.example>"));
            assert_eq!(again.header("Auto-Submitted"), "auto-generated");
            assert!(again.header("Subject").ends_with(": Summer Night"), "{kind:?}: {again:?}");
            assert!(again.header("Date").starts_with("Tue, 01 Jun 2027 18:00:"), "the clock's: {again:?}");
            for part in [&again.text, &again.html] {
                assert!(part.contains("Hello ada,"), "{kind:?}: {part}");
                assert!(part.contains("2 x Front, 60.00 EUR each"), "{kind:?}: {part}");
                assert!(part.contains("145.00 EUR"), "{kind:?}: {part}");
            }
            assert!(again.html.trim_end().ends_with("</html>"), "{kind:?}: {}", again.html);
        }
    }
}

#[tokio::test]
async fn names_of_any_script_arrive_as_they_are() {
    let test = "names_of_any_script_arrive_as_they_are";
    let Some(server) = Server::start(test, &json!({})) else { return };
    let (notifier, _) = notifier(&[("BOXOFFICE_SMTP_URL", &server.plain_url())]);
    let name = "Nächte in 東京 🎷 <script>";
    let mut night = about(mail(MailKind::Confirmed), name);
    night.address = "ada@bücher.example".to_owned();
    notifier.send(Arc::new(night)).await.unwrap();
    let received = server.received().remove(0);
    assert_eq!(received.recipient, "ada@xn--bcher-kva.example");
    assert!(received.text.contains(name), "{}", received.text);
    assert!(received.html.contains("Nächte in 東京 🎷 &#60;script&#62;"), "{}", received.html);
    assert!(received.head.is_ascii());
}

#[tokio::test]
async fn an_address_beyond_ascii_is_sent_to_where_the_server_takes_it() {
    let test = "an_address_beyond_ascii_is_sent_to_where_the_server_takes_it";
    for takes_it in [true, false] {
        let Some(server) = Server::start(test, &json!({"utf8": takes_it})) else { return };
        let (notifier, _) = notifier(&[("BOXOFFICE_SMTP_URL", &server.plain_url())]);
        let mut mail = mail(MailKind::Confirmed);
        mail.address = "ädä@example.com".to_owned();
        let sent = notifier.send(Arc::new(mail)).await;
        if takes_it {
            assert_eq!(sent, Ok(()));
            assert_eq!(server.received()[0].recipient, "ädä@example.com");
        } else {
            assert!(refused(sent).contains("takes no address beyond ASCII"));
        }
    }
}

#[tokio::test]
async fn what_a_server_says_of_an_address_decides_whether_it_is_tried_again() {
    let test = "what_a_server_says_of_an_address_decides_whether_it_is_tried_again";
    let Some(server) = Server::start(test, &json!({})) else { return };
    let (notifier, _) = notifier(&[("BOXOFFICE_SMTP_URL", &server.plain_url())]);
    let send_to = |address: &str| {
        let mut mail = mail(MailKind::Confirmed);
        mail.address = address.to_owned();
        notifier.send(Arc::new(mail))
    };
    // The server's words repeat the address; the error does not.
    let words = refused(send_to("nobody@example.com").await);
    assert_eq!(words, "the mail server refuses the address: 550 5.1.1");
    let words = temporary(send_to("later@example.com").await);
    assert_eq!(words, "the mail server refuses the address: 451 4.7.1");
    let words = refused(send_to("spam@example.com").await);
    assert_eq!(words, "the mail server refuses the mail: 554 5.7.1");
    refused(send_to("no address").await);
    assert_eq!(server.received().len(), 0);
    assert_eq!(send_to("ada@example.com").await, Ok(()));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_connection_is_used_again_while_it_is_fresh() {
    let test = "a_connection_is_used_again_while_it_is_fresh";
    let Some(server) = Server::start(test, &json!({})) else { return };
    let (notifier, clock) = notifier(&[("BOXOFFICE_SMTP_URL", &server.plain_url())]);
    let mail = Arc::new(mail(MailKind::Confirmed));
    for (seconds, connections) in [(0, 1), (30, 1), (31, 2)] {
        clock.move_to(clock.now().plus_seconds(seconds));
        notifier.send(Arc::clone(&mail)).await.unwrap();
        assert_eq!(server.told("hello").len(), connections, "after {seconds} s");
    }
    assert_eq!(server.received().len(), 3);
    assert_eq!(server.told("hello")[0]["name"], "boxoffice.example");
}

#[tokio::test]
async fn many_mails_at_once_all_arrive_over_two_connections() {
    let test = "many_mails_at_once_all_arrive_over_two_connections";
    let Some(server) = Server::start(test, &json!({})) else { return };
    let (notifier, _) = notifier(&[("BOXOFFICE_SMTP_URL", &server.plain_url())]);
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..40 {
        let mut mail = mail(MailKind::ConcertCancelled);
        mail.id = format!("mail-{number}").into();
        sending.spawn(notifier.send(Arc::new(mail)));
    }
    assert!(sending.join_all().await.iter().all(Result::is_ok));
    let mut ids: Vec<_> = server.received().iter().map(|mail| mail.header("Message-ID").to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 40);
    assert_eq!(server.told("hello").len(), 2);
}
