//! Who may book for others, and where.

use hyper::Method;
use serde_json::json;

use crate::harness::{BoxOffice, concert, ndjson, status_and_code, with};

#[test]
fn only_organizers_and_admins_send_batches() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let body = ndjson(&[made.line("carl", 1)]);
    office.guest().sends_batch(body.as_str()).refused(401, "missing_token");
    office.customer("carl").sends_batch(body.as_str()).refused(403, "forbidden");
    // Who made the concert and is no organizer any more is a customer.
    office.customer("olga").sends_batch(body.as_str()).refused(403, "forbidden");
    assert_eq!(office.admin().sees(&made), made.body);
    office.admin().call(Method::GET, "/bookings/batch").send().refused(405, "method_not_allowed");
    let told = office.organizer("olga").sends_batch(body).told();
    assert_eq!(status_and_code(&told[0]), (201, ""));
    let told = office.admin().books_all(&[made.line("cleo", 1)]);
    assert_eq!(status_and_code(&told[0]), (201, ""));
}

#[test]
fn a_line_for_anothers_concert_is_refused_and_a_hidden_one_is_not_there() {
    let office = BoxOffice::open();
    let (olga, otto) = (office.organizer("olga"), office.organizer("otto"));
    let (own, others) = (olga.creates(&concert("Own")), otto.creates(&concert("Another's")));
    let draft = otto.creates(&with(concert("Draft"), &json!({"draft": true})));
    let lines = [
        own.line("ada", 1),
        others.line("ada", 1),
        draft.line("ada", 1),
        with(others.line("ada", 1), &json!({"seatTypeId": "none"})),
        with(others.line("ada", 1), &json!({"quantity": 0})),
        own.line("ben", 1),
    ];
    let told = olga.books_all(&lines);
    let codes: Vec<_> = told.iter().map(status_and_code).collect();
    assert_eq!(
        codes,
        [
            (201, ""),
            (403, "forbidden"),
            (404, "concert_not_found"),
            (403, "forbidden"),
            (400, "validation_failed"),
            (201, ""),
        ]
    );
    assert_eq!((otto.sees(&others), otto.sees(&draft)), (others.body.clone(), draft.body.clone()));
    // An admin manages all of them.
    let codes: Vec<_> =
        office.admin().books_all(&lines[1..3]).iter().map(|told| told["status"].clone()).collect();
    assert_eq!(codes, [201, 409]);
}
