//! A batch: each of its bookings is as good as one that was asked for alone.

use std::future::poll_fn;
use std::task::Poll;

use boxoffice_engine::box_office::{BatchAnswers, Booked};
use boxoffice_engine::concert::{BookSeats, NewConcert, Rejection};
use boxoffice_engine::deaths::DeathAt;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::Stream;
use boxoffice_engine::journal::faulty::Fault;
use boxoffice_engine::{Refused, limits};

use crate::deaths::ACTORS_STEPS;
use crate::house::{House, begun, within};
use crate::wishes::{key, new_concert, olga, seats};

fn wishes(concert: ConcertId, count: usize) -> Vec<(usize, ConcertId, BookSeats)> {
    (0..count).map(|place| (place, concert, seats(&format!("user-{place}"), 1))).collect()
}

/// All answers, by their places: each comes once.
async fn all(mut answers: BatchAnswers, count: usize) -> Vec<Booked> {
    let mut came = Vec::new();
    within(poll_fn(|context| {
        while let Poll::Ready(taken) = answers.poll_take(context, &mut came) {
            if taken == 0 {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }))
    .await;
    came.sort_by_key(|(place, _)| *place);
    let places: Vec<_> = came.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, (0..count).collect::<Vec<_>>(), "every place is answered once");
    came.into_iter().map(|(_, booked)| booked).collect()
}

/// Whether no answer has come yet.
async fn still_wait(answers: &mut BatchAnswers) -> bool {
    let mut came = Vec::new();
    poll_fn(|context| Poll::Ready(answers.poll_take(context, &mut came).is_pending())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_is_decided_in_its_order_and_answered_when_it_is_durable() {
    let (house, hot) = House::with_concert(1_000).await;
    let other = house.make_concert(2, 1_000).await;
    let appends = house.journal.appends();
    house.journal.close_gate();
    let wishes = wishes(hot, 500).into_iter().map(|(place, _, wish)| {
        let concert = if place % 5 == 0 { other } else { hot };
        (place, concert, wish)
    });
    let mut answers = house.office.book_all(wishes);
    house.journal.appends_begun(appends + 1).await;
    assert!(still_wait(&mut answers).await, "nothing is told before it is durable");
    assert_eq!(house.view(hot).counts[0].booked, 0);
    house.journal.open_gate();
    let answers = all(answers, 500).await;
    for concert in [hot, other] {
        let numbers: Vec<_> = (answers.iter().flatten())
            .filter(|booked| booked.value.id.concert == concert)
            .map(|booked| booked.value.booking.sequence())
            .collect();
        let last = house.journal.durable(concert);
        assert_eq!(numbers, (2..=last).collect::<Vec<_>>());
        assert_eq!(house.view(concert).counts[0].booked as usize, numbers.len());
    }
    assert_eq!(house.office.in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_wish_of_a_batch_is_refused_by_itself() {
    let (house, concert) = House::with_concert(3).await;
    let draft = ConcertId::from_bits(2);
    let terms = NewConcert { draft: true, ..new_concert(5) };
    house.office.create_concert(olga(), terms, None, |_| draft).await.unwrap();
    let nobodys = ConcertId::from_bits(99);
    let keyed = |name: &str, request| BookSeats { idempotency: Some(key(1, request)), ..seats(name, 1) };
    let for_manager = BookSeats { by_manager: true, ..seats("ada", 1) };
    let wishes = [
        (concert, keyed("ada", 1)),
        (nobodys, seats("ada", 1)),
        (concert, keyed("ada", 1)),
        (concert, keyed("ada", 2)),
        (concert, seats("ben", 0)),
        (concert, seats("ben", 2)),
        (concert, seats("cleo", 1)),
        (draft, seats("ada", 1)),
        (draft, for_manager),
    ];
    let count = wishes.len();
    let wishes = wishes.into_iter().enumerate().map(|(place, (concert, wish))| (place, concert, wish));
    let answers = all(house.office.book_all(wishes), count).await;
    let told: Vec<_> = answers
        .iter()
        .map(|booked| match booked {
            Ok(booked) => Ok(booked.repeated),
            Err(Refused::Rejected { rejection, .. }) => Err(rejection.clone()),
            Err(other) => panic!("{other}"),
        })
        .collect();
    assert!(matches!(told[4], Err(Rejection::Invalid(_))), "{told:?}");
    let expected = [
        Ok(false),
        Err(Rejection::ConcertNotFound),
        Ok(true),
        Err(Rejection::IdempotencyKeyReused),
        told[4].clone(),
        Ok(false),
        Err(Rejection::SoldOut { available: 0 }),
        Err(Rejection::ConcertNotFound),
        Err(Rejection::SalesNotOpen),
    ];
    assert_eq!(told, expected);
    assert_eq!(house.view(concert).counts[0].booked, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_takes_as_many_places_as_there_are_and_gives_them_back() {
    let places = limits::IN_FLIGHT_PER_CONCERT_MAX as usize;
    let (house, concert) = House::with_concert(1_000_000).await;
    house.journal.close_gate();
    let alone = begun(house.office.book(concert, seats("alone", 1))).await;
    let answers = house.office.book_all(wishes(concert, places + 10));
    assert_eq!(house.office.in_flight() as usize, places);
    let late = all(house.office.book_all(wishes(concert, 3)), 3).await;
    assert!(late.iter().all(|booked| *booked == Err(Refused::Overloaded)), "{late:?}");
    house.journal.open_gate();
    let answers = all(answers, places + 10).await;
    assert!(answers[..places - 1].iter().all(Result::is_ok));
    assert!(answers[places - 1..].iter().all(|booked| *booked == Err(Refused::Overloaded)));
    alone.answer().await.unwrap();
    assert_eq!(house.office.in_flight(), 0);
    assert_eq!(house.journal.folded(concert).bookings().len(), places);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_goes_away_has_booked_all_the_same() {
    let (house, concert) = House::with_concert(1_000).await;
    house.journal.close_gate();
    drop(house.office.book_all(wishes(concert, 300)));
    house.journal.open_gate();
    house.office.book(concert, seats("last", 1)).await.unwrap();
    assert_eq!(house.view(concert).counts[0].booked, 301);
    assert_eq!(house.office.in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_whose_actor_dies_in_the_middle_is_answered_truly() {
    for step in ACTORS_STEPS {
        let (house, concert) = House::with_concert(1_000).await;
        house.clock.hold();
        let reads = house.clock.reads();
        let first = begun(house.office.book(concert, seats("first", 1))).await;
        house.clock.read_so_often(reads + 1).await;
        let answers = house.office.book_all(wishes(concert, 100));
        // The first booking dies; the batch waits in the mailbox, where nothing of it has happened.
        house.deaths.order(step);
        house.clock.release();
        let told = all(answers, 100).await;
        assert!(told.iter().all(|booked| *booked == Err(Refused::StorageUnavailable)), "{told:?}");
        let first = first.answer().await.is_ok();

        house.is_served(concert).await;
        house.journal.close_gate();
        let reads = house.clock.reads();
        let calm = house.office.book_all(wishes(concert, 50));
        // The actor looks at the clock once for each message: at the second it has decided all of the first.
        let asked = begun(house.office.bookings_at(concert, olga(), None, None, 1)).await;
        house.clock.read_so_often(reads + 2).await;
        // The actor is alone with a batch now, and dies at its first booking: nothing behind that one happens.
        house.deaths.order(step);
        let rest = (50..100).map(|place| (place - 50, concert, seats(&format!("user-{place}"), 1)));
        let answers = house.office.book_all(rest);
        house.journal.open_gate();
        assert!(all(calm, 50).await.iter().all(Result::is_ok));
        assert!(asked.answer().await.is_ok());
        let told = all(answers, 50).await;
        let booked = told.iter().filter(|booked| booked.is_ok()).count();
        assert_eq!(booked, usize::from(step == DeathAt::HandedOver), "{step:?}");
        assert!(told[booked..].iter().all(|booked| *booked == Err(Refused::StorageUnavailable)));

        house.is_served(concert).await;
        let kept = house.bookings(concert).await.len();
        assert_eq!(kept, usize::from(first) + 50 + booked, "{step:?}");
        assert_eq!(house.office.in_flight(), 0);
        let records = house.journal.records_of(Stream::Concert(concert)).len();
        assert_eq!(records, 1 + kept);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_on_its_way_when_the_journal_fails_has_an_unknown_outcome() {
    let (house, concert) = House::with_concert(1_000).await;
    house.journal.fail_next_append(Fault::FullBefore);
    let told = all(house.office.book_all(wishes(concert, 100)), 100).await;
    let unknown = told.iter().take_while(|booked| **booked == Err(Refused::OutcomeUnknown)).count();
    assert!(unknown > 0, "{told:?}");
    let behind = &told[unknown..];
    assert!(behind.iter().all(|booked| *booked == Err(Refused::StorageUnavailable)), "{told:?}");
    let told = all(house.office.book_all(wishes(concert, 10)), 10).await;
    assert!(told.iter().all(|booked| *booked == Err(Refused::StorageUnavailable)), "{told:?}");
    assert_eq!(house.journal.folded(concert).bookings().len(), 0);
    assert_eq!(house.office.in_flight(), 0);
}
