//! The demo: sample concerts in an empty store, and who may log in.

use std::collections::BTreeMap;

use crate::harness::{BoxOffice, Setup, concert, now};

fn demo() -> Setup {
    Setup::bare().argument("--demo")
}

/// The usernames and passwords that a start has printed.
fn logins(office: &mut BoxOffice) -> BTreeMap<String, String> {
    let mut logins = BTreeMap::new();
    for line in office.process.heard() {
        if let [username, "password", password, ..] = line.split_whitespace().collect::<Vec<_>>()[..] {
            logins.insert(username.to_owned(), password.to_owned());
        }
    }
    logins
}

#[test]
fn the_demo_prints_once_who_may_log_in_and_they_may() {
    let mut office = demo().open();
    let logins_told = logins(&mut office);
    let guest = office.guest();
    let mut roles = Vec::new();
    for (username, password) in &logins_told {
        let session = guest.logs_in(username, password).is(200).json();
        roles.push(session["user"]["role"].as_str().expect("a role").to_owned());
    }
    roles.sort_unstable();
    assert_eq!(roles, ["admin", "customer", "organizer"]);

    let concerts = guest.lists("/concerts?limit=100");
    office.restart();
    assert_eq!(logins(&mut office), BTreeMap::new(), "they are shown once");
    assert_eq!(guest.lists("/concerts?limit=100"), concerts, "and nothing is filled in again");
    for (username, password) in &logins_told {
        guest.logs_in(username, password).is(200);
    }
}

#[test]
fn the_passwords_of_two_demos_are_not_the_same() {
    let (one, other) = (logins(&mut demo().open()), logins(&mut demo().open()));
    assert_eq!(one.len(), 3);
    for (username, password) in one {
        assert_ne!(other[&username], password);
    }
}

#[test]
fn the_demo_has_concerts_to_book_and_one_that_is_past() {
    let mut office = demo().open();
    let customer_password = logins(&mut office)["customer"].clone();
    let guest = office.guest();
    let customer = guest.with_session(&guest.logs_in("customer", &customer_password).is(200).json());
    let concerts = guest.lists("/concerts");
    assert!(concerts.len() >= 4, "a handful: {}", concerts.len());
    let is_past = |concert: &&serde_json::Value| {
        let start: jiff::Timestamp =
            concert["startTime"].as_str().expect("a time").parse().expect("RFC 3339");
        start < now()
    };
    let past: Vec<_> = concerts.iter().filter(is_past).collect();
    assert_eq!(past.len(), 1);
    assert_eq!(past[0]["status"], "closed");

    let on_sale = concerts.iter().find(|concert| concert["status"] == "on_sale").expect("a concert on sale");
    let on_sale = crate::harness::Concert::of(on_sale.clone());
    let booking = customer.has_booked(&on_sale, 1);
    assert_eq!(booking["status"], "confirmed");
    office.kill_and_reopen();
    assert_eq!(customer.sees_booking(&booking), booking);
}

#[test]
fn the_demo_has_a_hall_with_numbered_seats_that_are_paid_for() {
    let mut office = demo().open();
    let customer_password = logins(&mut office)["customer"].clone();
    let guest = office.guest();
    let customer = guest.with_session(&guest.logs_in("customer", &customer_password).is(200).json());
    let concerts = guest.lists("/concerts?venue=Philharmonic%20Hall");
    let [hall] = &concerts[..] else { panic!("one concert in the hall: {concerts:?}") };
    let hall = crate::harness::Concert::of(hall.clone());
    assert_eq!(
        (&hall.body["payment"], &hall.body["seatTypes"][0]["numbered"]),
        (&"required".into(), &true.into())
    );
    let seats = guest.get(&hall.path("/seats")).is(200).json();
    let seat = &seats["seatTypes"][1]["seats"][0];
    assert_eq!((&seat["label"], &seat["section"]), (&"BALCONY-A-1".into(), &"BALCONY".into()));
    assert!(seat["x"].is_number() && seat["y"].is_number(), "{seat}");
    assert!(guest.counts(&hall)[2] > 0, "some are sold already");
    assert_eq!(customer.has_bought(&hall, 2)["status"], "confirmed");
}

#[test]
fn a_variable_asks_for_the_demo_as_the_flag_does() {
    let mut office = Setup::bare().variable("BOXOFFICE_DEMO", "true").open();
    assert_eq!(logins(&mut office).len(), 3);
    let mut plain = Setup::bare().open();
    assert_eq!(logins(&mut plain).len(), 0);
    assert_eq!(plain.guest().lists("/concerts").len(), 0);
}

#[test]
fn a_store_that_is_in_use_is_not_filled_with_samples() {
    let mut office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    office.close();
    let mut demo = office.setup().clone().argument("--demo").open();
    assert_eq!(logins(&mut demo).len(), 0);
    let why =
        format!("the store in {} is not empty: the demo was not filled in", office.setup().data().display());
    let heard = demo.process.heard();
    assert!(heard.iter().any(|line| line.contains(&why) && line.contains("--data-dir")), "{heard:?}");
    assert_eq!(demo.guest().lists("/concerts"), [made.body]);
}
