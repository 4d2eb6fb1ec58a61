//! The disk is full: what is known is told, nothing else, and the office goes on when there is room.

use boxoffice_engine::accounts::AccountsCommand;
use boxoffice_engine::deaths::DeathAt;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::faulty::Fault;
use boxoffice_engine::{JournalStatus, Refused};

use crate::house::{House, begun};
use crate::load::{Rush, check, told};
use crate::wishes::{NOW, after, customer, key, new_concert, olga, registration, seats, user};

fn rush(concerts: &[ConcertId]) -> Rush<'_> {
    Rush { concerts, callers: 64, turns: 6, name: "rush" }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reading_that_was_overtaken_comes_to_nothing() {
    let (house, concert) = House::with_concert(100).await;
    house.journal.fail_next_append(Fault::FullBefore);
    assert!(house.office.book(concert, seats("early", 1)).await.is_err());
    house.journal_is(JournalStatus::Full).await;
    // Those that only answer die in vain until there is a pause before the next.
    house.soon(async || house.office.bookings_at(concert, olga(), None, None, 10).await).await;
    let replays = house.journal.replays();
    for death in 1..=16 {
        house.deaths.order(DeathAt::Deciding);
        assert!(house.office.book(concert, seats("vain", 1)).await.is_err());
        if death < 16 {
            house.journal.replays_ended(replays + death).await;
            house.soon(async || house.office.bookings_at(concert, olga(), None, None, 10).await).await;
        }
    }
    house.soon_refused(concert).await;
    // The journal is open again, and the concert is read; the pause ends, and it is read once more.
    house.journal.hold_next_restore();
    house.journal.make_room();
    house.journal.restore_is_held().await;
    house.time_passes_until(|| house.journal.replays() == replays + 16).await;
    let ada = house.soon(async || house.office.book(concert, seats("ada", 1)).await).await.value.id;
    // The first reading, which knows nothing of ada, ends when nobody is there, and the next has not ended.
    house.journal.hold_restores();
    house.deaths.order(DeathAt::Deciding);
    assert!(house.office.book(concert, seats("last", 1)).await.is_err());
    house.soon_refused(concert).await;
    house.journal.release_held_restore();
    house.journal.replays_ended(replays + 17).await;
    house.journal.release_restores();
    house.is_served(concert).await;
    assert!(house.office.booking(ada, customer("ada")).await.is_ok());
    assert_eq!(house.view(concert).sequence, house.journal.folded(concert).sequence());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_refuses_bookings_until_there_is_room() {
    for fault in [Fault::FullBefore, Fault::FullAfter] {
        let house = House::new().await;
        let concerts = [house.make_concert(1, 100).await, house.make_concert(2, 100).await];
        let untouched = house.make_concert(3, 10).await;
        let kept = house.office.book(untouched, seats("ada", 1)).await.unwrap().value;
        house.office.change_accounts(registration("ada")).await.unwrap();
        let journal = std::sync::Arc::clone(&house.journal);
        let trouble = move |count| {
            if count == 150 {
                journal.fail_next_append(fault);
            }
        };
        let attempts = rush(&concerts).let_in(&house, trouble).await;
        house.journal_is(JournalStatus::Full).await;
        assert!(told(&attempts, Result::is_ok) > 0);
        assert!(told(&attempts, |booked| *booked == Err(Refused::StorageUnavailable)) > 0);

        for concert in concerts {
            let refused = house.office.book(concert, seats("ben", 1)).await;
            assert_eq!(refused, Err(Refused::StorageUnavailable));
            assert!(house.view(concert).sequence <= house.journal.durable(concert));
        }
        let refused = house.office.book(untouched, seats("ben", 1)).await;
        assert_eq!(refused, Err(Refused::StorageUnavailable));
        let refused = house.office.cancel_booking(kept.id, customer("ada"), None).await;
        assert_eq!(refused, Err(Refused::StorageUnavailable));
        let refused =
            house.office.create_concert(olga(), new_concert(5), None, |_| ConcertId::from_bits(9)).await;
        assert_eq!(refused, Err(Refused::StorageUnavailable));
        assert!(
            house.office.concert(ConcertId::from_bits(9)).is_none(),
            "what cannot be made leaves nothing behind"
        );
        let refused = house.office.change_accounts(registration("ben")).await;
        assert_eq!(refused, Err(Refused::StorageUnavailable));
        assert_eq!(house.office.booking(kept.id, customer("ada")).await, Ok(kept));
        assert_eq!(house.office.find_users("", 0, 10).await.unwrap().len(), 1);

        house.journal.make_room();
        house.journal_is(JournalStatus::Open).await;
        check(&house, &concerts, &attempts).await;
        house.office.book(untouched, seats("ben", 1)).await.unwrap();
        house.office.change_accounts(registration("ben")).await.unwrap();
        house.make_concert(9, 5).await;
        let more =
            Rush { callers: 8, turns: 2, name: "more", ..rush(&concerts) }.let_in(&house, |_| ()).await;
        check(&house, &concerts, &more).await;
        assert!(told(&more, |booked| *booked == Err(Refused::StorageUnavailable)) == 0);
        assert!(house.fatal.borrow().is_empty());

        let house = house.restarted().await;
        check(&house, &concerts, &attempts).await;
        check(&house, &concerts, &more).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_disk_that_is_full_at_the_first_event_of_an_incarnation_does_not_shut_its_stream_for_good() {
    let (house, concert) = House::with_concert(10).await;
    let house = house.restarted().await;
    for round in 0..2 {
        house.journal.fail_next_append(Fault::FullBefore);
        let name = format!("lost-{round}");
        assert_eq!(house.office.book(concert, seats(&name, 1)).await, Err(Refused::OutcomeUnknown));
        house.journal.make_room();
        house.journal_is(JournalStatus::Open).await;
        house.is_served(concert).await;
        assert_eq!(house.bookings(concert).await.len(), round);
        house.office.book(concert, seats(&format!("kept-{round}"), 1)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concert_that_met_a_full_disk_when_it_was_made_can_be_made_again() {
    for fault in [Fault::FullBefore, Fault::FullAfter] {
        let house = House::new().await;
        let id = ConcertId::from_bits(7);
        let create =
            async || house.office.create_concert(olga(), new_concert(5), Some(key(1, 1)), |_| id).await;
        house.journal.fail_next_append(fault);
        assert_eq!(create().await, Err(Refused::OutcomeUnknown));
        house.journal.make_room();
        house.journal_is(JournalStatus::Open).await;
        let made = house.soon(create).await;
        assert_eq!(made.repeated, fault == Fault::FullAfter);
        assert_eq!(house.journal.folded(id).view(), made.value);
        house.office.book(id, seats("ada", 1)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_disk_that_fills_up_while_actors_die_loses_nothing() {
    for step in [DeathAt::Deciding, DeathAt::HandingOver, DeathAt::HandedOver] {
        let house = House::new().await;
        let concerts = [house.make_concert(1, 100).await, house.make_concert(2, 100).await];
        let (journal, deaths) = (std::sync::Arc::clone(&house.journal), house.deaths.clone());
        let trouble = move |count| {
            if count == 150 {
                journal.fail_next_append(Fault::FullBefore);
            }
            if (146..154).contains(&count) {
                deaths.order(step);
            }
        };
        let attempts = rush(&concerts).let_in(&house, trouble).await;
        // The dying may have kept everybody from the disk.
        while *house.office.journal_status().borrow() == JournalStatus::Open {
            let _ = house.office.change_accounts(registration("last")).await;
        }
        house.journal_is(JournalStatus::Full).await;
        house.journal.make_room();
        house.journal_is(JournalStatus::Open).await;
        check(&house, &concerts, &attempts).await;
        let house = house.restarted().await;
        check(&house, &concerts, &attempts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn users_whose_outcome_was_unknown_show_up_with_all_their_logins() {
    let house = House::new().await;
    for name in ["ben", "ada"] {
        house.office.change_accounts(registration(name)).await.unwrap();
    }
    let move_to = |name: &str, email: &str| AccountsCommand::ChangeProfile {
        user: user(name),
        email: Some(email.to_owned()),
        password: None,
    };
    let (appends, reads) = (house.journal.appends(), house.clock.reads());
    house.journal.close_gate();
    let cid = begun(house.office.change_accounts(registration("cid"))).await;
    house.journal.appends_begun(appends + 1).await;
    let ada = begun(house.office.change_accounts(move_to("ada", "new@example.org"))).await;
    let ben = begun(house.office.change_accounts(move_to("ben", "ada@example.org"))).await;
    let found = begun(house.office.find_users("", 0, 10)).await;
    house.clock.read_so_often(reads + 4).await;
    house.journal.let_one_pass();
    cid.answer().await.unwrap();
    house.journal.appends_begun(appends + 2).await;
    house.journal.fail_next_append(Fault::FullAfter);
    house.journal.open_gate();
    assert_eq!(ada.answer().await, Err(Refused::OutcomeUnknown));
    assert_eq!(ben.answer().await, Err(Refused::OutcomeUnknown));
    assert_eq!(found.answer().await, Err(Refused::StorageUnavailable));
    assert_eq!(house.office.user_by_login("new@example.org"), None);

    house.journal.make_room();
    house.journal_is(JournalStatus::Open).await;
    assert_eq!(house.soon(async || house.office.find_users("", 0, 10).await).await.len(), 3);
    let logins = [("ada", "ada"), ("ben", "ben"), ("new@example.org", "ada"), ("ada@example.org", "ben")];
    for (login, name) in logins {
        let found = house.office.user_by_login(login).map(|found| found.id.clone());
        assert_eq!(found, Some(user(name)), "{login}");
    }
    assert_eq!(house.office.user_by_login("ben@example.org"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_full_disk_did_not_take_did_not_happen() {
    let (house, concert) = House::with_concert(10).await;
    house.journal.refuse_next_append();
    assert_eq!(house.office.book(concert, seats("ada", 1)).await, Err(Refused::StorageUnavailable));
    house.journal_is(JournalStatus::Open).await;
    house.is_served(concert).await;
    assert_eq!(house.bookings(concert).await, []);
    house.office.book(concert, seats("ada", 1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn bookings_of_the_concert_that_filled_the_disk_can_be_read_and_nothing_else() {
    for fault in [Fault::FullBefore, Fault::FullAfter] {
        let (house, concert) = House::with_concert(10).await;
        let kept = house.office.book(concert, seats("ada", 1)).await.unwrap().value;
        house.journal.fail_next_append(fault);
        let lost = house.office.book(concert, seats("ben", 1)).await;
        assert_eq!(lost, Err(Refused::OutcomeUnknown));

        let read = house.soon(|| house.office.booking(kept.id, customer("ada"))).await;
        assert_eq!(read, kept);
        let refused = house.office.book(concert, seats("cleo", 1)).await;
        assert_eq!(refused, Err(Refused::StorageUnavailable));

        house.journal.make_room();
        house.journal_is(JournalStatus::Open).await;
        let booked = house.soon(|| house.office.book(concert, seats("dora", 1))).await.value;
        let written = u64::from(fault == Fault::FullAfter);
        assert_eq!(
            booked.booking.sequence(),
            kept.booking.sequence() + 1 + written,
            "what was written counts"
        );
        let house = house.restarted().await;
        assert_eq!(house.bookings(concert).await.len() as u64, 2 + written);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concert_that_cannot_be_read_beside_a_full_disk_is_read_again() {
    let (house, concert) = House::with_concert(10).await;
    let kept = house.office.book(concert, seats("ada", 1)).await.unwrap().value;
    let replays = house.journal.replays();
    house.journal.fail_replays(2);
    house.journal.fail_next_append(Fault::FullBefore);
    assert!(house.office.book(concert, seats("ben", 1)).await.is_err());
    house.journal.replays_ended(replays + 1).await;
    // Time stands still: nobody reads again before this is answered.
    assert_eq!(house.office.booking(kept.id, customer("ada")).await, Err(Refused::StorageUnavailable));
    for failed in 1..=2 {
        house.journal.replays_ended(replays + failed).await;
        // The supervisor waits a second before it reads again; from when on, only it knows.
        let (clock, journal) = (std::sync::Arc::clone(&house.clock), std::sync::Arc::clone(&house.journal));
        let moving = tokio::spawn(async move {
            for seconds in 1.. {
                clock.move_to(after(NOW, seconds * 1_000));
                if journal.replays() > replays + failed {
                    return;
                }
                tokio::task::yield_now().await;
            }
        });
        house.journal.replays_ended(replays + failed + 1).await;
        moving.await.unwrap();
    }
    let read = house.soon(async || house.office.booking(kept.id, customer("ada")).await).await;
    assert_eq!(read, kept, "the disk is still full, and the concert can be read");
    house.journal.make_room();
    house.is_served(concert).await;
    house.office.book(concert, seats("ben", 1)).await.unwrap();
}
