//! Money that comes after its hold has ended: the seats are taken again, or all of it is given back.

use boxoffice_engine::concert::{
    BookingStatus, DetailsChange, Errand, ManagerAction, PromoCode, Reduction, SeatTypeChange, Settlement,
};
use boxoffice_engine::ids::PaymentNumber;

use super::support::{
    EXPIRY, FLOOR, FLOOR_SEATS, HALL, ROOMY, START, Stand, add_code, after, block, book, book_these,
    cancel_booking, change, change_seat_type, change_to, code, customer, decline, join, manage, olga, paid,
    paid_with, pay, release, sold_out, some, succeed, these, with_code, withdraw,
};

/// A hold of two seats on the floor whose payment is under way, and the moment at which it expires.
fn late() -> (Stand, u64, u64) {
    let mut stand = paid();
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    let payment = stand.does(&pay("ada", number));
    stand.at(EXPIRY);
    assert_eq!(stand.status(number), BookingStatus::Expired);
    (stand, number, payment)
}

#[test]
fn the_seats_are_taken_again_only_where_their_owner_may_have_them() {
    use Settlement::{GivenBack, Retaken};
    type Happens = Box<dyn Fn(&mut Stand)>;
    let sales_open_at = Some(Some(after(START, -1)));
    let later_opening = change(DetailsChange { sales_open_at, ..DetailsChange::default() });
    let lower_limit = change(DetailsChange { tickets_per_user_max: Some(1), ..DetailsChange::default() });
    let dearer = change_seat_type(FLOOR, SeatTypeChange { price: Some(1), ..SeatTypeChange::default() });
    let smaller = super::support::resize(FLOOR, 1);
    let cases: [(&str, Happens, Settlement); 15] = [
        ("all is as it was", Box::new(|_| ()), Retaken),
        ("somebody took some", Box::new(|stand| _ = stand.does(&book("bob", &[(FLOOR, 4)]))), Retaken),
        ("somebody took too many", Box::new(|stand| _ = stand.does(&book("bob", &[(FLOOR, 5)]))), GivenBack),
        ("they are set aside", Box::new(sold_out), GivenBack),
        ("they are no more", Box::new(move |stand| _ = stand.does(&smaller)), GivenBack),
        (
            "up to the limit",
            Box::new(|stand| _ = stand.does(&book("ada", &[(FLOOR, 4), (HALL, ROOMY - 6)]))),
            Retaken,
        ),
        ("beyond the limit", Box::new(|stand| _ = stand.does(&book("ada", &[(HALL, ROOMY - 1)]))), GivenBack),
        ("the limit is lower", Box::new(move |stand| _ = stand.does(&lower_limit)), GivenBack),
        ("the price is another", Box::new(move |stand| _ = stand.does(&dearer)), Retaken),
        (
            "the sale is closed",
            Box::new(|stand| _ = stand.does(&manage(olga(), ManagerAction::CloseSales))),
            Retaken,
        ),
        ("the sale opens later", Box::new(move |stand| _ = stand.does(&later_opening)), GivenBack),
        (
            "it is called off",
            Box::new(|stand| _ = stand.does(&manage(olga(), ManagerAction::Cancel))),
            GivenBack,
        ),
        ("it begins in a moment", Box::new(|stand| _ = stand.at(after(START, -1))), Retaken),
        ("it has begun", Box::new(|stand| _ = stand.at(START)), GivenBack),
        (
            "it was declined before",
            Box::new(|stand| {
                let payment = stand.concert.payments()[0].number.0;
                stand.does(&decline(payment));
            }),
            Retaken,
        ),
    ];
    for (case, happens, expected) in cases {
        let (mut stand, number, payment) = late();
        happens(&mut stand);
        assert_eq!(stand.settlement(payment), expected, "{case}");
        stand.does(&succeed(payment));
        let (status, owed) = match expected {
            Retaken => (BookingStatus::Confirmed, 0),
            _ => (BookingStatus::Expired, 10_000),
        };
        assert_eq!(stand.status(number), status, "{case}");
        assert_eq!(stand.money(), [10_000, 0, owed, 10_000 - owed, 0], "{case}");
        assert_eq!(stand.booking(number).paid(), 10_000 - owed, "{case}");
        stand.refunds_all();
        assert_eq!(stand.money(), [10_000, owed, 0, 10_000 - owed, 0], "{case}");
        stand.assert_replays();
    }
}

#[test]
fn who_waits_for_the_seats_has_them_first() {
    for (wanted, expected) in
        [(1, Settlement::GivenBack), (2, Settlement::GivenBack), (3, Settlement::Retaken)]
    {
        let mut stand = paid();
        let number = stand.does(&book("ada", &[(FLOOR, 2)]));
        let payment = stand.does(&pay("ada", number));
        sold_out(&mut stand);
        stand.does(&join("eve", FLOOR, wanted));
        stand.at(EXPIRY);
        assert_eq!(stand.settlement(payment), expected, "{wanted}");
        let mut offered = stand.clone();
        stand.does(&succeed(payment));
        stand.does_chores();
        offered.does_chores();
        assert_eq!(offered.settlement(payment), expected, "{wanted}, offered before");
    }
}

#[test]
fn numbered_seats_are_taken_again_only_if_all_of_them_are_free() {
    let held = || {
        let mut stand = paid();
        let number = stand.does(&book_these("ada", &["A-2", "A-3"]));
        let payment = stand.does(&pay("ada", number));
        stand.at(EXPIRY);
        (stand, number, payment)
    };
    let (mut stand, number, payment) = held();
    stand.does(&book_these("bob", &["A-4", "A-1"]));
    stand.does(&succeed(payment));
    assert_eq!((stand.status(number), stand.labels(number).len()), (BookingStatus::Confirmed, 2));
    let (mut stand, number, payment) = held();
    let other = stand.does(&book_these("bob", &["A-3"]));
    assert_eq!(stand.settlement(payment), Settlement::GivenBack);
    stand.does(&cancel_booking(customer("bob"), other));
    assert_eq!(stand.settlement(payment), Settlement::Retaken);
    stand.does(&block(these(HALL, &["A-2"])));
    assert_eq!(stand.settlement(payment), Settlement::GivenBack);
    stand.does(&release(these(HALL, &["A-2"])));
    stand.does(&succeed(payment));
    assert_eq!(stand.labels(number), ["A-2", "A-3"]);
    stand.assert_replays();
}

#[test]
fn the_price_that_a_code_promised_stays_when_the_code_is_gone() {
    let mut stand = paid();
    let half = PromoCode { valid_until: Some(EXPIRY), ..code("HALF", Reduction::BasisPoints(5_000)) };
    stand.does(&add_code(half));
    let number = stand.does(&with_code(book("ada", &[(FLOOR, 2)]), "half"));
    let payment = stand.does(&pay("ada", number));
    stand.at(EXPIRY).does(&withdraw("HALF"));
    assert_eq!(stand.settlement(payment), Settlement::Retaken);
    stand.does(&succeed(payment));
    assert_eq!((stand.booking(number).total(), stand.money()), (5_000, [5_000, 0, 0, 5_000, 0]));
    stand.assert_replays();
}

#[test]
fn a_code_that_another_booking_used_up_meanwhile_is_gone() {
    let mut stand = paid();
    let once = PromoCode { uses_max: Some(1), ..code("HALF", Reduction::BasisPoints(5_000)) };
    stand.does(&add_code(once));
    let number = stand.does(&with_code(book("ada", &[(FLOOR, 2)]), "half"));
    let payment = stand.does(&pay("ada", number));
    stand.at(EXPIRY);
    let other = stand.does(&with_code(book("bob", &[(FLOOR, 1)]), "half"));
    assert_eq!(stand.settlement(payment), Settlement::GivenBack);
    stand.does(&cancel_booking(customer("bob"), other));
    assert_eq!(stand.settlement(payment), Settlement::Retaken);
}

#[test]
fn money_for_a_cancelled_booking_is_given_back_even_while_its_seats_are_free() {
    let mut stand = paid();
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    let payment = stand.does(&pay("ada", number));
    stand.does(&cancel_booking(customer("ada"), number));
    assert_eq!(stand.counts(FLOOR).available, FLOOR_SEATS);
    stand.does(&succeed(payment));
    assert_eq!((stand.status(number), stand.money()), (BookingStatus::Cancelled, [10_000, 0, 10_000, 0, 0]));
    let owed = stand.owed(boxoffice_engine::concert::Lane::Money);
    assert_eq!(
        owed.iter().map(|(_, errand)| *errand).collect::<Vec<_>>(),
        [Errand::GiveBack(PaymentNumber(payment))]
    );
    stand.refunds_all();
    assert_eq!(stand.money(), [10_000, 10_000, 0, 0, 0]);
    stand.assert_replays();
}

#[test]
fn money_for_a_hold_that_costs_something_else_by_now_is_given_back() {
    for (seats, expires, expected) in [
        (2, false, Settlement::Confirmed),
        (1, false, Settlement::GivenBack),
        (3, false, Settlement::GivenBack),
        (2, true, Settlement::Retaken),
        (3, true, Settlement::GivenBack),
    ] {
        let mut stand = paid();
        let number = stand.does(&book("ada", &[(FLOOR, 1)]));
        stand.does(&change_to("ada", number, vec![some(FLOOR, 2)]));
        let payment = stand.does(&pay("ada", number));
        stand.does(&decline(payment));
        if seats != 2 {
            stand.does(&change_to("ada", number, vec![some(FLOOR, seats)]));
        }
        if expires {
            stand.at(EXPIRY);
        }
        assert_eq!(stand.settlement(payment), expected, "{seats} {expires}");
        stand.does(&succeed(payment));
        stand.assert_replays();
    }
}

#[test]
fn of_two_late_payments_one_is_kept() {
    let (mut stand, number, first) = {
        let mut stand = paid_with(|_| ());
        let number = stand.does(&book("ada", &[(FLOOR, 2)]));
        let first = stand.does(&pay("ada", number));
        stand.does(&decline(first));
        (stand, number, first)
    };
    let second = stand.does(&pay("ada", number));
    stand.at(EXPIRY).does(&succeed(second));
    assert_eq!(stand.status(number), BookingStatus::Confirmed);
    stand.does(&succeed(first));
    assert_eq!(stand.money(), [20_000, 0, 10_000, 10_000, 0]);
    stand.assert_replays();
}

#[test]
fn what_was_taken_again_can_be_cancelled_like_any_booking() {
    let (mut stand, number, payment) = late();
    stand.does(&succeed(payment));
    stand.does(&cancel_booking(customer("ada"), number));
    assert_eq!(
        (stand.status(number), stand.counts(FLOOR).available),
        (BookingStatus::Cancelled, FLOOR_SEATS)
    );
    stand.refunds_all();
    assert_eq!(stand.money(), [10_000, 10_000, 0, 0, 0]);
    let again = stand.does(&book("ada", &[(FLOOR, 2)]));
    assert_eq!(stand.status(again), BookingStatus::Held);
    assert_eq!(stand.does(&block(some(FLOOR, 1))), again + 1);
    stand.assert_replays();
}
