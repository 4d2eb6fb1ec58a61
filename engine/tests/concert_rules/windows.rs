//! Opening, closing and beginning, to the millisecond.

use boxoffice_engine::concert::{ConcertCommand, DetailsChange, LocalTime, ManagerAction, Rejection, Stage};
use boxoffice_engine::time::Time;

use super::support::{
    DAY, FLOOR, NOW, Outcome, START, Stand, after, book, cancel_booking, change, check, create, customer,
    invalid, manage, new_concert, olga,
};

const OPENS: Time = Time(NOW.0 + DAY * 1_000);
const CLOSES: Time = Time(NOW.0 + 2 * DAY * 1_000);
/// A hundred years, as the contract of the limits has it.
const FARTHEST: Time = Time(NOW.0 + 100 * 366 * DAY * 1_000);

fn with_window() -> Stand {
    Stand::made(|concert| {
        concert.details.sales_open_at = Some(OPENS);
        concert.details.sales_close_at = Some(CLOSES);
    })
}

#[test]
fn seats_are_sold_from_the_opening_millisecond_until_before_the_closing_one() {
    let not_open = Outcome::Refused(Rejection::SalesNotOpen);
    let closed = Outcome::Refused(Rejection::SalesClosed);
    let booked = Outcome::Happens("Booked");
    for (now, stage, expected) in [
        (NOW, Stage::Scheduled, &not_open),
        (after(OPENS, -1), Stage::Scheduled, &not_open),
        (OPENS, Stage::OnSale, &booked),
        (after(OPENS, 1), Stage::OnSale, &booked),
        (after(CLOSES, -1), Stage::OnSale, &booked),
        (CLOSES, Stage::ClosedByTime, &closed),
        (after(CLOSES, 1), Stage::ClosedByTime, &closed),
        (START, Stage::ClosedByTime, &closed),
    ] {
        let mut stand = with_window();
        stand.at(now);
        assert_eq!(stand.stage(), stage, "{now:?}");
        check("window", &stand, &book("ada", &[(FLOOR, 1)]), expected);
        stand.assert_replays();
    }
}

#[test]
fn without_a_window_seats_are_sold_from_the_making_until_the_start() {
    let mut stand = Stand::on_sale();
    assert_eq!(stand.concert.next_due(), Some(START));
    stand.at(after(START, -1));
    check("before", &stand, &book("ada", &[(FLOOR, 1)]), &Outcome::Happens("Booked"));
    stand.at(START);
    let closed = Outcome::Refused(Rejection::SalesClosed);
    check("begun", &stand, &book("ada", &[(FLOOR, 1)]), &closed);
}

#[test]
fn time_makes_an_event_at_the_millisecond_that_is_due_and_only_once() {
    let mut stand = with_window();
    for due in [OPENS, CLOSES] {
        assert_eq!(stand.concert.next_due(), Some(due));
        stand.now = after(due, -1);
        check("early", &stand, &ConcertCommand::PassTime, &Outcome::Unchanged);
        stand.now = due;
        check("due", &stand, &ConcertCommand::PassTime, &Outcome::Happens("TimePassed"));
        stand.does(&ConcertCommand::PassTime);
        check("done", &stand, &ConcertCommand::PassTime, &Outcome::Unchanged);
    }
    assert_eq!(stand.concert.next_due(), None);
    assert_eq!(stand.concert.sequence(), 3);
    assert_eq!(stand.concert.terms().version, 1, "time is no change by the organizer");
}

#[test]
fn a_window_that_passed_unnoticed_is_one_event() {
    let mut stand = with_window();
    stand.at(after(CLOSES, 1));
    assert_eq!((stand.stage(), stand.concert.sequence()), (Stage::ClosedByTime, 2));
}

#[test]
fn time_does_not_touch_a_draft_a_closed_sale_or_a_cancelled_concert() {
    let mut draft = Stand::made(|concert| concert.draft = true);
    let [mut closed, mut cancelled] = [with_window(), with_window()];
    closed.does(&manage(olga(), ManagerAction::CloseSales));
    cancelled.does(&manage(olga(), ManagerAction::Cancel));
    for (stand, stage) in [
        (&mut draft, Stage::Draft),
        (&mut closed, Stage::ClosedByOrganizer),
        (&mut cancelled, Stage::Cancelled),
    ] {
        assert_eq!(stand.concert.next_due(), None);
        for now in [OPENS, CLOSES, START] {
            stand.now = now;
            check("nothing is due", stand, &ConcertCommand::PassTime, &Outcome::Unchanged);
        }
        assert_eq!(stand.stage(), stage);
    }
}

#[test]
fn a_closing_by_time_is_undone_by_a_later_close() {
    let mut stand = with_window();
    stand.at(CLOSES);
    let later = after(CLOSES, 1_000);
    stand.does(&change(DetailsChange { sales_close_at: Some(Some(later)), ..DetailsChange::default() }));
    assert_eq!((stand.stage(), stand.concert.next_due()), (Stage::OnSale, Some(later)));
    stand.at(later);
    assert_eq!(stand.stage(), Stage::ClosedByTime);
    stand.does(&change(DetailsChange { sales_close_at: Some(None), ..DetailsChange::default() }));
    assert_eq!((stand.stage(), stand.concert.next_due()), (Stage::OnSale, Some(START)));
    stand.assert_replays();
}

#[test]
fn a_closing_by_the_organizer_is_not_undone_by_a_later_close() {
    let mut stand = with_window();
    stand.at(OPENS).does(&manage(olga(), ManagerAction::CloseSales));
    let later = Some(Some(after(CLOSES, 1_000)));
    stand.does(&change(DetailsChange { sales_close_at: later, ..DetailsChange::default() }));
    assert_eq!(stand.stage(), Stage::ClosedByOrganizer);
    let mut by_time = with_window();
    by_time.at(CLOSES).does(&manage(olga(), ManagerAction::CloseSales));
    by_time.does(&change(DetailsChange { sales_close_at: later, ..DetailsChange::default() }));
    assert_eq!(by_time.stage(), Stage::ClosedByOrganizer, "what time closed can be closed for good");
    by_time.does(&manage(olga(), ManagerAction::OpenSales));
    assert_eq!(by_time.stage(), Stage::OnSale);
}

#[test]
fn moving_the_opening_takes_a_sale_off_and_on_again() {
    let mut stand = with_window();
    stand.at(OPENS);
    let open = |time| change(DetailsChange { sales_open_at: Some(time), ..DetailsChange::default() });
    stand.does(&open(Some(after(OPENS, 1))));
    assert_eq!(stand.stage(), Stage::Scheduled);
    stand.does(&open(Some(OPENS)));
    assert_eq!(stand.stage(), Stage::OnSale, "an opening at this very millisecond is open");
    stand.does(&open(None));
    assert_eq!(stand.stage(), Stage::OnSale);
}

#[test]
fn a_sale_closed_before_it_opened_reopens_as_its_schedule_has_it() {
    let mut stand = with_window();
    stand.does(&manage(olga(), ManagerAction::CloseSales));
    stand.does(&manage(olga(), ManagerAction::OpenSales));
    assert_eq!(stand.stage(), Stage::Scheduled);
}

#[test]
fn a_booking_can_be_cancelled_until_before_the_start() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    let started = Outcome::Refused(Rejection::ConcertStarted);
    for (now, expected) in [
        (after(START, -1), &Outcome::Happens("BookingCancelled")),
        (START, &started),
        (after(START, 1), &started),
    ] {
        stand.at(now);
        check("start", &stand, &cancel_booking(customer("ada"), number), expected);
        check("organizer", &stand, &cancel_booking(olga(), number), expected);
    }
}

#[test]
fn the_times_of_a_new_concert_are_bounded_to_the_millisecond() {
    let created = Outcome::Happens("Created");
    let [start, opens, closes] =
        [invalid(&["/startTime"]), invalid(&["/salesOpenAt"]), invalid(&["/salesCloseAt"])];
    for (case, begins_at, opens_at, closes_at, expected) in [
        ("a start in a millisecond", after(NOW, 1), None, None, &created),
        ("a start in a hundred years", FARTHEST, None, None, &created),
        ("a start later than that", after(FARTHEST, 1), None, None, &start),
        ("an opening before the close", START, Some(after(CLOSES, -1)), Some(CLOSES), &created),
        ("an opening with the close", START, Some(CLOSES), Some(CLOSES), &opens),
        ("an opening after the close", START, Some(after(CLOSES, 1)), Some(CLOSES), &opens),
        ("an opening with the start", START, Some(START), None, &opens),
        ("an opening long ago", START, Some(Time(0)), None, &created),
        ("a close with the start", START, None, Some(START), &created),
        ("a close after the start", START, None, Some(after(START, 1)), &closes),
        ("a close in a millisecond", START, None, Some(after(NOW, 1)), &created),
        ("a close now", START, None, Some(NOW), &closes),
    ] {
        let mut concert = new_concert();
        concert.details.start = LocalTime { time: begins_at, offset_seconds: 0 };
        concert.details.sales_open_at = opens_at;
        concert.details.sales_close_at = closes_at;
        check(case, &Stand::absent(), &create(olga(), concert), expected);
    }
}

#[test]
fn a_start_that_is_not_ahead_blames_no_time_that_was_not_given() {
    for begins_at in [NOW, after(NOW, -1), Time(0)] {
        let mut concert = new_concert();
        concert.details.start = LocalTime { time: begins_at, offset_seconds: 0 };
        check("without a close", &Stand::absent(), &create(olga(), concert), &invalid(&["/startTime"]));
    }
}
