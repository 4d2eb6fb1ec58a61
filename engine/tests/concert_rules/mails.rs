//! Mails that are owed: one for each transition, to owners who want mail and to nobody else.

use boxoffice_engine::concert::{
    ConcertCommand, ConcertQuery, DetailsChange, Effect, ErrandNumber, Lane, LocalTime, MailKind,
    ManagerAction,
};
use boxoffice_engine::limits;
use boxoffice_engine::time::Time;

use super::support::{
    BALCONY, EXPIRY, FLOOR, FLOOR_SEATS, HOUR, NOW, Outcome, START, Stand, after, block, book,
    cancel_booking, change, change_to, check, confirm, customer, decline, extend, free_with, join, mailed,
    manage, new_seat_type, olga, paid, paid_with, pay, rename, some, succeed,
};

const ANNOUNCE: ConcertCommand = ConcertCommand::AnnounceNextChange;

/// The kinds of the mails about one booking, oldest first.
fn kinds(stand: &Stand, number: u64) -> Vec<MailKind> {
    stand.mails().into_iter().filter(|(_, booking)| *booking == number).map(|(kind, _)| kind).collect()
}

#[test]
fn each_transition_owes_its_mail_to_who_wants_mail() {
    use MailKind::{AboutToExpire, Cancelled, Changed, ConcertCancelled, Confirmed, Expired, Held, Refunded};
    type Story = Box<dyn Fn(&mut Stand, u64)>;
    let buys = |stand: &mut Stand, number: u64| {
        let payment = stand.does(&pay("ada", number));
        stand.does(&succeed(payment));
    };
    let stories: [(&str, Story, Vec<MailKind>); 12] = [
        ("a hold", Box::new(|_, _| ()), vec![Held]),
        ("paid", Box::new(buys), vec![Held, Confirmed]),
        ("nearly expired", Box::new(|stand, _| _ = stand.at(after(EXPIRY, -1))), vec![Held, AboutToExpire]),
        (
            "expired",
            Box::new(|stand, _| {
                stand.at(after(EXPIRY, -120_000)).at(EXPIRY);
            }),
            vec![Held, AboutToExpire, Expired],
        ),
        (
            "expired while nobody looked",
            Box::new(|stand, _| {
                stand.at(EXPIRY);
            }),
            vec![Held, Expired],
        ),
        (
            "cancelled",
            Box::new(|stand, number| _ = stand.does(&cancel_booking(olga(), number))),
            vec![Held, Cancelled],
        ),
        (
            "changed",
            Box::new(|stand, number| _ = stand.does(&change_to("ada", number, vec![some(FLOOR, 2)]))),
            vec![Held, Changed],
        ),
        (
            "declined and paid late",
            Box::new(|stand, number| {
                let payment = stand.does(&pay("ada", number));
                stand.does(&decline(payment));
                stand.at(EXPIRY);
                stand.does(&succeed(payment));
            }),
            vec![Held, Expired, Confirmed],
        ),
        (
            "paid, cancelled, refunded",
            Box::new(move |stand, number| {
                buys(stand, number);
                stand.does(&cancel_booking(customer("ada"), number));
                stand.refunds_all();
            }),
            vec![Held, Confirmed, Cancelled, Refunded],
        ),
        (
            "paid, more prepared, paid",
            Box::new(move |stand, number| {
                buys(stand, number);
                stand.does(&change_to("ada", number, vec![some(FLOOR, 2)]));
                buys(stand, number);
            }),
            vec![Held, Confirmed, Changed],
        ),
        (
            "paid, called off, refunded",
            Box::new(move |stand, number| {
                buys(stand, number);
                stand.does(&manage(olga(), ManagerAction::Cancel));
                stand.does_chores();
                stand.refunds_all();
            }),
            vec![Held, Confirmed, ConcertCancelled, Refunded],
        ),
        (
            "extended",
            Box::new(|stand, number| {
                stand.at(after(EXPIRY, -1));
                stand.does(&extend(customer("ada"), number));
            }),
            vec![Held, AboutToExpire],
        ),
    ];
    for (case, story, expected) in stories {
        let mut stand = paid();
        let number = stand.does(&mailed(book("ada", &[(FLOOR, 1)])));
        story(&mut stand, number);
        assert_eq!(kinds(&stand, number), expected, "{case}");
        stand.assert_replays();
        let mut silent = paid();
        let number = silent.does(&book("ada", &[(FLOOR, 1)]));
        story(&mut silent, number);
        assert_eq!(silent.mails(), [], "{case}, without mail");
    }
}

#[test]
fn a_booking_without_a_hold_is_confirmed_at_once() {
    let mut stand = free_with(|_| ());
    let number = stand.does(&mailed(book("ada", &[(FLOOR, 1)])));
    assert_eq!(stand.mails(), [(MailKind::Confirmed, number)]);
}

#[test]
fn a_hold_is_warned_of_two_minutes_before_its_end_if_it_lasts_five() {
    for (hold_seconds, warned_after) in
        [(299, None), (300, Some(180)), (600, Some(480)), (7_200, Some(7_080))]
    {
        let mut stand = paid_with(|concert| concert.hold_seconds = hold_seconds);
        let number = stand.does(&mailed(book("ada", &[(FLOOR, 1)])));
        let end = NOW.plus_seconds(i64::from(hold_seconds));
        let due = warned_after.map_or(end, |seconds| NOW.plus_seconds(seconds));
        assert_eq!(stand.concert.next_due(), Some(due), "{hold_seconds}");
        stand.at(after(due, -1));
        assert_eq!(kinds(&stand, number), [MailKind::Held]);
        stand.at(due);
        let expected = if warned_after.is_some() { MailKind::AboutToExpire } else { MailKind::Expired };
        assert_eq!(kinds(&stand, number), [MailKind::Held, expected]);
        assert_eq!(stand.concert.next_due() == Some(end), warned_after.is_some());
    }
}

#[test]
fn a_warning_moves_with_the_end_of_a_hold_and_goes_with_it() {
    let mut stand = paid();
    let number = stand.does(&mailed(book("ada", &[(FLOOR, 1)])));
    stand.at(NOW.plus_seconds(300)).does(&extend(customer("ada"), number));
    assert_eq!(stand.concert.next_due(), Some(NOW.plus_seconds(780)));
    stand.does(&cancel_booking(customer("ada"), number));
    assert_eq!(stand.concert.next_due(), Some(START));
}

/// An offer of two seats to ada, made at [`NOW`].
fn offered(mut stand: Stand) -> (Stand, u64) {
    let bob = stand.does(&book("bob", &[(FLOOR, FLOOR_SEATS)]));
    stand.does(&mailed(join("ada", FLOOR, 2)));
    stand.does(&cancel_booking(customer("bob"), bob));
    stand.does_chores();
    let number = stand.concert.sequence();
    (stand, number)
}

#[test]
fn an_offer_is_told_warned_of_ten_minutes_before_and_taken_up() {
    let end = NOW.plus_seconds(HOUR);
    let (mut stand, number) = offered(free_with(|_| ()));
    assert_eq!(stand.mails(), [(MailKind::Offered, number)], "who waits is told nothing before");
    assert_eq!(stand.concert.next_due(), Some(end.plus_seconds(-600)));
    stand.at(end.plus_seconds(-600)).does(&confirm(customer("ada"), number));
    assert_eq!(kinds(&stand, number), [MailKind::Offered, MailKind::AboutToExpire, MailKind::Confirmed]);
    let (short, _) = offered(free_with(|concert| concert.offer_seconds = 1_199));
    assert_eq!(short.concert.next_due(), Some(NOW.plus_seconds(1_199 - 120)), "a short one as any hold");
}

#[test]
fn an_offer_that_is_extended_late_is_not_warned_of_again_at_once() {
    let end = NOW.plus_seconds(HOUR);
    let (mut stand, number) = offered(free_with(|_| ()));
    stand.at(end.plus_seconds(-400)).does(&extend(customer("ada"), number));
    assert_eq!(stand.booking(number).expires_at(), Some(end.plus_seconds(120)));
    assert_eq!(stand.concert.next_due(), Some(end.plus_seconds(120)));
    assert_eq!(kinds(&stand, number), [MailKind::Offered, MailKind::AboutToExpire]);
}

#[test]
fn mails_that_were_sent_are_owed_no_longer() {
    let mut stand = paid();
    let first = stand.does(&mailed(book("ada", &[(FLOOR, 1)])));
    let second = stand.does(&mailed(book("bob", &[(FLOOR, 1)])));
    let payment = stand.does(&pay("ada", first));
    let errands: Vec<ErrandNumber> = stand.owed(Lane::Mail).iter().map(|(errand, _)| *errand).collect();
    let money: Vec<ErrandNumber> = stand.owed(Lane::Money).iter().map(|(errand, _)| *errand).collect();
    let sent = |errands: &[ErrandNumber]| ConcertCommand::RecordErrands(errands.to_vec());
    let nothing = Outcome::Keeps(Effect::Noted);
    check("none", &stand, &sent(&[]), &nothing);
    check("of the other lane", &stand, &sent(&money), &nothing);
    check("never owed", &stand, &sent(&[ErrandNumber { sequence: first, index: 7 }]), &nothing);
    check("one twice", &stand, &sent(&[errands[0], errands[0]]), &Outcome::Happens("ErrandsDone"));
    stand.does(&sent(&[errands[0], money[0], ErrandNumber::default()]));
    assert_eq!(stand.mails(), [(MailKind::Held, second)]);
    assert_eq!(stand.owed(Lane::Money).len(), 1);
    check("again", &stand, &sent(&errands[..1]), &nothing);
    stand.does(&sent(&errands));
    assert_eq!((stand.mails(), stand.concert.owed().is_empty()), (vec![], false));
    stand.does(&succeed(payment));
    assert_eq!(stand.mails(), [(MailKind::Confirmed, first)]);
    stand.assert_replays();
}

#[test]
fn errands_are_asked_for_page_by_page_with_what_it_takes_to_do_them() {
    let mut stand = paid();
    let numbers: Vec<u64> =
        (0..5).map(|place| stand.does(&mailed(book(&format!("user{place}"), &[(FLOOR, 1)])))).collect();
    let ask = |after, limit| match stand.concert.answer(&ConcertQuery::Errands {
        lane: Lane::Mail,
        after,
        limit,
    }) {
        Ok(boxoffice_engine::concert::ConcertAnswer::Errands(errands)) => errands,
        other => unreachable!("{other:?}"),
    };
    let first = ask(ErrandNumber::default(), 2);
    let second = ask(first[1].number, 9);
    let found: Vec<u64> = first.iter().chain(&second).map(|errand| errand.booking.id.number.0).collect();
    assert_eq!(found, numbers);
    assert!(second.iter().all(|errand| errand.payment.is_none()));
}

#[test]
fn many_errands_of_one_event_have_numbers_of_their_own() {
    let mut stand = paid_with(|concert| concert.seat_types[0] = new_seat_type("Floor", 500));
    for place in 0..500 {
        stand.does_unchecked(&mailed(book(&format!("user{place}"), &[(FLOOR, 1)])));
    }
    // Late, so that the end of every hold is due at once. A warning would come too late.
    stand.at(after(EXPIRY, 1));
    let owed = stand.owed(Lane::Mail);
    let of_time = owed.iter().filter(|(errand, _)| errand.sequence == stand.concert.sequence()).count();
    assert_eq!((owed.len(), of_time), (1_000, 500));
    let errands: Vec<ErrandNumber> = owed.into_iter().map(|(errand, _)| errand).collect();
    stand.does(&ConcertCommand::RecordErrands(errands));
    assert_eq!(stand.mails().len(), 1_000 - limits::ERRANDS_PER_PAGE_MAX, "so many are recorded at once");
    stand.assert_replays();
}

#[test]
fn who_has_a_live_booking_is_told_when_name_venue_or_start_change() {
    let start = |time: Time| DetailsChange {
        start: Some(LocalTime { time, offset_seconds: 3_600 }),
        ..DetailsChange::default()
    };
    let venue = DetailsChange { venue: Some("New Mill".to_owned()), ..DetailsChange::default() };
    let genre = DetailsChange { genre: Some("Lied".to_owned()), ..DetailsChange::default() };
    let limit = DetailsChange { tickets_per_user_max: Some(99), ..DetailsChange::default() };
    for (what, is_told) in [
        (rename("Sommernacht"), true),
        (venue, true),
        (start(after(START, 1)), true),
        (genre, false),
        (limit, false),
    ] {
        let mut stand = paid();
        let held = stand.does(&mailed(book("ada", &[(FLOOR, 1)])));
        stand.does(&book("bob", &[(FLOOR, 1)]));
        let ended = stand.does(&mailed(book("eve", &[(FLOOR, 1)])));
        stand.does(&cancel_booking(customer("eve"), ended));
        let before = stand.mails();
        stand.does(&change(what));
        assert_eq!(stand.mails(), before, "the change itself owes nothing");
        assert_eq!(stand.concert.next_chore(), is_told.then_some(ANNOUNCE));
        stand.does_chores();
        let told = if is_told { vec![(MailKind::ConcertChanged, held)] } else { Vec::new() };
        assert_eq!(stand.mails()[before.len()..], told);
        check("told once", &stand, &ANNOUNCE, &Outcome::Unchanged);
        stand.assert_replays();
    }
    let mut nobody = paid();
    nobody.does(&book("bob", &[(FLOOR, 1)]));
    nobody.does(&change(rename("Sommernacht")));
    assert_eq!(nobody.concert.next_chore(), None, "nobody wants mail");
}

#[test]
fn a_change_is_announced_in_batches_and_a_second_one_begins_anew() {
    let bookings = limits::BOOKINGS_PER_SWEEP_MAX + 3;
    let mut stand = free_with(|concert| concert.seat_types[0] = new_seat_type("Floor", 100_000));
    for place in 0..bookings {
        stand.does_unchecked(&mailed(book(&format!("user{}", place % 900), &[(FLOOR, 1)])));
    }
    let told =
        |stand: &Stand| stand.mails().iter().filter(|(kind, _)| *kind == MailKind::ConcertChanged).count();
    stand.does(&change(rename("Sommernacht")));
    stand.does(&ANNOUNCE);
    assert_eq!(told(&stand), bookings - 3);
    let late = stand.does(&mailed(book("late", &[(BALCONY, 1)])));
    let mut again = stand.clone();
    stand.does(&ANNOUNCE);
    assert_eq!((told(&stand), stand.concert.next_chore()), (bookings, None));
    assert_eq!(kinds(&stand, late), [MailKind::Confirmed], "who booked after the change knows it");
    again.does(&change(rename("Herbst")));
    again.does_chores();
    assert_eq!(told(&again), 2 * bookings - 3 + 1, "the last three are told once of both");
    again.assert_replays();
}

#[test]
fn nothing_is_announced_of_a_concert_that_was_called_off() {
    let mut stand = free_with(|_| ());
    let number = stand.does(&mailed(book("ada", &[(FLOOR, 1)])));
    stand.does(&change(rename("Sommernacht")));
    stand.does(&manage(olga(), ManagerAction::Cancel));
    stand.does_chores();
    assert_eq!(kinds(&stand, number), [MailKind::Confirmed, MailKind::ConcertCancelled]);
}

#[test]
fn an_organizer_who_sets_seats_aside_writes_to_nobody() {
    let mut stand = free_with(|_| ());
    stand.does(&mailed(book("ada", &[(FLOOR, 1)])));
    stand.does(&block(some(FLOOR, 1)));
    assert_eq!(stand.mails().len(), 1);
}
