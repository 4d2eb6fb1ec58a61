//! Bookings that become other seats, another type, another number: where nothing is to be paid first.

use boxoffice_engine::concert::{
    BookingStatus, ChangeWish, DetailsChange, Effect, ManagerAction, PromoCode, Reduction, Rejection,
    SeatTypeChange, WantedItem,
};
use boxoffice_engine::ids::{BookingNumber, SeatTypeNumber};

use super::support::{
    BALCONY, BALCONY_PRICE, FLOOR, FLOOR_PRICE, FLOOR_SEATS, HALL, Outcome, ROOMY, START, Stand, add_code,
    admin, after, block, book, book_these, cancel_booking, change, change_seat_type, change_to, changed,
    check, code, customer, free_with, invalid, key, keyed, manage, olga, paid, some, these, with_code,
};

const CHANGED: Outcome = Outcome::Happens("BookingChanged");

fn booked() -> (Stand, u64) {
    let mut stand = free_with(|_| ());
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    (stand, number)
}

fn one(seat_type: Option<u16>, quantity: Option<u32>, seats: Option<&[&str]>) -> ChangeWish {
    let seats = seats.map(|labels| labels.iter().map(|label| (*label).into()).collect());
    ChangeWish::OneItem { seat_type: seat_type.map(SeatTypeNumber), quantity, seats }
}

#[test]
fn a_booking_becomes_what_is_wished_and_its_old_seats_are_free() {
    let (mut stand, number) = booked();
    for (items, floor, balcony, total) in [
        (vec![some(FLOOR, 3)], 3, 0, 3 * FLOOR_PRICE),
        (vec![some(FLOOR, 1)], 1, 0, FLOOR_PRICE),
        (vec![some(BALCONY, 2)], 0, 2, 2 * BALCONY_PRICE),
        (vec![some(BALCONY, 1), some(FLOOR, 4)], 4, 1, BALCONY_PRICE + 4 * FLOOR_PRICE),
        (vec![some(FLOOR, FLOOR_SEATS)], FLOOR_SEATS, 0, 6 * FLOOR_PRICE),
    ] {
        stand.now = after(stand.now, 1);
        let sequence = stand.does(&change_to("ada", number, items));
        assert_eq!((stand.seats(FLOOR).1, stand.seats(BALCONY).1), (floor, balcony));
        let booking = stand.booking(number);
        assert_eq!((booking.status, booking.total()), (BookingStatus::Confirmed, total));
        assert_eq!((booking.sequence(), booking.updated_at()), (sequence, stand.now));
    }
    stand.assert_replays();
}

#[test]
fn a_hold_is_changed_at_once_and_keeps_its_time() {
    let mut stand = paid();
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    let expires_at = stand.booking(number).expires_at();
    stand.now = after(stand.now, 1);
    stand.does(&change_to("ada", number, vec![some(BALCONY, 3)]));
    let booking = stand.booking(number);
    assert_eq!((booking.status, booking.expires_at()), (BookingStatus::Held, expires_at));
    assert_eq!((booking.total(), booking.pending()), (3 * BALCONY_PRICE, None));
    assert_eq!((stand.counts(FLOOR).held, stand.counts(BALCONY).held), (0, 3));
}

#[test]
fn of_one_item_what_is_not_given_stays() {
    let mut stand = free_with(|_| ());
    let number = stand.does(&book_these("ada", &["A-1", "A-2"]));
    for (wish, labels) in [
        (one(None, None, Some(&["B-1", "B-2"])), vec!["B-1", "B-2"]),
        (one(None, Some(1), None), vec!["B-1"]),
        (one(None, None, Some(&["A-5", "A-3", "A-4"])), vec!["A-3", "A-4", "A-5"]),
        (one(Some(FLOOR), None, None), vec![]),
        (one(Some(HALL), None, None), vec!["A-1", "A-2", "A-3"]),
    ] {
        stand.does(&changed(customer("ada"), number, wish));
        assert_eq!(stand.labels(number), labels);
    }
    let bare = changed(customer("ada"), number, one(None, None, None));
    check("nothing is given", &stand, &bare, &Outcome::Keeps(Effect::BookingChanged(BookingNumber(number))));
    let contradiction = changed(customer("ada"), number, one(None, Some(3), Some(&["A-1"])));
    check("two numbers", &stand, &contradiction, &invalid(&["/items/0/quantity"]));
    stand.does(&change_to("ada", number, vec![some(FLOOR, 1), some(BALCONY, 1)]));
    let which = changed(customer("ada"), number, one(None, Some(1), None));
    check("of several items", &stand, &which, &invalid(&["/items"]));
}

#[test]
fn a_change_that_changes_nothing_is_none() {
    let (stand, number) = booked();
    let keeps = Outcome::Keeps(Effect::BookingChanged(BookingNumber(number)));
    check("the same", &stand, &change_to("ada", number, vec![some(FLOOR, 2)]), &keeps);
    let mut hall = free_with(|_| ());
    let number = hall.does(&book_these("ada", &["A-1", "A-4"]));
    let keeps = Outcome::Keeps(Effect::BookingChanged(BookingNumber(number)));
    check("in another order", &hall, &change_to("ada", number, vec![these(HALL, &["A-4", "A-1"])]), &keeps);
    check("as many", &hall, &change_to("ada", number, vec![some(HALL, 2)]), &keeps);
}

#[test]
fn the_first_refusal_of_a_change_wins() {
    // Each line adds what is refused before all lines above it.
    type Adds = Box<dyn Fn(&mut Stand, u64)>;
    let lines: [(Rejection, Adds); 6] = [
        (Rejection::SoldOut { available: 1 }, Box::new(|_, _| ())),
        (
            Rejection::AlreadyBooked { limit: 2, owned: 0 },
            Box::new(|stand, _| {
                let limit = DetailsChange { tickets_per_user_max: Some(2), ..DetailsChange::default() };
                stand.does(&change(limit));
            }),
        ),
        (
            Rejection::SalesClosed,
            Box::new(|stand, _| _ = stand.does(&manage(olga(), ManagerAction::CloseSales))),
        ),
        (
            Rejection::ConcertCancelled,
            Box::new(|stand, _| _ = stand.does(&manage(olga(), ManagerAction::Cancel))),
        ),
        (
            Rejection::AlreadyCancelled,
            Box::new(|stand, number| _ = stand.does(&cancel_booking(olga(), number))),
        ),
        (Rejection::AlreadyCancelled, Box::new(|stand, _| _ = stand.at(START))),
    ];
    let (mut stand, number) = booked();
    stand.does(&block(some(FLOOR, 3)));
    for (refusal, adds) in lines {
        adds(&mut stand, number);
        let command = change_to("ada", number, vec![some(FLOOR, 4)]);
        check("so far", &stand, &command, &Outcome::Refused(refusal));
        let unknown = change_to("ada", number, vec![some(9, 1)]);
        check("unknown type", &stand, &unknown, &Outcome::Refused(Rejection::SeatTypeNotFound));
        let no_seat = change_to("ada", number, vec![these(HALL, &["Z-1"])]);
        let not_found = Rejection::SeatNotFound { seat: "Z-1".into() };
        check("unknown seat", &stand, &no_seat, &Outcome::Refused(not_found));
        let none = change_to("ada", number, vec![some(9, 0)]);
        check("no seats", &stand, &none, &invalid(&["/items/0/quantity"]));
        let stranger = change_to("bob", number, vec![some(9, 0)]);
        check("not theirs", &stand, &stranger, &Outcome::Refused(Rejection::BookingNotFound));
    }
}

#[test]
fn a_booking_is_changed_by_its_owner_the_organizer_and_admins() {
    let (stand, number) = booked();
    for who in [customer("ada"), olga(), admin()] {
        check("by", &stand, &changed(who, number, one(None, Some(3), None)), &CHANGED);
    }
}

#[test]
fn the_limit_counts_the_booking_as_it_will_be() {
    let (mut stand, number) = booked();
    stand.does(&book("ada", &[(HALL, 5)]));
    let most = ROOMY - 5;
    check("up to it", &stand, &change_to("ada", number, vec![some(FLOOR, most)]), &CHANGED);
    let refused = Outcome::Refused(Rejection::AlreadyBooked { limit: ROOMY, owned: 5 });
    check("beyond", &stand, &change_to("ada", number, vec![some(FLOOR, most + 1)]), &refused);
    let over_two = vec![some(FLOOR, most), some(BALCONY, 1)];
    check("over two types", &stand, &change_to("ada", number, over_two), &refused);
}

#[test]
fn a_change_is_all_or_nothing_and_gives_back_only_what_it_had() {
    let (mut stand, number) = booked();
    stand.does(&book("bob", &[(FLOOR, 3)]));
    let sold_out = |available| Outcome::Refused(Rejection::SoldOut { available });
    check("one is left", &stand, &change_to("ada", number, vec![some(FLOOR, 3)]), &CHANGED);
    check("two are not", &stand, &change_to("ada", number, vec![some(FLOOR, 4)]), &sold_out(1));
    let both = vec![some(FLOOR, 1), some(BALCONY, 4)];
    check("one of two types", &stand, &change_to("ada", number, both), &sold_out(3));
    assert_eq!(stand.seats(FLOOR), (1, 5));
}

#[test]
fn a_price_that_was_promised_stays_for_its_seat_type() {
    let (mut stand, number) = booked();
    for seat_type in [FLOOR, BALCONY] {
        stand.does(&change_seat_type(
            seat_type,
            SeatTypeChange { price: Some(9_900), ..SeatTypeChange::default() },
        ));
    }
    stand.does(&change_to("ada", number, vec![some(FLOOR, 3), some(BALCONY, 1)]));
    assert_eq!(stand.booking(number).total(), 3 * FLOOR_PRICE + 9_900, "a type that is new costs as now");
    stand.does(&change_to("ada", number, vec![some(BALCONY, 1)]));
    stand.does(&change_to("ada", number, vec![some(FLOOR, 1)]));
    assert_eq!(stand.booking(number).total(), 9_900, "what was given back is as any other");
}

#[test]
fn a_discount_follows_the_price() {
    let (mut stand, _) = booked();
    stand.does(&add_code(code("TENTH", Reduction::BasisPoints(1_000))));
    stand.does(&add_code(code("SIX", Reduction::Amount(6_000))));
    for (text, off_one, off_three) in [("TENTH", 500, 1_500), ("SIX", 5_000, 6_000)] {
        let number = stand.does(&with_code(book("bob", &[(FLOOR, 1)]), text));
        assert_eq!(stand.booking(number).total(), FLOOR_PRICE - off_one);
        stand.does(&change_to("bob", number, vec![some(FLOOR, 3)]));
        assert_eq!(stand.booking(number).total(), 3 * FLOOR_PRICE - off_three);
        stand.does(&change_to("bob", number, vec![some(FLOOR, 1)]));
        assert_eq!(stand.booking(number).total(), FLOOR_PRICE - off_one);
        stand.does(&cancel_booking(customer("bob"), number));
    }
}

#[test]
fn hidden_seats_are_for_bookings_whose_code_opens_them() {
    let mut stand = free_with(|concert| concert.seat_types[1].hidden = true);
    let opens = vec![SeatTypeNumber(BALCONY)];
    stand.does(&add_code(PromoCode { opens, ..code("VIP", Reduction::Nothing) }));
    let plain = stand.does(&book("ada", &[(FLOOR, 1)]));
    let vip = stand.does(&with_code(book("bob", &[(FLOOR, 1)]), "vip"));
    let to_balcony = |name, number| change_to(name, number, vec![some(BALCONY, 1)]);
    let unknown = Outcome::Refused(Rejection::SeatTypeNotFound);
    check("without a code", &stand, &to_balcony("ada", plain), &unknown);
    check("with it", &stand, &to_balcony("bob", vip), &CHANGED);
    stand.does(&super::support::withdraw("VIP"));
    check("withdrawn since", &stand, &to_balcony("bob", vip), &CHANGED);
}

#[test]
fn a_change_is_made_once_per_key_whatever_the_booking_is_by_then() {
    let (mut stand, number) = booked();
    let command = keyed(changed(customer("ada"), number, one(None, Some(1), None)), key(1, 1));
    stand.does(&command);
    let repeated = Outcome::Repeated(Effect::BookingChanged(BookingNumber(number)));
    check("again", &stand, &command, &repeated);
    let reused = Outcome::Refused(Rejection::IdempotencyKeyReused);
    let other = |wish: ChangeWish| keyed(changed(customer("ada"), number, wish), key(1, 2));
    check("another request", &stand, &other(one(None, Some(2), None)), &reused);
    check("a bad one", &stand, &other(one(None, Some(0), None)), &invalid(&["/items/0/quantity"]));
    stand.does(&change_to("ada", number, vec![some(FLOOR, 1), some(BALCONY, 1)]));
    check("it has several items", &stand, &command, &repeated);
    stand.does(&cancel_booking(customer("ada"), number));
    check("it is cancelled", &stand, &command, &repeated);
}

#[test]
fn a_booking_keeps_the_seats_it_can_and_its_number() {
    let mut stand = free_with(|_| ());
    let number = stand.does(&book_these("ada", &["A-2", "A-3"]));
    stand.does(&book_these("bob", &["A-4", "A-5"]));
    let taken = Rejection::SeatTaken { seat: "A-4".into() };
    let onto_bob: WantedItem = these(HALL, &["A-3", "A-4"]);
    check("somebody's", &stand, &change_to("ada", number, vec![onto_bob]), &Outcome::Refused(taken));
    stand.does(&change_to("ada", number, vec![these(HALL, &["A-1", "A-2"])]));
    assert_eq!(stand.labels(number), ["A-1", "A-2"]);
    stand.does(&book_these("eve", &["A-3"]));
    stand.assert_replays();
}
