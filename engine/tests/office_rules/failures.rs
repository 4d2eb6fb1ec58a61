//! The journal fails for good, or its writer dies: the office ends, and what is known is told, and nothing else.

use boxoffice_engine::concert::{Concert, ConcertEvent, ManagerAction, Stage};
use boxoffice_engine::deaths::DeathAt;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::faulty::Fault;
use boxoffice_engine::journal::{Event, Stream};
use boxoffice_engine::{JournalStatus, Refused};

use crate::house::{House, begun, within};
use crate::load::{Rush, all_is_known, check, told};
use crate::wishes::{olga, registration, seats};

const WRITERS_STEPS: [DeathAt; 3] = [DeathAt::Appending, DeathAt::Publishing, DeathAt::Releasing];

fn rush(concerts: &[ConcertId]) -> Rush<'_> {
    Rush { concerts, callers: 64, turns: 6, name: "rush" }
}

/// The journal has failed: nothing is acknowledged any more, and the next process finds what was.
async fn assert_it_ended_well(house: House, concerts: &[ConcertId], attempts: &[crate::load::Attempt]) {
    let mut fatal = house.fatal.clone();
    within(fatal.wait_for(|told| !told.is_empty())).await.expect("the office lives");
    assert_eq!(*house.office.journal_status().borrow(), JournalStatus::Failed);
    let records = house.journal.records();
    for _ in 0..3 {
        for concert in concerts {
            let refused = house.office.book(*concert, seats("late", 1)).await;
            assert_eq!(refused, Err(Refused::StorageUnavailable));
        }
        let refused = house.office.change_accounts(registration("late")).await;
        assert_eq!(refused, Err(Refused::StorageUnavailable));
    }
    assert_eq!(house.journal.records(), records);
    assert_eq!(house.fatal.borrow().len(), 1, "it is told once");
    let house = house.restarted().await;
    check(&house, concerts, attempts).await;
    let more = Rush { callers: 4, turns: 2, name: "more", ..rush(concerts) }.let_in(&house, |_| ()).await;
    check(&house, concerts, &more).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_supervisor_that_dies_under_load_ends_the_office_and_makes_nobody_a_liar() {
    let house = House::new().await;
    let concerts = [house.make_concert(1, 100).await, house.make_concert(2, 100).await];
    let deaths = house.deaths.clone();
    let trouble = move |count| {
        if count == 150 {
            // The death of an actor is what the supervisor is there for.
            deaths.order(DeathAt::Supervising);
            deaths.order(DeathAt::Deciding);
        }
    };
    let attempts = rush(&concerts).let_in(&house, trouble).await;
    assert!(told(&attempts, Result::is_ok) > 0);
    assert!(all_is_known(&attempts), "what was handed to the writer is finished");
    assert_it_ended_well(house, &concerts, &attempts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_journal_that_fails_under_load_ends_the_office_and_makes_nobody_a_liar() {
    for fault in [Fault::FailedBefore, Fault::FailedAfter, Fault::Panic] {
        let house = House::new().await;
        let concerts = [house.make_concert(1, 100).await, house.make_concert(2, 100).await];
        let journal = std::sync::Arc::clone(&house.journal);
        let trouble = move |count| {
            if count == 150 {
                journal.fail_next_append(fault);
            }
        };
        let attempts = rush(&concerts).let_in(&house, trouble).await;
        assert!(told(&attempts, Result::is_ok) > 0);
        assert!(told(&attempts, |booked| *booked == Err(Refused::OutcomeUnknown)) <= 64);
        assert_it_ended_well(house, &concerts, &attempts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_writer_that_dies_at_any_step_ends_the_office_and_makes_nobody_a_liar() {
    for step in WRITERS_STEPS.into_iter().chain([DeathAt::Waiting]) {
        for with_actor in [None, Some(DeathAt::Deciding), Some(DeathAt::HandedOver)] {
            let house = House::new().await;
            let concerts = [house.make_concert(1, 100).await, house.make_concert(2, 100).await];
            let deaths = house.deaths.clone();
            let trouble = move |count| {
                if count == 150 {
                    if let Some(at) = with_actor {
                        deaths.order(at);
                    }
                    deaths.order(step);
                }
            };
            let attempts = rush(&concerts).let_in(&house, trouble).await;
            assert!(told(&attempts, Result::is_ok) > 0);
            assert_it_ended_well(house, &concerts, &attempts).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dead_writers_durable_group_is_unknown_to_its_callers_and_there_at_the_next_start() {
    for step in WRITERS_STEPS {
        let (house, concert) = House::with_concert(10).await;
        house.deaths.order(step);
        assert_eq!(house.office.book(concert, seats("ada", 1)).await, Err(Refused::OutcomeUnknown));
        let seen = house.view(concert).sequence;
        assert_eq!(seen, if step == DeathAt::Releasing { 2 } else { 1 });
        let house = house.restarted().await;
        assert_eq!(house.bookings(concert).await.len(), usize::from(step != DeathAt::Appending));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_kill_loses_only_what_nobody_was_told_of() {
    let house = House::new().await;
    let concerts = [house.make_concert(1, 200).await, house.make_concert(2, 200).await];
    let journal = std::sync::Arc::clone(&house.journal);
    let trouble = move |count| {
        if count == 200 {
            journal.cut();
        }
    };
    let attempts = rush(&concerts).let_in(&house, trouble).await;
    let house = house.killed().await;
    check(&house, &concerts, &attempts).await;
    for concert in concerts {
        let state: Concert = house.journal.folded(concert);
        assert_eq!(house.bookings(concert).await.len(), state.bookings().len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_journal_that_fails_when_it_is_reopened_ends_the_office() {
    let (house, concert) = House::with_concert(10).await;
    house.journal.fail_next_append(Fault::FullBefore);
    assert_eq!(house.office.book(concert, seats("ada", 1)).await, Err(Refused::OutcomeUnknown));
    house.journal.cut();
    house.journal_is(JournalStatus::Failed).await;
    let mut fatal = house.fatal.clone();
    within(fatal.wait_for(|told| told.len() == 1)).await.expect("the office lives");
    assert_eq!(house.office.book(concert, seats("ada", 1)).await, Err(Refused::StorageUnavailable));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_owner_who_was_overtaken_by_another_process_steps_back() {
    let (house, hot) = House::with_concert(2).await;
    let other = house.make_concert(2, 10).await;
    let (appends, reads) = (house.journal.appends(), house.clock.reads());
    house.journal.close_gate();
    let first = begun(house.office.book(other, seats("first", 1))).await;
    house.journal.appends_begun(appends + 1).await;
    let overtaken = begun(house.office.book(hot, seats("ada", 2))).await;
    let sold_out = begun(house.office.book(hot, seats("ben", 1))).await;
    let beside = begun(house.office.book(other, seats("cid", 1))).await;
    let _last = begun(house.office.bookings_at(hot, olga(), None, None, 1)).await;
    house.clock.read_so_often(reads + 5).await;
    let mut intruder = house.journal.records_of(Stream::Concert(hot))[0].clone();
    (intruder.sequence, intruder.epoch) = (2, 7);
    intruder.event = Event::Concert(ConcertEvent::SalesClosed { by: olga().user });
    house.journal.intrude(&[intruder]);

    house.journal.open_gate();
    assert_eq!(overtaken.answer().await, Err(Refused::StorageUnavailable));
    assert_eq!(sold_out.answer().await, Err(Refused::StorageUnavailable));
    first.answer().await.unwrap();
    beside.answer().await.unwrap();
    house.is_served(hot).await;
    assert_eq!(house.bookings(hot).await, []);
    assert_eq!(house.view(hot).stage, Stage::ClosedByOrganizer);
    house.office.manage_concert(hot, olga(), ManagerAction::OpenSales).await.unwrap();
    assert_eq!(house.journal.records_of(Stream::Concert(hot)).last().unwrap().epoch, 8);
    house.journal.folded(hot);
}
