//! Actors die at every step; the office goes on, and nobody is told something false.

use std::cell::Cell;

use boxoffice_engine::Refused;
use boxoffice_engine::concert::Stage;
use boxoffice_engine::deaths::DeathAt;
use boxoffice_engine::ids::{ConcertId, UserId};
use boxoffice_engine::journal::Stream;
use boxoffice_engine::machine::AccountsAnswer;
use boxoffice_engine::time::Clock;

use crate::house::{House, begun, within};
use crate::load::{Rush, all_is_known, check, told};
use crate::wishes::{HOUR, NOW, after, key, new_concert, olga, registration, seats, user};

pub(crate) const ACTORS_STEPS: [DeathAt; 4] =
    [DeathAt::Deciding, DeathAt::Applying, DeathAt::HandingOver, DeathAt::HandedOver];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn actors_that_die_under_load_lose_nothing() {
    for step in ACTORS_STEPS {
        let house = House::new().await;
        let concerts = [house.make_concert(1, 150).await, house.make_concert(2, 150).await];
        let deaths = house.deaths.clone();
        let rush = Rush { concerts: &concerts, callers: 64, turns: 10, name: "rush" };
        let attempts = rush
            .let_in(&house, move |count| {
                if count % 100 == 50 {
                    deaths.order(step);
                }
            })
            .await;
        assert!(all_is_known(&attempts), "what was handed over is finished when only an actor dies");
        assert!(told(&attempts, Result::is_ok) > 0);

        check(&house, &concerts, &attempts).await;
        let more = Rush { callers: 4, turns: 2, name: "more", ..rush }.let_in(&house, |_| ()).await;
        check(&house, &concerts, &more).await;
        assert!(house.fatal.borrow().is_empty());
        let house = house.restarted().await;
        check(&house, &concerts, &attempts).await;
        check(&house, &concerts, &more).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_in_a_dead_actors_mailbox_are_told_that_nothing_happened() {
    for step in ACTORS_STEPS {
        let (house, concert) = House::with_concert(100).await;
        let other = house.make_concert(2, 100).await;
        house.clock.hold();
        let reads = house.clock.reads();
        let first = begun(house.office.book(concert, seats("first", 1))).await;
        house.clock.read_so_often(reads + 1).await;
        let names: Vec<_> = (0..20).map(|index| format!("waits-{index}")).collect();
        let mut waiting = Vec::new();
        for name in &names {
            waiting.push(begun(house.office.book(concert, seats(name, 1))).await);
        }
        house.deaths.order(step);
        house.clock.release();

        for call in waiting {
            assert_eq!(call.answer().await, Err(Refused::StorageUnavailable));
        }
        let first = first.answer().await;
        assert_eq!(first.is_ok(), step == DeathAt::HandedOver, "{first:?}");
        assert!(house.office.book(other, seats("other", 1)).await.is_ok(), "others are not disturbed");
        house.is_served(concert).await;
        assert_eq!(house.bookings(concert).await.len(), usize::from(first.is_ok()));
        assert_eq!(house.office.in_flight(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_dead_actor_handed_over_is_finished_before_its_successor_serves() {
    let (house, concert) = House::with_concert(1).await;
    let (appends, replays) = (house.journal.appends(), house.journal.replays());
    house.journal.close_gate();
    house.deaths.order(DeathAt::HandedOver);
    let mut ada = begun(house.office.book(concert, seats("ada", 1))).await;
    house.journal.appends_begun(appends + 1).await;
    ada.still_waits().await;
    assert_eq!(house.journal.replays(), replays, "nothing is read while something is on its way");

    house.journal.open_gate();
    ada.answer().await.unwrap();
    let refused = house.soon(async || match house.office.book(concert, seats("ben", 1)).await {
        Err(Refused::Rejected { rejection, sequence }) => Ok((rejection, sequence)),
        Err(other) => Err(other),
        Ok(booked) => panic!("a seat was booked twice: {booked:?}"),
    });
    assert_eq!(refused.await.1, 2);
    assert_eq!(house.journal.folded(concert).counts()[0].booked, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_actor_may_die_again_before_it_wrote_anything() {
    let (house, concert) = House::with_concert(100).await;
    for round in 0..5 {
        for step in ACTORS_STEPS {
            house.deaths.order(step);
            let name = format!("{step:?}-{round}");
            let booked = house.office.book(concert, seats(&name, 1)).await;
            assert_eq!(booked.is_ok(), step == DeathAt::HandedOver, "{booked:?}");
            house.is_served(concert).await;
        }
    }
    assert_eq!(house.bookings(concert).await.len(), 5);
    let epochs: Vec<_> =
        house.journal.records_of(Stream::Concert(concert)).iter().map(|record| record.epoch).collect();
    assert!(
        epochs.is_sorted_by(|one, next| one < next),
        "every incarnation has an epoch of its own: {epochs:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_actor_that_dies_as_it_begins_is_brought_back_like_any_other() {
    let (house, concert) = House::with_concert(100).await;
    house.office.book(concert, seats("ada", 1)).await.unwrap();
    for death in [DeathAt::Beginning, DeathAt::Beginning, DeathAt::Deciding] {
        house.deaths.order(death);
    }
    assert_eq!(house.office.book(concert, seats("ben", 1)).await, Err(Refused::StorageUnavailable));
    house.soon(async || house.office.book(concert, seats("ben", 1)).await).await;

    let (made, id) = (new_concert(5), ConcertId::from_bits(2));
    house.deaths.order(DeathAt::Beginning);
    let create = async || house.office.create_concert(olga(), made.clone(), None, |_| id).await;
    match create().await {
        Err(refused) => {
            assert_eq!(refused, Refused::StorageUnavailable);
            house.soon(create).await;
        }
        // Its successor was there before it was asked.
        Ok(made) => assert_eq!(made.value.id, id),
    }
    assert!(!house.deaths.are_ordered(), "it has died");
    house.office.book(id, seats("ada", 1)).await.unwrap();
    assert_eq!(house.bookings(concert).await.len(), 2);
    assert!(house.fatal.borrow().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_actor_that_dies_of_its_own_work_is_brought_back_ever_more_rarely() {
    let house = House::new().await;
    let opens = after(NOW, HOUR * 1_000);
    let mut scheduled = new_concert(100);
    scheduled.details.sales_open_at = Some(opens);
    let concert = house.make(1, scheduled).await;
    let other = house.make_concert(2, 100).await;
    let replays = house.journal.replays();
    for _ in 0..20 {
        house.deaths.order(DeathAt::Deciding);
    }
    house.clock.move_to(opens);
    // The sale is to open, and everyone who is to do it dies. Fifteen successors come at once; then there are pauses.
    house.journal.replays_ended(replays + 15).await;
    let not_yet = Cell::new(opens);
    for (restored, pause_seconds) in [(15, 1), (16, 2), (17, 4), (18, 8), (19, 16)] {
        assert_eq!(house.soon_refused(concert).await, Refused::StorageUnavailable);
        // Whoever came last has died since then.
        let not_before = after(not_yet.get(), pause_seconds * 1_000);
        let next_is_there = || {
            let is_there = house.journal.replays() > replays + restored;
            if !is_there {
                not_yet.set(house.clock.now());
            }
            is_there
        };
        house.time_passes_until(next_is_there).await;
        assert!(house.clock.now() >= not_before, "after {restored} successors");
    }
    house.view_becomes(concert, |view| view.stage == Stage::OnSale).await;
    assert_eq!(house.journal.replays(), replays + 20);
    house.office.book(concert, seats("ada", 1)).await.unwrap();
    house.office.book(other, seats("ben", 1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concert_whose_actor_dies_while_it_is_made_is_made_once() {
    for step in ACTORS_STEPS {
        let house = House::new().await;
        for round in 0..20 {
            let id = ConcertId::from_bits(round);
            house.deaths.order(step);
            let mut callers = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let office = house.office.clone();
                callers.spawn(async move {
                    office.create_concert(olga(), new_concert(5), Some(key(1, 1)), |_| id).await
                });
            }
            let made = within(callers.join_all()).await;
            let unrepeated = made.iter().flatten().filter(|answered| !answered.repeated).count();
            assert!(unrepeated <= 1, "{made:?}");
            assert!(made.iter().flatten().all(|answered| answered.value.id == id));
            let known = made.iter().all(|answer| matches!(answer, Ok(_) | Err(Refused::StorageUnavailable)));
            assert!(known, "{made:?}");
            let create =
                async || house.office.create_concert(olga(), new_concert(5), Some(key(1, 1)), |_| id).await;
            let last = house.soon(create).await;
            assert_eq!(last.repeated || unrepeated == 1, made.iter().any(Result::is_ok) || last.repeated);
            house.soon(async || house.office.book(id, seats("ada", 1)).await).await;
            assert_eq!(house.journal.folded(id).sequence(), 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accounts_that_die_under_load_lose_nobody() {
    for step in ACTORS_STEPS {
        let (house, concert) = House::with_concert(10).await;
        let calm = house.office.change_accounts(registration("calm")).await;
        let mut callers = tokio::task::JoinSet::new();
        for caller in 0..32 {
            let (office, deaths) = (house.office.clone(), house.deaths.clone());
            callers.spawn(async move {
                let mut told = Vec::new();
                for turn in 0..6 {
                    if (caller + turn) % 16 == 7 {
                        deaths.order(step);
                    }
                    let name = format!("user-{caller}-{turn}");
                    let answer = office.change_accounts(registration(&name)).await;
                    let seen = office.user_by_login(&name).is_some();
                    assert_eq!(seen, answer.is_ok(), "readers see who has been told of it: {answer:?}");
                    told.push((user(&name), answer));
                }
                told
            });
        }
        let mut told: Vec<_> = within(callers.join_all()).await.into_iter().flatten().collect();
        // However the load went, somebody registered before it.
        told.push((user("calm"), calm));
        house.soon(async || house.office.change_accounts(registration("last")).await).await;
        house.is_served(concert).await;
        assert_nobody_is_lost(&house, &told);
        let house = house.restarted().await;
        assert_nobody_is_lost(&house, &told);
        assert!(house.office.user_by_login("last").is_some());
    }
}

fn assert_nobody_is_lost(
    house: &House,
    told: &[(UserId, Result<AccountsAnswer, boxoffice_engine::box_office::AccountsRefused>)],
) {
    assert!(told.iter().any(|(_, answer)| answer.is_ok()));
    for (user, answer) in told {
        match answer {
            Ok(_) => assert!(house.office.user(user).is_some(), "{user} is lost"),
            Err(Refused::StorageUnavailable) => {
                assert_eq!(house.office.user(user), None, "{user} registered all the same");
            }
            Err(other) => panic!("only an actor died, but {user} was told: {other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concert_that_cannot_be_restored_once_is_restored_at_the_second_try() {
    let (house, concert) = House::with_concert(100).await;
    house.journal.fail_replays(1);
    house.deaths.order(DeathAt::Deciding);
    assert_eq!(house.office.book(concert, seats("ada", 1)).await, Err(Refused::StorageUnavailable));
    house.soon(async || house.office.book(concert, seats("ada", 1)).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concert_that_cannot_be_restored_twice_is_left_alone_and_the_others_go_on() {
    let (house, lost) = House::with_concert(100).await;
    let other = house.make_concert(2, 100).await;
    house.office.book(lost, seats("ada", 1)).await.unwrap();
    let (view, replays) = (house.view(lost), house.journal.replays());
    house.journal.fail_replays(2);
    house.deaths.order(DeathAt::Deciding);
    assert_eq!(house.office.book(lost, seats("ben", 1)).await, Err(Refused::StorageUnavailable));
    house.journal.replays_ended(replays + 2).await;

    // Another concert's death and restore come after the second failure.
    house.deaths.order(DeathAt::Deciding);
    assert_eq!(house.office.book(other, seats("ben", 1)).await, Err(Refused::StorageUnavailable));
    house.soon(async || house.office.book(other, seats("ben", 1)).await).await;
    for _ in 0..20 {
        assert_eq!(house.office.book(lost, seats("ben", 1)).await, Err(Refused::StorageUnavailable));
        assert!(
            house.office.book(other, seats("cid", 1)).await.is_ok() || house.bookings(other).await.len() == 5
        );
    }
    assert_eq!(house.journal.replays(), replays + 3, "it is not tried a third time");
    assert_eq!(house.view(lost), view, "what was seen of it last is seen still");

    let house = house.restarted().await;
    house.office.book(lost, seats("ben", 1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accounts_that_cannot_be_restored_do_not_keep_concerts_from_being_served() {
    let (house, concert) = House::with_concert(100).await;
    house.office.change_accounts(registration("ada")).await.unwrap();
    let replays = house.journal.replays();
    house.journal.fail_replays(2);
    house.deaths.order(DeathAt::Deciding);
    let refused = house.office.change_accounts(registration("ben")).await;
    assert_eq!(refused, Err(Refused::StorageUnavailable));
    house.journal.replays_ended(replays + 2).await;
    house.office.book(concert, seats("ada", 1)).await.unwrap();
    assert!(house.office.user_by_login("ada").is_some());
    let refused = house.office.change_accounts(registration("ben")).await;
    assert_eq!(refused, Err(Refused::StorageUnavailable));
}
