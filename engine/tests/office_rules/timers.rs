//! Sales open and close when their time has come: not a millisecond sooner, and before whatever comes later.

use boxoffice_engine::concert::{ConcertEvent, DetailsChange, ManagerAction, NewConcert, Rejection, Stage};
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::faulty::Fault;
use boxoffice_engine::journal::{Event, Stream};
use boxoffice_engine::time::Time;
use boxoffice_engine::{JournalStatus, Refused};

use crate::house::House;
use crate::wishes::{HOUR, NOW, after, new_concert, olga, seats};

const OPENS: Time = Time(NOW.0 + HOUR * 1_000);
const CLOSES: Time = Time(NOW.0 + 2 * HOUR * 1_000);

fn scheduled() -> NewConcert {
    let mut concert = new_concert(100);
    concert.details.sales_open_at = Some(OPENS);
    concert.details.sales_close_at = Some(CLOSES);
    concert
}

async fn with_scheduled() -> (House, ConcertId) {
    let (house, id) = (House::new().await, ConcertId::from_bits(1));
    let made = house.office.create_concert(olga(), scheduled(), None, |_| id).await.unwrap();
    assert_eq!(made.value.stage, Stage::Scheduled);
    (house, id)
}

/// The times at which time alone changed a concert.
fn passings(house: &House, concert: ConcertId) -> Vec<Time> {
    let mut records = house.journal.records_of(Stream::Concert(concert));
    records.retain(|record| record.event == Event::Concert(ConcertEvent::TimePassed));
    records.iter().map(|record| record.time).collect()
}

async fn refusal(house: &House, concert: ConcertId) -> Rejection {
    match house.office.book(concert, seats("early", 1)).await {
        Err(Refused::Rejected { rejection, .. }) => rejection,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sale_opens_and_closes_by_itself() {
    let (house, concert) = with_scheduled().await;
    house.clock.move_to(OPENS);
    house.view_becomes(concert, |view| view.stage == Stage::OnSale).await;
    house.clock.move_to(CLOSES);
    house.view_becomes(concert, |view| view.stage == Stage::ClosedByTime).await;
    assert_eq!(passings(&house, concert), [OPENS, CLOSES]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_command_at_the_moment_comes_after_what_is_due() {
    for _ in 0..20 {
        let (house, concert) = with_scheduled().await;
        house.clock.move_to(after(OPENS, -1));
        assert_eq!(refusal(&house, concert).await, Rejection::SalesNotOpen);
        house.clock.move_to(OPENS);
        house.office.book(concert, seats("ada", 1)).await.unwrap();
        house.clock.move_to(after(CLOSES, -1));
        house.office.book(concert, seats("ada", 1)).await.unwrap();
        house.clock.move_to(CLOSES);
        assert_eq!(refusal(&house, concert).await, Rejection::SalesClosed);
        assert_eq!(passings(&house, concert), [OPENS, CLOSES]);
        assert_eq!(house.view(concert).stage, Stage::ClosedByTime);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_clock_that_passes_both_moments_closes_the_sale() {
    let (house, concert) = with_scheduled().await;
    house.clock.move_to(after(CLOSES, 5));
    house.view_becomes(concert, |view| view.stage == Stage::ClosedByTime).await;
    assert_eq!(passings(&house, concert), [after(CLOSES, 5)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_changed_schedule_is_followed() {
    let (house, concert) = with_scheduled().await;
    for minutes in [30, 40, 20] {
        let opens = after(NOW, minutes * 60_000);
        let change = DetailsChange { sales_open_at: Some(Some(opens)), ..DetailsChange::default() };
        let action = ManagerAction::ChangeDetails { change: Box::new(change), if_version: None };
        house.office.manage_concert(concert, olga(), action).await.unwrap();
    }
    let opens = after(NOW, 20 * 60_000);
    house.clock.move_to(after(opens, -1));
    assert_eq!(refusal(&house, concert).await, Rejection::SalesNotOpen);
    house.clock.move_to(opens);
    house.view_becomes(concert, |view| view.stage == Stage::OnSale).await;
    house.clock.move_to(after(NOW, 40 * 60_000));
    house.office.book(concert, seats("ada", 1)).await.unwrap();
    house.clock.move_to(CLOSES);
    house.view_becomes(concert, |view| view.stage == Stage::ClosedByTime).await;
    assert_eq!(passings(&house, concert), [opens, CLOSES]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sale_opens_and_closes_across_restarts() {
    let (house, concert) = with_scheduled().await;
    let house = house.restarted().await;
    assert_eq!(house.view(concert).stage, Stage::Scheduled);
    house.clock.move_to(OPENS);
    house.view_becomes(concert, |view| view.stage == Stage::OnSale).await;

    // What became due while the office was closed happens when it opens.
    house.office.close().await;
    let late = after(CLOSES, 60_000);
    let house = House::open(house.journal.restarted(), late, false).await.unwrap();
    house.view_becomes(concert, |view| view.stage == Stage::ClosedByTime).await;
    assert_eq!(passings(&house, concert), [OPENS, late]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_due_in_an_outage_happens_after_it() {
    let (house, concert) = with_scheduled().await;
    let other = house.make_concert(2, 10).await;
    house.journal.fail_next_append(Fault::FullBefore);
    assert_eq!(house.office.book(other, seats("ada", 1)).await, Err(Refused::OutcomeUnknown));
    let reads = house.clock.reads();
    house.clock.move_to(OPENS);
    // The alarm looks at the clock, the actor does, and does so again to be woken later.
    house.clock.read_so_often(reads + 3).await;
    assert_eq!(house.office.book(concert, seats("ada", 1)).await, Err(Refused::StorageUnavailable));
    assert_eq!(house.view(concert).stage, Stage::Scheduled);

    house.journal.make_room();
    house.journal_is(JournalStatus::Open).await;
    let later = after(OPENS, 2_000);
    house.clock.move_to(later);
    house.view_becomes(concert, |view| view.stage == Stage::OnSale).await;
    assert_eq!(passings(&house, concert), [later]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_due_when_the_disk_filled_up_happens_after_it() {
    for fault in [Fault::FullBefore, Fault::FullAfter] {
        let (house, concert) = with_scheduled().await;
        house.journal.fail_next_append(fault);
        house.clock.move_to(OPENS);
        house.journal_is(JournalStatus::Full).await;
        // What was written before the disk was full is shown as soon as it has been read again.
        let may_be_shown = matches!(fault, Fault::FullAfter);
        assert!(may_be_shown || house.view(concert).stage == Stage::Scheduled);
        house.journal.make_room();
        house.journal_is(JournalStatus::Open).await;
        house.view_becomes(concert, |view| view.stage == Stage::OnSale).await;
        assert_eq!(passings(&house, concert), [OPENS]);
        house.clock.move_to(CLOSES);
        house.view_becomes(concert, |view| view.stage == Stage::ClosedByTime).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_actor_that_dies_of_what_is_due_is_not_the_end_of_it() {
    use boxoffice_engine::deaths::DeathAt;
    for step in [DeathAt::Deciding, DeathAt::Applying, DeathAt::HandingOver, DeathAt::HandedOver] {
        let (house, concert) = with_scheduled().await;
        house.deaths.order(step);
        house.clock.move_to(OPENS);
        house.view_becomes(concert, |view| view.stage == Stage::OnSale).await;
        house.deaths.order(step);
        house.clock.move_to(CLOSES);
        house.view_becomes(concert, |view| view.stage == Stage::ClosedByTime).await;
        assert_eq!(passings(&house, concert), [OPENS, CLOSES]);
    }
}
