//! Seats that came free: who is offered them, and what becomes of the offer.

use boxoffice_engine::concert::{
    BookingStatus, Counts, DetailsChange, Effect, Hold, ManagerAction, Rejection, SeatTypeChange,
};
use boxoffice_engine::ids::{BookingId, BookingNumber};
use boxoffice_engine::time::Time;

use super::support::{
    BALCONY, EXPIRY, FLOOR, FLOOR_SEATS, HALL, HOUR, NOW, Outcome, ROOMY, START, Stand, after, block, book,
    book_these, cancel_booking, change, change_seat_type, change_to, check, confirm, customer, extend,
    free_with, join, leave, manage, olga, paid, paid_with, pay, release, resize, some, succeed, these,
};
use super::waiting::{JOINED, sold_out, sold_to_bob, waiting};

const OFFER_ENDS: Time = Time(NOW.0 + HOUR * 1_000);

/// Bob keeps so many seats; the others come free, and are offered.
fn bob_keeps(stand: &mut Stand, number: u64, seats: u32) {
    stand.does(&change_to("bob", number, vec![some(FLOOR, seats)]));
    stand.does_chores();
}

/// Who has offers: names and seats, oldest first.
fn offers(stand: &Stand) -> Vec<(String, u32)> {
    let offered = |booking: &&boxoffice_engine::concert::Booking| {
        booking.status == BookingStatus::Held && booking.hold().is_some_and(|hold| hold.is_offer)
    };
    let bookings = stand.concert.bookings().iter().filter(offered);
    bookings.map(|booking| (stand.concert.owner(booking).to_string(), booking.quantity())).collect()
}

/// The number of the newest booking.
fn newest(stand: &Stand) -> u64 {
    stand.concert.bookings().last().expect("there is one").number.0
}

#[test]
fn what_comes_free_is_offered_to_the_first_who_fits() {
    for (keeps, expected, left) in [
        (5, vec![("eve", 1)], 0),
        (4, vec![("eve", 1)], 1),
        (3, vec![("ada", 3)], 0),
        (2, vec![("ada", 3), ("eve", 1)], 0),
        (1, vec![("ada", 3), ("eve", 1)], 1),
    ] {
        let (mut stand, number) = sold_out();
        stand.does(&join("ada", FLOOR, 3));
        stand.does(&join("eve", FLOOR, 1));
        stand.does(&join("zoe", FLOOR, 4));
        bob_keeps(&mut stand, number, keeps);
        let expected: Vec<_> =
            expected.into_iter().map(|(name, seats): (&str, u32)| (name.to_owned(), seats)).collect();
        assert_eq!(offers(&stand), expected, "{keeps}");
        let counts = stand.counts(FLOOR);
        assert_eq!((counts.available, counts.booked), (left, keeps));
        assert_eq!(waiting(&stand).len(), 3 - expected.len(), "an offer ends the waiting");
        stand.assert_replays();
    }
}

#[test]
fn seats_are_kept_for_who_waits_until_they_are_offered() {
    let (mut stand, number) = sold_out();
    stand.does(&join("ada", FLOOR, 2));
    let changed = stand.does(&change_to("bob", number, vec![some(FLOOR, 4)]));
    assert_eq!((stand.counts(FLOOR).available, stand.concert.sequence()), (2, changed));
    let sold_out = Outcome::Refused(Rejection::SoldOut { available: 0 });
    check("by who came later", &stand, &book("zoe", &[(FLOOR, 1)]), &sold_out);
    check("by who waits", &stand, &book("ada", &[(FLOOR, 1)]), &sold_out);
    check("by bob", &stand, &change_to("bob", number, vec![some(FLOOR, 5)]), &sold_out);
    check(
        "fewer",
        &stand,
        &change_to("bob", number, vec![some(FLOOR, 3)]),
        &Outcome::Happens("BookingChanged"),
    );
    check("another type", &stand, &book("zoe", &[(BALCONY, 1)]), &Outcome::Happens("Booked"));
    check("who waits, too", &stand, &join("zoe", FLOOR, 1), &JOINED);
    stand.does_chores();
    assert_eq!(offers(&stand), [("ada".to_owned(), 2)]);
    let (mut stand, number) = super::waiting::sold_out();
    stand.does(&join("ada", FLOOR, 2));
    stand.does(&change_to("bob", number, vec![some(FLOOR, 5)]));
    check("too few for who waits", &stand, &book("zoe", &[(FLOOR, 1)]), &Outcome::Happens("Booked"));
}

#[test]
fn an_offer_is_a_hold_that_is_taken_up_without_a_payment_where_none_is_required() {
    let (mut stand, number) = sold_out();
    stand.does(&join("ada", FLOOR, 2));
    bob_keeps(&mut stand, number, 4);
    let offer = newest(&stand);
    let until_max = OFFER_ENDS.plus_seconds(120);
    let hold = Hold { expires_at: OFFER_ENDS, until_max, is_offer: true, declined: false };
    assert_eq!(stand.booking(offer).hold(), Some(hold));
    assert_eq!(stand.counts(FLOOR), Counts { available: 0, held: 2, booked: 4, blocked: 0 });
    let stranger = Outcome::Refused(Rejection::BookingNotFound);
    check("a stranger", &stand, &confirm(customer("bob"), offer), &stranger);
    stand.at(after(OFFER_ENDS, -1));
    stand.does(&confirm(customer("ada"), offer));
    assert_eq!(stand.status(offer), BookingStatus::Confirmed);
    stand.at(OFFER_ENDS);
    assert_eq!(stand.counts(FLOOR).booked, 6);
    stand.assert_replays();
}

#[test]
fn an_offer_is_paid_where_that_is_required_at_the_price_of_its_time() {
    let (mut stand, number) = sold_to_bob(paid());
    stand.does(&join("ada", FLOOR, 2));
    stand.does(&change_seat_type(FLOOR, SeatTypeChange { price: Some(1), ..SeatTypeChange::default() }));
    bob_keeps(&mut stand, number, 4);
    let offer = newest(&stand);
    let unpaid = Outcome::Refused(Rejection::PaymentRequired);
    check("unpaid", &stand, &confirm(customer("ada"), offer), &unpaid);
    let payment = stand.does(&pay("ada", offer));
    stand.does(&succeed(payment));
    assert_eq!((stand.status(offer), stand.money()), (BookingStatus::Confirmed, [2, 0, 0, 2, 0]));
    stand.assert_replays();
}

#[test]
fn an_offer_that_is_not_taken_passes_on() {
    type Ends = Box<dyn Fn(&mut Stand, u64)>;
    let ends: [(&str, Ends, BookingStatus); 3] = [
        ("its time comes", Box::new(|stand, _| _ = stand.at(OFFER_ENDS)), BookingStatus::Expired),
        (
            "it is declined",
            Box::new(|stand, offer| _ = stand.does(&cancel_booking(customer("ada"), offer))),
            BookingStatus::Cancelled,
        ),
        (
            "the organizer takes it away",
            Box::new(|stand, offer| _ = stand.does(&cancel_booking(olga(), offer))),
            BookingStatus::Cancelled,
        ),
    ];
    for (case, ends, status) in ends {
        let (mut stand, number) = sold_out();
        stand.does(&join("ada", FLOOR, 2));
        stand.does(&join("eve", FLOOR, 2));
        bob_keeps(&mut stand, number, 4);
        let offer = newest(&stand);
        ends(&mut stand, offer);
        assert_eq!(stand.status(offer), status, "{case}");
        let sold_out = Outcome::Refused(Rejection::SoldOut { available: 0 });
        check(case, &stand, &book("zoe", &[(FLOOR, 1)]), &sold_out);
        stand.does_chores();
        assert_eq!(offers(&stand), [("eve".to_owned(), 2)], "{case}");
        assert_eq!(waiting(&stand), [], "who let an offer go waits no longer");
        check("and can wait again", &stand, &join("ada", FLOOR, 2), &JOINED);
        stand.assert_replays();
    }
}

#[test]
fn an_offer_is_extended_within_two_minutes() {
    let (mut stand, number) = sold_out();
    stand.does(&join("ada", FLOOR, 2));
    bob_keeps(&mut stand, number, 4);
    let offer = newest(&stand);
    let keeps = Outcome::Keeps(Effect::BookingChanged(BookingNumber(offer)));
    stand.at(OFFER_ENDS.plus_seconds(-600));
    check("it lasts as long", &stand, &extend(customer("ada"), offer), &keeps);
    stand.at(OFFER_ENDS.plus_seconds(-550)).does(&extend(customer("ada"), offer));
    assert_eq!(stand.booking(offer).expires_at(), Some(OFFER_ENDS.plus_seconds(50)));
    stand.at(OFFER_ENDS).does(&extend(customer("ada"), offer));
    assert_eq!(stand.booking(offer).expires_at(), Some(OFFER_ENDS.plus_seconds(120)));
    stand.at(OFFER_ENDS.plus_seconds(120)).does_chores();
    assert_eq!(stand.status(offer), BookingStatus::Expired);
}

#[test]
fn whose_limit_is_reached_is_passed_over_and_keeps_the_place() {
    let (mut stand, number) = sold_out();
    stand.does(&join("ada", FLOOR, 2));
    stand.does(&join("eve", FLOOR, 2));
    let hall = stand.does(&book("ada", &[(HALL, ROOMY - 1)]));
    bob_keeps(&mut stand, number, 4);
    assert_eq!(offers(&stand), [("eve".to_owned(), 2)]);
    bob_keeps(&mut stand, number, 2);
    assert_eq!(stand.counts(FLOOR).available, 2, "nobody else waits, and they can be booked");
    check("by anybody", &stand, &book("zoe", &[(FLOOR, 2)]), &Outcome::Happens("Booked"));
    stand.does(&cancel_booking(customer("ada"), hall));
    stand.does_chores();
    assert_eq!(offers(&stand), [("eve".to_owned(), 2), ("ada".to_owned(), 2)]);
}

#[test]
fn seats_come_free_in_many_ways() {
    type Frees = Box<dyn Fn(&mut Stand, u64)>;
    let ways: [(&str, Frees); 4] = [
        ("a cancellation", Box::new(|stand, number| _ = stand.does(&cancel_booking(olga(), number)))),
        ("a larger floor", Box::new(|stand, _| _ = stand.does(&resize(FLOOR, FLOOR_SEATS + 2)))),
        (
            "a higher limit",
            Box::new(|stand, _| {
                let higher =
                    DetailsChange { tickets_per_user_max: Some(ROOMY + 2), ..DetailsChange::default() };
                stand.does(&resize(FLOOR, FLOOR_SEATS + 2));
                stand.does(&change(higher));
            }),
        ),
        (
            "released",
            Box::new(|stand, number| {
                stand.does(&change_to("bob", number, vec![some(FLOOR, 5)]));
                stand.does(&block(some(FLOOR, 1)));
                stand.does(&change_to("bob", number, vec![some(FLOOR, 4)]));
                stand.does(&block(some(FLOOR, 1)));
                assert_eq!(stand.concert.next_chore(), None);
                stand.does(&release(some(FLOOR, 2)));
            }),
        ),
    ];
    for (case, frees) in ways {
        let (mut stand, number) = sold_out();
        stand.does(&join("ada", FLOOR, 2));
        frees(&mut stand, number);
        stand.does_chores();
        assert_eq!(offers(&stand), [("ada".to_owned(), 2)], "{case}");
        stand.assert_replays();
    }
    let (mut held, _) = sold_to_bob(paid());
    held.does(&join("ada", FLOOR, 2));
    held.at(EXPIRY).does_chores();
    assert_eq!(offers(&held), [("ada".to_owned(), 2)], "a hold that expires");
}

#[test]
fn numbered_seats_are_offered_as_the_best_available() {
    let mut stand = free_with(|_| ());
    let number = stand.does(&book("bob", &[(HALL, 10)]));
    stand.does(&join("ada", HALL, 2));
    stand.does(&change_to("bob", number, vec![these(HALL, &["A-1", "A-2", "A-3", "B-1", "B-2"])]));
    let sold_out = Outcome::Refused(Rejection::SoldOut { available: 0 });
    check("by name", &stand, &book_these("zoe", &["B-5"]), &sold_out);
    stand.does_chores();
    assert_eq!(stand.labels(newest(&stand)), ["A-4", "A-5"]);
    check("the rest", &stand, &book_these("zoe", &["B-5"]), &Outcome::Happens("Booked"));
    stand.assert_replays();
}

#[test]
fn nothing_is_offered_while_the_sale_is_not_open() {
    let (mut stand, number) = sold_out();
    stand.does(&join("ada", FLOOR, 2));
    stand.does(&manage(olga(), ManagerAction::CloseSales));
    stand.does(&cancel_booking(customer("bob"), number));
    assert_eq!(stand.concert.next_chore(), None);
    stand.does(&manage(olga(), ManagerAction::OpenSales));
    stand.does_chores();
    assert_eq!(offers(&stand), [("ada".to_owned(), 2)]);
    let (mut over, number) = sold_out();
    over.does(&join("ada", FLOOR, 2));
    over.at(after(START, -1)).does(&cancel_booking(customer("bob"), number));
    over.at(START);
    assert_eq!((over.concert.next_chore(), waiting(&over).len()), (None, 1));
    check(
        "one can leave a list that is closed",
        &over,
        &leave("ada", FLOOR),
        &Outcome::Happens("WaitlistLeft"),
    );
}

#[test]
fn nobody_waits_for_a_concert_that_was_called_off() {
    let (mut stand, number) = sold_out();
    stand.does(&join("ada", FLOOR, 2));
    stand.does(&join("eve", FLOOR, 2));
    bob_keeps(&mut stand, number, 4);
    let offer = newest(&stand);
    stand.does(&manage(olga(), ManagerAction::Cancel));
    assert_eq!(waiting(&stand), []);
    stand.does_chores();
    assert_eq!((stand.status(offer), offers(&stand)), (BookingStatus::Cancelled, vec![]));
    assert_eq!(stand.concert.next_due(), None);
    check("left", &stand, &leave("eve", FLOOR), &Outcome::Refused(Rejection::NotWaiting));
    stand.assert_replays();
}

#[test]
fn an_offer_of_seats_that_cost_nothing_is_taken_up_at_a_concert_with_payments() {
    let (mut stand, number) = sold_to_bob(paid_with(|concert| concert.seat_types[0].price = 0));
    stand.does(&join("ada", FLOOR, 1));
    bob_keeps(&mut stand, number, 5);
    let offer = newest(&stand);
    assert_eq!(stand.status(offer), BookingStatus::Held);
    stand.does(&confirm(customer("ada"), offer));
    assert_eq!(stand.status(offer), BookingStatus::Confirmed);
}

#[test]
fn who_is_offered_seats_of_a_type_does_not_wait_for_more_of_it_meanwhile() {
    type Ends = Box<dyn Fn(&mut Stand, u64)>;
    let (mut stand, number) = sold_out();
    stand.does(&join("ada", FLOOR, 2));
    stand.does(&book("ada", &[(HALL, 1)]));
    bob_keeps(&mut stand, number, 4);
    stand.does(&block(some(BALCONY, 3)));
    let offer = newest(&stand);
    let booking = BookingId { concert: stand.concert.id(), number: BookingNumber(offer) };
    let offered = Outcome::Refused(Rejection::AlreadyOffered { booking });
    check("the same", &stand, &join("ada", FLOOR, 2), &offered);
    check("told before the limit", &stand, &join("ada", FLOOR, FLOOR_SEATS), &offered);
    check("another type", &stand, &join("ada", BALCONY, 3), &JOINED);
    check("somebody else", &stand, &join("zoe", FLOOR, 2), &JOINED);
    let ends: [(&str, Ends); 4] = [
        ("taken up", Box::new(|stand, offer| _ = stand.does(&confirm(customer("ada"), offer)))),
        ("declined", Box::new(|stand, offer| _ = stand.does(&cancel_booking(customer("ada"), offer)))),
        ("over", Box::new(|stand, _| _ = stand.at(OFFER_ENDS))),
        (
            "for another type by now",
            Box::new(|stand, offer| _ = stand.does(&change_to("ada", offer, vec![some(HALL, 2)]))),
        ),
    ];
    for (case, ends) in ends {
        let mut stand = stand.clone();
        ends(&mut stand, offer);
        check(case, &stand, &join("ada", FLOOR, 3), &JOINED);
    }
    let mut held = paid();
    held.does(&book("ada", &[(FLOOR, 1)]));
    held.does(&book("bob", &[(FLOOR, FLOOR_SEATS - 1)]));
    check("a hold of one's own choice", &held, &join("ada", FLOOR, 1), &JOINED);
}
