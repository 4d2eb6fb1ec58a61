//! Waiting lists: joined when there is nothing left, served in the order of joining.

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, BoxOffice, Client, Concert, concert, eventually, paid, with};

/// A concert of two seats, sold out to two users; offers last so many seconds.
fn sold_out(office: &BoxOffice, request: Value, offer_seconds: u64) -> (Concert, [Value; 2]) {
    let seats = json!([{"name": "Seat", "price": 8, "totalSeats": 2}]);
    let change = json!({"seatTypes": seats, "maxTicketsPerUser": 2, "offerSeconds": offer_seconds});
    let made = office.organizer("olga").creates(&with(request, &change));
    let book = |name| {
        let client = office.customer(name);
        let booking = client.has_booked(&made, 1);
        if booking["status"] == "held" {
            client.has_paid(&booking, "sim_ok");
        }
        client.sees_booking(&booking)
    };
    let bookings = [book("first"), book("second")];
    (made, bookings)
}

fn joins(client: &Client, concert: &Concert, quantity: u64) -> Answer {
    client
        .post(&concert.path("/waitlist"), &json!({"seatTypeId": concert.seat_type(0), "quantity": quantity}))
}

fn joins_with_key(client: &Client, concert: &Concert, quantity: u64, key: &str) -> Answer {
    let wish = json!({"seatTypeId": concert.seat_type(0), "quantity": quantity});
    client.call(Method::POST, &concert.path("/waitlist")).key(key).json(&wish).send()
}

fn leaves_with_key(client: &Client, concert: &Concert, key: &str) -> Answer {
    let wish = json!({"seatTypeId": concert.seat_type(0)});
    client.call(Method::DELETE, &concert.path("/waitlist")).key(key).json(&wish).send()
}

/// Waits for the offer: the hold.
fn offered(client: &Client) -> Value {
    eventually("the offer", || client.lists("/bookings/mybookings?status=held").into_iter().next())
}

#[test]
fn whoever_waits_is_seen_with_their_place() {
    let office = BoxOffice::open();
    let (made, _) = sold_out(&office, concert("Night"), 3_600);
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    let entry = joins(&carl, &made, 2).is(201).json();
    assert!(entry["id"].as_str().expect("an id").starts_with(&format!("{}-w", made.id)));
    assert_eq!((&entry["concertId"], &entry["seatTypeId"]), (&json!(made.id), &json!(made.seat_type(0))));
    assert_eq!((&entry["quantity"], &entry["position"]), (&json!(2), &json!(1)));
    assert!(entry["createdAt"].is_string());
    let second = cleo.post(&made.path("/waitlist"), &json!({"seatTypeId": made.seat_type(0)})).is(201).json();
    assert_eq!((&second["quantity"], &second["position"]), (&json!(1), &json!(2)));
    assert_eq!(cleo.get(&made.path("/waitlist")).is(200).json(), json!([second]));
    let olga = office.organizer("olga");
    let all = olga.get(&made.path("/waitlist?all=true")).is(200).json();
    let users: Vec<_> = all.as_array().expect("entries").iter().map(|entry| &entry["userId"]).collect();
    assert_eq!(users, [&json!("carl"), &json!("cleo")]);
    assert_eq!(olga.get(&made.path("/waitlist")).is(200).json(), json!([]));
    carl.get(&made.path("/waitlist?all=true")).refused(403, "forbidden");
    carl.get(&made.path("/waitlist?all=maybe")).faults(&["all"]);

    let leaves = carl.call(Method::DELETE, &made.path("/waitlist"));
    leaves.json(&json!({"seatTypeId": made.seat_type(0), "quantity": 2})).send().is(204);
    assert_eq!(cleo.get(&made.path("/waitlist")).is(200).json()[0]["position"], 1);
    let path = made.path(&format!("/waitlist?seatTypeId={}", made.seat_type(0)));
    cleo.delete(&path).is(204);
    cleo.delete(&path).refused(404, "not_waiting");
    assert_eq!(olga.get(&made.path("/waitlist?all=true")).is(200).json(), json!([]));
}

#[test]
fn nobody_waits_for_what_can_be_had_or_twice_or_for_too_much() {
    let office = BoxOffice::open();
    let (made, [booking, _]) = sold_out(&office, concert("Night"), 3_600);
    let carl = office.customer("carl");
    joins(&carl, &made, 1).is(201);
    joins(&carl, &made, 1).refused_by_concert("already_waiting");
    joins(&office.customer("second"), &made, 2).refused_by_concert("already_booked");
    let never = joins(&office.customer("cleo"), &made, 3);
    never.faults(&["/quantity"]);
    let detail = never.json()["errors"][0]["detail"].clone();
    assert_eq!(detail, "is 3, but the seat type has 2 seats in all");
    joins(&office.customer("cleo"), &made, 0).faults(&["/quantity"]);
    office.guest().post(&made.path("/waitlist"), &json!({})).refused(401, "missing_token");
    let cleo = office.customer("cleo");
    cleo.post(&made.path("/waitlist"), &json!({"x": 1})).faults(&["/seatTypeId", "/x"]);
    cleo.post(&made.path("/waitlist"), &json!({"seatTypeId": "nonsense"}))
        .refused(404, "seat_type_not_found");
    cleo.post("/concerts/0000000000000/waitlist", &json!({"seatTypeId": "x"}))
        .refused(404, "concert_not_found");
    cleo.delete(&made.path("/waitlist")).faults(&["/seatTypeId"]);
    let other = office.organizer("olga").creates(&concert("Day"));
    let refused = joins(&cleo, &other, 1).refused_by_concert("not_sold_out");
    assert_eq!(refused["available"], 100);
    assert_eq!(office.customer("first").sees_booking(&booking), booking);
}

#[test]
fn a_seat_that_comes_free_is_offered_to_the_first_and_sold_to_nobody_else() {
    let office = BoxOffice::open_for_payment();
    let (made, [booking, _]) = sold_out(&office, paid("Night"), 3_600);
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    joins(&carl, &made, 1).is(201);
    joins(&cleo, &made, 1).is(201);
    office.customer("first").cancels(&booking).is(204);
    let offer = offered(&carl);
    assert_eq!(
        (&offer["concertId"], &offer["quantity"], &offer["total"]),
        (&json!(made.id), &json!(1), &json!(8.0))
    );
    assert_eq!(carl.get(&made.path("/waitlist")).is(200).json(), json!([]));
    office.customer("sly").books(&made, 1).refused_by_concert("sold_out");
    assert_eq!(cleo.lists("/bookings/mybookings"), Vec::<Value>::new());
    assert_eq!(carl.has_paid(&offer, "sim_ok")["status"], "succeeded");
    assert_eq!(carl.sees_booking(&offer)["status"], "confirmed");
}

#[test]
fn who_has_an_offer_does_not_wait_for_more_until_it_is_taken_up() {
    let office = BoxOffice::open();
    let (made, [booking, _]) = sold_out(&office, concert("Night"), 3_600);
    let carl = office.customer("carl");
    joins_with_key(&carl, &made, 1, "wait").is(201);
    office.customer("first").cancels(&booking).is(204);
    let offer = offered(&carl);
    let refused = joins(&carl, &made, 1).refused_by_concert("already_waiting");
    let detail = refused["detail"].as_str().expect("a text");
    assert!(detail.contains(offer["id"].as_str().expect("an id")), "{detail}");
    assert!(joins_with_key(&carl, &made, 1, "wait").is(201).is_replay(), "what was wished before is told");
    carl.does_to(&offer, "confirm").is(200);
    joins(&carl, &made, 1).is(201);
}

#[test]
fn an_offer_that_is_declined_or_expires_passes_on() {
    let office = BoxOffice::open_for_payment();
    let (made, [booking, _]) = sold_out(&office, paid("Night"), 1);
    let waiting = ["carl", "cleo", "cora"].map(|name| office.customer(name));
    for client in &waiting {
        joins(client, &made, 1).is(201);
    }
    office.customer("first").cancels(&booking).is(204);
    let [carl, cleo, cora] = &waiting;
    let offer = offered(carl);
    // Declined, unless its second was over already: it passes on either way.
    let declined = carl.cancels(&offer);
    assert!(matches!(declined.status, 204 | 409), "{declined:?}");
    let ended = eventually("cleo's offer expires", || {
        cleo.lists("/bookings/mybookings?status=expired").into_iter().next()
    });
    assert_eq!(ended["status"], "expired");
    let last = eventually("cora's offer", || cora.lists("/bookings/mybookings").into_iter().next());
    assert_eq!(last["quantity"], 1);
    // Once nobody waits and the last offer is over, the seat is anybody's.
    eventually("the seat is sold again", || {
        (office.customer("sly").books(&made, 1).status == 201).then_some(())
    });
}

#[test]
fn an_offer_that_costs_nothing_is_confirmed() {
    let office = BoxOffice::open();
    let (made, [booking, _]) = sold_out(&office, concert("Night"), 3_600);
    let carl = office.customer("carl");
    joins(&carl, &made, 1).is(201);
    office.customer("first").cancels(&booking).is(204);
    let offer = offered(&carl);
    let confirmed = carl.does_to(&offer, "confirm").is(200).json();
    assert_eq!((&confirmed["status"], &confirmed["expiresAt"]), (&json!("confirmed"), &Value::Null));
    assert_eq!(carl.does_to(&offer, "confirm").is(200).json(), confirmed, "it is so already");
    assert_eq!(carl.counts(&made), [0, 0, 2, 0]);
}

#[test]
fn waiting_and_offers_survive_kill_9() {
    let mut office = BoxOffice::open();
    let (made, [booking, other]) = sold_out(&office, concert("Night"), 3_600);
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    joins(&carl, &made, 1).is(201);
    joins(&cleo, &made, 1).is(201);
    office.customer("first").cancels(&booking).is(204);
    let offer = offered(&carl);
    office.kill_and_reopen();
    assert_eq!(carl.sees_booking(&offer), offer);
    assert_eq!(cleo.get(&made.path("/waitlist")).is(200).json()[0]["position"], 1);
    office.customer("second").cancels(&other).is(204);
    assert_eq!(offered(&cleo)["quantity"], 1);
}

#[test]
fn a_wish_waits_once_per_key_across_kill_9_and_is_told_as_it_is_now() {
    let mut office = BoxOffice::open();
    let (made, [booking, _]) = sold_out(&office, concert("Night"), 3_600);
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    joins(&cleo, &made, 1).is(201);
    let first = joins_with_key(&carl, &made, 1, "wait").is(201);
    assert!(!first.is_replay());
    let again = joins_with_key(&carl, &made, 1, "wait").is(201);
    assert!(again.is_replay());
    assert_eq!(again.json(), first.json());
    joins_with_key(&carl, &made, 2, "wait").refused(422, "idempotency_key_reused");
    carl.orders_with_key(&made.order(1), "wait").refused(422, "idempotency_key_reused");
    joins_with_key(&carl, &made, 1, "another").refused_by_concert("already_waiting");
    joins_with_key(&carl, &made, 1, "").is(400);

    cleo.delete(&made.path(&format!("/waitlist?seatTypeId={}", made.seat_type(0)))).is(204);
    office.kill_and_reopen();
    let moved_up = joins_with_key(&carl, &made, 1, "wait").is(201);
    assert!(moved_up.is_replay());
    assert_eq!(moved_up.json(), with(first.json(), &json!({"position": 1})));

    office.customer("first").cancels(&booking).is(204);
    let offer = offered(&carl);
    office.kill_and_reopen();
    let served = joins_with_key(&carl, &made, 1, "wait").is(201);
    assert!(served.is_replay());
    assert_eq!(served.json(), with(first.json(), &json!({"position": null})), "it waits no longer");
    assert_eq!(carl.get(&made.path("/waitlist")).is(200).json(), json!([]));
    assert_eq!(carl.sees_booking(&offer), offer);
}

#[test]
fn a_wish_is_given_up_once_per_key_across_kill_9() {
    let mut office = BoxOffice::open();
    let (made, _) = sold_out(&office, concert("Night"), 3_600);
    let carl = office.customer("carl");
    leaves_with_key(&carl, &made, "leave").refused(404, "not_waiting");
    joins_with_key(&carl, &made, 1, "join").is(201);
    leaves_with_key(&carl, &made, "join").refused(422, "idempotency_key_reused");
    leaves_with_key(&carl, &made, "").is(400);
    assert!(!leaves_with_key(&carl, &made, "leave").is(204).is_replay());
    office.kill_and_reopen();
    assert!(leaves_with_key(&carl, &made, "leave").is(204).is_replay());
    let path = made.path(&format!("/waitlist?seatTypeId={}", made.seat_type(0)));
    let by_query = carl.call(Method::DELETE, &path).key("leave").send().is(204);
    assert!(by_query.is_replay(), "the same request, said in another way");
    leaves_with_key(&carl, &made, "another").refused(404, "not_waiting");
    let again = joins(&carl, &made, 1).is(201).json();
    assert!(leaves_with_key(&carl, &made, "leave").is(204).is_replay());
    assert_eq!(carl.get(&made.path("/waitlist")).is(200).json(), json!([again]));
}

#[test]
fn an_offer_is_taken_up_once_per_key_across_kill_9() {
    let mut office = BoxOffice::open();
    let (made, [booking, _]) = sold_out(&office, concert("Night"), 3_600);
    let carl = office.customer("carl");
    joins(&carl, &made, 1).is(201);
    office.customer("first").cancels(&booking).is(204);
    let offer = offered(&carl);
    let first = carl.does_to_with_key(&offer, "confirm", "take").is(200);
    assert!(!first.is_replay());
    carl.does_to_with_key(&offer, "extend", "take").refused(422, "idempotency_key_reused");
    // It is so already, which is a success as well, and remembered.
    let noted = carl.does_to_with_key(&offer, "confirm", "take again").is(200);
    assert!(!noted.is_replay());
    assert_eq!(noted.json(), first.json());
    office.kill_and_reopen();
    for key in ["take", "take again"] {
        let again = carl.does_to_with_key(&offer, "confirm", key).is(200);
        assert!(again.is_replay());
        assert_eq!(again.json(), first.json());
    }
    carl.cancels(&offer).is(204);
    for key in ["take", "take again"] {
        let again = carl.does_to_with_key(&offer, "confirm", key).is(200);
        assert!(again.is_replay());
        assert_eq!(again.text("status"), "cancelled", "the booking as it is now");
    }
    carl.does_to_with_key(&offer, "confirm", "").is(400);
    carl.does_to_with_key(&offer, "confirm", "new").refused_by_concert("not_held");
}
