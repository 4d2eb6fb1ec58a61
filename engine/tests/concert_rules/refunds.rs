//! What of a payment is given back, and what is kept as a fee.

use boxoffice_engine::caller::Caller;
use boxoffice_engine::concert::{
    BookingStatus, CancellationTerms, ConcertCommand, Effect, Errand, Lane, ManagerAction, Rejection,
};
use boxoffice_engine::ids::PaymentNumber;
use boxoffice_engine::time::Time;

use super::support::{
    FLOOR, HOUR, NOW, Outcome, START, Stand, admin, after, book, cancel_booking, change_to, check, customer,
    free_with, manage, olga, paid_with, pay, some, succeed,
};

fn with_terms(deadline_hours: u32, fee_fixed: i64, fee_basis_points: u32) -> Stand {
    paid_with(|concert| {
        concert.details.cancellation = CancellationTerms { deadline_hours, fee_fixed, fee_basis_points };
    })
}

/// Refund and fee of a booking of two seats, 10,000 in all, that is cancelled at this time.
fn cancelled_at(now: Time, by: Caller, mut stand: Stand) -> (i64, i64) {
    let (number, payment) = stand.buys("ada", &[(FLOOR, 2)]);
    stand.at(now).does(&cancel_booking(by, number));
    let [captured, refunded, owed, confirmed, fees] = stand.money();
    assert_eq!((captured, refunded, confirmed), (10_000, 0, 0));
    assert_eq!(stand.booking(number).paid(), fees, "a fee is what stays paid");
    let expected = if owed > 0 { vec![Errand::GiveBack(PaymentNumber(payment))] } else { Vec::new() };
    let errands: Vec<_> = stand.owed(Lane::Money).into_iter().map(|(_, errand)| errand).collect();
    assert_eq!(errands, expected);
    stand.refunds_all();
    assert_eq!(stand.money(), [10_000, owed, 0, 0, fees]);
    assert_eq!(stand.payment(payment).refunded(), owed);
    stand.assert_replays();
    (owed, fees)
}

#[test]
fn a_fee_is_fixed_or_a_share_or_both_and_never_more_than_was_paid() {
    for (fixed, basis_points, fee) in [
        (0, 0, 0),
        (1, 0, 1),
        (9_999, 0, 9_999),
        (10_000, 0, 10_000),
        (10_001, 0, 10_000),
        (0, 1, 1),
        (0, 250, 250),
        (0, 10_000, 10_000),
        (300, 250, 550),
        (9_000, 1_001, 10_000),
    ] {
        let stand = with_terms(0, fixed, basis_points);
        assert_eq!(cancelled_at(NOW, customer("ada"), stand), (10_000 - fee, fee), "{fixed} {basis_points}");
    }
}

#[test]
fn a_share_is_rounded_to_the_nearest_unit() {
    for (price, basis_points, fee) in
        [(49, 100, 0), (50, 100, 1), (149, 100, 1), (150, 100, 2), (1, 9_999, 1)]
    {
        let mut stand = with_terms(0, 0, basis_points);
        let priced = boxoffice_engine::concert::SeatTypeChange {
            price: Some(price),
            ..boxoffice_engine::concert::SeatTypeChange::default()
        };
        stand.does(&super::support::change_seat_type(FLOOR, priced));
        let (number, _) = stand.buys("ada", &[(FLOOR, 1)]);
        stand.does(&cancel_booking(customer("ada"), number));
        assert_eq!(stand.money(), [price, 0, price - fee, 0, fee], "{price} {basis_points}");
    }
}

#[test]
fn after_the_deadline_nothing_is_given_back_to_the_owner() {
    let deadline = START.plus_seconds(-24 * HOUR);
    for (now, refund) in [(deadline, 9_900), (after(deadline, 1), 0), (after(START, -1), 0)] {
        let stand = with_terms(24, 100, 0);
        assert_eq!(cancelled_at(now, customer("ada"), stand), (refund, 10_000 - refund), "{now:?}");
    }
    let stand = with_terms(0, 100, 0);
    assert_eq!(cancelled_at(after(START, -1), customer("ada"), stand).0, 9_900, "without a deadline");
}

#[test]
fn who_manages_the_concert_cancels_without_a_fee() {
    for by in [olga(), admin()] {
        let stand = with_terms(24, 100, 5_000);
        assert_eq!(cancelled_at(after(START, -1), by, stand), (10_000, 0));
    }
    let mut own = with_terms(24, 100, 5_000);
    let (number, _) = own.buys("olga", &[(FLOOR, 2)]);
    own.does(&cancel_booking(olga(), number));
    assert_eq!(own.money(), [10_000, 0, 4_900, 0, 5_100], "their own booking is a booking like any other");
}

#[test]
fn of_a_concert_that_was_called_off_all_is_given_back() {
    let called_off = || {
        let mut stand = with_terms(24, 100, 5_000);
        let (number, _) = stand.buys("ada", &[(FLOOR, 2)]);
        stand.at(after(START, -1)).does(&manage(olga(), ManagerAction::Cancel));
        (stand, number)
    };
    let (mut stand, number) = called_off();
    stand.does(&cancel_booking(customer("ada"), number));
    assert_eq!(stand.money(), [10_000, 0, 10_000, 0, 0], "by the owner who was faster than the sweep");
    let (mut stand, number) = called_off();
    stand.at(START).does_chores();
    assert_eq!(stand.status(number), BookingStatus::Cancelled);
    assert_eq!(stand.money(), [10_000, 0, 10_000, 0, 0]);
    stand.assert_replays();
}

#[test]
fn a_hold_and_a_booking_that_cost_nothing_are_cancelled_without_a_fee() {
    let mut stand = with_terms(24, 100, 5_000);
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    stand.at(after(NOW, 1)).does(&cancel_booking(customer("ada"), number));
    assert_eq!((stand.money(), stand.owed(Lane::Money)), ([0; 5], vec![]));
    let mut free = free_with(|concert| concert.details.cancellation.fee_fixed = 100);
    let number = free.does(&book("ada", &[(FLOOR, 2)]));
    free.does(&cancel_booking(customer("ada"), number));
    assert_eq!((free.money(), free.owed(Lane::Money)), ([0; 5], vec![]));
}

#[test]
fn the_newest_of_several_payments_is_given_back_first() {
    // One seat for 5,000, and then two more for 10,000.
    for (fee, first_back, second_back) in
        [(0, 5_000, 10_000), (2_000, 3_000, 10_000), (5_000, 0, 10_000), (7_000, 0, 8_000), (15_000, 0, 0)]
    {
        let mut stand = with_terms(0, fee, 0);
        let (number, first) = stand.buys("ada", &[(FLOOR, 1)]);
        stand.does(&change_to("ada", number, vec![some(FLOOR, 3)]));
        let second = stand.does(&pay("ada", number));
        stand.does(&succeed(second));
        assert_eq!((stand.booking(number).paid(), stand.payment(second).amount), (15_000, 10_000));
        stand.does(&cancel_booking(customer("ada"), number));
        stand.refunds_all();
        let back = (stand.payment(first).refunded(), stand.payment(second).refunded());
        assert_eq!(back, (first_back, second_back), "a fee of {fee}");
        assert_eq!(stand.money(), [15_000, 15_000 - fee, 0, 0, fee]);
        stand.assert_replays();
    }
}

#[test]
fn a_payment_is_given_back_in_parts_and_never_more_of_it_than_there_is() {
    let mut stand = with_terms(0, 0, 0);
    let (number, payment) = stand.buys("ada", &[(FLOOR, 4)]);
    for (seats, owed) in [(3, 5_000), (1, 15_000)] {
        stand.does(&change_to("ada", number, vec![some(FLOOR, seats)]));
        assert_eq!(stand.money(), [20_000, 0, owed, 20_000 - owed, 0]);
    }
    stand.does(&cancel_booking(customer("ada"), number));
    let refunds: Vec<_> = stand.payment(payment).refunds.iter().map(|refund| refund.amount).collect();
    assert_eq!(refunds, [5_000, 10_000, 5_000]);
    stand.refunds_all();
    assert_eq!(stand.money(), [20_000, 20_000, 0, 0, 0]);
    stand.assert_replays();
}

#[test]
fn a_refund_is_made_once() {
    let mut stand = with_terms(0, 0, 0);
    let (number, payment) = stand.buys("ada", &[(FLOOR, 2)]);
    stand.does(&cancel_booking(customer("ada"), number));
    let (errand, _) = stand.owed(Lane::Money)[0];
    let made =
        |payment: u64, errand| ConcertCommand::RecordRefund { payment: PaymentNumber(payment), errand };
    let keeps = Outcome::Keeps(Effect::Payment(PaymentNumber(payment)));
    let other = boxoffice_engine::concert::ErrandNumber { index: errand.index + 1, ..errand };
    check("another errand", &stand, &made(payment, other), &keeps);
    let unknown = Outcome::Refused(Rejection::PaymentNotFound);
    check("another payment", &stand, &made(payment + 1, errand), &unknown);
    check("owed", &stand, &made(payment, errand), &Outcome::Happens("RefundMade"));
    stand.does(&made(payment, errand));
    check("made", &stand, &made(payment, errand), &keeps);
    assert_eq!(stand.owed(Lane::Money), []);
}
