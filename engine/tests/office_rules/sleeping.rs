//! Concerts that nobody needs sleep: they have no actor. Nobody notices, whoever asks and whenever.

mod moments;

use boxoffice_engine::concert::{ManagerAction, NewConcert, Stage};
use boxoffice_engine::deaths::DeathAt;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::time::Time;
use boxoffice_engine::{Refused, limits};

use crate::house::{House, begun, within};
use crate::outside::World;
use crate::wishes::{DAY, NOW, after, customer, new_concert, olga, registration, seats, user};

/// How often it is looked who could sleep, in milliseconds.
const LOOK: i64 = 300_000;
/// How often a test gives way after a look.
const YIELDS_PER_LOOK: usize = 2_000;

/// Lets a concert fall asleep once its last event is in a snapshot. Nothing else may be due so soon.
async fn falls_asleep(house: &House, concert: ConcertId) {
    house.journal.take_snapshots();
    is_looked_at_until_asleep(house, concert).await;
}

/// Lets time pass until a concert sleeps.
async fn is_looked_at_until_asleep(house: &House, concert: ConcertId) {
    while !house.office.is_asleep(concert) {
        is_looked_at_until(house, || house.office.is_asleep(concert)).await;
        // Whoever puts it to sleep may still find that somebody has come, and is done with that before it answers anything else.
        within(house.office.bookings_of(&user("nobody"), None, None, 1)).await.unwrap();
    }
}

/// Lets time pass, with a look who could sleep now and then, until this is so.
async fn is_looked_at_until(house: &House, is_so: impl Fn() -> bool) {
    within(async {
        while !is_so() {
            house.clock.move_to(after(house.office.now(), LOOK));
            // Enough for a look and what comes of it; where it is not, or the look was missed, it comes again.
            for _ in 0..YIELDS_PER_LOOK {
                if !is_so() {
                    tokio::task::yield_now().await;
                }
            }
        }
    })
    .await;
}

/// A concert that sleeps, with a booking of ada's.
async fn asleep() -> (House, ConcertId) {
    let (house, concert) = House::with_concert(100).await;
    house.office.book(concert, seats("ada", 1)).await.unwrap();
    falls_asleep(&house, concert).await;
    (house, concert)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_wakes_a_concert_whose_actor_dies_as_it_begins_is_refused() {
    let (house, concert) = asleep().await;
    for _ in 0..3 {
        house.deaths.order(DeathAt::Beginning);
    }
    assert_eq!(within(house.office.book(concert, seats("ben", 1))).await, Err(Refused::StorageUnavailable));
    house.soon(async || house.office.book(concert, seats("ben", 1)).await).await;
    assert_eq!(house.office.in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_waits_for_a_concert_that_sleeps_is_refused_when_the_office_closes_without_a_supervisor() {
    let (house, concert) = asleep().await;
    house.journal.hold_restores();
    let waits = begun(house.office.book(concert, seats("ben", 1))).await;
    house.deaths.order(DeathAt::Supervising);
    let made = house.office.create_concert(olga(), new_concert(5), None, |_| ConcertId::from_bits(9)).await;
    assert_eq!(made.map(|made| made.value.id), Err(Refused::StorageUnavailable));
    let mut fatal = house.fatal.clone();
    within(fatal.wait_for(|told| !told.is_empty())).await.expect("the office lives");
    house.journal.release_restores();
    within(house.office.close()).await;
    assert_eq!(waits.answer().await, Err(Refused::StorageUnavailable));
    assert_eq!(house.fatal.borrow().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_idle_concert_sleeps_after_its_second_look_and_readers_still_see_it() {
    let (house, concert) = House::with_concert(100).await;
    house.office.book(concert, seats("ada", 1)).await.unwrap();
    house.journal.take_snapshots();
    let (view, replays) = (house.view(concert), house.journal.replays());
    house.clock.move_to(after(NOW, LOOK));
    // The supervisor does one thing after the other: behind the second, the look is over.
    for number in 2..=3 {
        house.make_concert(number, 10).await;
    }
    assert!(!house.office.is_asleep(concert), "it may have had an event just before the look");
    is_looked_at_until_asleep(&house, concert).await;
    assert_eq!(house.view(concert), view);
    assert!(house.office.concerts().iter().any(|shown| **shown == view));
    assert_eq!(house.journal.replays(), replays, "reading what is committed wakes nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn looks_come_no_sooner_than_their_time() {
    let (house, concert) = House::with_concert(100).await;
    house.office.book(concert, seats("ada", 1)).await.unwrap();
    house.journal.take_snapshots();
    for halves in 1..=3 {
        house.clock.move_to(after(NOW, halves * LOOK / 2));
        for _ in 0..YIELDS_PER_LOOK {
            tokio::task::yield_now().await;
        }
    }
    assert!(!house.office.is_asleep(concert), "there was one look");
    is_looked_at_until_asleep(&house, concert).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concert_without_a_snapshot_of_its_last_event_stays_awake() {
    let (house, concert) = House::with_concert(100).await;
    let other = house.make_concert(2, 100).await;
    house.journal.take_snapshots();
    // Appends that bring no snapshot by themselves.
    assert!(!(house.journal.appends() + 1).is_power_of_two());
    house.office.book(concert, seats("ada", 1)).await.unwrap();
    assert_eq!(house.journal.records_after_snapshots(), 1);
    for _ in 0..3 {
        is_looked_at_until_asleep(&house, other).await;
        assert!(!house.office.is_asleep(concert));
        house.is_served(other).await;
    }
    falls_asleep(&house, concert).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_is_asked_wakes_a_concert_and_reads_no_record() {
    for question in 0..6 {
        let (house, concert) = asleep().await;
        let replays = house.journal.replays();
        assert_eq!(house.journal.records_after_snapshots(), 0);
        let office = &house.office;
        match question {
            0 => drop(within(office.book(concert, seats("ben", 1))).await.unwrap()),
            1 => {
                assert_eq!(
                    within(office.bookings_at(concert, olga(), None, None, 9)).await.unwrap().len(),
                    1
                );
            }
            2 => assert_eq!(within(office.bookings_of(&user("ada"), None, None, 9)).await.unwrap().len(), 1),
            3 => {
                let closed = within(office.manage_concert(concert, olga(), ManagerAction::CloseSales)).await;
                assert_eq!(closed.unwrap().stage, Stage::ClosedByOrganizer);
            }
            4 => {
                let bookings = within(office.bookings_of(&user("ada"), None, None, 1)).await.unwrap();
                falls_asleep(&house, concert).await;
                within(office.cancel_booking(bookings[0].id, customer("ada"), None)).await.unwrap();
            }
            _ => {
                let again = within(office.create_concert(olga(), new_concert(1), None, |attempt| {
                    ConcertId::from_bits(1 + u64::from(attempt))
                }));
                assert_eq!(again.await.unwrap().value.id, ConcertId::from_bits(2), "the id is taken");
            }
        }
        assert!(!house.office.is_asleep(concert));
        assert!(house.journal.replays() > replays);
        house.restarted().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_start_concerts_sleep_on_and_everybody_finds_their_bookings() {
    let house = House::new().await;
    for number in 1..=20 {
        let concert = house.make_concert(number, 100).await;
        for name in ["everybody".to_owned(), format!("fan-{number}"), format!("pair-{}", number / 2)] {
            house.office.book(concert, seats(&name, 1)).await.unwrap();
        }
    }
    house.journal.take_snapshots();
    let views: Vec<_> = (1..=20).map(|number| house.view(ConcertId::from_bits(number))).collect();
    let house = house.restarted().await;
    let concerts = || (1..=20).map(ConcertId::from_bits);
    assert!(concerts().all(|concert| house.office.is_asleep(concert)));
    assert_eq!((house.inventory.concerts, house.inventory.bookings, house.inventory.events), (20, 60, 0));
    assert!(concerts().zip(&views).all(|(concert, view)| house.view(concert) == *view));

    let found =
        async |name: &str| within(house.office.bookings_of(&user(name), None, None, 30)).await.unwrap().len();
    assert_eq!(found("nobody").await, 0);
    assert_eq!(found("fan-7").await, 1);
    let awake: Vec<_> = concerts().filter(|concert| !house.office.is_asleep(*concert)).collect();
    assert_eq!(awake, [ConcertId::from_bits(7)], "only where they have booked");
    assert_eq!(found("pair-4").await, 2);
    assert_eq!(found("everybody").await, 20);
    assert!(concerts().all(|concert| !house.office.is_asleep(concert)));
    assert!(concerts().zip(&views).all(|(concert, view)| house.view(concert) == *view));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn few_look_where_somebody_has_booked_and_not_too_many_wait_for_that() {
    const TOO_MANY: usize = 10;
    let (house, _concert) = asleep().await;
    let house = house.restarted().await;
    house.journal.hold_restores();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..limits::LOOKS_WAITING_MAX + TOO_MANY {
        let office = house.office.clone();
        callers.spawn(async move { office.bookings_of(&user("ada"), None, None, 1).await.map(drop) });
    }
    for _ in 0..TOO_MANY {
        let first = within(callers.join_next()).await.expect("all others wait");
        assert_eq!(first.unwrap(), Err(Refused::Overloaded));
    }
    within(async {
        while house.journal.buyers_sought_most() < limits::LOOKS_READ_MAX {
            tokio::task::yield_now().await;
        }
    })
    .await;
    house.journal.release_restores();
    assert!(within(callers.join_all()).await.iter().all(Result::is_ok));
    assert_eq!(house.journal.buyers_sought_most(), limits::LOOKS_READ_MAX);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_epoch_is_not_used_twice_however_often_a_concert_sleeps() {
    let (mut house, concert) = asleep().await;
    for round in 0..4 {
        let name = format!("fan-{round}");
        within(house.office.book(concert, seats(&name, 1))).await.unwrap();
        falls_asleep(&house, concert).await;
        if round == 1 {
            house = house.restarted().await;
        }
    }
    let epochs: Vec<_> = house.journal.records().iter().map(|record| record.epoch).collect();
    assert!(epochs[2..].is_sorted_by(|one, next| one < next), "{epochs:?}");
}

const OPENS: Time = Time(NOW.0 + DAY * 1_000);
const CLOSES: Time = Time(NOW.0 + 2 * DAY * 1_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sale_opens_and_closes_in_its_sleep() {
    for restarts in [false, true] {
        let mut house = House::new().await;
        let mut concert = new_concert(100);
        (concert.details.sales_open_at, concert.details.sales_close_at) = (Some(OPENS), Some(CLOSES));
        let concert = house.make(1, concert).await;
        for (time, stage) in [(OPENS, Stage::OnSale), (CLOSES, Stage::ClosedByTime)] {
            falls_asleep(&house, concert).await;
            if restarts {
                house = house.restarted().await;
                assert!(house.office.is_asleep(concert));
            }
            let before = house.view(concert);
            house.clock.move_to(after(time, -1));
            assert_eq!(house.view(concert), before);
            house.clock.move_to(time);
            house.view_becomes(concert, |view| view.stage == stage).await;
            assert_eq!(house.journal.folded(concert).time(), time, "not a moment later");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hold_expires_in_the_sleep_of_its_concert() {
    for restarts in [false, true] {
        let mut house = House::with_outside(World::default().outside()).await;
        let held = NewConcert { payment_required: true, hold_seconds: 7_200, ..new_concert(10) };
        let concert = house.make(1, held).await;
        house.office.book(concert, seats("ada", 2)).await.unwrap();
        falls_asleep(&house, concert).await;
        if restarts {
            house = house.restarted().await;
            assert!(house.office.is_asleep(concert));
        }
        assert_eq!((house.view(concert).counts[0].held, house.view(concert).counts[0].available), (2, 8));
        house.clock.move_to(after(NOW, 7_200_000));
        house.view_becomes(concert, |view| view.counts[0].available == 10).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_owed_keeps_a_concert_awake() {
    let world = World::default();
    let house = House::with_outside(world.outside()).await;
    within(house.office.change_accounts(registration("ada"))).await.unwrap();
    let (owes, idle) = (house.make_concert(1, 10).await, house.make_concert(2, 10).await);
    world.told().mail_is_down = true;
    within(house.office.book(owes, seats("ada", 1))).await.unwrap();
    falls_asleep(&house, idle).await;
    // The actor has answered the look that let the other sleep, and the supervisor has heard its answer.
    house.is_served(owes).await;
    house.make_concert(3, 1).await;
    assert!(!house.office.is_asleep(owes));
    house.journal.take_snapshots();
    let house = house.restarted().await;
    assert!(!house.office.is_asleep(owes) && house.office.is_asleep(idle));

    world.told().mail_is_down = false;
    house.time_passes_until(|| house.journal.folded(owes).owed().is_empty()).await;
    falls_asleep(&house, owes).await;
    assert_eq!(world.told().mails.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concert_that_cannot_be_woken_says_so_and_the_others_go_on() {
    let (house, lost) = asleep().await;
    let other = house.make_concert(2, 10).await;
    let view = house.view(lost);
    house.journal.fail_replays(2);
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..16 {
        let office = house.office.clone();
        callers.spawn(async move { office.book(lost, seats(&format!("fan-{caller}"), 1)).await });
    }
    for answer in within(callers.join_all()).await {
        assert_eq!(answer, Err(Refused::StorageUnavailable));
    }
    assert_eq!(within(house.office.book(lost, seats("ben", 1))).await, Err(Refused::StorageUnavailable));
    assert_eq!(house.view(lost), view);
    house.office.book(other, seats("ben", 1)).await.unwrap();
    let house = house.restarted().await;
    within(house.office.book(lost, seats("ben", 1))).await.unwrap();
    assert_eq!(house.bookings(lost).await.len(), 2);
}
