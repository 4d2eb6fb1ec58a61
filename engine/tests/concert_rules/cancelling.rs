//! Cancelling one booking.

use boxoffice_engine::caller::Role;
use boxoffice_engine::concert::{Effect, ManagerAction, Rejection};
use boxoffice_engine::ids::BookingNumber;

use super::support::{
    FLOOR, FLOOR_SEATS, HOUR, NOW, Outcome, START, Stand, admin, book, caller, cancel_booking, check,
    customer, key, keyed, manage, olga, user,
};

#[test]
fn a_booking_is_cancelled_by_its_owner_the_organizer_and_admins_only() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    stand.does(&book("eve", &[(FLOOR, 1)]));
    let cancelled = Outcome::Happens("BookingCancelled");
    let unknown = Outcome::Refused(Rejection::BookingNotFound);
    for (case, who, expected) in [
        ("owner", customer("ada"), &cancelled),
        ("owner with another role", caller("ada", Role::Organizer), &cancelled),
        ("organizer", olga(), &cancelled),
        ("organizer without the role", customer("olga"), &unknown),
        ("admin", admin(), &cancelled),
        ("another customer", customer("eve"), &unknown),
        ("another organizer", caller("otto", Role::Organizer), &unknown),
    ] {
        check(case, &stand, &cancel_booking(who, number), expected);
    }
}

#[test]
fn a_number_that_is_no_booking_is_not_found() {
    let mut stand = Stand::on_sale();
    stand.does(&book("ada", &[(FLOOR, 1)]));
    let unknown = Outcome::Refused(Rejection::BookingNotFound);
    for number in [0, 1, 3, u64::MAX] {
        check("no booking", &stand, &cancel_booking(admin(), number), &unknown);
    }
}

#[test]
fn a_booking_is_cancelled_once_even_after_the_start() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    stand.does(&cancel_booking(olga(), number));
    assert_eq!(stand.seats(FLOOR), (FLOOR_SEATS, 0));
    let again = Outcome::Refused(Rejection::AlreadyCancelled);
    check("again", &stand, &cancel_booking(customer("ada"), number), &again);
    check(
        "not a stranger's to know",
        &stand,
        &cancel_booking(customer("eve"), number),
        &Outcome::Refused(Rejection::BookingNotFound),
    );
    stand.at(START);
    check("after the start", &stand, &cancel_booking(customer("ada"), number), &again);
    stand.assert_replays();
}

#[test]
fn a_booking_can_be_cancelled_while_the_sale_is_closed() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    stand.does(&manage(olga(), ManagerAction::CloseSales));
    let cancelled = Outcome::Happens("BookingCancelled");
    check("closed", &stand, &cancel_booking(customer("ada"), number), &cancelled);
    stand.does(&manage(olga(), ManagerAction::Cancel));
    check("called off, not swept yet", &stand, &cancel_booking(customer("ada"), number), &cancelled);
}

#[test]
fn a_cancellation_with_a_key_is_repeated_and_not_refused() {
    let begins_at = NOW.plus_seconds(HOUR);
    let mut stand = Stand::made(|concert| concert.details.start.time = begins_at);
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    let other = stand.does(&book("ada", &[(FLOOR, 1)]));
    let command = keyed(cancel_booking(customer("ada"), number), key(1, 1));
    stand.does(&command);
    let repeated = Outcome::Repeated(Effect::BookingCancelled(BookingNumber(number)));
    let reused = Outcome::Refused(Rejection::IdempotencyKeyReused);
    let again = Outcome::Refused(Rejection::AlreadyCancelled);
    check("same key", &stand, &command, &repeated);
    check("without a key", &stand, &cancel_booking(customer("ada"), number), &again);
    check("new key", &stand, &keyed(cancel_booking(customer("ada"), number), key(2, 1)), &again);
    check(
        "same key, other booking",
        &stand,
        &keyed(cancel_booking(customer("ada"), other), key(1, 2)),
        &reused,
    );
    check("same key, a booking", &stand, &keyed(book("ada", &[(FLOOR, 1)]), key(1, 3)), &reused);
    check(
        "same key, another user",
        &stand,
        &keyed(cancel_booking(admin(), other), key(1, 1)),
        &Outcome::Happens("BookingCancelled"),
    );
    check(
        "no such booking comes first",
        &stand,
        &keyed(cancel_booking(customer("ada"), 99), key(1, 2)),
        &Outcome::Refused(Rejection::BookingNotFound),
    );
    stand.at(begins_at);
    check("after the start", &stand, &command, &repeated);
    assert_eq!(stand.concert.bookings_of(&user("ada")).take(9).count(), 2);
    stand.assert_replays();
}
