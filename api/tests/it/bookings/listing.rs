//! Lists of bookings: one's own, a user's, a concert's.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, Concert, concert, with};

/// Two concerts, and nine bookings of one user, the oldest first; every third is cancelled.
fn nine_bookings(office: &BoxOffice, carl: &Client) -> (Vec<Concert>, Vec<Value>) {
    let olga = office.organizer("olga");
    let request = |name: &str| with(concert(name), &json!({"maxTicketsPerUser": 50}));
    let concerts = vec![olga.creates(&request("Night")), olga.creates(&request("Day"))];
    let bookings = (0..9).map(|number| {
        let booking = carl.has_booked(&concerts[number % 2], 1);
        office.customer("cleo").has_booked(&concerts[number % 2], 1);
        if number % 3 == 0 {
            carl.cancels(&booking).is(204);
        }
        carl.sees_booking(&booking)
    });
    let bookings = bookings.collect();
    (concerts, bookings)
}

fn with_status(bookings: &[Value], status: &str) -> Vec<Value> {
    bookings.iter().filter(|booking| booking["status"] == status).cloned().collect()
}

#[test]
fn ones_own_bookings_come_newest_first_page_by_page() {
    let office = BoxOffice::open();
    let carl = office.customer("carl");
    let (_, mut bookings) = nine_bookings(&office, &carl);
    bookings.reverse();
    assert_eq!(carl.lists("/bookings/mybookings"), bookings);
    for limit in [1, 2, 8, 9, 10] {
        assert_eq!(carl.lists(&format!("/bookings/mybookings?limit={limit}")), bookings, "pages of {limit}");
    }
    for status in ["confirmed", "cancelled", "held", "expired"] {
        let expected = with_status(&bookings, status);
        assert_eq!(carl.lists(&format!("/bookings/mybookings?status={status}")), expected);
        assert_eq!(carl.lists(&format!("/bookings/mybookings?status={status}&limit=2")), expected);
    }
    assert_eq!(office.customer("nobody").lists("/bookings/mybookings"), Vec::<Value>::new());
    office.guest().get("/bookings/mybookings").refused(401, "missing_token");
}

#[test]
fn the_bookings_of_a_user_are_seen_by_themselves_and_admins() {
    let office = BoxOffice::open();
    let carl = office.customer("carl");
    let (_, mut bookings) = nine_bookings(&office, &carl);
    bookings.reverse();
    for somebody in [&carl, &office.admin()] {
        assert_eq!(somebody.lists("/bookings/user/carl"), bookings);
        assert_eq!(somebody.lists("/bookings/user/carl?limit=2"), bookings);
        assert_eq!(
            somebody.lists("/bookings/user/carl?status=cancelled"),
            with_status(&bookings, "cancelled")
        );
    }
    for stranger in [office.customer("cleo"), office.organizer("olga")] {
        let unseen = stranger.get("/bookings/user/carl").is(404);
        unseen.problem();
        assert_eq!(unseen.json(), stranger.get("/bookings/user/nobody").is(404).json());
    }
    office.guest().get("/bookings/user/carl").refused(401, "missing_token");
}

#[test]
fn the_bookings_of_a_concert_come_oldest_first_page_by_page() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let (concerts, bookings) = nine_bookings(&office, &office.customer("carl"));
    let all = olga.lists(&concerts[0].path("/bookings?limit=100"));
    let of_carl: Vec<_> = all.iter().filter(|booking| booking["userId"] == "carl").cloned().collect();
    let expected: Vec<_> =
        bookings.iter().filter(|booking| booking["concertId"] == concerts[0].id).cloned().collect();
    assert_eq!(of_carl, expected);
    let created: Vec<jiff::Timestamp> = all
        .iter()
        .map(|booking| booking["createdAt"].as_str().and_then(|time| time.parse().ok()).expect("a time"))
        .collect();
    assert!(created.is_sorted(), "{created:?}");
    for limit in [1, 3, 9, 10] {
        assert_eq!(
            olga.lists(&concerts[0].path(&format!("/bookings?limit={limit}"))),
            all,
            "pages of {limit}"
        );
    }
    for status in ["confirmed", "cancelled"] {
        let expected = with_status(&all, status);
        assert_ne!(expected, Vec::<Value>::new());
        assert_eq!(olga.lists(&concerts[0].path(&format!("/bookings?status={status}"))), expected);
        assert_eq!(
            office.admin().lists(&concerts[0].path(&format!("/bookings?status={status}&limit=1"))),
            expected
        );
    }
}

#[test]
fn the_bookings_of_a_concert_are_for_its_organizer_and_admins() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let path = made.path("/bookings");
    for stranger in [office.customer("carl"), office.organizer("otto")] {
        let answer = stranger.get(&path);
        match answer.status {
            403 => _ = answer.refused(403, "forbidden"),
            _ => _ = answer.refused(404, "concert_not_found"),
        }
    }
    office.guest().get(&path).refused(401, "missing_token");
    office.admin().get(&path).is(200);
}

#[test]
fn a_list_asked_for_badly_is_refused() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    for path in ["/bookings/mybookings".to_owned(), "/bookings/user/olga".to_owned(), made.path("/bookings")]
    {
        for query in ["limit=0", "limit=101", "limit=many", "status=lost", "cursor=%00", "cursor=nonsense"] {
            olga.get(&format!("{path}?{query}")).refused(400, "validation_failed");
        }
    }
}
