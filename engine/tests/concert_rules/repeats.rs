//! What else is not carried out twice: extending and confirming a hold, waiting, paying.

use boxoffice_engine::concert::{
    BookingStatus, ConcertCommand, Decision, Effect, ManagerAction, Rejection, WaitingView,
};
use boxoffice_engine::faults::Faults;
use boxoffice_engine::ids::{BookingNumber, PaymentNumber};

use super::support::{
    BALCONY, DAY, EXPIRY, FLOOR, HOUR, NOW, Outcome, Stand, after, block, book, cancel_booking, change_to,
    check, confirm, customer, extend, free_with, invalid, join, key, keyed, leave, manage, olga, paid, pay,
    pay_by, some, succeed,
};
use super::waiting::{JOINED, sold_to_bob, waiting};

const REUSED: Outcome = Outcome::Refused(Rejection::IdempotencyKeyReused);
const NOTED: Outcome = Outcome::Happens("KeyNoted");

fn repeated(number: u64) -> Outcome {
    Outcome::Repeated(Effect::BookingChanged(BookingNumber(number)))
}

/// A hold of Ada's whose seats were offered to her, and cost nothing.
fn offered() -> (Stand, u64) {
    let (mut stand, number) = sold_to_bob(free_with(|_| ()));
    stand.does(&join("ada", FLOOR, 1));
    stand.does(&cancel_booking(customer("bob"), number));
    stand.does_chores();
    let number = stand.concert.sequence();
    assert_eq!(stand.status(number), BookingStatus::Held);
    (stand, number)
}

#[test]
fn a_hold_is_extended_once_per_key_and_by_whom() {
    let mut stand = paid();
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    let other = stand.does(&book("ada", &[(FLOOR, 1)]));
    let with = |who, number, request| keyed(extend(who, number), key(1, request));
    let command = with(customer("ada"), number, 1);
    stand.at(NOW.plus_seconds(60)).does(&command);
    let expires_at = stand.booking(number).expires_at();
    stand.at(NOW.plus_seconds(120));
    check("again", &stand, &command, &repeated(number));
    check("no key", &stand, &extend(customer("ada"), number), &Outcome::Happens("HoldExtended"));
    check("by the organizer", &stand, &with(olga(), number, 1), &Outcome::Happens("HoldExtended"));
    check("of another hold", &stand, &with(customer("ada"), other, 2), &REUSED);
    check("another call", &stand, &keyed(confirm(customer("ada"), number), key(1, 2)), &REUSED);
    let unknown = Outcome::Refused(Rejection::BookingNotFound);
    check("of no hold", &stand, &with(customer("ada"), 99, 2), &unknown);
    assert_eq!(stand.booking(number).expires_at(), expires_at);
    stand.at(NOW.plus_seconds(HOUR));
    assert_eq!(stand.status(number), BookingStatus::Expired);
    check("expired since", &stand, &command, &repeated(number));
    let expired = Outcome::Refused(Rejection::HoldExpired);
    check("expired, a new key", &stand, &keyed(extend(customer("ada"), number), key(2, 1)), &expired);
    stand.at(NOW.plus_seconds(60 + DAY));
    check("for a day", &stand, &command, &expired);
    stand.assert_replays();
}

#[test]
fn a_hold_is_confirmed_once_per_key() {
    let (mut stand, number) = offered();
    let command = keyed(confirm(customer("ada"), number), key(1, 1));
    stand.does(&command);
    check("again", &stand, &command, &repeated(number));
    check("another call", &stand, &keyed(cancel_booking(customer("ada"), number), key(1, 2)), &REUSED);
    stand.does(&cancel_booking(customer("ada"), number));
    check("cancelled since", &stand, &command, &repeated(number));
    let not_held = Outcome::Refused(Rejection::NotHeld);
    check("cancelled, a new key", &stand, &keyed(confirm(customer("ada"), number), key(2, 1)), &not_held);
    stand.assert_replays();
}

#[test]
fn a_refused_extension_or_confirmation_is_decided_anew() {
    let mut stand = paid();
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    let command = keyed(confirm(customer("ada"), number), key(1, 1));
    check("to be paid", &stand, &command, &Outcome::Refused(Rejection::PaymentRequired));
    let payment = stand.does(&pay("ada", number));
    stand.does(&succeed(payment));
    check("paid", &stand, &command, &NOTED);
    let extension = keyed(extend(customer("ada"), number), key(1, 2));
    check("with another request", &stand, &extension, &Outcome::Refused(Rejection::NotHeld));
}

#[test]
fn a_request_that_found_things_as_it_wanted_them_is_remembered_too() {
    let mut held = paid();
    let number = held.does(&book("ada", &[(FLOOR, 1)]));
    let (free, free_number) = offered();
    let mut confirmed = free.clone();
    confirmed.does(&confirm(customer("ada"), free_number));
    let same = change_to("ada", number, vec![some(FLOOR, 1)]);
    for (case, mut stand, number, command) in [
        ("extend", held.clone(), number, extend(customer("ada"), number)),
        ("change", held, number, same),
        ("confirm", confirmed, free_number, confirm(customer("ada"), free_number)),
    ] {
        let keeps = Outcome::Keeps(Effect::BookingChanged(BookingNumber(number)));
        check(case, &stand, &command, &keeps);
        let before = stand.booking(number).clone();
        let command = keyed(command, key(1, 1));
        check(case, &stand, &command, &NOTED);
        stand.does(&command);
        assert_eq!(*stand.booking(number), before, "{case} changes nothing");
        check(case, &stand, &command, &repeated(number));
        stand.does(&cancel_booking(customer("ada"), number));
        check(case, &stand, &command, &repeated(number));
        check(case, &stand, &keyed(book("ada", &[(FLOOR, 1)]), key(1, 2)), &REUSED);
        stand.assert_replays();
    }
}

/// The wish that a repeated request is answered with.
fn wish(stand: &Stand, command: &ConcertCommand) -> WaitingView {
    match stand.decide(command) {
        Ok(Decision::Repeated(Effect::Waiting(waiter))) => stand.concert.wish(&waiter),
        other => unreachable!("{command:?} was answered before: {other:?}"),
    }
}

#[test]
fn a_wish_waits_once_per_key_and_is_told_as_it_is_now() {
    let (mut stand, number) = sold_to_bob(free_with(|_| ()));
    stand.does(&join("eve", FLOOR, 2));
    let command = keyed(join("ada", FLOOR, 1), key(1, 1));
    let joined = stand.does(&command);
    stand.at(after(NOW, 5));
    let first = wish(&stand, &command);
    assert_eq!((first.number, first.quantity, first.position), (joined, 1, Some(2)));
    assert_eq!((first.user.as_str(), first.seat_type.number.0, first.since), ("ada", FLOOR, NOW));
    let twice = Outcome::Refused(Rejection::AlreadyWaiting);
    check("a new key", &stand, &keyed(join("ada", FLOOR, 1), key(2, 1)), &twice);
    check("no key", &stand, &join("ada", FLOOR, 1), &twice);
    check("another wish", &stand, &keyed(join("ada", FLOOR, 2), key(1, 2)), &REUSED);
    check("another call", &stand, &keyed(book("ada", &[(BALCONY, 1)]), key(1, 2)), &REUSED);
    check("somebody else's", &stand, &keyed(join("zoe", FLOOR, 1), key(1, 2)), &JOINED);
    stand.does(&leave("eve", FLOOR));
    assert_eq!(wish(&stand, &command).position, Some(1), "first by now");

    let gone = WaitingView { position: None, ..first };
    let mut left = stand.clone();
    left.does(&leave("ada", FLOOR));
    assert_eq!(wish(&left, &command), gone);
    assert_eq!(waiting(&left), [], "nobody waits again by repeating");
    let mut offered = stand.clone();
    offered.does(&cancel_booking(customer("bob"), number));
    offered.does_chores();
    assert_eq!(wish(&offered, &command), gone);
    let mut called_off = stand.clone();
    called_off.does(&manage(olga(), ManagerAction::Cancel));
    assert_eq!(wish(&called_off, &command), gone);
    for stand in [left, offered, called_off] {
        stand.assert_replays();
    }
    stand.at(NOW.plus_seconds(DAY));
    check("for a day", &stand, &command, &twice);
}

#[test]
fn a_wish_is_given_up_once_per_key() {
    let (mut stand, _) = sold_to_bob(free_with(|_| ()));
    let command = keyed(leave("ada", FLOOR), key(1, 1));
    let not_waiting = Outcome::Refused(Rejection::NotWaiting);
    check("none to give up", &stand, &command, &not_waiting);
    let number = stand.does(&join("ada", FLOOR, 1));
    stand.does(&command);
    let told = wish(&stand, &command);
    assert_eq!((told.number, told.position), (number, None));
    check("no key", &stand, &leave("ada", FLOOR), &not_waiting);
    check("another key", &stand, &keyed(leave("ada", FLOOR), key(2, 1)), &not_waiting);
    check("another type", &stand, &keyed(leave("ada", BALCONY), key(1, 2)), &REUSED);
    check("another call", &stand, &keyed(join("ada", FLOOR, 1), key(1, 2)), &REUSED);
    check("somebody else's", &stand, &keyed(leave("eve", FLOOR), key(1, 1)), &not_waiting);
    let unknown = Outcome::Refused(Rejection::SeatTypeNotFound);
    check("no such type", &stand, &keyed(leave("ada", 9), key(1, 2)), &unknown);
    stand.does(&join("ada", FLOOR, 2));
    assert_eq!(wish(&stand, &command), told, "what waits by now is another wish");
    stand.assert_replays();
    stand.at(NOW.plus_seconds(DAY));
    check("for a day", &stand, &command, &Outcome::Happens("WaitlistLeft"));
}

#[test]
fn a_key_is_looked_up_behind_what_is_wrong_with_a_wish_to_wait_and_before_the_sale() {
    let (mut stand, _) = sold_to_bob(free_with(|_| ()));
    let with = |number, quantity, request| keyed(join("ada", number, quantity), key(1, request));
    stand.does(&with(FLOOR, 1, 1));
    stand.does(&manage(olga(), ManagerAction::CloseSales));
    check("no seats", &stand, &with(FLOOR, 0, 2), &invalid(&["/quantity"]));
    check("no such type", &stand, &with(9, 1, 2), &Outcome::Refused(Rejection::SeatTypeNotFound));
    check("closed", &stand, &with(FLOOR, 1, 2), &REUSED);
    assert_eq!(wish(&stand, &with(FLOOR, 1, 1)).position, Some(1), "closed since");
    stand.does(&manage(olga(), ManagerAction::OpenSales));
    let available = Outcome::Refused(Rejection::NotSoldOut { available: 3 });
    check("refused", &stand, &keyed(join("ada", BALCONY, 1), key(2, 1)), &available);
    stand.does(&block(some(BALCONY, 3)));
    check("decided anew", &stand, &keyed(join("ada", BALCONY, 1), key(2, 2)), &JOINED);
}

/// The same payment where no gateway takes it.
fn untaken(command: ConcertCommand, why: &Rejection) -> ConcertCommand {
    let ConcertCommand::StartPayment(mut payment) = command else { unreachable!("{command:?} pays nothing") };
    payment.gateway = Err(why.clone());
    ConcertCommand::StartPayment(payment)
}

#[test]
fn a_payment_that_was_begun_is_told_again_whatever_gateway_there_is_by_then() {
    let mut faults = Faults::default();
    faults.add("/method", "is none of the gateway's");
    let reasons = [
        (Rejection::GatewayMissing, Outcome::Refused(Rejection::GatewayMissing)),
        (Rejection::Invalid(faults), invalid(&["/method"])),
    ];
    for (why, refused) in reasons {
        let mut stand = paid();
        let number = stand.does(&book("ada", &[(FLOOR, 2)]));
        let command = keyed(pay("ada", number), key(1, 1));
        check("not begun", &stand, &untaken(command.clone(), &why), &refused);
        let payment = stand.does(&command);
        let again = Outcome::Repeated(Effect::Payment(PaymentNumber(payment)));
        check("begun", &stand, &untaken(command.clone(), &why), &again);
        let unknown = Outcome::Refused(Rejection::BookingNotFound);
        for (case, command, expected) in [
            ("a bad word", pay_by(customer("ada"), number, "sim ok"), &invalid(&["/method"])),
            ("no booking", pay("ada", 99), &unknown),
            ("not a stranger's to know", pay("bob", number), &unknown),
            ("another request", keyed(pay("ada", number), key(1, 2)), &REUSED),
            ("one under way", pay("ada", number), &refused),
        ] {
            check(case, &stand, &untaken(command, &why), expected);
        }
        stand.at(EXPIRY);
        check("expired, new", &stand, &untaken(pay("ada", number), &why), &refused);
        check("expired, begun", &stand, &untaken(command, &why), &again);
    }
}
