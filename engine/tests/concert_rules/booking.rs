//! Bookings of one seat type and of several: all or nothing.

use boxoffice_engine::concert::{BookingStatus, ConcertEvent, Decision, Rejection, SeatTypeChange};
use boxoffice_engine::ids::{BookingNumber, SeatTypeNumber};

use super::support::{
    BALCONY, BALCONY_SEATS, FLOOR, FLOOR_SEATS, LIMIT, NOW, Outcome, Stand, after, book, cancel_booking,
    change_seat_type, check, customer, user,
};

fn roomy() -> Stand {
    Stand::made(|concert| concert.details.tickets_per_user_max = 10)
}

#[test]
fn a_booking_is_numbered_by_its_event_and_keeps_the_price_of_its_time() {
    let mut stand = roomy();
    let number = stand.does(&book("ada", &[(BALCONY, 2), (FLOOR, 1)]));
    assert_eq!(number, 2);
    stand.does(&change_seat_type(FLOOR, SeatTypeChange { price: Some(1), ..SeatTypeChange::default() }));
    stand.does(&book("bob", &[(FLOOR, 1)]));
    let bookings = stand.concert.bookings();
    assert_eq!(bookings.len(), 2);
    let (first, second) = (&bookings[0], &bookings[1]);
    assert_eq!((first.number, first.sequence()), (BookingNumber(2), 2));
    assert_eq!((first.quantity(), first.total()), (3, 15_000));
    assert_eq!(first.items[0].seat_type, SeatTypeNumber(BALCONY), "items keep the order of the wish");
    assert_eq!((second.number, second.total()), (BookingNumber(4), 1));
    assert_eq!(stand.concert.owner(first), &user("ada"));
    stand.assert_replays();
}

#[test]
fn seats_are_sold_to_the_last_and_not_one_more() {
    let mut stand = roomy();
    let sold_out = |available| Outcome::Refused(Rejection::SoldOut { available });
    check("one too many", &stand, &book("ada", &[(FLOOR, FLOOR_SEATS + 1)]), &sold_out(FLOOR_SEATS));
    stand.does(&book("ada", &[(FLOOR, FLOOR_SEATS - 1)]));
    check("two for one", &stand, &book("bob", &[(FLOOR, 2)]), &sold_out(1));
    let last = stand.does(&book("bob", &[(FLOOR, 1)]));
    assert_eq!(stand.seats(FLOOR), (0, FLOOR_SEATS));
    check("none left", &stand, &book("eve", &[(FLOOR, 1)]), &sold_out(0));
    assert!(!stand.concert.view().is_sold_out(), "the balcony has seats");
    stand.does(&book("eve", &[(BALCONY, BALCONY_SEATS)]));
    assert!(stand.concert.view().is_sold_out());
    stand.does(&cancel_booking(customer("bob"), last));
    assert_eq!(stand.seats(FLOOR), (1, FLOOR_SEATS - 1));
    check("given back", &stand, &book("eve", &[(FLOOR, 1)]), &Outcome::Happens("Booked"));
    stand.assert_replays();
}

#[test]
fn of_several_items_all_are_booked_or_none() {
    let mut stand = roomy();
    let sold_out = |available| Outcome::Refused(Rejection::SoldOut { available });
    let too_many = [(FLOOR, 1), (BALCONY, BALCONY_SEATS + 1)];
    check("the second item", &stand, &book("ada", &too_many), &sold_out(BALCONY_SEATS));
    let both = [(FLOOR, FLOOR_SEATS + 1), (BALCONY, BALCONY_SEATS + 1)];
    stand.does(&book("bob", &[(FLOOR, FLOOR_SEATS)]));
    check("the first type that lacks seats", &stand, &book("ada", &[both[1]]), &sold_out(BALCONY_SEATS));
    check("in the order of the wish", &stand, &book("ada", &[(FLOOR, 1), both[1]]), &sold_out(0));
    let unknown = Outcome::Refused(Rejection::SeatTypeNotFound);
    check("one unknown type", &stand, &book("ada", &[(BALCONY, 1), (3, 1)]), &unknown);
    check("number zero", &stand, &book("ada", &[(0, 1)]), &unknown);
    check("the highest number", &stand, &book("ada", &[(u16::MAX, 1)]), &unknown);
    assert_eq!(stand.seats(BALCONY), (BALCONY_SEATS, 0));
}

#[test]
fn the_limit_counts_what_a_user_has_and_not_what_they_had() {
    let mut stand = Stand::on_sale();
    let first = stand.does(&book("ada", &[(FLOOR, 1)]));
    stand.does(&book("ada", &[(BALCONY, 1)]));
    let refused = Outcome::Refused(Rejection::AlreadyBooked { limit: LIMIT, owned: LIMIT });
    check("over all types", &stand, &book("ada", &[(BALCONY, 1)]), &refused);
    check("of each user", &stand, &book("bob", &[(BALCONY, LIMIT)]), &Outcome::Happens("Booked"));
    stand.does(&cancel_booking(customer("ada"), first));
    check("after a cancellation", &stand, &book("ada", &[(FLOOR, 1)]), &Outcome::Happens("Booked"));
}

#[test]
fn the_event_names_user_items_and_prices() {
    let stand = roomy();
    let decided = stand.decide(&book("ada", &[(FLOOR, 2)]));
    let Ok(Decision::Record(ConcertEvent::Booked { user: booked_for, items, terms, mail, idempotency })) =
        decided
    else {
        unreachable!("{decided:?}")
    };
    assert_eq!((booked_for, idempotency), (user("ada"), None));
    assert_eq!((terms, mail), (None, false), "seats that are booked at their price carry nothing");
    let [item] = items.as_slice() else { unreachable!("one item was wanted") };
    assert_eq!((item.seat_type, item.quantity, item.unit_price), (SeatTypeNumber(FLOOR), 2, 5_000));
    assert!(item.seats.is_empty(), "general admission has no numbered seats");
}

#[test]
fn a_cancelled_booking_keeps_its_place_and_tells_when_it_ended() {
    let mut stand = roomy();
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    stand.at(after(NOW, 5)).does(&book("ada", &[(BALCONY, 1)]));
    stand.at(after(NOW, 9)).does(&cancel_booking(customer("ada"), number));
    let numbers: Vec<_> = stand
        .concert
        .bookings_of(&user("ada"))
        .take(9)
        .map(|booking| (booking.number.0, booking.status))
        .collect();
    assert_eq!(numbers, [(3, BookingStatus::Confirmed), (2, BookingStatus::Cancelled)], "newest first");
    let booking = stand.concert.booking(BookingNumber(number)).expect("it is kept");
    assert_eq!((booking.created_at(), booking.updated_at(), booking.sequence()), (NOW, after(NOW, 9), 4));
    stand.assert_replays();
}
