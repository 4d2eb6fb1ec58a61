//! Payments: when one can be begun, and what becomes of a hold when it ends.

use boxoffice_engine::concert::{
    BookingStatus, ConcertCommand, ConcertQuery, Effect, Errand, Lane, ManagerAction, PaymentStatus,
    Rejection, Settlement,
};
use boxoffice_engine::ids::{BookingNumber, PaymentNumber};
use boxoffice_engine::limits;
use boxoffice_engine::time::Time;

use super::support::{
    EXPIRY, FLOOR, FLOOR_PRICE, NOW, Outcome, Stand, after, book, cancel_booking, check, customer, decline,
    extend, free_with, invalid, key, keyed, manage, olga, paid, paid_with, pay, pay_by, succeed,
};

fn held() -> (Stand, u64) {
    let mut stand = paid();
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    (stand, number)
}

/// A hold whose payment is under way.
fn paying() -> (Stand, u64, u64) {
    let (mut stand, number) = held();
    let payment = stand.does(&pay("ada", number));
    (stand, number, payment)
}

#[test]
fn a_payment_is_begun_for_a_hold_and_for_nothing_else() {
    let refused = Outcome::Refused;
    let (stand, number) = held();
    check("a hold", &stand, &pay("ada", number), &Outcome::Happens("PaymentStarted"));
    check("by the organizer", &stand, &pay_by(olga(), number, "x"), &Outcome::Happens("PaymentStarted"));
    check("by a stranger", &stand, &pay("bob", number), &refused(Rejection::BookingNotFound));
    check("no booking", &stand, &pay("ada", number + 1), &refused(Rejection::BookingNotFound));
    let (mut stand, number, payment) = paying();
    check("under way", &stand, &pay("ada", number), &refused(Rejection::PaymentInProgress));
    stand.does(&succeed(payment));
    check("paid", &stand, &pay("ada", number), &refused(Rejection::NotHeld));
    stand.does(&cancel_booking(customer("ada"), number));
    check("cancelled", &stand, &pay("ada", number), &refused(Rejection::NotHeld));
    let (mut stand, number, _) = paying();
    stand.at(EXPIRY);
    check("expired, one under way", &stand, &pay("ada", number), &refused(Rejection::HoldExpired));
    let mut free = free_with(|_| ());
    let number = free.does(&book("ada", &[(FLOOR, 2)]));
    check("without payments", &free, &pay("ada", number), &refused(Rejection::NotHeld));
}

#[test]
fn a_method_is_a_word_and_looked_at_before_the_booking() {
    let (stand, number) = held();
    let long = "x".repeat(limits::PAYMENT_METHOD_BYTES_MAX);
    let bad = invalid(&["/method"]);
    check("longest", &stand, &pay_by(customer("ada"), number, &long), &Outcome::Happens("PaymentStarted"));
    for method in ["", "sim ok", "späť", "a\nb", &format!("{long}x")] {
        check("bad", &stand, &pay_by(customer("ada"), number, method), &bad);
        check("and no booking", &stand, &pay_by(customer("ada"), number + 1, method), &bad);
    }
}

#[test]
fn a_payment_is_numbered_by_its_event_and_owes_its_taking() {
    let (stand, number, payment) = paying();
    let begun = stand.payment(payment);
    assert_eq!((begun.booking, begun.amount), (BookingNumber(number), 2 * FLOOR_PRICE));
    assert_eq!((&begun.status, begun.for_change), (&PaymentStatus::Processing, false));
    assert_eq!((begun.gateway.as_str(), begun.method.as_str()), ("simulated", "sim_ok"));
    let owed = stand.owed(Lane::Money);
    let [(errand, what)] = owed.as_slice() else { unreachable!("one errand is owed: {owed:?}") };
    assert_eq!(*what, Errand::TakePayment(PaymentNumber(payment)));
    assert_eq!((errand.sequence, errand.index), (payment, 0));
    assert_eq!(stand.booking(number).payments(), [PaymentNumber(payment)]);
    let ask = |who: &str| ConcertQuery::Payment { caller: customer(who), number: PaymentNumber(payment) };
    assert!(stand.concert.answer(&ask("ada")).is_ok());
    assert_eq!(stand.concert.answer(&ask("bob")), Err(Rejection::PaymentNotFound));
}

#[test]
fn a_payment_is_begun_once_per_key() {
    let (mut stand, number) = held();
    let command = keyed(pay("ada", number), key(1, 1));
    let payment = stand.does(&command);
    let repeated = Outcome::Repeated(Effect::Payment(PaymentNumber(payment)));
    check("under way", &stand, &command, &repeated);
    let reused = Outcome::Refused(Rejection::IdempotencyKeyReused);
    check("other request", &stand, &keyed(pay("ada", number), key(1, 2)), &reused);
    stand.does(&succeed(payment));
    check("paid", &stand, &command, &repeated);
    stand.does(&cancel_booking(customer("ada"), number));
    check("cancelled", &stand, &command, &repeated);
}

#[test]
fn a_success_confirms_once() {
    let (mut stand, number, payment) = paying();
    assert_eq!(stand.settlement(payment), Settlement::Confirmed);
    stand.does(&succeed(payment));
    assert_eq!(stand.status(number), BookingStatus::Confirmed);
    assert_eq!((stand.seats(FLOOR).1, stand.counts(FLOOR).held), (2, 0));
    assert_eq!(stand.money(), [10_000, 0, 0, 10_000, 0]);
    assert_eq!(stand.owed(Lane::Money), [], "its taking is done");
    let keeps = Outcome::Keeps(Effect::Payment(PaymentNumber(payment)));
    check("told twice", &stand, &succeed(payment), &keeps);
    check("then declined", &stand, &decline(payment), &keeps);
    let unknown = Outcome::Refused(Rejection::PaymentNotFound);
    check("another number", &stand, &succeed(payment + 1), &unknown);
    check("a booking's number", &stand, &succeed(number), &unknown);
    stand.at(EXPIRY);
    assert_eq!(stand.status(number), BookingStatus::Confirmed, "its time does not end it any more");
    stand.assert_replays();
}

#[test]
fn the_first_decline_leaves_two_minutes_where_less_were_left() {
    for (seconds, ends_after) in [(0, 600), (479, 600), (480, 600), (481, 601), (599, 719)] {
        let (mut stand, number, payment) = paying();
        stand.at(NOW.plus_seconds(seconds)).does(&decline(payment));
        let expires_at = stand.booking(number).expires_at();
        assert_eq!(expires_at, Some(NOW.plus_seconds(ends_after)), "after {seconds} s");
        let used = ends_after > 600;
        assert_eq!(stand.booking(number).hold().map(|hold| hold.declined), Some(used));
        assert_eq!(stand.payment(payment).status, PaymentStatus::Failed("card_declined".into()));
        assert_eq!((stand.status(number), stand.money()), (BookingStatus::Held, [0; 5]));
        let keeps = Outcome::Keeps(Effect::Payment(PaymentNumber(payment)));
        check("told twice", &stand, &decline(payment), &keeps);
        stand.at(after(NOW.plus_seconds(ends_after), -1));
        assert_eq!(stand.status(number), BookingStatus::Held);
        stand.at(NOW.plus_seconds(ends_after));
        assert_eq!(stand.status(number), BookingStatus::Expired);
        stand.assert_replays();
    }
}

#[test]
fn a_second_decline_extends_nothing() {
    let (mut stand, number, payment) = paying();
    stand.at(NOW.plus_seconds(599)).does(&decline(payment));
    let again = stand.does(&pay("ada", number));
    stand.at(NOW.plus_seconds(718)).does(&decline(again));
    assert_eq!(stand.booking(number).expires_at(), Some(NOW.plus_seconds(719)));
}

#[test]
fn a_decline_with_time_left_does_not_use_up_the_extension() {
    let (mut stand, number, payment) = paying();
    stand.does(&decline(payment));
    let again = stand.does(&pay("ada", number));
    stand.at(NOW.plus_seconds(599)).does(&decline(again));
    assert_eq!(stand.booking(number).expires_at(), Some(NOW.plus_seconds(719)));
}

#[test]
fn a_decline_extends_within_the_bound() {
    // A hold of one second may last 122 in all.
    let mut stand = paid_with(|concert| concert.hold_seconds = 1);
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    let payment = stand.does(&pay("ada", number));
    for milliseconds in [900, 1_800, 2_700] {
        stand.at(after(NOW, milliseconds)).does(&extend(customer("ada"), number));
    }
    stand.at(after(NOW, 3_000)).does(&decline(payment));
    assert_eq!(stand.booking(number).expires_at(), Some(NOW.plus_seconds(122)));
}

#[test]
fn a_decline_that_comes_too_late_extends_nothing() {
    let (mut stand, number, payment) = paying();
    stand.at(EXPIRY).does(&decline(payment));
    assert_eq!(stand.status(number), BookingStatus::Expired);
    let (mut stand, number, payment) = paying();
    stand.does(&cancel_booking(customer("ada"), number));
    stand.does(&decline(payment));
    assert_eq!(stand.status(number), BookingStatus::Cancelled);
    assert_eq!((stand.owed(Lane::Money), stand.money()), (vec![], [0; 5]));
}

#[test]
fn what_failed_and_then_succeeded_counts() {
    let (mut stand, number, payment) = paying();
    stand.does(&decline(payment));
    let again = stand.does(&pay("ada", number));
    stand.does(&succeed(payment));
    assert_eq!(stand.status(number), BookingStatus::Confirmed);
    assert_eq!(stand.settlement(again), Settlement::GivenBack, "it is paid already");
    stand.does(&succeed(again));
    assert_eq!(stand.money(), [20_000, 0, 10_000, 10_000, 0]);
    stand.refunds_all();
    assert_eq!(stand.money(), [20_000, 10_000, 0, 10_000, 0]);
    stand.assert_replays();
}

#[test]
fn a_booking_is_tried_to_be_paid_thirty_two_times() {
    let (mut stand, number) = held();
    for _ in 0..limits::PAYMENTS_PER_BOOKING_MAX {
        let payment = stand.does(&pay("ada", number));
        stand.does(&decline(payment));
    }
    let max = limits::PAYMENTS_PER_BOOKING_MAX;
    assert_eq!(max, 32);
    check("too often", &stand, &pay("ada", number), &Outcome::Refused(Rejection::TooManyPayments { max }));
}

#[test]
fn outcomes_in_any_order_and_number_confirm_once_and_lose_nothing() {
    // Two payments; each step is told of one of them, and a 0 lets the hold expire.
    let steps = [1, -1, 2, -2, 0];
    for sequence in 0..5_usize.pow(5) {
        let (mut stand, number, first) = paying();
        stand.does(&decline(first));
        let second = stand.does(&pay("ada", number));
        let told: Vec<i32> = (0..5).map(|place| steps[sequence / 5_usize.pow(place) % 5]).collect();
        for step in &told {
            let payment = if step.abs() == 1 { first } else { second };
            let command = match step {
                0 => {
                    stand.at(EXPIRY.max(stand.now));
                    continue;
                }
                1.. => succeed(payment),
                _ => decline(payment),
            };
            if let Ok(boxoffice_engine::concert::Decision::Record(_)) = stand.decide(&command) {
                stand.does(&command);
            }
        }
        let captured = [1, 2].iter().filter(|step| told.contains(step)).count();
        let captured = i64::try_from(captured).expect("at most two") * 10_000;
        let confirmed = captured.min(10_000);
        assert_eq!(stand.money(), [captured, 0, captured - confirmed, confirmed, 0], "{told:?}");
        let status = match (confirmed, told.contains(&0)) {
            (0, true) => BookingStatus::Expired,
            (0, false) => BookingStatus::Held,
            _ => BookingStatus::Confirmed,
        };
        assert_eq!(stand.status(number), status, "{told:?}");
    }
}

#[test]
fn what_the_gateway_calls_a_payment_is_noted_once() {
    let submit = |payment: u64, reference: &str| ConcertCommand::RecordSubmission {
        payment: PaymentNumber(payment),
        reference: reference.into(),
        client_secret: Some("secret".into()),
    };
    let settle = |payment: u64, reference: &str| ConcertCommand::SettlePayment {
        payment: PaymentNumber(payment),
        reference: Some(reference.into()),
        outcome: Ok(()),
    };
    let (mut stand, _, payment) = paying();
    check("unknown", &stand, &submit(payment + 1, "a"), &Outcome::Refused(Rejection::PaymentNotFound));
    let mut told_by_its_end = stand.clone();
    stand.does(&submit(payment, "first"));
    let keeps = Outcome::Keeps(Effect::Payment(PaymentNumber(payment)));
    check("again", &stand, &submit(payment, "second"), &keeps);
    stand.does(&settle(payment, "third"));
    assert_eq!(stand.payment(payment).reference.as_deref(), Some("first"));
    assert_eq!(stand.payment(payment).client_secret.as_deref(), Some("secret"));
    told_by_its_end.does(&settle(payment, "third"));
    assert_eq!(told_by_its_end.payment(payment).reference.as_deref(), Some("third"));
    check("known by its end", &told_by_its_end, &submit(payment, "first"), &keeps);
}

#[test]
fn the_money_of_a_concert_that_was_called_off_is_given_back_whenever_it_comes() {
    let times: [Option<Time>; 3] = [None, Some(after(EXPIRY, -1)), Some(EXPIRY)];
    for swept_before in [false, true] {
        for time in times {
            let (mut stand, number, payment) = paying();
            stand.does(&manage(olga(), ManagerAction::Cancel));
            if swept_before {
                stand.does_chores();
            }
            if let Some(time) = time {
                stand.at(time);
            }
            stand.does(&succeed(payment));
            stand.does_chores();
            assert_ne!(stand.status(number), BookingStatus::Confirmed);
            assert_eq!(stand.money(), [10_000, 0, 10_000, 0, 0], "{swept_before} {time:?}");
            stand.refunds_all();
            assert_eq!((stand.money(), stand.owed(Lane::Money)), ([10_000, 10_000, 0, 0, 0], vec![]));
            stand.assert_replays();
        }
    }
}
