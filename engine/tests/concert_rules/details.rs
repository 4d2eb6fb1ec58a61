//! Changing what a concert is offered as.

use boxoffice_engine::concert::{DetailsChange, LocalTime, ManagerAction, Rejection, Stage};
use boxoffice_engine::time::Time;

use super::support::{
    DAY, FLOOR, NOW, Outcome, START, Stand, after, book, cancel_booking, change, check, customer, invalid,
    manage, olga, rename,
};

const CLOSES: Time = Time(NOW.0 + DAY * 1_000);
const CHANGED: Outcome = Outcome::Happens("DetailsChanged");

fn start(time: Time) -> DetailsChange {
    DetailsChange { start: Some(LocalTime { time, offset_seconds: 3_600 }), ..DetailsChange::default() }
}

fn close(time: Option<Time>) -> DetailsChange {
    DetailsChange { sales_close_at: Some(time), ..DetailsChange::default() }
}

fn limit(tickets_per_user_max: u32) -> DetailsChange {
    DetailsChange { tickets_per_user_max: Some(tickets_per_user_max), ..DetailsChange::default() }
}

#[test]
fn what_is_absent_from_a_change_keeps_its_value() {
    let mut stand = Stand::on_sale();
    let before = stand.concert.terms().details.clone();
    stand.at(after(NOW, 7)).does(&change(rename("Sommernacht")));
    let terms = stand.concert.terms();
    let mut expected = before;
    expected.name = "Sommernacht".to_owned();
    assert_eq!(terms.details, expected);
    assert_eq!((terms.version, terms.created_at, terms.updated_at), (2, NOW, after(NOW, 7)));
    check("the same again", &stand, &change(rename("Sommernacht")), &Outcome::Unchanged);
    stand.assert_replays();
}

#[test]
fn a_view_that_was_taken_does_not_change() {
    let mut stand = Stand::on_sale();
    let view = stand.concert.view();
    stand.does(&change(rename("Sommernacht")));
    assert_eq!((view.sequence, &*view.terms.details.name), (1, "Winterreise"));
}

#[test]
fn bad_values_are_named_all_at_once() {
    let bad = DetailsChange {
        name: Some(String::new()),
        description: Some("\0".to_owned()),
        genre: Some(" ".to_owned()),
        venue: Some("x".repeat(201)),
        start: Some(LocalTime { time: NOW, offset_seconds: 0 }),
        sales_open_at: Some(Some(after(NOW, 5))),
        sales_close_at: Some(Some(after(NOW, 5))),
        tickets_per_user_max: Some(0),
        cancellation: None,
        forbids_orphan_seats: None,
    };
    let pointers = [
        "/name",
        "/description",
        "/genre",
        "/venue",
        "/startTime",
        "/salesOpenAt",
        "/salesCloseAt",
        "/maxTicketsPerUser",
    ];
    check("everything", &Stand::on_sale(), &change(bad), &invalid(&pointers));
}

#[test]
fn times_that_passed_stay_acceptable_while_they_are_not_changed() {
    let mut begun = Stand::on_sale();
    begun.at(after(START, DAY));
    check("after the start", &begun, &change(rename("Sommernacht")), &CHANGED);
    check("the same start", &begun, &change(start(START)), &Outcome::Unchanged);
    let with_start = DetailsChange { name: Some("Sommernacht".to_owned()), ..start(START) };
    check("a name, and the same start", &begun, &change(with_start), &CHANGED);
    let mut closed = Stand::made(|concert| concert.details.sales_close_at = Some(CLOSES));
    closed.at(after(CLOSES, 1));
    check("after the close", &closed, &change(rename("Sommernacht")), &CHANGED);
    check("the same close", &closed, &change(close(Some(CLOSES))), &Outcome::Unchanged);
}

#[test]
fn a_close_that_passed_stays_acceptable_when_only_the_start_moves() {
    let mut stand = Stand::made(|concert| concert.details.sales_close_at = Some(CLOSES));
    stand.at(CLOSES);
    check("postponed", &stand, &change(start(after(START, 1))), &CHANGED);
    check("brought forward", &stand, &change(start(after(START, -1))), &CHANGED);
}

#[test]
fn times_that_change_lie_ahead() {
    let mut stand = Stand::on_sale();
    stand.at(NOW.plus_seconds(2 * DAY));
    let now = stand.now;
    check("a close now", &stand, &change(close(Some(now))), &invalid(&["/salesCloseAt"]));
    check("a close in a millisecond", &stand, &change(close(Some(after(now, 1)))), &CHANGED);
    check("a close with the start", &stand, &change(close(Some(START))), &CHANGED);
    check(
        "a close after the start",
        &stand,
        &change(close(Some(after(START, 1)))),
        &invalid(&["/salesCloseAt"]),
    );
    check("a start in a millisecond", &stand, &change(start(after(now, 1))), &CHANGED);
    stand.does(&change(close(Some(START))));
    check("a start before the close", &stand, &change(start(after(START, -1))), &invalid(&["/salesCloseAt"]));
    check("the default again", &stand, &change(close(None)), &CHANGED);
}

#[test]
fn a_start_that_moves_into_the_past_blames_no_time_that_was_not_given() {
    let stand = Stand::on_sale();
    for begins_at in [NOW, after(NOW, -1)] {
        check("no close", &stand, &change(start(begins_at)), &invalid(&["/startTime"]));
    }
}

#[test]
fn the_limit_is_not_lowered_below_what_somebody_owns() {
    let mut stand = Stand::made(|concert| concert.details.tickets_per_user_max = 5);
    let number = stand.does(&book("ada", &[(FLOOR, 3)]));
    stand.does(&book("bob", &[(FLOOR, 1)]));
    let refused = invalid(&["/maxTicketsPerUser"]);
    check("below", &stand, &change(limit(2)), &refused);
    check("equal", &stand, &change(limit(3)), &CHANGED);
    check("above", &stand, &change(limit(10_000)), &CHANGED);
    check("far above", &stand, &change(limit(10_001)), &refused);
    check("zero", &stand, &change(limit(0)), &refused);
    stand.does(&cancel_booking(customer("ada"), number));
    check("once it is given back", &stand, &change(limit(1)), &CHANGED);
    stand.assert_replays();
}

#[test]
fn a_cancelled_concert_tells_bad_fields_before_it_tells_that_it_is_cancelled() {
    let mut stand = Stand::on_sale();
    stand.does(&manage(olga(), ManagerAction::Cancel));
    check("bad", &stand, &change(rename("")), &invalid(&["/name"]));
    let cancelled = Outcome::Refused(Rejection::ConcertCancelled);
    check("good", &stand, &change(rename("Sommernacht")), &cancelled);
    let again = manage(olga(), ManagerAction::Cancel);
    check("cancelled again", &stand, &again, &cancelled);
}

#[test]
fn every_change_by_the_organizer_is_a_version_and_nothing_else_is() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    stand.does(&cancel_booking(customer("ada"), number));
    assert_eq!(stand.concert.terms().version, 1);
    for (step, command) in [
        change(rename("Sommernacht")),
        super::support::resize(FLOOR, 9),
        manage(olga(), ManagerAction::AddSeatType(super::support::new_seat_type("Box", 1))),
        manage(olga(), ManagerAction::CloseSales),
        manage(olga(), ManagerAction::OpenSales),
        manage(olga(), ManagerAction::Cancel),
    ]
    .iter()
    .enumerate()
    {
        stand.does(command);
        assert_eq!(stand.concert.terms().version, step as u64 + 2, "{command:?}");
    }
    assert_eq!((stand.stage(), stand.concert.sequence()), (Stage::Cancelled, 9));
    stand.assert_replays();
}
