//! What concerts, seat types and rows are called comes back as it was given, in every answer that tells of a booking.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, hall, ndjson, with};

/// Names that JSON must escape, or that look as if it had to.
const NAMES: [&str; 7] = [
    r#"The "Night""#,
    r"AC\DC \u0041 \n",
    r"\",
    "Zoë 初音ミク 🎫👩\u{200d}🎤",
    "</script><!--'&amp;",
    r#"x","status":"cancelled"#,
    "e\u{301}\u{a0}é {}[]:,/\u{e000}\u{10fffd}",
];

/// The one element of a list, of which an answer tells as it is.
#[track_caller]
fn only(client: &Client, path: &str) -> Value {
    let mut list = client.lists(path);
    assert_eq!(list.len(), 1, "{list:?}");
    list.remove(0)
}

#[test]
fn names_of_any_letters_are_told_alike_by_every_answer() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    for (number, name) in NAMES.into_iter().enumerate() {
        // What a seat is called is shorter, and its parts have no hyphen.
        let row: String = name.replace('-', "_").chars().take(20).collect();
        let row = row.trim_end();
        let seat_types = json!([{"name": name, "price": 20, "rows": [{"label": row, "seats": 4}]}]);
        let made = olga.creates(&with(hall(name), &json!({"payment": "required", "seatTypes": seat_types})));
        olga.post(&made.path("/codes"), &json!({"code": "HALF", "percentOff": 50})).is(201);
        let carl = office.customer(&format!("carl-._~{number}"));
        let item = |seats: Value, quantity: u64| {
            json!([{
                "seatTypeId": made.seat_type(0), "seatTypeName": name, "quantity": quantity, "seats": seats,
                "unitPrice": 20.0,
            }])
        };
        let [first, second, third] = [1, 2, 3].map(|seat| format!("{row}-{seat}"));

        let order = with(made.order_of(&[&first]), &json!({"promoCode": "HALF"}));
        let held = carl.post("/bookings", &order).is(201).json();
        let expected = json!({
            "id": held["id"], "concertId": made.id, "concertName": name, "userId": carl.id,
            "items": item(json!([first]), 1), "quantity": 1, "total": 10.0, "discount": 10.0, "currency": "USD",
            "status": "held", "expiresAt": held["expiresAt"], "createdAt": held["createdAt"],
            "updatedAt": held["createdAt"], "sequence": made.sequence() + 2,
        });
        assert_eq!(held, expected);
        for time in ["expiresAt", "createdAt"] {
            assert!(
                held[time].as_str().is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()),
                "{held}"
            );
        }
        assert_eq!(carl.sees_booking(&held), expected);
        assert_eq!(only(&carl, "/bookings/mybookings"), expected);
        assert_eq!(only(&olga, &made.path("/bookings")), expected);

        carl.has_paid(&held, "sim_ok");
        let bought = carl.sees_booking(&held);
        assert_eq!((&bought["status"], &bought["expiresAt"]), (&json!("confirmed"), &Value::Null));
        let changed = carl.changes(&held, &json!({"seats": [first, second]})).is(200).json();
        let pending = json!({
            "amountDue": changed["pendingChange"]["amountDue"], "items": item(json!([first, second]), 2),
            "expiresAt": changed["pendingChange"]["expiresAt"],
        });
        let expected = json!({
            "pendingChange": pending, "updatedAt": changed["updatedAt"], "sequence": changed["sequence"],
        });
        assert_eq!(changed, with(bought, &expected));

        let trail = carl.lists(&format!("/bookings/{}/history", held["id"].as_str().expect("an id")));
        assert_eq!(trail[0]["items"], item(json!([first]), 1));
        let last = trail.last().expect("it was changed");
        assert_eq!((&last["event"], &last["by"]), (&json!("change_prepared"), &json!(carl.id)));
        assert_eq!(last["pendingChange"], pending);

        let line = with(made.order_of(&[&third]), &json!({"userId": carl.id}));
        let bad = with(line.clone(), &json!({"seats": [format!("{name}\"\\")]}));
        let answer = olga.sends_batch(ndjson(&[line, bad]));
        let told = answer.told();
        let booking = &told[0]["booking"];
        assert_eq!((&booking["concertName"], &booking["items"]), (&json!(name), &item(json!([third]), 1)));
        assert_eq!(*booking, carl.sees_booking(booking));
        assert_eq!(told[1]["status"], 404);
        assert_eq!(told[1]["error"]["seat"], format!("{name}\"\\"));
    }
}
