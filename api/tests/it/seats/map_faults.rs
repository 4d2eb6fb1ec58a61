//! Bad seat maps: checked whole, with every fault named.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, concert, with};

fn with_rows(rows: Value) -> Value {
    let mut request = concert("Night");
    request["seatTypes"] = json!([{"name": "Stalls", "price": 20}]);
    request["seatTypes"][0]["rows"] = rows;
    request
}

#[test]
fn every_fault_of_a_map_is_named_and_nothing_is_made() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let at = |pointers: &[&str]| -> Vec<String> {
        pointers.iter().map(|pointer| format!("/seatTypes/0/rows{pointer}")).collect()
    };
    let good = json!({"label": "A", "seats": 2});
    for (rows, pointers) in [
        (json!([]), at(&[""])),
        (json!("A"), at(&[""])),
        (json!([{}]), at(&["/0/label", "/0/seats"])),
        (json!([{"label": "", "seats": 0}]), at(&["/0/label", "/0/seats"])),
        (json!([{"label": "A-1", "seats": 1_001}]), at(&["/0/label", "/0/seats"])),
        (json!([{"label": "A", "seats": 2, "section": "x-y"}]), at(&["/0/section"])),
        (json!([{"label": "A", "seats": 2, "section": 7}]), at(&["/0/section"])),
        (json!([{"label": "A", "seats": 2, "colour": 1}]), at(&["/0/colour"])),
        (json!([good, {"label": "A", "seats": 5}]), at(&["/1/label"])),
        (json!([5, good, {"label": "A", "seats": 1}]), at(&["/0", "/2/label"])),
        (json!([good, {"label": "B", "seats": 2, "positions": [[1, 2]]}]), at(&["/1/positions"])),
        (json!([{"label": "B", "seats": 2, "positions": [[1, 2], [1]]}]), at(&["/0/positions/1"])),
        (
            json!([{"label": "B", "seats": 2, "positions": [[1, 2.125], 5]}]),
            at(&["/0/positions/0", "/0/positions/1"]),
        ),
        (json!([{"label": "B", "seats": 1, "positions": [[1, 10_000_000]]}]), at(&["/0/positions/0"])),
        (json!([{"label": "B", "seats": "2", "positions": [[1, 2]]}]), at(&["/0/seats"])),
    ] {
        let pointers: Vec<_> = pointers.iter().map(String::as_str).collect();
        olga.post("/concerts", &with_rows(rows)).faults(&pointers);
    }
    let too_many: Vec<_> = (0..101).map(|row| json!({"label": format!("R{row}"), "seats": 1_000})).collect();
    olga.post("/concerts", &with_rows(json!(too_many))).faults(&["/seatTypes/0/rows"]);
    let mut both = with_rows(json!([good]));
    both["seatTypes"][0]["totalSeats"] = json!(2);
    olga.post("/concerts", &both).faults(&["/seatTypes/0/totalSeats"]);
    assert_eq!(olga.lists("/concerts"), Vec::<Value>::new());

    let made = olga.creates(&concert("Night"));
    let added = json!({"name": "Stalls", "price": 20, "rows": [{"label": "A", "seats": 0}]});
    olga.post(&made.path("/seattypes"), &added).faults(&["/rows/0/seats"]);
    olga.post("/concerts", &with(concert("Night"), &json!({"forbidOrphanSeats": 1})))
        .faults(&["/forbidOrphanSeats"]);
}

#[test]
fn a_label_names_one_seat_of_a_concert() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let row = |section: &str| json!([{"label": "A", "seats": 2, "section": section}]);
    let halves = |left: &str, right: &str| {
        let half = |name: &str, section| json!({"name": name, "price": 20, "rows": row(section)});
        with(concert("Halves"), &json!({"seatTypes": [half("Left", left), half("Right", right)]}))
    };
    olga.post("/concerts", &halves("L", "L")).faults(&["/seatTypes/1/rows/0/label"]);
    let mut worse = halves("L", "L");
    worse["seatTypes"][0]["price"] = json!("dear");
    olga.post("/concerts", &worse).faults(&["/seatTypes/0/price", "/seatTypes/1/rows/0/label"]);
    let made = olga.creates(&halves("L", "R"));
    let added = json!({"name": "Middle", "price": 20, "rows": row("R")});
    let refused = olga.post(&made.path("/seattypes"), &added);
    refused.faults(&["/rows/0/label"]);
    assert_eq!(
        refused.json()["errors"][0]["detail"],
        "seat R-A-1 is of seat type \"Right\" already; give the row another label or a section"
    );
    assert_eq!(olga.sees(&made), made.body);
    olga.post(&made.path("/seattypes"), &with(added, &json!({"rows": row("M")}))).is(201);
}
