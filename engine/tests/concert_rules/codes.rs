//! Promo and access codes: what they take off, what they open, and when they are not taken.

use boxoffice_engine::concert::{
    BookSeats, BookingStatus, ConcertCommand, Effect, ManagerAction, PromoCode, Reduction, Rejection,
};
use boxoffice_engine::ids::{BookingNumber, SeatTypeNumber};

use super::support::{
    BALCONY, EXPIRY, FLOOR, NOW, Outcome, Stand, add_code, after, book, cancel_booking, check, code,
    customer, free_with, invalid, key, keyed, manage, olga, paid, paid_with, pay, sold_out, succeed, wish,
    with_code, withdraw,
};

const BOOKED: Outcome = Outcome::Happens("Booked");
const INVALID: Outcome = Outcome::Refused(Rejection::CodeInvalid);
const USED_UP: Outcome = Outcome::Refused(Rejection::CodeUsedUp);

fn with(codes: Vec<PromoCode>) -> Stand {
    let mut stand = paid();
    for code in codes {
        stand.does(&add_code(code));
    }
    stand
}

#[test]
fn a_share_is_rounded_to_the_nearest_unit_and_an_amount_is_capped_at_the_price() {
    use Reduction::{Amount, BasisPoints};
    for (reduction, price, off) in [
        (BasisPoints(1), 5_000, 1),
        (BasisPoints(1), 4_999, 0),
        (BasisPoints(3_333), 100, 33),
        (BasisPoints(5_000), 101, 51),
        (BasisPoints(5_000), 99, 50),
        (BasisPoints(9_999), 1, 1),
        (BasisPoints(10_000), 12_345, 12_345),
        (Amount(1), 5_000, 1),
        (Amount(4_999), 5_000, 4_999),
        (Amount(5_000), 5_000, 5_000),
        (Amount(5_001), 5_000, 5_000),
    ] {
        let mut stand = paid_with(|concert| concert.seat_types[0].price = price);
        stand.does(&add_code(code("OFF", reduction)));
        let number = stand.does(&with_code(book("ada", &[(FLOOR, 1)]), "OFF"));
        let booking = stand.booking(number);
        assert_eq!(booking.discount().map(|discount| discount.amount), Some(off), "{reduction:?} of {price}");
        assert_eq!(booking.total(), price - off);
        let status = if price == off { BookingStatus::Confirmed } else { BookingStatus::Held };
        assert_eq!((booking.status, booking.hold().is_some()), (status, price > off));
    }
}

#[test]
fn what_a_code_leaves_is_what_is_paid_and_given_back() {
    let mut stand = with(vec![code("HALF", Reduction::BasisPoints(5_000))]);
    let number = stand.does(&with_code(book("ada", &[(FLOOR, 1), (BALCONY, 1)]), "HALF"));
    let payment = stand.does(&pay("ada", number));
    stand.does(&succeed(payment));
    assert_eq!(stand.money(), [6_500, 0, 0, 6_500, 0]);
    stand.does(&cancel_booking(customer("ada"), number));
    assert_eq!(stand.money(), [6_500, 0, 6_500, 0, 0]);
    let mut free = with(vec![code("GIFT", Reduction::BasisPoints(10_000))]);
    let number = free.does(&with_code(book("ada", &[(FLOOR, 1)]), "GIFT"));
    free.does(&cancel_booking(customer("ada"), number));
    assert_eq!(free.money(), [0; 5]);
}

#[test]
fn case_does_not_count_and_texts_that_no_code_can_have_are_not_valid() {
    let stand = with(vec![code("Early.Bird-1_x", Reduction::Amount(1))]);
    for text in ["EARLY.BIRD-1_X", "early.bird-1_x", "Early.Bird-1_x"] {
        check(text, &stand, &with_code(book("ada", &[(FLOOR, 1)]), text), &BOOKED);
    }
    for text in ["EARLY.BIRD-1_", "", "zwölf", "a b", &"x".repeat(41)] {
        check(text, &stand, &with_code(book("ada", &[(FLOOR, 1)]), text), &INVALID);
    }
}

#[test]
fn a_code_is_taken_until_its_time_has_come() {
    let until = after(NOW, 500);
    let stand = with(vec![PromoCode { valid_until: Some(until), ..code("SOON", Reduction::Amount(1)) }]);
    for (now, expected) in
        [(NOW, &BOOKED), (after(until, -1), &BOOKED), (until, &INVALID), (after(until, 1), &INVALID)]
    {
        let mut stand = stand.clone();
        stand.at(now);
        check("until", &stand, &with_code(book("ada", &[(FLOOR, 1)]), "soon"), expected);
    }
}

#[test]
fn a_code_that_was_withdrawn_is_not_taken_and_can_be_made_anew() {
    let mut stand = with(vec![code("TEN", Reduction::Amount(1_000))]);
    let number = stand.does(&with_code(book("ada", &[(FLOOR, 1)]), "ten"));
    let twice = Outcome::Refused(Rejection::CodeTaken { code: "TEN".into() });
    check("there is one", &stand, &add_code(code("ten", Reduction::Amount(1))), &twice);
    stand.does(&withdraw("Ten"));
    check("withdrawn", &stand, &with_code(book("bob", &[(FLOOR, 1)]), "ten"), &INVALID);
    let not_found = Outcome::Refused(Rejection::CodeNotFound);
    check("again", &stand, &withdraw("TEN"), &not_found);
    check("never there", &stand, &withdraw("ELEVEN"), &not_found);
    assert_eq!(stand.booking(number).total(), 4_000, "what was promised stays");
    stand.does(&add_code(code("TEN", Reduction::Amount(2_000))));
    let other = stand.does(&with_code(book("bob", &[(FLOOR, 1)]), "ten"));
    assert_eq!(stand.booking(other).total(), 3_000);
    assert_eq!(stand.booking(other).discount().map(|discount| discount.code), Some(1));
    stand.assert_replays();
}

#[test]
fn a_code_is_used_by_so_many_live_bookings_and_no_more() {
    let mut stand = with(vec![PromoCode { uses_max: Some(2), ..code("TWO", Reduction::Amount(1)) }]);
    let book_with = |name| with_code(book(name, &[(FLOOR, 1)]), "two");
    let first = stand.does(&book_with("ada"));
    stand.at(NOW.plus_seconds(1)).does(&book_with("ada"));
    check("used up", &stand, &book_with("bob"), &USED_UP);
    check("without it", &stand, &book("bob", &[(FLOOR, 1)]), &BOOKED);
    stand.does(&cancel_booking(customer("ada"), first));
    stand.does(&book_with("bob"));
    check("given back and used again", &stand, &book_with("eve"), &USED_UP);
    stand.at(NOW.plus_seconds(601));
    check("all expired", &stand, &book_with("eve"), &BOOKED);
    let mut paid_for = stand.clone();
    let number = paid_for.does(&book_with("eve"));
    let payment = paid_for.does(&pay("eve", number));
    paid_for.does(&succeed(payment));
    paid_for.does(&book_with("bob"));
    check("a booking uses it as a hold did", &paid_for, &book_with("zoe"), &USED_UP);
    stand.assert_replays();
}

#[test]
fn hidden_seats_are_not_there_but_for_codes_that_open_them() {
    let mut stand = free_with(|concert| concert.seat_types[1].hidden = true);
    stand.does(&add_code(PromoCode {
        opens: vec![SeatTypeNumber(BALCONY)],
        ..code("VIP", Reduction::Nothing)
    }));
    stand.does(&add_code(code("TEN", Reduction::Amount(1_000))));
    let unknown = Outcome::Refused(Rejection::SeatTypeNotFound);
    let balcony = || book("ada", &[(BALCONY, 1)]);
    check("without a code", &stand, &balcony(), &unknown);
    check("with another", &stand, &with_code(balcony(), "TEN"), &unknown);
    check("with none", &stand, &with_code(balcony(), "NONE"), &unknown);
    check("with it", &stand, &with_code(balcony(), "vip"), &BOOKED);
    let both = book("ada", &[(FLOOR, 1), (BALCONY, 1)]);
    check("one of two", &stand, &both, &unknown);
    check("and others", &stand, &with_code(both, "vip"), &BOOKED);
    check("others alone", &stand, &with_code(book("ada", &[(FLOOR, 1)]), "vip"), &BOOKED);
    let command = keyed(with_code(balcony(), "vip"), key(1, 1));
    let number = stand.does(&command);
    assert_eq!(stand.booking(number).total(), 8_000, "it takes nothing off");
    stand.does(&withdraw("VIP"));
    check("withdrawn", &stand, &with_code(balcony(), "vip"), &INVALID);
    let repeated = Outcome::Repeated(Effect::Booked(BookingNumber(number)));
    check("what succeeded before is known", &stand, &command, &repeated);
    stand.does(&add_code(code("VIP", Reduction::Amount(1))));
    check("it opens nothing now", &stand, &with_code(balcony(), "vip"), &unknown);
}

#[test]
fn refusals_of_codes_come_after_the_sale_and_before_the_limit() {
    let mut stand = with(vec![PromoCode { uses_max: Some(1), ..code("ONE", Reduction::Amount(1)) }]);
    stand.does(&with_code(book("bob", &[(FLOOR, 1)]), "one"));
    stand.does(&book("ada", &[(super::support::HALL, 10)]));
    sold_out(&mut stand);
    let wrong = with_code(book("ada", &[(FLOOR, 1)]), "two");
    let used_up = with_code(book("ada", &[(FLOOR, 1)]), "one");
    let limit = Outcome::Refused(Rejection::AlreadyBooked { limit: 10, owned: 10 });
    check("no code", &stand, &book("ada", &[(FLOOR, 1)]), &limit);
    check("wrong", &stand, &wrong, &INVALID);
    check("used up", &stand, &used_up, &USED_UP);
    let unknown = Outcome::Refused(Rejection::SeatTypeNotFound);
    check("unknown type", &stand, &with_code(book("ada", &[(9, 1)]), "two"), &unknown);
    stand.does(&manage(olga(), ManagerAction::CloseSales));
    let closed = Outcome::Refused(Rejection::SalesClosed);
    check("closed", &stand, &wrong, &closed);
    check("closed", &stand, &used_up, &closed);
}

#[test]
fn a_code_that_is_both_used_up_and_past_is_not_valid() {
    let once =
        PromoCode { uses_max: Some(1), valid_until: Some(EXPIRY), ..code("ONE", Reduction::Amount(1)) };
    let mut stand = with(vec![once]);
    let number = stand.does(&with_code(book("bob", &[(FLOOR, 1)]), "one"));
    let payment = stand.does(&pay("bob", number));
    stand.does(&succeed(payment));
    check("used up", &stand, &with_code(book("ada", &[(FLOOR, 1)]), "one"), &USED_UP);
    stand.at(EXPIRY);
    check("past", &stand, &with_code(book("ada", &[(FLOOR, 1)]), "one"), &INVALID);
}

#[test]
fn bad_codes_are_not_made() {
    let stand = paid();
    let made = Outcome::Happens("CodeAdded");
    let base = || code("X", Reduction::Amount(1));
    let opens = |number| vec![SeatTypeNumber(number)];
    for (case, code, expected) in [
        ("an amount", base(), &made),
        ("nothing", code("X", Reduction::Nothing), &invalid(&[""])),
        ("opening", PromoCode { opens: opens(1), ..code("X", Reduction::Nothing) }, &made),
        ("no share", code("X", Reduction::BasisPoints(0)), &invalid(&["/percentOff"])),
        ("all", code("X", Reduction::BasisPoints(10_000)), &made),
        ("more than all", code("X", Reduction::BasisPoints(10_001)), &invalid(&["/percentOff"])),
        ("no amount", code("X", Reduction::Amount(0)), &invalid(&["/amountOff"])),
        ("the highest price", code("X", Reduction::Amount(100_000_000)), &made),
        ("more than that", code("X", Reduction::Amount(100_000_001)), &invalid(&["/amountOff"])),
        ("no uses", PromoCode { uses_max: Some(0), ..base() }, &invalid(&["/maxUses"])),
        ("one use", PromoCode { uses_max: Some(1), ..base() }, &made),
        ("no such type", PromoCode { opens: opens(9), ..base() }, &invalid(&["/opens"])),
        ("number zero", PromoCode { opens: opens(0), ..base() }, &invalid(&["/opens"])),
        (
            "past already",
            PromoCode { valid_until: Some(after(NOW, -1)), ..base() },
            &invalid(&["/validUntil"]),
        ),
        ("until now", PromoCode { valid_until: Some(NOW), ..base() }, &invalid(&["/validUntil"])),
        ("for a moment", PromoCode { valid_until: Some(after(NOW, 1)), ..base() }, &made),
    ] {
        check(case, &stand, &add_code(code), expected);
    }
    let by_ada = manage(customer("ada"), ManagerAction::AddCode(Box::new(base())));
    check("a customer's", &stand, &by_ada, &Outcome::Refused(Rejection::Forbidden));
    let mut there = paid();
    there.does(&add_code(base()));
    let bad = PromoCode { uses_max: Some(0), ..base() };
    check("faults before what is there", &there, &add_code(bad), &invalid(&["/maxUses"]));
    there.does(&manage(olga(), ManagerAction::Cancel));
    let called_off = Outcome::Refused(Rejection::ConcertCancelled);
    check("called off before what is there", &there, &add_code(base()), &called_off);
    let mut cancelled = paid();
    cancelled.does(&manage(olga(), ManagerAction::Cancel));
    check("called off", &cancelled, &add_code(base()), &Outcome::Refused(Rejection::ConcertCancelled));
}

#[test]
fn a_concert_has_a_thousand_codes_at_most_withdrawn_ones_included() {
    let mut stand = paid();
    for number in 0..1_000 {
        stand.does_unchecked(&add_code(code(&format!("C{number}"), Reduction::Amount(1))));
    }
    stand.does(&withdraw("C7"));
    check("one more", &stand, &add_code(code("C7", Reduction::Amount(1))), &invalid(&[""]));
    check("the last", &stand, &with_code(book("ada", &[(FLOOR, 1)]), "c999"), &BOOKED);
}

#[test]
fn a_booking_with_a_code_is_made_once_per_key() {
    let mut stand = with(vec![PromoCode { uses_max: Some(1), ..code("ONE", Reduction::Amount(1)) }]);
    let wish = BookSeats { idempotency: Some(key(1, 1)), ..wish("ada", &[(FLOOR, 1)]) };
    let command = with_code(ConcertCommand::Book(wish), "one");
    let number = stand.does(&command);
    let repeated = Outcome::Repeated(Effect::Booked(BookingNumber(number)));
    check("used up by itself", &stand, &command, &repeated);
}
