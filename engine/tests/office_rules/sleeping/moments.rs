//! The worst moments to fall asleep, and to be woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use boxoffice_engine::concert::{NewConcert, Stage};
use boxoffice_engine::deaths::DeathAt;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::faulty::Fault;
use boxoffice_engine::{JournalStatus, Refused};

use super::{LOOK, YIELDS_PER_LOOK, asleep, falls_asleep, is_looked_at_until};
use crate::deaths::ACTORS_STEPS;
use crate::house::{House, begun, within};
use crate::outside::World;
use crate::wishes::{after, customer, new_concert, olga, seats, user};

const ROUNDS: u64 = 400;
const CALLERS: u64 = 6;
const LOOKS_MAX: usize = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_who_asks_as_a_concert_falls_asleep_is_refused_or_lost() {
    let (house, concert) = House::with_concert(100_000).await;
    let (mut slept, mut stayed) = (0, 0);
    for round in 0..ROUNDS {
        falls_asleep(&house, concert).await;
        // Awake again, and seen at the next look: at the one after it can sleep.
        house.is_served(concert).await;
        house.clock.move_to(after(house.office.now(), LOOK));
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        let replays = house.journal.replays();
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..CALLERS {
            let office = house.office.clone();
            callers.spawn(async move {
                for _ in 0..(round * 7 + caller * 5) % 40 {
                    tokio::task::yield_now().await;
                }
                if caller == 0 {
                    office.book(concert, seats(&format!("fan-{round}"), 1)).await.map(drop)
                } else {
                    office.bookings_at(concert, olga(), None, None, 1).await.map(drop)
                }
            });
        }
        house.clock.move_to(after(house.office.now(), LOOK));
        for answer in within(callers.join_all()).await {
            assert_eq!(answer, Ok(()), "round {round}");
        }
        let is_woken = house.journal.replays() > replays;
        (slept, stayed) = if is_woken { (slept + 1, stayed) } else { (slept, stayed + 1) };
    }
    println!("of {ROUNDS} times it fell asleep {slept} times and was woken, {stayed} times it stayed awake");
    assert!(slept > 0 && stayed > 0, "{slept} {stayed}");
    assert_eq!(house.office.in_flight(), 0);
    assert_eq!(house.journal.folded(concert).bookings().len() as u64, ROUNDS);
    house.restarted().await;
}

/// Has a desk opened for a concert by somebody who goes away before they ask anything there. Returns its id, and how many concerts there
/// are: now and then somebody is too late to go.
async fn leaves_an_empty_desk(house: &House, mut made: usize) -> (ConcertId, usize) {
    loop {
        let id = ConcertId::from_bits(made as u64);
        tokio::select! {
            biased;
            _ = house.office.create_concert(olga(), new_concert(5), None, |_| id) => {}
            () = std::future::ready(()) => {}
        }
        within(async {
            while house.office.desks() == made || house.office.in_flight() > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        if house.office.concert(id).is_some_and(|concert| concert.stage == Stage::Absent) {
            return (id, made);
        }
        made += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_desk_of_a_concert_that_was_not_made_after_all_is_taken_down_and_can_be_put_up_again() {
    let house = House::new().await;
    let (id, made) = leaves_an_empty_desk(&house, 0).await;
    is_looked_at_until(&house, || house.office.desks() == made).await;
    assert_eq!(house.office.concert(id), None);

    let again = within(house.office.create_concert(olga(), new_concert(5), None, |_| id)).await.unwrap();
    assert_eq!(house.office.concert(id).as_deref(), Some(&again.value));
    for _ in 0..3 {
        house.clock.move_to(after(house.office.now(), LOOK));
        house.office.book(id, seats("ada", 1)).await.unwrap();
    }
    assert_eq!((house.office.desks(), house.office.in_flight()), (made + 1, 0));
    house.restarted().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_makes_a_concert_as_its_empty_desk_is_taken_down_has_made_it_or_is_refused() {
    let house = House::new().await;
    let (mut made, mut refused, mut gone) = (0, 0, 0);
    for round in 0..ROUNDS {
        let (id, made_before) = leaves_an_empty_desk(&house, made).await;
        house.clock.move_to(after(house.office.now(), LOOK));
        for _ in 0..YIELDS_PER_LOOK {
            tokio::task::yield_now().await;
        }
        house.clock.move_to(after(house.office.now(), LOOK));
        for _ in 0..round * 5 {
            tokio::task::yield_now().await;
        }
        gone += usize::from(house.office.concert(id).is_none());
        let answer = within(house.office.create_concert(olga(), new_concert(5), None, |_| id)).await;
        if let Ok(concert) = &answer {
            assert_eq!(house.office.concert(id).as_deref(), Some(&concert.value), "round {round}");
        } else {
            assert_eq!(answer, Err(Refused::StorageUnavailable), "round {round}");
            refused += 1;
        }
        made = made_before + usize::from(answer.is_ok());
        is_looked_at_until(&house, || house.office.desks() == made).await;
    }
    println!("{made} concerts were made, {refused} refused; {gone} desks were down before");
    assert!(made > 0);
    house.restarted().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_happens_as_a_concert_is_about_to_fall_asleep_is_not_slept_over() {
    let house = House::with_outside(World::default().outside()).await;
    let held = NewConcert { payment_required: true, hold_seconds: 7_200, ..new_concert(10) };
    let concert = house.make(1, held).await;
    house.journal.take_snapshots();
    // One that is seen again can sleep, if what it is put to sleep for is still its last event.
    house.journal.hold_look_after(1);
    is_looked_at_until(&house, || house.journal.is_look_held()).await;
    house.office.book(concert, seats("ada", 2)).await.unwrap();
    house.journal.release_look();
    house.clock.move_to(after(house.office.now(), 7_200_000));
    house.view_becomes(concert, |view| view.counts[0].available == 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_who_waits_for_a_concert_to_wake_is_answered_once_it_does() {
    let (house, concert) = asleep().await;
    let replays = house.journal.replays();
    house.journal.hold_restores();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..100 {
        let office = house.office.clone();
        callers.spawn(async move { office.book(concert, seats(&format!("fan-{caller}"), 1)).await });
    }
    while house.office.in_flight() < 100 {
        tokio::task::yield_now().await;
    }
    house.journal.release_restores();
    let answers = within(callers.join_all()).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 99, "one seat was ada's");
    let refused = answers.iter().filter(|answer| matches!(answer, Err(Refused::Rejected { .. })));
    assert_eq!(refused.count(), 1, "and who came last was told that it is sold out");
    assert_eq!(house.journal.replays(), replays + 1, "it is read once for all of them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_ask_a_concert_first_after_a_start_meet_at_one_desk() {
    let (mut house, concert) = asleep().await;
    for round in 0..20 {
        house = house.restarted().await;
        assert!(house.office.is_asleep(concert));
        let replays = house.journal.replays();
        house.journal.hold_restores();
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..CALLERS {
            let office = house.office.clone();
            callers.spawn(async move {
                if caller == 0 {
                    office.book(concert, seats(&format!("fan-{round}"), 1)).await.map(drop)
                } else {
                    office.bookings_at(concert, olga(), None, None, 1).await.map(drop)
                }
            });
        }
        while u64::from(house.office.in_flight()) < CALLERS {
            tokio::task::yield_now().await;
        }
        house.journal.release_restores();
        assert!(within(callers.join_all()).await.iter().all(Result::is_ok), "round {round}");
        assert_eq!(house.journal.replays(), replays + 1, "it is read once for all of them");
        falls_asleep(&house, concert).await;
    }
    assert_eq!(house.bookings(concert).await.len(), 21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_asks_a_concert_first_as_its_office_closes_is_answered() {
    for round in 0..40 {
        let (house, concert) = asleep().await;
        let house = house.restarted().await;
        let view = house.view(concert);
        let office = house.office.clone();
        let closing = tokio::spawn(async move { office.close().await });
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        let asked = within(house.office.bookings_at(concert, olga(), None, None, 1)).await;
        assert!(matches!(asked, Ok(_) | Err(Refused::StorageUnavailable)), "{asked:?}");
        within(closing).await.unwrap();
        let late = within(house.office.book(concert, seats("ben", 1))).await;
        assert_eq!(late, Err(Refused::StorageUnavailable));
        assert_eq!((house.view(concert), house.office.in_flight()), (view, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_office_that_closes_answers_who_waits_for_a_concert_to_wake() {
    for _ in 0..20 {
        let (house, concert) = asleep().await;
        house.journal.hold_restores();
        let ada = user("ada");
        let first = begun(house.office.book(concert, seats("ben", 1))).await;
        let second = begun(house.office.bookings_at(concert, olga(), None, None, 1)).await;
        let third = begun(house.office.bookings_of(&ada, None, None, 1)).await;
        let office = house.office.clone();
        let closing = tokio::spawn(async move { office.close().await });
        assert_eq!(first.answer().await, Err(Refused::StorageUnavailable));
        assert_eq!(second.answer().await, Err(Refused::StorageUnavailable));
        assert_eq!(third.answer().await, Err(Refused::StorageUnavailable));
        house.journal.release_restores();
        within(closing).await.unwrap();
        let late = within(house.office.book(concert, seats("cid", 1))).await;
        assert_eq!(late, Err(Refused::StorageUnavailable));
        assert_eq!(house.office.in_flight(), 0);
        let house = house.killed().await;
        assert_eq!(house.bookings(concert).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_office_can_be_closed_while_it_puts_concerts_to_sleep() {
    for round in 0..40 {
        let (house, concert) = House::with_concert(100).await;
        falls_asleep(&house, concert).await;
        house.is_served(concert).await;
        house.clock.move_to(after(house.office.now(), LOOK));
        let office = house.office.clone();
        let closing = tokio::spawn(async move { office.close().await });
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        house.clock.move_to(after(house.office.now(), LOOK));
        let asked = within(house.office.bookings_at(concert, olga(), None, None, 1)).await;
        assert!(matches!(asked, Ok(_) | Err(Refused::StorageUnavailable)), "{asked:?}");
        within(closing).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concert_that_slept_through_a_full_disk_is_read_meanwhile_and_booked_afterwards() {
    for fault in [Fault::FullBefore, Fault::FullAfter] {
        let (house, concert) = asleep().await;
        let other = house.make_concert(2, 10).await;
        house.journal.fail_next_append(fault);
        let filled = house.office.book(other, seats("eve", 1)).await;
        assert_eq!(filled, Err(Refused::OutcomeUnknown));
        house.journal_is(JournalStatus::Full).await;
        assert!(house.office.is_asleep(concert));
        let refused = within(house.office.book(concert, seats("ben", 1))).await;
        assert_eq!(refused, Err(Refused::StorageUnavailable));
        let read = within(house.office.bookings_of(&user("ada"), None, None, 9)).await.unwrap();
        assert_eq!(read.len(), 1, "who only answers answers");
        let refused = within(house.office.cancel_booking(read[0].id, customer("ada"), None)).await;
        assert_eq!(refused, Err(Refused::StorageUnavailable));

        house.journal.make_room();
        house.journal_is(JournalStatus::Open).await;
        house.soon(async || house.office.book(concert, seats("ben", 1)).await).await;
        falls_asleep(&house, concert).await;
        within(house.office.book(concert, seats("cid", 1))).await.unwrap();
        assert_eq!(house.restarted().await.bookings(concert).await.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_event_that_filled_the_disk_is_not_slept_over() {
    for fault in [Fault::FullBefore, Fault::FullAfter] {
        let (house, concert) = asleep().await;
        house.journal.fail_next_append(fault);
        let unknown = within(house.office.book(concert, seats("ben", 1))).await;
        assert_eq!(unknown, Err(Refused::OutcomeUnknown));
        for _ in 0..4 {
            house.clock.move_to(after(house.office.now(), LOOK));
        }
        let kept = house.soon(async || house.office.bookings_of(&user("ada"), None, None, 9).await).await;
        assert_eq!(kept.len(), 1);
        house.journal.make_room();
        house.journal_is(JournalStatus::Open).await;
        house.is_served(concert).await;
        let written = usize::from(fault == Fault::FullAfter);
        assert_eq!(house.bookings(concert).await.len(), 1 + written);
        falls_asleep(&house, concert).await;
        assert_eq!(house.bookings(concert).await.len(), 1 + written);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_actor_that_dies_as_soon_as_it_is_awake_is_replaced() {
    for step in ACTORS_STEPS {
        for _ in 0..20 {
            let (house, concert) = asleep().await;
            house.journal.hold_restores();
            let first = begun(house.office.book(concert, seats("ben", 1))).await;
            let second = begun(house.office.book(concert, seats("cid", 1))).await;
            house.deaths.order(step);
            house.journal.release_restores();
            let (first, second) = (first.answer().await, second.answer().await);
            for answer in [&first, &second] {
                assert!(matches!(answer, Ok(_) | Err(Refused::StorageUnavailable)), "{answer:?}");
            }
            assert!(step == DeathAt::HandedOver || first.is_err() || second.is_err());
            house.is_served(concert).await;
            let booked = usize::from(first.is_ok()) + usize::from(second.is_ok());
            assert_eq!(house.bookings(concert).await.len(), 1 + booked);
            falls_asleep(&house, concert).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_restore_that_dies_leaves_nobody_waiting() {
    let (house, concert) = asleep().await;
    house.journal.kill_restores(1);
    within(house.office.book(concert, seats("ben", 1))).await.unwrap();
    falls_asleep(&house, concert).await;
    house.journal.kill_restores(2);
    let answer = within(house.office.book(concert, seats("cid", 1))).await;
    assert_eq!(answer, Err(Refused::StorageUnavailable), "two of them are enough");
    assert_eq!(house.office.in_flight(), 0);
    assert_eq!(house.restarted().await.bookings(concert).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn snapshots_beside_bookings_and_looks_lose_nothing() {
    let house = House::new().await;
    let concerts = [house.make_concert(1, 10_000).await, house.make_concert(2, 10_000).await];
    let goes_on = Arc::new(AtomicBool::new(true));
    let beside = {
        let (goes_on, journal, clock) =
            (Arc::clone(&goes_on), Arc::clone(&house.journal), Arc::clone(&house.clock));
        let office = house.office.clone();
        tokio::spawn(async move {
            // Not so long that the sale is over.
            for _ in 0..LOOKS_MAX {
                if !goes_on.load(Ordering::Relaxed) {
                    break;
                }
                journal.take_snapshots();
                clock.move_to(after(office.now(), LOOK));
                tokio::task::yield_now().await;
            }
        })
    };
    let rush = crate::load::Rush { concerts: &concerts, callers: 8, turns: 40, name: "rush" };
    let attempts = rush.let_in(&house, |_| ()).await;
    goes_on.store(false, Ordering::Relaxed);
    within(beside).await.unwrap();
    assert_eq!(crate::load::told(&attempts, Result::is_ok), 320);
    crate::load::check(&house, &concerts, &attempts).await;
    let house = house.restarted().await;
    crate::load::check(&house, &concerts, &attempts).await;
}
