//! What a start finds again.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, Concert, concert, in_days, with};

#[test]
fn a_data_directory_that_is_moved_away_ends_the_box_office_and_has_all_that_was_acknowledged() {
    let mut office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let booking = office.customer("ada").has_booked(&made, 1);
    let (data, aside) = (office.setup().data().to_owned(), office.setup().home().join("aside"));
    std::fs::rename(&data, &aside).unwrap();
    let ended = office.process.ended();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let last = ended.stderr.last().unwrap();
    assert!(last.contains("does not lead to the store that was opened any more"), "{ended:?}");
    assert!(!data.exists(), "nothing is made in its place");
    std::fs::rename(&aside, &data).unwrap();
    office.reopen();
    assert_eq!(office.customer("ada").sees_booking(&booking), booking);
}

const PASSWORD: &str = "open sesame";

/// A box office with a history: two organizers, several concerts in every state, accounts, bookings, cancellations.
fn with_history(office: &BoxOffice) -> Vec<Concert> {
    let (olga, otto) = (office.organizer("olga"), office.organizer("otto"));
    for name in ["ada", "bob"] {
        office.guest().registers(name, PASSWORD);
    }
    let bob = office.guest().with_session(&office.guest().logs_in("bob", PASSWORD).is(200).json());
    bob.patch("/auth/profile", &json!({"email": "robert@example.org"})).is(200);
    office.admin().patch(&format!("/users/{}", bob.id), &json!({"role": "organizer"})).is(200);

    let seat_types = json!([
        {"name": "Floor", "price": 10.10, "totalSeats": 10},
        {"name": "Balcony", "price": 0, "totalSeats": 3},
    ]);
    let rich = json!({"seatTypes": seat_types, "maxTicketsPerUser": 5, "genre": "Jazz", "currency": "EUR"});
    let on_sale = olga.creates(&with(concert("On sale"), &rich));
    let sold_out = otto.creates(&with(concert("Sold out"), &rich));
    let closed = olga.creates(&concert("Closed"));
    let cancelled = olga.creates(&concert("Cancelled"));
    let scheduled = bob.creates(&with(concert("Scheduled"), &json!({"salesOpenAt": in_days(2)})));
    let draft = olga.creates(&with(concert("Draft"), &json!({"draft": true})));

    olga.put(&on_sale.path(""), &json!({"name": "On sale, renamed", "description": "Läuft."})).is(200);
    olga.patch(&on_sale.path(&format!("/seattypes/{}", on_sale.seat_type(0))), &json!({"price": 12})).is(200);
    otto.post(&sold_out.path("/seattypes"), &json!({"name": "Box", "price": 99.99, "totalSeats": 1})).is(201);
    for number in 0..3 {
        let fan = office.customer(&format!("fan{number}"));
        let items = json!([{"seatTypeId": on_sale.seat_type(0), "quantity": 2}, {"seatTypeId": on_sale.seat_type(1)}]);
        fan.post("/bookings", &json!({"concertId": on_sale.id, "items": items})).is(201);
        let booking = fan.has_booked(&closed, 1);
        if number == 1 {
            fan.cancels(&booking).is(204);
        }
        fan.orders_with_key(&sold_out.order(3), "key").is(201);
    }
    office.customer("fan3").has_booked(&sold_out, 1);
    olga.does("close", &closed).is(200);
    olga.does("cancel", &cancelled).is(200);
    vec![on_sale, sold_out, closed, cancelled, scheduled, draft]
}

/// Everything that can be seen of it.
fn everything(admin: &Client, concerts: &[Concert]) -> Vec<Value> {
    let mut all = vec![json!(admin.lists("/users")), json!(admin.lists("/concerts?limit=2&sort=name"))];
    for concert in concerts {
        for path in ["", "/seats", "/bookings"] {
            all.push(admin.get(&concert.path(path)).is(200).json());
        }
    }
    for user in ["fan0", "fan1", "fan2", "fan3", "nobody"] {
        all.push(json!([user, admin.lists(&format!("/bookings/user/{user}?limit=2"))]));
    }
    all
}

#[test]
fn everything_is_there_again_after_a_stop_and_after_a_kill() {
    let mut office = BoxOffice::open();
    let concerts = with_history(&office);
    let admin = office.admin();
    let before = everything(&admin, &concerts);
    for kills in [false, true, true, false] {
        if kills {
            office.kill_and_reopen();
        } else {
            office.restart();
        }
        for (now, before) in everything(&admin, &concerts).iter().zip(&before) {
            assert_eq!(now, before);
        }
    }
    // And it goes on where it was.
    let refused = office.customer("fan3").books(&concerts[1], 1).refused_by_concert("sold_out");
    assert_eq!(refused["sequence"], admin.sees(&concerts[1])["sequence"]);
    let booking = office.customer("fan3").has_booked(&concerts[0], 1);
    let sequence = before[2]["sequence"].as_u64().expect("a sequence");
    assert_eq!((&booking["sequence"], &booking["total"]), (&json!(sequence + 1), &json!(12.0)));
    office.guest().logs_in("robert@example.org", PASSWORD).is(200);
    assert_eq!(office.guest().logs_in("ada", PASSWORD).is(200).json()["user"]["role"], "customer");
}

#[test]
fn a_start_says_where_the_data_is_and_how_much_it_found() {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let concerts: Vec<_> = ["One", "Two", "Three"].map(|name| olga.creates(&concert(name))).into();
    for name in ["carl", "cleo"] {
        office.customer(name).has_booked(&concerts[0], 1);
    }
    office.restart();
    office.guest().get("/concerts").is(200);
    let data = office.setup().data().to_str().expect("a path").to_owned();
    let said = office.process.heard().join("\n");
    assert!(said.contains(&data), "{said}");
    assert!(said.contains("3 concerts") && said.contains("2 bookings"), "{said}");
}

#[test]
fn every_booking_in_a_row_of_kills_is_kept() {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 50})));
    let carl = office.customer("carl");
    let mut bookings = Vec::new();
    for _ in 0..5 {
        bookings.push(carl.has_booked(&made, 1));
        office.kill_and_reopen();
        assert_eq!(olga.lists(&made.path("/bookings")), bookings);
    }
}
