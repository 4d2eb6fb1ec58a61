//! Changes of bookings, and the money that follows.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Concert, concert, eventually, paid, with};

fn floor_and_balcony(office: &BoxOffice) -> Concert {
    let seat_types = json!([
        {"name": "Floor", "price": 10, "totalSeats": 10},
        {"name": "Balcony", "price": 25, "totalSeats": 4},
    ]);
    office.organizer("olga").creates(&with(paid("Night"), &json!({"seatTypes": seat_types})))
}

#[test]
fn more_seats_wait_for_their_payment_and_the_old_ones_are_kept() {
    let office = BoxOffice::open_for_payment();
    let made = floor_and_balcony(&office);
    let carl = office.customer("carl");
    let bought = carl.has_bought(&made, 2);
    let waiting = carl.changes(&bought, &json!({"quantity": 5})).is(200).json();
    assert_eq!((&waiting["status"], &waiting["quantity"]), (&json!("confirmed"), &json!(2)));
    assert_eq!(waiting["total"], 20.0);
    let pending = &waiting["pendingChange"];
    assert_eq!((&pending["amountDue"], &pending["items"][0]["quantity"]), (&json!(30.0), &json!(5)));
    assert!(pending["expiresAt"].is_string());
    assert_eq!(carl.counts(&made), [5, 3, 2, 0]);

    let payment = carl.has_paid(&waiting, "sim_ok");
    assert_eq!((&payment["status"], &payment["amount"]), (&json!("succeeded"), &json!(30.0)));
    let changed = carl.sees_booking(&bought);
    assert_eq!((&changed["quantity"], &changed["total"]), (&json!(5), &json!(50.0)));
    assert!(changed.get("pendingChange").is_none(), "{changed}");
    assert_eq!(carl.counts(&made), [5, 0, 5, 0]);
}

#[test]
fn a_change_that_nobody_pays_for_is_dropped_and_the_booking_stays() {
    let office = BoxOffice::open_for_payment();
    let seats = json!([{"name": "Floor", "price": 10, "totalSeats": 10}]);
    let made = office
        .organizer("olga")
        .creates(&with(paid("Night"), &json!({"seatTypes": seats, "holdSeconds": 2})));
    let carl = office.customer("carl");
    let bought = carl.has_bought(&made, 1);
    carl.changes(&bought, &json!({"quantity": 3})).is(200);
    let kept = eventually("the change is dropped", || {
        Some(carl.sees_booking(&bought)).filter(|booking| booking.get("pendingChange").is_none())
    });
    assert_eq!((&kept["status"], &kept["quantity"]), (&json!("confirmed"), &json!(1)));
    assert_eq!(carl.counts(&made), [9, 0, 1, 0]);
    carl.pays(&bought, "sim_ok").refused_by_concert("not_held");
}

#[test]
fn fewer_seats_give_the_difference_back() {
    let office = BoxOffice::open_for_payment();
    let made = floor_and_balcony(&office);
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 5);
    let payment = carl.has_paid(&held, "sim_ok");
    let changed = carl.changes(&held, &json!({"quantity": 2})).is(200).json();
    assert_eq!((&changed["quantity"], &changed["total"]), (&json!(2), &json!(20.0)));
    assert!(changed.get("pendingChange").is_none());
    let refunded = carl.waits_for_payment(&payment, |p| p["status"] != "succeeded");
    assert_eq!(
        (&refunded["status"], &refunded["refundedAmount"]),
        (&json!("partially_refunded"), &json!(30.0))
    );
    assert_eq!(carl.counts(&made), [8, 0, 2, 0]);
}

#[test]
fn another_type_and_several_items_are_changed_to_at_once() {
    let office = BoxOffice::open_for_payment();
    let made = floor_and_balcony(&office);
    let carl = office.customer("carl");
    let bought = carl.has_bought(&made, 2);
    let balcony = carl.changes(&bought, &json!({"seatTypeId": made.seat_type(1)})).is(200).json();
    assert_eq!(balcony["pendingChange"]["amountDue"], 30.0);
    // Another change takes the place of the one that waits.
    let items = json!({"items": [
        {"seatTypeId": made.seat_type(0), "quantity": 1},
        {"seatTypeId": made.seat_type(1), "quantity": 1},
    ]});
    let both = carl.changes(&bought, &items).is(200).json();
    assert_eq!(both["pendingChange"]["amountDue"], 15.0);
    assert_eq!(carl.has_paid(&both, "sim_ok")["status"], "succeeded");
    let changed = carl.sees_booking(&bought);
    assert_eq!((&changed["total"], changed["items"].as_array().map(Vec::len)), (&json!(35.0), Some(2)));
    carl.changes(&bought, &json!({"quantity": 3})).faults(&["/items"]);
}

#[test]
fn a_hold_is_changed_without_money_and_a_free_booking_too() {
    let office = BoxOffice::open_for_payment();
    let made = floor_and_balcony(&office);
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let changed = carl.changes(&held, &json!({"quantity": 4})).is(200).json();
    assert_eq!((&changed["status"], &changed["total"]), (&json!("held"), &json!(40.0)));
    assert_eq!(changed["expiresAt"], held["expiresAt"], "a change wins no time");
    let request = with(concert("Day"), &json!({"maxTicketsPerUser": 4}));
    let free = office.organizer("olga").creates(&request);
    let booking = carl.has_booked(&free, 1);
    let changed = carl.changes(&booking, &json!({"quantity": 4})).is(200).json();
    assert_eq!((&changed["status"], &changed["quantity"]), (&json!("confirmed"), &json!(4)));
    assert_eq!(carl.changes(&booking, &json!({})).is(200).json(), changed, "nothing to change");
}

#[test]
fn a_change_that_cannot_be_made_changes_nothing() {
    let office = BoxOffice::open_for_payment();
    let made = floor_and_balcony(&office);
    let carl = office.customer("carl");
    let bought = carl.has_bought(&made, 2);
    let unchanged = |answer: &dyn Fn() -> Value| {
        answer();
        assert_eq!(carl.sees_booking(&bought), bought);
    };
    unchanged(&|| carl.changes(&bought, &json!({"quantity": 11})).refused_by_concert("already_booked"));
    let too_many = json!({"seatTypeId": made.seat_type(1), "quantity": 5});
    unchanged(&|| carl.changes(&bought, &too_many).refused_by_concert("sold_out"));
    let unknown = json!({"seatTypeId": "nonsense"});
    unchanged(&|| carl.changes(&bought, &unknown).refused(404, "seat_type_not_found"));
    let cleo = office.customer("cleo");
    unchanged(&|| cleo.changes(&bought, &json!({"quantity": 1})).refused(404, "booking_not_found"));
    for (change, pointers) in [
        (json!({"quantity": 0}), vec!["/quantity"]),
        (json!({"quantity": "2", "x": 1}), vec!["/quantity", "/x"]),
        (json!({"items": []}), vec!["/items"]),
        (json!({"items": [{"quantity": 1}]}), vec!["/items/0/seatTypeId"]),
        (json!({"seats": ["A-1", "A-1"]}), vec!["/seats"]),
        (json!({"seats": ["A-1"], "quantity": 2}), vec!["/quantity"]),
        (json!({"promoCode": "HALF"}), vec!["/promoCode"]),
    ] {
        carl.changes(&bought, &change).faults(&pointers);
    }
    carl.cancels(&bought).is(204);
    carl.changes(&bought, &json!({"quantity": 1})).refused_by_concert("already_cancelled");
}
