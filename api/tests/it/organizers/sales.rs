//! What was sold.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, concert, paid, with};

#[test]
fn the_sales_tell_seats_and_money_of_every_type() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let seat_types = json!([
        {"name": "Floor", "price": 10, "totalSeats": 20},
        {"name": "Balcony", "price": 25, "totalSeats": 5},
    ]);
    let change = json!({"seatTypes": seat_types, "cancellation": {"feeFixed": 1}});
    let made = olga.creates(&with(paid("Night"), &change));
    let (carl, cleo, cora) = (office.customer("carl"), office.customer("cleo"), office.customer("cora"));
    carl.has_bought(&made, 3);
    let cancelled = cleo.has_bought(&made, 2);
    cora.has_booked(&made, 4);
    let balcony = json!({"concertId": made.id, "seatTypeId": made.seat_type(1), "quantity": 1});
    let held = cleo.post("/bookings", &balcony).is(201).json();
    cleo.has_paid(&held, "sim_ok");
    olga.post(&made.path(&format!("/seattypes/{}/block", made.seat_type(0))), &json!({"quantity": 6}))
        .is(200);
    cleo.cancels(&cancelled).is(204);
    let settled = |sales: &Value| sales["refundsOwed"] == 0.0;
    let sales = crate::harness::eventually("the refund is made", || {
        Some(olga.get(&made.path("/sales")).is(200).json()).filter(settled)
    });
    assert_eq!(
        sales,
        json!({
            "concertId": made.id, "sequence": olga.sees(&made)["sequence"], "currency": "USD",
            "seatTypes": [
                {
                    "id": made.seat_type(0), "name": "Floor", "price": 10.0, "totalSeats": 20,
                    "sold": 3, "held": 4, "blocked": 6, "available": 7, "revenue": 30.0, "returned": 20.0,
                },
                {
                    "id": made.seat_type(1), "name": "Balcony", "price": 25.0, "totalSeats": 5,
                    "sold": 1, "held": 0, "blocked": 0, "available": 4, "revenue": 25.0, "returned": 0.0,
                },
            ],
            "captured": 75.0, "refunded": 19.0, "refundsOwed": 0.0, "feesKept": 1.0, "discounts": 0.0,
        })
    );
    assert_eq!(office.admin().get(&made.path("/sales")).is(200).json(), sales);
}

#[test]
fn a_concert_without_payment_has_sales_too() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 4})));
    let booking = office.customer("carl").has_booked(&made, 2);
    office.customer("cleo").has_booked(&made, 1);
    let sales = olga.get(&made.path("/sales")).is(200).json();
    assert_eq!(
        (&sales["seatTypes"][0]["sold"], &sales["seatTypes"][0]["revenue"]),
        (&json!(3), &json!(76.5))
    );
    assert_eq!((&sales["captured"], &sales["feesKept"]), (&json!(0.0), &json!(0.0)));
    office.customer("carl").cancels(&booking).is(204);
    let sales = olga.get(&made.path("/sales")).is(200).json();
    assert_eq!((&sales["seatTypes"][0]["revenue"], &sales["refunded"]), (&json!(25.5), &json!(0.0)));
    olga.get("/concerts/0000000000000/sales").refused(404, "concert_not_found");
}
