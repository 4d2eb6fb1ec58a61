//! The audit trail of a booking: when, who, why, and what it made of it.

use boxoffice_engine::concert::{
    Actor, BookingStatus, Cause, ConcertCommand, Happening, HistoryEntry, HistoryPage, ManagerAction,
};
use boxoffice_engine::ids::PaymentNumber;

use super::support::{
    BALCONY, EXPIRY, FLOOR, FLOOR_PRICE, HALL, HALL_PRICE, NOW, Stand, admin, after, book, book_all,
    cancel_booking, change_to, code, confirm, customer, decline, extend, free_with, join, manage, olga, paid,
    pay, some, succeed, these, with_code,
};
use super::waiting::sold_to_bob;
use BookingStatus::{Cancelled, Confirmed, Expired, Held};

const ALL: HistoryPage = HistoryPage { after: 0, limit: usize::MAX };

/// One entry in a line: what, who, why, how it stood, and, where that changed, seats and price.
type Line<'a> = (Happening, &'a str, Cause, BookingStatus, Option<(u32, i64)>);

fn line(entry: &HistoryEntry) -> Line<'_> {
    let who = match &entry.actor {
        Actor::User(user) => user.as_str(),
        Actor::BoxOffice => "the box office",
        Actor::Gateway => "the gateway",
    };
    let made = entry.booking.as_ref().map(|view| (view.booking.quantity(), view.booking.total()));
    (entry.happening, who, entry.cause, entry.status, made)
}

#[track_caller]
fn check(stand: &Stand, number: u64, expected: &[Line<'_>]) -> Vec<HistoryEntry> {
    let story = stand.story(number, ALL);
    assert_eq!(story.iter().map(line).collect::<Vec<_>>(), expected);
    let last = story.last().expect("it was made");
    assert_eq!((last.status, last.expires_at), (stand.status(number), stand.booking(number).expires_at()));
    let told = story.iter().rev().find_map(|entry| entry.booking.as_ref()).expect("it was made");
    assert_eq!(told.booking.items, stand.booking(number).items, "the newest that is told is what is");
    story
}

fn submit(payment: u64) -> ConcertCommand {
    let (payment, reference) = (PaymentNumber(payment), "pi_1".into());
    ConcertCommand::RecordSubmission { payment, reference, client_secret: None }
}

#[test]
fn a_booking_that_was_paid_changed_and_cancelled_tells_who_did_it_and_why() {
    let mut stand = paid();
    stand.does(&book("bob", &[(FLOOR, 1)]));
    let number = stand.does(&book("ada", &[(FLOOR, 3)]));
    stand.at(after(NOW, 5)).does(&extend(olga(), number));
    let payment = stand.does(&pay("ada", number));
    stand.does(&submit(payment));
    stand.does(&decline(payment));
    let second = stand.does(&pay("ada", number));
    stand.does(&succeed(second));
    let changed = stand.does(&change_to("ada", number, vec![some(FLOOR, 2)]));
    stand.refunds_all();
    let cancelled = stand.does(&cancel_booking(olga(), number));
    stand.refunds_all();
    let story = check(
        &stand,
        number,
        &[
            (Happening::Held, "ada", Cause::Request, Held, Some((3, 3 * FLOOR_PRICE))),
            (Happening::Extended, "olga", Cause::Request, Held, None),
            (Happening::PaymentStarted, "ada", Cause::Request, Held, None),
            (Happening::PaymentSubmitted, "the gateway", Cause::Payment(payment), Held, None),
            (Happening::PaymentDeclined, "the gateway", Cause::Payment(payment), Held, None),
            (Happening::PaymentStarted, "ada", Cause::Request, Held, None),
            (
                Happening::PaymentSucceeded,
                "the gateway",
                Cause::Payment(second),
                Confirmed,
                Some((3, 3 * FLOOR_PRICE)),
            ),
            (Happening::Changed, "ada", Cause::Request, Confirmed, Some((2, 2 * FLOOR_PRICE))),
            (Happening::RefundMade, "the gateway", Cause::RefundOwed(changed), Confirmed, None),
            (Happening::Cancelled, "olga", Cause::Request, Cancelled, Some((2, 2 * FLOOR_PRICE))),
            (Happening::RefundMade, "the gateway", Cause::RefundOwed(cancelled), Cancelled, None),
        ],
    );
    let ends: Vec<_> = story.iter().take(2).map(|entry| (entry.time, entry.expires_at)).collect();
    assert_eq!(ends, [(NOW, Some(EXPIRY)), (after(NOW, 5), Some(after(EXPIRY, 5)))]);
    assert!(story.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
}

#[test]
fn what_time_does_the_box_office_did() {
    let mut stand = paid();
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    stand.at(EXPIRY);
    check(
        &stand,
        number,
        &[
            (Happening::Held, "ada", Cause::Request, Held, Some((1, FLOOR_PRICE))),
            (Happening::Expired, "the box office", Cause::Deadline, Expired, Some((1, FLOOR_PRICE))),
        ],
    );
    let mut stand = paid();
    let (number, payment) = stand.buys("ada", &[(FLOOR, 1)]);
    stand.does(&change_to("ada", number, vec![some(FLOOR, 2)]));
    stand.at(EXPIRY);
    let unchanged = Some((1, FLOOR_PRICE));
    let story = check(
        &stand,
        number,
        &[
            (Happening::Held, "ada", Cause::Request, Held, unchanged),
            (Happening::PaymentStarted, "ada", Cause::Request, Held, None),
            (Happening::PaymentSucceeded, "the gateway", Cause::Payment(payment), Confirmed, unchanged),
            (Happening::ChangePrepared, "ada", Cause::Request, Confirmed, unchanged),
            (Happening::ChangeExpired, "the box office", Cause::Deadline, Confirmed, unchanged),
        ],
    );
    let waits = |entry: &HistoryEntry| {
        let pending = entry.booking.as_ref().and_then(|view| view.booking.pending().cloned());
        pending.map(|pending| (pending.amount_due, pending.expires_at))
    };
    let waiting: Vec<_> = story.iter().map(waits).collect();
    assert_eq!(waiting, [None, None, None, Some((FLOOR_PRICE, EXPIRY)), None]);
}

#[test]
fn an_offer_is_the_box_offices_and_tells_which_wish_it_answers() {
    let (mut stand, sold) = sold_to_bob(free_with(|_| ()));
    let wish = stand.does(&join("ada", FLOOR, 2));
    stand.does(&cancel_booking(customer("bob"), sold));
    stand.does_chores();
    let offer = stand.concert.sequence();
    stand.does(&confirm(customer("ada"), offer));
    let made = Some((2, 2 * FLOOR_PRICE));
    check(
        &stand,
        offer,
        &[
            (Happening::Offered, "the box office", Cause::Wish(wish), Held, made),
            (Happening::Confirmed, "ada", Cause::Request, Confirmed, made),
        ],
    );
}

#[test]
fn a_booking_that_ended_with_its_concert_tells_who_called_that_off() {
    for (who, name) in [(olga(), "olga"), (admin(), "root")] {
        let mut stand = free_with(|_| ());
        let number = stand.does(&book("ada", &[(FLOOR, 1), (BALCONY, 1)]));
        let total = stand.booking(number).total();
        let called_off = stand.does(&manage(who, ManagerAction::Cancel));
        stand.does_chores();
        let cause = Cause::ConcertCancelled(called_off);
        check(
            &stand,
            number,
            &[
                (Happening::Booked, "ada", Cause::Request, Confirmed, Some((2, total))),
                (Happening::ConcertCancelled, name, cause, Cancelled, Some((2, total))),
            ],
        );
    }
}

#[test]
fn other_seats_and_another_price_are_told_at_the_same_quantity() {
    let mut stand = paid();
    stand.does(&super::support::add_code(code("TEN", boxoffice_engine::concert::Reduction::Amount(1_000))));
    let wish = book_all("ada", vec![these(HALL, &["A-1", "A-2"])]);
    let number = stand.does(&with_code(wish, "TEN"));
    stand.does(&change_to("ada", number, vec![these(HALL, &["A-1", "B-5"])]));
    let story = stand.story(number, ALL);
    let told = |entry: &HistoryEntry| {
        let view = entry.booking.as_ref().expect("it was changed");
        let seats: Vec<_> = view.booking.items.iter().flat_map(|item| view.seats_of(item)).collect();
        (seats.join(" "), view.booking.total())
    };
    let total = 2 * HALL_PRICE - 1_000;
    let told: Vec<_> = story.iter().map(told).collect();
    assert_eq!(told, [("A-1 A-2".to_owned(), total), ("A-1 B-5".to_owned(), total)]);
}

#[test]
fn a_history_is_told_page_by_page() {
    let mut stand = paid();
    let (number, payment) = stand.buys("ada", &[(FLOOR, 3)]);
    stand.does(&change_to("ada", number, vec![some(FLOOR, 2)]));
    let all = stand.story(number, ALL);
    assert_eq!(all.len(), 4);
    assert_eq!(stand.story(number, HistoryPage { after: 0, limit: 2 }), all[..2]);
    assert_eq!(stand.story(number, HistoryPage { after: payment, limit: 1 }), all[2..3]);
    assert_eq!(stand.story(number, HistoryPage { after: payment, limit: 9 }), all[2..]);
    assert_eq!(stand.story(number, HistoryPage { after: u64::MAX, limit: 9 }), []);
}
