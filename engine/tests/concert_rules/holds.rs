//! Seats that are held until they are paid for: from when to when, to the millisecond.

use boxoffice_engine::concert::{BookingStatus, Counts, Effect, Hold, ManagerAction, Rejection, Stage};
use boxoffice_engine::ids::BookingNumber;

use super::support::{
    BALCONY, EXPIRY, FLOOR, FLOOR_SEATS, NOW, Outcome, ROOMY, START, Stand, admin, after, book,
    cancel_booking, change_to, check, confirm, customer, extend, free_with, manage, olga, paid, paid_with,
    pay, some,
};

/// The bound of a hold of ten minutes: twice as long, and two minutes for another try to pay.
const BOUND_SECONDS: i64 = 2 * 600 + 120;

fn held() -> (Stand, u64) {
    let mut stand = paid();
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    (stand, number)
}

#[test]
fn a_booking_that_is_to_be_paid_is_held_first() {
    let (stand, number) = held();
    let booking = stand.booking(number);
    assert_eq!(
        (booking.status, booking.expires_at(), booking.paid()),
        (BookingStatus::Held, Some(EXPIRY), 0)
    );
    let until_max = NOW.plus_seconds(BOUND_SECONDS);
    let hold = Hold { expires_at: EXPIRY, until_max, is_offer: false, declined: false };
    assert_eq!(booking.hold(), Some(hold));
    assert_eq!(stand.counts(FLOOR), Counts { available: FLOOR_SEATS - 2, held: 2, booked: 0, blocked: 0 });
    assert_eq!(stand.concert.next_due(), Some(EXPIRY));
    stand.assert_replays();
}

#[test]
fn nothing_is_held_where_nothing_is_to_be_paid() {
    let mut free = free_with(|_| ());
    let number = free.does(&book("ada", &[(FLOOR, 2)]));
    assert_eq!((free.status(number), free.booking(number).hold()), (BookingStatus::Confirmed, None));
    let mut gratis = paid_with(|concert| concert.seat_types[0].price = 0);
    let number = gratis.does(&book("ada", &[(FLOOR, 2)]));
    assert_eq!(gratis.status(number), BookingStatus::Confirmed);
    let number = gratis.does(&book("ada", &[(FLOOR, 1), (BALCONY, 1)]));
    assert_eq!(gratis.status(number), BookingStatus::Held, "something costs something");
}

#[test]
fn a_hold_ends_at_its_millisecond_and_not_sooner() {
    for (now, status, available) in [
        (after(EXPIRY, -1), BookingStatus::Held, FLOOR_SEATS - 2),
        (EXPIRY, BookingStatus::Expired, FLOOR_SEATS),
        (after(EXPIRY, 1), BookingStatus::Expired, FLOOR_SEATS),
    ] {
        let (mut stand, number) = held();
        stand.at(now);
        assert_eq!((stand.status(number), stand.counts(FLOOR).available), (status, available), "{now:?}");
        let all = Outcome::Happens("Booked");
        let left = Outcome::Refused(Rejection::SoldOut { available });
        let expected = if available == FLOOR_SEATS { &all } else { &left };
        check("all seats", &stand, &book("bob", &[(FLOOR, FLOOR_SEATS)]), expected);
        stand.assert_replays();
    }
}

#[test]
fn an_ended_hold_says_what_ended_it() {
    let (mut expired, number) = held();
    expired.at(EXPIRY);
    let (mut cancelled, _) = held();
    cancelled.does(&cancel_booking(customer("ada"), number));
    let refused = Outcome::Refused;
    for (case, command, when_expired, when_cancelled) in [
        ("confirm", confirm(customer("ada"), number), Rejection::HoldExpired, Rejection::NotHeld),
        ("extend", extend(customer("ada"), number), Rejection::HoldExpired, Rejection::NotHeld),
        ("pay", pay("ada", number), Rejection::HoldExpired, Rejection::NotHeld),
        (
            "change",
            change_to("ada", number, vec![some(FLOOR, 1)]),
            Rejection::HoldExpired,
            Rejection::AlreadyCancelled,
        ),
        (
            "cancel",
            cancel_booking(customer("ada"), number),
            Rejection::HoldExpired,
            Rejection::AlreadyCancelled,
        ),
    ] {
        check(case, &expired, &command, &refused(when_expired));
        check(case, &cancelled, &command, &refused(when_cancelled));
    }
    assert_eq!(expired.booking(number).expires_at(), None, "what has ended does not expire");
}

#[test]
fn a_hold_is_extended_from_now_within_its_bound() {
    let (mut stand, number) = held();
    let keeps = Outcome::Keeps(Effect::BookingChanged(BookingNumber(number)));
    check("no time has passed", &stand, &extend(customer("ada"), number), &keeps);
    for (seconds, ends_after) in [(1, 601), (600, 1_200), (1_199, BOUND_SECONDS)] {
        stand.at(NOW.plus_seconds(seconds)).does(&extend(customer("ada"), number));
        assert_eq!(stand.booking(number).expires_at(), Some(NOW.plus_seconds(ends_after)));
        assert_eq!(stand.booking(number).updated_at(), stand.now);
    }
    stand.at(after(NOW.plus_seconds(BOUND_SECONDS), -1));
    check("it is at its bound", &stand, &extend(customer("ada"), number), &keeps);
    stand.at(NOW.plus_seconds(BOUND_SECONDS));
    assert_eq!(stand.status(number), BookingStatus::Expired);
    stand.assert_replays();
}

#[test]
fn a_hold_is_extended_by_who_may_know_it() {
    let (mut stand, number) = held();
    stand.at(after(NOW, 1));
    let extended = Outcome::Happens("HoldExtended");
    let unknown = Outcome::Refused(Rejection::BookingNotFound);
    for (who, expected) in
        [(customer("ada"), &extended), (olga(), &extended), (admin(), &extended), (customer("bob"), &unknown)]
    {
        check("by", &stand, &extend(who.clone(), number), expected);
        check("no such booking", &stand, &extend(who, number + 1), &unknown);
    }
}

#[test]
fn only_a_hold_can_be_extended_and_one_that_costs_something_is_not_confirmed_for_nothing() {
    let (stand, number) = held();
    let unpaid = Outcome::Refused(Rejection::PaymentRequired);
    check("unpaid", &stand, &confirm(customer("ada"), number), &unpaid);
    let unknown = Outcome::Refused(Rejection::BookingNotFound);
    check("not a stranger's to know", &stand, &confirm(customer("bob"), number), &unknown);
    let mut bought = paid();
    let (number, _) = bought.buys("ada", &[(FLOOR, 1)]);
    check("paid", &bought, &extend(customer("ada"), number), &Outcome::Refused(Rejection::NotHeld));
    let keeps = Outcome::Keeps(Effect::BookingChanged(BookingNumber(number)));
    check("paid", &bought, &confirm(customer("ada"), number), &keeps);
    let mut free = free_with(|_| ());
    let number = free.does(&book("ada", &[(FLOOR, 1)]));
    check("free", &free, &extend(customer("ada"), number), &Outcome::Refused(Rejection::NotHeld));
}

#[test]
fn a_hold_whose_seats_became_free_of_charge_is_taken_up_without_a_payment() {
    let mut stand = paid_with(|concert| concert.seat_types[1].price = 0);
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    stand.does(&change_to("ada", number, vec![some(BALCONY, 1)]));
    assert_eq!((stand.status(number), stand.booking(number).total()), (BookingStatus::Held, 0));
    check("nothing to pay", &stand, &pay("ada", number), &Outcome::Refused(Rejection::NotHeld));
    stand.does(&confirm(customer("ada"), number));
    assert_eq!(stand.status(number), BookingStatus::Confirmed);
    assert_eq!(stand.counts(BALCONY).booked, 1);
    stand.at(EXPIRY);
    assert_eq!(stand.status(number), BookingStatus::Confirmed, "its time does not end it any more");
    stand.assert_replays();
}

#[test]
fn a_hold_counts_against_the_limit_until_it_ends() {
    let mut stand = paid_with(|concert| concert.details.tickets_per_user_max = 2);
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    let refused = Outcome::Refused(Rejection::AlreadyBooked { limit: 2, owned: 2 });
    check("held", &stand, &book("ada", &[(FLOOR, 1)]), &refused);
    stand.at(EXPIRY);
    check("expired", &stand, &book("ada", &[(FLOOR, 2)]), &Outcome::Happens("Booked"));
    assert_eq!(stand.status(number), BookingStatus::Expired);
}

#[test]
fn a_hold_outlives_the_sale() {
    for close in ["by time", "by the organizer"] {
        let mut stand = paid_with(|concert| concert.details.sales_close_at = Some(after(NOW, 5)));
        let number = stand.does(&book("ada", &[(FLOOR, 2)]));
        match close {
            "by time" => _ = stand.at(after(NOW, 5)),
            _ => _ = stand.does(&manage(olga(), ManagerAction::CloseSales)),
        }
        assert_ne!(stand.stage(), Stage::OnSale);
        check(close, &stand, &pay("ada", number), &Outcome::Happens("PaymentStarted"));
        stand.at(EXPIRY);
        assert_eq!(stand.status(number), BookingStatus::Expired, "{close}");
    }
}

#[test]
fn a_hold_of_a_concert_that_was_called_off_ends_as_cancelled_or_by_its_time() {
    let (mut swept, number) = held();
    swept.does(&manage(olga(), ManagerAction::Cancel));
    let mut late = swept.clone();
    swept.does_chores();
    assert_eq!((swept.status(number), swept.concert.next_due()), (BookingStatus::Cancelled, None));
    late.at(EXPIRY);
    assert_eq!(late.status(number), BookingStatus::Expired);
    late.does_chores();
    assert_eq!(late.status(number), BookingStatus::Expired, "the sweep ends nothing twice");
}

#[test]
fn all_holds_that_are_due_end_in_one_event() {
    let mut stand = paid_with(|concert| {
        concert.seat_types[0] = super::support::new_seat_type("Floor", 1_000);
    });
    for place in 0..1_000_i64 {
        stand.now = stand.now.max(after(NOW, place % 3));
        stand.does_unchecked(&book(&format!("user{place}"), &[(FLOOR, 1)]));
    }
    assert_eq!((stand.counts(FLOOR).available, stand.counts(FLOOR).held), (0, 1_000));
    let before = stand.concert.sequence();
    stand.at(after(EXPIRY, 1));
    assert_eq!(stand.concert.sequence(), before + 1);
    let expired = |stand: &Stand| {
        stand.concert.bookings().iter().filter(|booking| booking.status == BookingStatus::Expired).count()
    };
    assert_eq!(expired(&stand), 2, "the other 998 were made a millisecond later");
    stand.at(after(EXPIRY, 2));
    assert_eq!((expired(&stand), stand.counts(FLOOR).available), (1_000, 1_000));
    assert_eq!((stand.concert.sequence(), stand.concert.next_due()), (before + 2, Some(START)));
    stand.assert_replays();
}

#[test]
fn of_one_person_each_hold_has_its_own_time() {
    let (mut stand, first) = held();
    stand.at(NOW.plus_seconds(300));
    let second = stand.does(&book("ada", &[(BALCONY, 1)]));
    stand.at(EXPIRY);
    assert_eq!((stand.status(first), stand.status(second)), (BookingStatus::Expired, BookingStatus::Held));
    check("within the limit", &stand, &book("ada", &[(FLOOR, ROOMY - 4)]), &Outcome::Happens("Booked"));
    stand.at(NOW.plus_seconds(900));
    assert_eq!(stand.status(second), BookingStatus::Expired);
}
