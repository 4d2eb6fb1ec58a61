//! Mail servers that die, and such as do not answer.

use std::sync::Arc;

use boxoffice_engine::errands::notifier::MailKind;
use boxoffice_engine::time::Clock;
use serde_json::json;
use tokio::net::TcpListener;

use super::sample::{NOW, mail};
use super::server::Server;
use super::{notifier, temporary};

#[tokio::test]
async fn a_server_that_was_killed_is_used_again_when_it_is_back() {
    let test = "a_server_that_was_killed_is_used_again_when_it_is_back";
    let Some(mut server) = Server::start(test, &json!({})) else { return };
    let (notifier, _) = notifier(&[("BOXOFFICE_SMTP_URL", &server.plain_url())]);
    let mail = Arc::new(mail(MailKind::Confirmed));
    for round in 1..=3 {
        assert_eq!(notifier.send(Arc::clone(&mail)).await, Ok(()));
        assert_eq!(server.received().len(), round);
        server.kill();
        for _ in 0..2 {
            let words = temporary(notifier.send(Arc::clone(&mail)).await);
            assert!(words.starts_with("the mail server cannot be reached: "), "{words}");
        }
        server.comes_back();
    }
    // What is left over of the last life is not taken for a connection of the new one.
    assert_eq!(notifier.send(Arc::clone(&mail)).await, Ok(()));
    server.comes_back();
    assert_eq!(notifier.send(mail).await, Ok(()));
}

#[tokio::test]
async fn a_mail_whose_server_died_before_it_answered_comes_again_with_the_same_id() {
    let test = "a_mail_whose_server_died_before_it_answered_comes_again_with_the_same_id";
    let Some(mut server) = Server::start(test, &json!({})) else { return };
    let (notifier, _) = notifier(&[("BOXOFFICE_SMTP_URL", &server.plain_url())]);
    let mut mail = mail(MailKind::Confirmed);
    mail.address = "crash@example.com".to_owned();
    let mail = Arc::new(mail);
    temporary(notifier.send(Arc::clone(&mail)).await);
    assert_eq!(server.received().len(), 1, "it arrived all the same");
    server.comes_back();
    assert_eq!(notifier.send(mail).await, Ok(()));
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].header("Message-ID"), received[1].header("Message-ID"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_after_ten_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    for url in [format!("smtp://127.0.0.1:{port}?tls=none"), format!("smtps://127.0.0.1:{port}")] {
        let (notifier, clock) = notifier(&[("BOXOFFICE_SMTP_URL", &url)]);
        let mut sending = notifier.send(Arc::new(mail(MailKind::Confirmed)));
        let connection = tokio::select! {
            sent = &mut sending => panic!("{sent:?} without an answer"),
            connection = silent.accept() => connection,
        };
        clock.move_to(NOW.plus_seconds(9));
        let still_waits = std::future::poll_fn(|context| {
            std::task::Poll::Ready(sending.as_mut().poll(context).is_pending())
        });
        assert!(still_waits.await, "{url}");
        clock.move_to(NOW.plus_seconds(10));
        let words = temporary(sending.await);
        assert_eq!(words, "the mail server cannot be reached: no answer in time", "{url}");
        drop(connection);
    }
}

#[tokio::test]
async fn nobody_waits_for_more_than_half_a_minute_not_even_for_a_connection() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://127.0.0.1:{}?tls=none", silent.local_addr().unwrap().port());
    let (notifier, clock) = notifier(&[("BOXOFFICE_SMTP_URL", &url)]);
    let send = || notifier.send(Arc::new(mail(MailKind::Confirmed)));
    let half_a_minute = async {
        let connections = [silent.accept().await, silent.accept().await];
        clock.move_to(clock.now().plus_seconds(30));
        connections
    };
    let (first, second, third, _connections) = tokio::join!(send(), send(), send(), half_a_minute);
    for sent in [first, second, third] {
        assert!(temporary(sent).ends_with(": no answer in time"));
    }
}
