//! Every command at every stage.

use boxoffice_engine::concert::{ConcertCommand, DetailsChange, ManagerAction, Rejection, Stage};

use super::support::{
    DAY, FLOOR, NOW, Outcome, START, Stand, book, cancel_booking, change, check, create, customer, manage,
    new_concert, new_seat_type, olga, rename, resize,
};

/// A concert at each stage, in the order of the table's columns. It was never booked.
fn one_at_each_stage() -> [Stand; 8] {
    let closes_at = NOW.plus_seconds(10 * DAY);
    let draft = Stand::made(|concert| concert.draft = true);
    let scheduled = Stand::made(|concert| {
        concert.details.sales_open_at = Some(NOW.plus_seconds(DAY));
    });
    let mut closed_by_time = Stand::made(|concert| concert.details.sales_close_at = Some(closes_at));
    closed_by_time.at(closes_at);
    let [mut closed, mut cancelled, mut deleted] = [Stand::on_sale(), Stand::on_sale(), Stand::on_sale()];
    closed.does(&manage(olga(), ManagerAction::CloseSales));
    cancelled.does(&manage(olga(), ManagerAction::Cancel));
    deleted.does(&manage(olga(), ManagerAction::Delete));
    [Stand::absent(), draft, scheduled, Stand::on_sale(), closed_by_time, closed, cancelled, deleted]
}

#[test]
fn each_way_to_a_stage_leads_there() {
    let stages = one_at_each_stage().map(|stand| stand.stage());
    let expected = [
        Stage::Absent,
        Stage::Draft,
        Stage::Scheduled,
        Stage::OnSale,
        Stage::ClosedByTime,
        Stage::ClosedByOrganizer,
        Stage::Cancelled,
        Stage::Deleted,
    ];
    assert_eq!(stages, expected);
}

#[test]
fn every_command_has_its_outcome_at_every_stage() {
    use Outcome::{Happens, Unchanged};
    let unknown = Outcome::Refused(Rejection::ConcertNotFound);
    let no_booking = Outcome::Refused(Rejection::BookingNotFound);
    let not_open = Outcome::Refused(Rejection::SalesNotOpen);
    let closed = Outcome::Refused(Rejection::SalesClosed);
    let cancelled = Outcome::Refused(Rejection::ConcertCancelled);
    let exists = Outcome::Refused(Rejection::ConcertIdTaken);
    let by_olga = |action| manage(olga(), action);
    // Columns: absent, draft, scheduled, on sale, closed by time, closed by the organizer, cancelled, deleted.
    #[rustfmt::skip]
    let table = [
        ("create", create(olga(), new_concert()),
            [&Happens("Created"), &exists, &exists, &exists, &exists, &exists, &exists, &exists]),
        ("book", book("ada", &[(FLOOR, 1)]),
            [&unknown, &unknown, &not_open, &Happens("Booked"), &closed, &closed, &cancelled, &unknown]),
        ("book as the organizer", book("olga", &[(FLOOR, 1)]),
            [&unknown, &not_open, &not_open, &Happens("Booked"), &closed, &closed, &cancelled, &unknown]),
        ("cancel a booking that is none", cancel_booking(customer("ada"), 1), [&no_booking; 8]),
        ("change the name", change(rename("Sommernacht")),
            [&unknown, &Happens("DetailsChanged"), &Happens("DetailsChanged"), &Happens("DetailsChanged"),
             &Happens("DetailsChanged"), &Happens("DetailsChanged"), &cancelled, &unknown]),
        ("change nothing", change(DetailsChange::default()),
            [&unknown, &Unchanged, &Unchanged, &Unchanged, &Unchanged, &Unchanged, &cancelled, &unknown]),
        ("add a seat type", by_olga(ManagerAction::AddSeatType(new_seat_type("Box", 4))),
            [&unknown, &Happens("SeatTypeAdded"), &Happens("SeatTypeAdded"), &Happens("SeatTypeAdded"),
             &Happens("SeatTypeAdded"), &Happens("SeatTypeAdded"), &cancelled, &unknown]),
        ("change a capacity", resize(FLOOR, 50),
            [&unknown, &Happens("SeatTypeChanged"), &Happens("SeatTypeChanged"), &Happens("SeatTypeChanged"),
             &Happens("SeatTypeChanged"), &Happens("SeatTypeChanged"), &cancelled, &unknown]),
        ("open", by_olga(ManagerAction::OpenSales),
            [&unknown, &Happens("SalesOpened"), &Unchanged, &Unchanged, &closed, &Happens("SalesOpened"),
             &cancelled, &unknown]),
        ("close", by_olga(ManagerAction::CloseSales),
            [&unknown, &not_open, &Happens("SalesClosed"), &Happens("SalesClosed"), &Happens("SalesClosed"),
             &Unchanged, &cancelled, &unknown]),
        ("cancel", by_olga(ManagerAction::Cancel),
            [&unknown, &not_open, &Happens("Cancelled"), &Happens("Cancelled"),
             &Happens("Cancelled"), &Happens("Cancelled"), &cancelled, &unknown]),
        ("delete", by_olga(ManagerAction::Delete),
            [&unknown, &Happens("Deleted"), &Happens("Deleted"), &Happens("Deleted"), &Happens("Deleted"),
             &Happens("Deleted"), &Happens("Deleted"), &unknown]),
        ("let time pass", ConcertCommand::PassTime, [&Unchanged; 8]),
        ("end bookings", ConcertCommand::CancelNextBookings, [&Unchanged; 8]),
    ];
    let stands = one_at_each_stage();
    for (case, command, outcomes) in &table {
        for (stand, expected) in stands.iter().zip(outcomes) {
            check(case, stand, command, expected);
        }
    }
}

#[test]
fn a_concert_that_began_is_neither_opened_nor_booked() {
    let mut stand = Stand::on_sale();
    stand.does(&manage(olga(), ManagerAction::CloseSales));
    stand.at(START);
    let started = Outcome::Refused(Rejection::ConcertStarted);
    check("closed", &stand, &manage(olga(), ManagerAction::OpenSales), &started);
    let mut draft = Stand::made(|concert| concert.draft = true);
    draft.at(START);
    assert_eq!(draft.stage(), Stage::Draft, "a draft is published by its organizer, not by time");
    check("draft", &draft, &manage(olga(), ManagerAction::OpenSales), &started);
    let closes_at = NOW.plus_seconds(DAY);
    let mut late = Stand::made(|concert| {
        concert.draft = true;
        concert.details.sales_close_at = Some(closes_at);
    });
    late.at(closes_at);
    let closed = Outcome::Refused(Rejection::SalesClosed);
    check("a draft whose sale would be over", &late, &manage(olga(), ManagerAction::OpenSales), &closed);
}

#[test]
fn a_draft_is_published_into_the_stage_of_its_schedule() {
    let opens_at = NOW.plus_seconds(DAY);
    for (sales_open_at, expected) in
        [(None, Stage::OnSale), (Some(NOW), Stage::OnSale), (Some(opens_at), Stage::Scheduled)]
    {
        let mut stand = Stand::made(|concert| {
            concert.draft = true;
            concert.details.sales_open_at = sales_open_at;
        });
        stand.does(&manage(olga(), ManagerAction::OpenSales));
        assert_eq!(stand.stage(), expected, "{sales_open_at:?}");
    }
}

#[test]
fn a_concert_with_bookings_is_kept_even_when_they_are_cancelled() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&book("ada", &[(FLOOR, 1)]));
    let kept = Outcome::Refused(Rejection::ConcertHasBookings);
    let delete = manage(olga(), ManagerAction::Delete);
    check("booked", &stand, &delete, &kept);
    stand.does(&cancel_booking(customer("ada"), number));
    check("booked once", &stand, &delete, &kept);
    stand.does(&manage(olga(), ManagerAction::Cancel));
    check("called off", &stand, &delete, &kept);
}
