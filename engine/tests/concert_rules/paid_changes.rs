//! Changes of bookings that were paid: what costs less is given back, what costs more is paid first.

use boxoffice_engine::concert::{
    BookingStatus, Effect, Lane, ManagerAction, Reduction, Rejection, Settlement,
};
use boxoffice_engine::ids::BookingNumber;
use boxoffice_engine::time::Time;

use super::support::{
    BALCONY, EXPIRY, FLOOR, FLOOR_PRICE, HALL, NOW, Outcome, ROOMY, Stand, add_code, after, block, book,
    book_these, cancel_booking, change_to, check, code, customer, decline, manage, olga, paid, paid_with,
    pay, some, succeed, these, with_code,
};

const PREPARED: Outcome = Outcome::Happens("ChangePrepared");
const CHANGED: Outcome = Outcome::Happens("BookingChanged");

/// Two seats on the floor, paid.
fn bought() -> (Stand, u64) {
    let mut stand = paid();
    let (number, _) = stand.buys("ada", &[(FLOOR, 2)]);
    (stand, number)
}

/// Two seats on the floor that will be three once the third is paid for.
fn prepared() -> (Stand, u64) {
    let (mut stand, number) = bought();
    stand.does(&change_to("ada", number, vec![some(FLOOR, 3)]));
    (stand, number)
}

#[test]
fn what_costs_as_much_or_less_is_changed_at_once_and_the_rest_given_back() {
    for (items, owed) in
        [(vec![some(FLOOR, 1)], FLOOR_PRICE), (vec![some(BALCONY, 1)], 2_000), (vec![some(HALL, 1)], 3_000)]
    {
        let (mut stand, number) = bought();
        check("cheaper", &stand, &change_to("ada", number, items.clone()), &CHANGED);
        stand.does(&change_to("ada", number, items));
        assert_eq!(stand.money(), [10_000, 0, owed, 10_000 - owed, 0]);
        assert_eq!(stand.booking(number).total(), 10_000 - owed);
        stand.refunds_all();
        stand.assert_replays();
    }
    let mut stand = paid_with(|concert| concert.seat_types[1].price = 10_000);
    let (number, _) = stand.buys("ada", &[(FLOOR, 2)]);
    stand.does(&change_to("ada", number, vec![some(BALCONY, 1)]));
    assert_eq!((stand.money(), stand.owed(Lane::Money)), ([10_000, 0, 0, 10_000, 0], vec![]));
}

#[test]
fn what_costs_more_is_prepared_its_new_seats_held_and_its_old_ones_kept() {
    for (items, due, floor, balcony) in [
        (vec![some(FLOOR, 3)], 5_000, (2, 1), (0, 0)),
        (vec![some(BALCONY, 2)], 6_000, (2, 0), (0, 2)),
        (vec![some(FLOOR, 1), some(BALCONY, 1)], 3_000, (2, 0), (0, 1)),
        (vec![some(FLOOR, 2), some(BALCONY, 1)], 8_000, (2, 0), (0, 1)),
    ] {
        let (mut stand, number) = bought();
        stand.does(&change_to("ada", number, items.clone()));
        let booking = stand.booking(number);
        assert_eq!(
            (booking.status, booking.quantity(), booking.total()),
            (BookingStatus::Confirmed, 2, 10_000)
        );
        let pending = booking.pending().expect("it waits");
        assert_eq!((pending.amount_due, pending.expires_at), (due, EXPIRY));
        let counts = |number| (stand.counts(number).booked, stand.counts(number).held);
        assert_eq!((counts(FLOOR), counts(BALCONY)), (floor, balcony));
        let payment = stand.does(&pay("ada", number));
        assert_eq!((stand.payment(payment).amount, stand.payment(payment).for_change), (due, true));
        assert_eq!(stand.settlement(payment), Settlement::ChangeMade);
        stand.does(&succeed(payment));
        let booking = stand.booking(number);
        assert_eq!((booking.pending(), booking.paid(), booking.total()), (None, 10_000 + due, 10_000 + due));
        let quantities: Vec<_> = booking.items.iter().map(|item| (item.seat_type.0, item.quantity)).collect();
        let wished: Vec<_> = items.iter().map(|item| (item.seat_type.0, item.quantity)).collect();
        assert_eq!(quantities, wished);
        assert_eq!((stand.counts(FLOOR).held, stand.counts(BALCONY).held), (0, 0));
        assert_eq!(stand.concert.next_due(), Some(super::support::START), "nothing expires any more");
        stand.assert_replays();
    }
}

#[test]
fn a_change_that_is_not_paid_in_time_is_given_up_to_the_millisecond() {
    let (mut stand, number) = prepared();
    stand.at(after(EXPIRY, -1));
    assert!(stand.booking(number).pending().is_some());
    check("in time", &stand, &pay("ada", number), &Outcome::Happens("PaymentStarted"));
    stand.at(EXPIRY);
    assert_eq!((stand.booking(number).pending(), stand.status(number)), (None, BookingStatus::Confirmed));
    assert_eq!((stand.counts(FLOOR).booked, stand.counts(FLOOR).held), (2, 0));
    check("too late", &stand, &pay("ada", number), &Outcome::Refused(Rejection::NotHeld));
    stand.assert_replays();
}

#[test]
fn money_for_a_change_that_was_given_up_is_given_back() {
    type Ends = Box<dyn Fn(&mut Stand, u64)>;
    let ends: [(&str, Ends); 4] = [
        ("its time came", Box::new(|stand, _| _ = stand.at(EXPIRY))),
        ("cancelled", Box::new(|stand, number| _ = stand.does(&cancel_booking(customer("ada"), number)))),
        (
            "called off",
            Box::new(|stand, _| {
                stand.does(&manage(olga(), ManagerAction::Cancel));
                stand.does_chores();
            }),
        ),
        (
            "declined and taken back",
            Box::new(|stand, number| {
                let payment = stand.concert.payments().last().expect("one is under way").number.0;
                stand.does(&decline(payment));
                stand.does(&change_to("ada", number, vec![some(FLOOR, 2)]));
            }),
        ),
    ];
    for (case, ends) in ends {
        let (mut stand, number) = prepared();
        let payment = stand.does(&pay("ada", number));
        ends(&mut stand, number);
        assert_eq!(stand.counts(FLOOR).held, 0, "{case}");
        assert_eq!(stand.settlement(payment), Settlement::GivenBack, "{case}");
        let before = stand.money();
        stand.does(&succeed(payment));
        let [captured, refunded, owed, confirmed, fees] = before;
        assert_eq!(stand.money(), [captured + 5_000, refunded, owed + 5_000, confirmed, fees], "{case}");
        stand.refunds_all();
        stand.assert_replays();
    }
}

#[test]
fn a_change_that_was_declined_can_be_paid_again_but_lasts_no_longer() {
    let (mut stand, number) = prepared();
    let payment = stand.does(&pay("ada", number));
    stand.at(after(EXPIRY, -1)).does(&decline(payment));
    assert_eq!(stand.booking(number).pending().map(|pending| pending.expires_at), Some(EXPIRY));
    let again = stand.does(&pay("ada", number));
    stand.does(&succeed(payment));
    assert_eq!(stand.booking(number).quantity(), 3, "the decline was not the end of it");
    assert_eq!(stand.settlement(again), Settlement::GivenBack);
    stand.does(&succeed(again));
    assert_eq!(stand.money(), [20_000, 0, 5_000, 15_000, 0]);
    stand.assert_replays();
}

#[test]
fn nothing_is_changed_while_a_payment_is_under_way() {
    let refused = Outcome::Refused(Rejection::PaymentInProgress);
    let (mut stand, number) = prepared();
    let payment = stand.does(&pay("ada", number));
    for items in [vec![some(FLOOR, 3)], vec![some(FLOOR, 2)], vec![some(FLOOR, 1)]] {
        check("of a change", &stand, &change_to("ada", number, items), &refused);
    }
    check("and it is not paid twice", &stand, &pay("ada", number), &refused);
    stand.does(&decline(payment));
    check("declined", &stand, &change_to("ada", number, vec![some(FLOOR, 4)]), &PREPARED);
    let mut held = paid();
    let number = held.does(&book("ada", &[(FLOOR, 1)]));
    held.does(&pay("ada", number));
    check("of a hold", &held, &change_to("ada", number, vec![some(FLOOR, 2)]), &refused);
}

#[test]
fn a_change_in_place_of_another_has_the_seats_of_both_to_choose_from_and_the_time_of_the_first() {
    let (mut stand, number) = bought();
    stand.does(&block(some(FLOOR, 2)));
    stand.does(&change_to("ada", number, vec![some(FLOOR, 4)]));
    let sold_out = Outcome::Refused(Rejection::SoldOut { available: 0 });
    check("of others", &stand, &book("bob", &[(FLOOR, 1)]), &sold_out);
    stand.at(NOW.plus_seconds(599));
    check("the same again", &stand, &change_to("ada", number, vec![some(FLOOR, 4)]), &PREPARED);
    stand.does(&change_to("ada", number, vec![some(FLOOR, 3)]));
    assert_eq!((stand.counts(FLOOR).held, stand.counts(FLOOR).available), (1, 1));
    let pending = stand.booking(number).pending().expect("it waits");
    assert_eq!((pending.amount_due, pending.expires_at), (5_000, EXPIRY));
    stand.at(EXPIRY);
    assert_eq!(stand.counts(FLOOR).held, 0);
}

#[test]
fn a_change_is_taken_back_by_wishing_what_there_is() {
    let (mut stand, number) = prepared();
    check("as it was", &stand, &change_to("ada", number, vec![some(FLOOR, 2)]), &CHANGED);
    stand.does(&change_to("ada", number, vec![some(FLOOR, 2)]));
    assert_eq!((stand.booking(number).pending(), stand.counts(FLOOR).held), (None, 0));
    assert_eq!(stand.money(), [10_000, 0, 0, 10_000, 0]);
    let keeps = Outcome::Keeps(Effect::BookingChanged(BookingNumber(number)));
    check("again", &stand, &change_to("ada", number, vec![some(FLOOR, 2)]), &keeps);
    let (mut stand, number) = prepared();
    stand.does(&change_to("ada", number, vec![some(FLOOR, 1)]));
    assert_eq!((stand.booking(number).pending(), stand.money()), (None, [10_000, 0, 5_000, 5_000, 0]));
}

#[test]
fn while_a_change_waits_the_larger_number_counts_against_the_limit() {
    let (mut stand, number) = bought();
    stand.does(&change_to("ada", number, vec![some(FLOOR, 4)]));
    let refused = |owned| Outcome::Refused(Rejection::AlreadyBooked { limit: ROOMY, owned });
    check("up", &stand, &book("ada", &[(HALL, ROOMY - 3)]), &refused(4));
    check("to the limit", &stand, &book("ada", &[(HALL, ROOMY - 4)]), &Outcome::Happens("Booked"));
    stand.at(EXPIRY);
    check("given up", &stand, &book("ada", &[(HALL, ROOMY - 2)]), &Outcome::Happens("Booked"));
    // Fewer seats that cost more.
    let mut fewer = paid_with(|concert| concert.seat_types[1].price = 90_000);
    let (number, _) = fewer.buys("ada", &[(FLOOR, 4)]);
    fewer.does(&change_to("ada", number, vec![some(BALCONY, 1)]));
    check("down", &fewer, &book("ada", &[(HALL, ROOMY - 3)]), &refused(4));
    let payment = fewer.does(&pay("ada", number));
    fewer.does(&succeed(payment));
    check("made", &fewer, &book("ada", &[(HALL, ROOMY - 1)]), &Outcome::Happens("Booked"));
}

#[test]
fn a_pending_change_ends_with_its_booking() {
    let (mut stand, number) = prepared();
    stand.does(&cancel_booking(customer("ada"), number));
    let counts = stand.counts(FLOOR);
    assert_eq!((counts.available, counts.held, counts.booked), (6, 0, 0));
    assert_eq!((stand.booking(number).pending(), stand.money()), (None, [10_000, 0, 10_000, 0, 0]));
    let left = Outcome::Happens("Booked");
    check("nothing counts any more", &stand, &book("ada", &[(FLOOR, 6), (HALL, 4)]), &left);
    stand.at(EXPIRY);
    stand.assert_replays();
}

#[test]
fn numbered_seats_of_a_change_are_held_and_booked_one_by_one() {
    let mut stand = paid();
    let number = stand.does(&book_these("ada", &["A-4", "A-5"]));
    let payment = stand.does(&pay("ada", number));
    stand.does(&succeed(payment));
    stand.does(&change_to("ada", number, vec![these(HALL, &["A-5", "A-1", "B-1"])]));
    let taken = |seat: &str| Outcome::Refused(Rejection::SeatTaken { seat: seat.into() });
    for seat in ["A-4", "A-5", "A-1", "B-1"] {
        check("kept or held", &stand, &book_these("bob", &[seat]), &taken(seat));
    }
    let mut all = stand.clone();
    all.does(&change_to("ada", number, vec![some(HALL, 4)]));
    let pending = all.booking(number).pending().expect("it waits").clone();
    assert_eq!(pending.items[0].seats[..], [0, 3, 4, 5], "the seats of both are its own, in their order");
    let payment = stand.does(&pay("ada", number));
    stand.does(&succeed(payment));
    assert_eq!(stand.labels(number), ["A-1", "A-5", "B-1"]);
    check("what was left is free", &stand, &book_these("bob", &["A-4"]), &Outcome::Happens("Booked"));
    stand.assert_replays();
}

#[test]
fn a_discount_lowers_what_is_due_for_a_change() {
    let mut stand = paid();
    stand.does(&add_code(code("SIX", Reduction::Amount(6_000))));
    let number = stand.does(&with_code(book("ada", &[(FLOOR, 1)]), "six"));
    assert_eq!(stand.status(number), BookingStatus::Confirmed, "a seat for 5,000 is free");
    stand.does(&change_to("ada", number, vec![some(FLOOR, 2)]));
    assert_eq!(stand.booking(number).pending().map(|pending| pending.amount_due), Some(4_000));
    let payment = stand.does(&pay("ada", number));
    stand.does(&succeed(payment));
    let booking = stand.booking(number);
    assert_eq!((booking.total(), booking.paid()), (4_000, 4_000));
    stand.does(&change_to("ada", number, vec![some(FLOOR, 1)]));
    assert_eq!(stand.money(), [4_000, 0, 4_000, 0, 0]);
    stand.assert_replays();
}

#[test]
fn a_late_success_pays_only_what_costs_as_much() {
    let late = |seats, at: Time| {
        let (mut stand, number) = prepared();
        let payment = stand.does(&pay("ada", number));
        stand.does(&decline(payment));
        stand.at(at).does(&change_to("ada", number, vec![some(FLOOR, seats)]));
        stand.settlement(payment)
    };
    assert_eq!(late(4, NOW), Settlement::GivenBack, "another amount is due");
    assert_eq!(late(3, after(EXPIRY, 5)), Settlement::ChangeMade, "as much for a change that was made anew");
}
