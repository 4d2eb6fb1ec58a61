//! Waiting lists: who may wait, and in which order.

use boxoffice_engine::concert::{DetailsChange, ManagerAction, Rejection};
use boxoffice_engine::limits;

use super::support::{
    BALCONY, FLOOR, FLOOR_SEATS, HALL, NOW, Outcome, Stand, after, block, book, cancel_booking, change,
    check, customer, free_with, invalid, join, leave, manage, olga, some,
};

pub(super) const JOINED: Outcome = Outcome::Happens("WaitlistJoined");

/// The floor sold out to bob; his booking's number.
pub(super) fn sold_to_bob(mut stand: Stand) -> (Stand, u64) {
    let number = stand.does(&book("bob", &[(FLOOR, FLOOR_SEATS)]));
    (stand, number)
}

pub(super) fn sold_out() -> (Stand, u64) {
    sold_to_bob(free_with(|_| ()))
}

pub(super) fn waiting(stand: &Stand) -> Vec<(String, u32, Option<u32>)> {
    stand.concert.wishes().map(|wish| (wish.user.to_string(), wish.quantity, wish.position)).collect()
}

#[test]
fn somebody_waits_only_for_seats_that_cannot_be_booked() {
    let mut stand = free_with(|_| ());
    let not = |available| Outcome::Refused(Rejection::NotSoldOut { available });
    check("all are left", &stand, &join("ada", FLOOR, 1), &not(FLOOR_SEATS));
    let too_many = invalid(&["/quantity"]);
    check("more than there are", &stand, &join("ada", FLOOR, FLOOR_SEATS + 1), &too_many);
    check("of numbered seats", &stand, &join("ada", HALL, 11), &too_many);
    stand.does(&book("bob", &[(FLOOR, FLOOR_SEATS - 1)]));
    check("one is left", &stand, &join("ada", FLOOR, 1), &not(1));
    check("two are not", &stand, &join("ada", FLOOR, 2), &JOINED);
    stand.does(&book("bob", &[(FLOOR, 1)]));
    check("none is left", &stand, &join("ada", FLOOR, 1), &JOINED);
    check("another type", &stand, &join("ada", BALCONY, 1), &not(3));
    check("numbered seats", &stand, &join("ada", HALL, 10), &not(10));
}

#[test]
fn the_first_refusal_of_a_wish_to_wait_wins() {
    let (mut stand, _) = sold_to_bob(free_with(|concert| {
        concert.details.tickets_per_user_max = FLOOR_SEATS;
        concert.seat_types[1].hidden = true;
    }));
    let unknown = Outcome::Refused(Rejection::SeatTypeNotFound);
    check("no seats", &stand, &join("ada", 9, 0), &invalid(&["/quantity"]));
    check("too many", &stand, &join("ada", FLOOR, 10_001), &invalid(&["/quantity"]));
    check("no such type", &stand, &join("ada", 9, 1), &unknown);
    check("a hidden type", &stand, &join("ada", BALCONY, 99), &unknown);
    check("a hidden type that nobody can wait for", &stand, &leave("ada", BALCONY), &unknown);
    let limit = |owned| Outcome::Refused(Rejection::AlreadyBooked { limit: FLOOR_SEATS, owned });
    check("more than there are", &stand, &join("ada", FLOOR, FLOOR_SEATS + 1), &invalid(&["/quantity"]));
    check("with what one has", &stand, &join("bob", FLOOR, 1), &limit(FLOOR_SEATS));
    let mut tight = stand.clone();
    tight.does(&cancel_booking(customer("bob"), 2));
    let lower = Some(FLOOR_SEATS - 1);
    tight.does(&change(DetailsChange { tickets_per_user_max: lower, ..DetailsChange::default() }));
    let beyond = Outcome::Refused(Rejection::AlreadyBooked { limit: FLOOR_SEATS - 1, owned: 0 });
    check("beyond the limit", &tight, &join("ada", FLOOR, FLOOR_SEATS), &beyond);
    stand.does(&join("ada", FLOOR, 1));
    let twice = Outcome::Refused(Rejection::AlreadyWaiting);
    check("twice", &stand, &join("ada", FLOOR, FLOOR_SEATS), &twice);
    stand.does(&manage(olga(), ManagerAction::CloseSales));
    check("more than there are", &stand, &join("eve", FLOOR, FLOOR_SEATS + 1), &invalid(&["/quantity"]));
    check("closed", &stand, &join("ada", FLOOR, 1), &Outcome::Refused(Rejection::SalesClosed));
    stand.does(&manage(olga(), ManagerAction::Cancel));
    let cancelled = Outcome::Refused(Rejection::ConcertCancelled);
    check("called off", &stand, &join("eve", FLOOR, 1), &cancelled);
    let hidden = Outcome::Refused(Rejection::ConcertNotFound);
    let draft = Stand::made(|concert| concert.draft = true);
    check("a draft", &draft, &join("ada", FLOOR, 1), &hidden);
    check("a draft", &draft, &leave("ada", FLOOR), &hidden);
    check("one's own draft", &draft, &join("olga", FLOOR, 1), &Outcome::Refused(Rejection::SalesNotOpen));
    check("one's own draft", &draft, &leave("olga", FLOOR), &Outcome::Refused(Rejection::NotWaiting));
    check("none", &Stand::absent(), &join("ada", FLOOR, 1), &hidden);
    check("none", &Stand::absent(), &leave("ada", FLOOR), &hidden);
    let (scheduled, _) = {
        let mut stand = free_with(|_| ());
        let sales_open_at = Some(Some(after(NOW, 5)));
        let number = stand.does(&change(DetailsChange { sales_open_at, ..DetailsChange::default() }));
        (stand, number)
    };
    check("early", &scheduled, &join("ada", FLOOR, 6), &Outcome::Refused(Rejection::SalesNotOpen));
}

#[test]
fn who_waits_stands_in_the_order_of_coming_for_each_type() {
    let (mut stand, _) = sold_out();
    let first = stand.does(&join("ada", FLOOR, 2));
    stand.does(&join("eve", FLOOR, 1));
    stand.does(&block(some(BALCONY, 3)));
    stand.does(&join("ada", BALCONY, 1));
    let standing = |name: &str, quantity, position| (name.to_owned(), quantity, Some(position));
    assert_eq!(waiting(&stand), [standing("ada", 2, 1), standing("eve", 1, 2), standing("ada", 1, 1)]);
    assert_eq!(stand.concert.wishes().next().map(|wish| wish.number), Some(first));
    stand.does(&leave("ada", FLOOR));
    assert_eq!(waiting(&stand), [standing("eve", 1, 1), standing("ada", 1, 1)]);
    let not = Outcome::Refused(Rejection::NotWaiting);
    check("not any more", &stand, &leave("ada", FLOOR), &not);
    check("never", &stand, &leave("zoe", FLOOR), &not);
    check("no such type", &stand, &leave("eve", 9), &Outcome::Refused(Rejection::SeatTypeNotFound));
    stand.does(&join("ada", FLOOR, 2));
    assert_eq!(waiting(&stand)[..2], [standing("eve", 1, 1), standing("ada", 2, 2)], "last again");
    stand.assert_replays();
}

#[test]
fn a_waiting_list_is_bounded() {
    let (mut stand, _) = sold_out();
    for number in 0..limits::WAITERS_PER_SEAT_TYPE_MAX {
        stand.does_unchecked(&join(&format!("user{number}"), FLOOR, 1));
    }
    check("one more", &stand, &join("ada", FLOOR, 1), &Outcome::Refused(Rejection::WaitlistFull));
    stand.does(&leave("user5", FLOOR));
    check("one left", &stand, &join("ada", FLOOR, 1), &JOINED);
}
