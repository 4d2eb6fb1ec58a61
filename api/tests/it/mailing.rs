//! Mails of a real box office to a real mail server, both of which are killed.

// The mail server is shared with the tests of the notifier, which ask more of it.
#[path = "../mail/received.rs"]
#[expect(dead_code, reason = "shared")]
mod received;
#[path = "../mail/server.rs"]
#[expect(dead_code, reason = "shared")]
mod server;
#[path = "../mail/venv.rs"]
mod venv;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::harness::{BoxOffice, Client, Concert, Setup, concert, eventually, rounds, seed, with};
use server::Server;

const PASSWORD: &str = "correct horse battery";

/// An office that sends its mail to this server.
fn office(server: &Server) -> BoxOffice {
    let setup = Setup::new().variable("BOXOFFICE_SMTP_URL", &server.plain_url());
    setup.variable("BOXOFFICE_MAIL_FROM", "Box Office <tickets@boxoffice.example>").open()
}

fn night(office: &BoxOffice) -> Concert {
    let seats = json!([{"name": "Standing", "price": 5, "totalSeats": 1_000}]);
    office
        .organizer("olga")
        .creates(&with(concert("Night"), &json!({"seatTypes": seats, "maxTicketsPerUser": 100})))
}

/// The `Message-ID`s of the mails that arrived at an address, by subject.
fn arrived(server: &Server, address: &str) -> Vec<(String, String)> {
    let mails = server.received().into_iter().filter(|mail| mail.recipient == address);
    mails.map(|mail| (mail.header("Subject").to_owned(), mail.header("Message-ID").to_owned())).collect()
}

fn ada(office: &BoxOffice) -> Client {
    office.guest().registers("ada", PASSWORD)
}

#[test]
fn buyers_are_told_by_mail_and_a_dead_mail_server_delays_no_booking() {
    let name = "buyers_are_told_by_mail_and_a_dead_mail_server_delays_no_booking";
    let Some(mut server) = Server::start(name, &json!({})) else { return };
    let office = office(&server);
    let (ada, night) = (ada(&office), night(&office));
    ada.has_booked(&night, 2);
    let first = eventually("the mail arrives", || arrived(&server, "ada@example.org").pop());
    assert!(first.0.contains("confirmed") && first.0.contains("Night"), "{first:?}");
    server.kill();
    let bookings: Vec<_> = (0..20).map(|_| ada.has_booked(&night, 1)).collect();
    ada.cancels(&bookings[0]).is(204);
    server.comes_back();
    eventually("all mails arrive", || {
        let ids: BTreeSet<_> = arrived(&server, "ada@example.org").into_iter().map(|(_, id)| id).collect();
        (ids.len() == 22).then_some(())
    });
}

#[test]
fn owed_mails_survive_kill_9_and_keep_their_ids() {
    let name = "owed_mails_survive_kill_9_and_keep_their_ids";
    let Some(server) = Server::start(name, &json!({})) else { return };
    let mut rng = fastrand::Rng::with_seed(seed(name));
    let mut office = office(&server);
    let (ada, night) = (ada(&office), night(&office));
    let mut booked = BTreeSet::new();
    for _ in 0..rounds("BOXOFFICE_KILL_CYCLES", 3) {
        for _ in 0..rng.usize(5..25) {
            let booking = ada.has_booked(&night, 1);
            booked.insert(booking["id"].as_str().expect("an id").to_owned());
        }
        office.kill_and_reopen();
    }
    let mails = eventually("every booking's mail arrives", || {
        let mut of_booking = BTreeMap::<String, BTreeSet<String>>::new();
        for mail in server.received() {
            // Of ids that begin alike, it is the longest.
            let told_of = booked.iter().filter(|id| mail.text.contains(*id)).max_by_key(|id| id.len());
            let booking = told_of.expect("a mail about a booking");
            let id = mail.header("Message-ID").to_owned();
            of_booking.entry(booking.clone()).or_default().insert(id);
        }
        (of_booking.len() == booked.len()).then_some(of_booking)
    });
    for (booking, ids) in mails {
        assert_eq!(ids.len(), 1, "{booking} is told of under one id, however often");
    }
}
