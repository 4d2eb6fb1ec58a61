//! A closed office has kept every word, refuses everything, and lets go of its journal.

use std::sync::Arc;

use boxoffice_engine::deaths::DeathAt;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::faulty::Fault;
use boxoffice_engine::{JournalStatus, Refused};

use crate::house::{House, begun, within};
use crate::load::{Rush, check, told};
use crate::wishes::{new_concert, olga, registration, seats};

/// References that the test itself holds: the house's own, and the one that opens the gate at the end.
const OWN_REFERENCES: usize = 2;

async fn assert_closed(house: &House, concerts: &[ConcertId]) {
    assert_eq!(Arc::strong_count(&house.journal), OWN_REFERENCES, "the journal is let go of");
    for concert in concerts {
        let refused = house.office.book(*concert, seats("late", 1)).await;
        assert_eq!(refused, Err(Refused::StorageUnavailable));
        let refused = house.office.bookings_at(*concert, olga(), None, None, 1).await;
        assert_eq!(refused, Err(Refused::StorageUnavailable));
    }
    let refused = house.office.change_accounts(registration("late")).await;
    assert_eq!(refused, Err(Refused::StorageUnavailable));
    let refused =
        house.office.create_concert(olga(), new_concert(1), None, |_| ConcertId::from_bits(77)).await;
    assert_eq!(refused, Err(Refused::StorageUnavailable));
    assert_eq!(house.office.in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_office_that_is_closed_under_load_keeps_every_word() {
    for _ in 0..10 {
        let house = House::new().await;
        let concerts = [house.make_concert(1, 200).await, house.make_concert(2, 200).await];
        let (office, close) = (house.office.clone(), tokio::sync::Notify::new());
        let close = Arc::new(close);
        let closer = tokio::spawn({
            let close = Arc::clone(&close);
            async move {
                close.notified().await;
                office.close().await;
            }
        });
        let rush = Rush { concerts: &concerts, callers: 64, turns: 5, name: "rush" };
        let trouble = move |count| {
            if count == 150 {
                close.notify_one();
            }
        };
        let attempts = rush.let_in(&house, trouble).await;
        within(closer).await.unwrap();
        assert!(told(&attempts, Result::is_ok) > 0);
        assert_closed(&house, &concerts).await;
        let house = house.killed().await;
        check(&house, &concerts, &attempts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_idle_office_of_many_concerts_lets_go_of_everything() {
    for _ in 0..20 {
        let house = House::new().await;
        let mut concerts = Vec::new();
        for number in 0..20 {
            concerts.push(house.make_concert(number, 10).await);
        }
        house.office.close().await;
        assert_closed(&house, &concerts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_office_can_be_closed_while_a_concert_is_restored() {
    for step in [DeathAt::Deciding, DeathAt::HandedOver] {
        for _ in 0..20 {
            let (house, concert) = House::with_concert(10).await;
            house.deaths.order(step);
            let booked = house.office.book(concert, seats("ada", 1)).await;
            assert_eq!(booked.is_ok(), step == DeathAt::HandedOver);
            house.office.close().await;
            assert_closed(&house, &[concert]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_close_waits_for_what_is_on_its_way() {
    let (house, concert) = House::with_concert(10).await;
    let appends = house.journal.appends();
    house.journal.close_gate();
    let mut ada = begun(house.office.book(concert, seats("ada", 1))).await;
    house.journal.appends_begun(appends + 1).await;
    let reads = house.clock.reads();
    let mut ben = begun(house.office.book(concert, seats("ben", 1))).await;
    house.clock.read_so_often(reads + 1).await;
    let mut first = begun(house.office.close()).await;
    let mut second = begun(house.office.close()).await;
    ada.still_waits().await;
    ben.still_waits().await;
    first.still_waits().await;
    second.still_waits().await;
    house.journal.open_gate();
    ada.answer().await.unwrap();
    first.answer().await;
    second.answer().await;
    ben.answer().await.unwrap();
    assert_closed(&house, &[concert]).await;
    assert_eq!(house.journal.folded(concert).bookings().len(), 2);
    within(house.office.close()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_journal_that_fails_at_the_close_is_told() {
    let (house, concert) = House::with_concert(10).await;
    let idle = house.make_concert(2, 10).await;
    let appends = house.journal.appends();
    house.journal.close_gate();
    house.journal.fail_next_append(Fault::FailedBefore);
    let ada = begun(house.office.book(concert, seats("ada", 1))).await;
    house.journal.appends_begun(appends + 1).await;
    let office = house.office.clone();
    let close = tokio::spawn(async move { office.close().await });
    assert_eq!(house.soon_refused(idle).await, Refused::StorageUnavailable);
    assert!(!close.is_finished());
    house.journal.open_gate();
    assert_eq!(ada.answer().await, Err(Refused::OutcomeUnknown));
    within(close).await.unwrap();
    assert_eq!(house.fatal.borrow().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_office_with_a_full_disk_can_be_closed() {
    let (house, concert) = House::with_concert(10).await;
    house.journal.fail_next_append(Fault::FullBefore);
    assert_eq!(house.office.book(concert, seats("ada", 1)).await, Err(Refused::OutcomeUnknown));
    let status = *house.office.journal_status().borrow();
    assert_eq!(status, JournalStatus::Full, "whoever is told of it finds the journal closed");
    within(house.office.close()).await;
    assert_closed(&house, &[concert]).await;
}
