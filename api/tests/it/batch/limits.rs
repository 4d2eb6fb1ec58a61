//! How much one batch may be: it is refused whole, or taken whole.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Wire, concert, eventually, ndjson, with};

const LINES_MAX: usize = 1_000;
const BODY_BYTES_MAX: usize = 8 << 20;
const BATCHES_MAX: usize = 64;

#[test]
fn a_thousand_lines_are_taken_and_one_more_books_nothing() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let seats = json!([{"name": "Standing", "price": 10, "totalSeats": 2_000}]);
    let made = olga.creates(&with(concert("Night"), &json!({"seatTypes": seats})));
    let lines: Vec<_> = (0..=LINES_MAX).map(|user| made.line(&format!("user-{user}"), 1)).collect();
    let problem = olga.sends_batch(ndjson(&lines)).refused(400, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "", "{problem}");
    assert_eq!(olga.sees(&made), made.body);
    // Empty lines ask for nothing.
    let body = format!("\n\n{}\n", ndjson(&lines[..LINES_MAX]));
    let told = olga.sends_batch(body).told();
    assert_eq!(told.len(), LINES_MAX);
    assert!(told.iter().all(|told| told["status"] == 201));
    assert_eq!(olga.counts(&made), [1_000, 0, 1_000, 0]);
}

#[test]
fn a_body_of_eight_mebibytes_is_read_and_one_byte_more_is_not() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let mut body = ndjson(&[made.line("ada", 1)]);
    body.push_str(&" ".repeat(BODY_BYTES_MAX - body.len()));
    assert_eq!(olga.sends_batch(body.as_str()).told().len(), 1);
    let mut body = ndjson(&[made.line("ben", 1)]);
    body.push_str(&"\n".repeat(BODY_BYTES_MAX + 1 - body.len()));
    olga.sends_batch(body).refused(413, "body_too_large");
    assert_eq!(olga.lists(&made.path("/bookings")).len(), 1);
}

#[test]
fn a_batch_is_called_ndjson() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let send = |kind: &str, user: &str| {
        let call = olga.call(hyper::Method::POST, "/bookings/batch").header("content-type", kind);
        call.bytes(ndjson(&[made.line(user, 1)])).send()
    };
    for kind in ["application/json", "text/plain", ""] {
        send(kind, "ada").refused(415, "unsupported_media_type");
    }
    assert_eq!(olga.lists(&made.path("/bookings")), Vec::<Value>::new());
    for (kind, user) in [("application/x-ndjson; charset=utf-8", "ada"), ("application/ndjson", "ben")] {
        assert_eq!(send(kind, user).told()[0]["status"], 201);
    }
}

#[test]
fn more_batches_at_once_than_there_are_places_are_refused_whole() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let begin = format!(
        "POST /api/bookings/batch HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\
         content-type: application/x-ndjson\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n",
        olga.token.as_deref().expect("a token")
    );
    let wires = (0..BATCHES_MAX).map(|_| {
        let mut wire = Wire::to(&office);
        assert_eq!(wire.says(&begin).hears().status, 100, "its body is waited for");
        wire
    });
    let wires: Vec<_> = wires.collect();
    let body = ndjson(&[made.line("ada", 1)]);
    olga.sends_batch(body.as_str()).refused(503, "overloaded");
    assert_eq!(olga.sees(&made), made.body);
    drop(wires);
    eventually("there is a place again", || {
        let answer = olga.sends_batch(body.as_str());
        (answer.status == 200).then(|| assert_eq!(answer.told()[0]["status"], 201))
    });
}
