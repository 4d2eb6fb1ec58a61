//! Which bookings are settled, and what becomes of a concert without them. That nobody can tell the difference is checked after every
//! event of every table: see `Stand::does`.

use boxoffice_engine::concert::{
    Concert, ConcertCommand, Decision, Effect, Errand, ErrandNumber, Lane, ManagerAction, Rejection,
};
use boxoffice_engine::ids::{BookingNumber, PaymentNumber, UserId};
use boxoffice_engine::limits;

use super::support::{
    DAY, EXPIRY, FLOOR, FLOOR_SEATS, HOUR, NOW, Outcome, Stand, after, block, book, cancel_booking,
    change_to, check, confirm, customer, decline, extend, join, key, keyed, mailed, manage, olga, paid, pay,
    release, some, succeed, user,
};

fn settled(concert: &Concert) -> Vec<u64> {
    concert.settled(usize::MAX).iter().map(|number| number.0).collect()
}

/// Does all mails that are owed.
fn mails_all(stand: &mut Stand) {
    let mails = stand.owed(Lane::Mail).into_iter().map(|(errand, _)| errand).collect();
    stand.does(&ConcertCommand::RecordErrands(mails));
}

/// Something happens, so that the concert's time is what the clock says.
fn goes_on(stand: &mut Stand) {
    stand.does(&block(some(FLOOR, 1)));
    stand.does(&release(some(FLOOR, 1)));
}

#[test]
fn what_lives_is_not_settled_and_what_was_cancelled_is() {
    let mut stand = Stand::on_sale();
    let [ada, ben] = ["ada", "ben"].map(|name| stand.does(&book(name, &[(FLOOR, 1)])));
    assert_eq!(settled(&stand.concert), [0; 0]);
    stand.does(&cancel_booking(customer("ada"), ada));
    assert_eq!(settled(&stand.concert), [ada]);
    stand.does(&cancel_booking(customer("ben"), ben));
    assert_eq!(settled(&stand.concert), [ada, ben]);
    assert_eq!(stand.concert.settled(1), [BookingNumber(ada)], "so many at most, the oldest first");
}

#[test]
fn a_booking_whose_owner_is_to_be_told_is_not_settled() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&mailed(book("ada", &[(FLOOR, 1)])));
    stand.does(&cancel_booking(customer("ada"), number));
    assert_eq!(settled(&stand.concert), [0; 0]);
    mails_all(&mut stand);
    assert_eq!(settled(&stand.concert), [number]);
}

#[test]
fn a_booking_is_settled_when_the_keys_that_tell_of_it_are_forgotten() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&keyed(book("ada", &[(FLOOR, 1)]), key(1, 1)));
    stand.at(after(NOW, 1_000)).does(&keyed(cancel_booking(customer("ada"), number), key(2, 2)));
    goes_on(stand.at(NOW.plus_seconds(DAY)));
    assert_eq!(settled(&stand.concert), [0; 0], "the second key is younger");
    // Whoever has keys is looked at once a day.
    goes_on(stand.at(NOW.plus_seconds(2 * DAY)));
    assert_eq!(settled(&stand.concert), [number]);
}

#[test]
fn a_hold_that_expired_is_settled_unless_its_payment_is_open() {
    let mut stand = paid();
    let [ada, ben] = ["ada", "ben"].map(|name| stand.does(&book(name, &[(FLOOR, 1)])));
    let payment = stand.does(&pay("ben", ben));
    stand.at(EXPIRY);
    assert_eq!(settled(&stand.concert), [ada]);
    let available = stand.counts(FLOOR).available;
    stand.does(&block(some(FLOOR, available)));
    stand.does(&succeed(payment));
    assert_eq!(settled(&stand.concert), [ada], "it is owed back");
    stand.refunds_all();
    assert_eq!(settled(&stand.concert), [ada, ben]);
    assert_eq!(stand.money(), [5_000, 5_000, 0, 0, 0]);
}

#[test]
fn a_payment_that_failed_may_succeed_after_all_for_a_week_and_then_its_booking_is_settled() {
    let mut stand = paid();
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    let payment = stand.does(&pay("ada", number));
    stand.does(&decline(payment));
    let week = NOW.plus_seconds(limits::FAILED_PAYMENT_OPEN_SECONDS);
    goes_on(stand.at(after(week, -1)));
    assert_eq!(settled(&stand.concert), [0; 0]);
    check("within the week", &stand, &succeed(payment), &Outcome::Happens("PaymentSettled"));
    stand.at(week);
    // Even before a state has shed it.
    let kept = Outcome::Keeps(Effect::Payment(PaymentNumber(payment)));
    check("after the week", &stand, &succeed(payment), &kept);
    check("declined again", &stand, &decline(payment), &kept);
    goes_on(&mut stand);
    assert_eq!(settled(&stand.concert), [number]);
    check("when it is shed", &stand, &succeed(payment), &kept);
}

#[test]
fn whatever_is_wanted_of_a_booking_that_was_shed_is_refused_as_it_was_before() {
    let mut stand = paid();
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    stand.at(EXPIRY);
    assert_eq!(settled(&stand.concert), [number]);
    let refusals = |name: &str| {
        [
            cancel_booking(customer(name), number),
            extend(customer(name), number),
            confirm(customer(name), number),
            change_to(name, number, vec![some(FLOOR, 2)]),
            pay(name, number),
        ]
    };
    for command in refusals("ada") {
        check("expired", &stand, &command, &Outcome::Refused(Rejection::HoldExpired));
    }
    for command in refusals("eve") {
        check("somebody else's", &stand, &command, &Outcome::Refused(Rejection::BookingNotFound));
    }
    let none = change_to("ada", number, vec![some(9, 1)]);
    check("no such seats", &stand, &none, &Outcome::Refused(Rejection::SeatTypeNotFound));
    // A key that somebody used for something else tells of that.
    let other = stand.does(&keyed(book("ada", &[(FLOOR, 1)]), key(1, 1)));
    let again = keyed(cancel_booking(customer("ada"), number), key(1, 1));
    check("the same key", &stand, &again, &Outcome::Repeated(Effect::Booked(BookingNumber(other))));
    let reused = keyed(cancel_booking(customer("ada"), number), key(1, 2));
    check("a key of something else", &stand, &reused, &Outcome::Refused(Rejection::IdempotencyKeyReused));
}

#[test]
fn a_concert_that_has_shed_all_its_bookings_cannot_be_deleted_either() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    stand.does(&cancel_booking(customer("ada"), number));
    let delete = manage(olga(), ManagerAction::Delete);
    check("shed", &stand, &delete, &Outcome::Refused(Rejection::ConcertHasBookings));
}

#[test]
fn shedding_takes_everything_that_belongs_to_a_booking_and_nothing_else() {
    let mut stand = paid();
    let (bought, payment) = stand.buys("ada", &[(FLOOR, 2)]);
    let held = stand.does(&mailed(book("ben", &[(FLOOR, 1)])));
    let (kept, other) = stand.buys("cleo", &[(FLOOR, 1)]);
    let wish = stand.does(&join("dora", FLOOR, FLOOR_SEATS));
    stand.does(&cancel_booking(customer("ada"), bought));
    stand.refunds_all();
    let mut concert = stand.concert.clone();
    let shed = concert.shed(&[BookingNumber(bought), BookingNumber(held), BookingNumber(kept)]);
    let [ended] = &shed[..] else { unreachable!("what lives stays: {shed:?}") };
    assert_eq!((ended.booking.number.0, ended.user.as_str()), (bought, "ada"));
    assert_eq!(ended.payments.iter().map(|payment| payment.number.0).collect::<Vec<_>>(), [payment]);
    assert_eq!(concert.payments().iter().map(|payment| payment.number.0).collect::<Vec<_>>(), [other]);
    assert_eq!(concert.bookings().iter().map(|booking| booking.number.0).collect::<Vec<_>>(), [held, kept]);
    assert_eq!(concert.buyers().map(UserId::as_str).collect::<Vec<_>>(), ["ben", "cleo"]);
    assert_eq!(
        concert.wishes().map(|wish| (wish.number, wish.user)).collect::<Vec<_>>(),
        [(wish, user("dora"))]
    );
    assert_eq!((concert.bookings_ever(), concert.ledger()), (3, stand.concert.ledger()));
    assert_eq!((concert.next_due(), concert.check()), (stand.concert.next_due(), Ok(())));
    let mails =
        |concert: &Concert| concert.owed().after(Lane::Mail, ErrandNumber::default()).collect::<Vec<_>>();
    assert!(
        mails(&concert)
            .iter()
            .any(|(_, errand)| matches!(errand, Errand::Mail(_, booking) if booking.0 == held))
    );
    assert_eq!(concert.shed(&[BookingNumber(bought)]), []);
    let cancelled = concert.decide(&cancel_booking(customer("cleo"), kept), after(NOW, HOUR));
    assert!(matches!(cancelled, Ok(Decision::Record(_))));
}
