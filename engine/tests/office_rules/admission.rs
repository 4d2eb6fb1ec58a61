//! No more is let in than there is room for, and every place is given back.

use boxoffice_engine::Refused;
use boxoffice_engine::limits;

use crate::house::{House, begun};
use crate::wishes::{olga, seats};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_concert_refuses_at_once_and_books_nothing() {
    let places = limits::IN_FLIGHT_PER_CONCERT_MAX;
    let (house, hot) = House::with_concert(1_000_000).await;
    let other = house.make_concert(2, 10).await;
    house.journal.close_gate();
    let names: Vec<_> = (0..places).map(|index| format!("user-{index}")).collect();
    let mut calls = Vec::new();
    for name in &names {
        calls.push(begun(house.office.book(hot, seats(name, 1))).await);
    }
    assert_eq!(house.office.in_flight(), places);
    assert_eq!(house.office.book(hot, seats("late", 1)).await, Err(Refused::Overloaded));
    let read = house.office.bookings_at(hot, olga(), None, None, 1).await;
    assert_eq!(read, Err(Refused::Overloaded));
    assert_eq!(house.office.in_flight(), places, "a refused caller takes no place");

    let mut elsewhere = begun(house.office.book(other, seats("late", 1))).await;
    assert_eq!(house.office.in_flight(), places + 1);

    // Callers who go away leave their commands behind.
    let stay = calls.split_off(calls.len() / 2);
    drop(calls);
    assert_eq!(house.office.in_flight(), places + 1);
    assert_eq!(house.office.book(hot, seats("late", 1)).await, Err(Refused::Overloaded));
    elsewhere.still_waits().await;

    house.journal.open_gate();
    for call in stay {
        call.answer().await.unwrap();
    }
    elsewhere.answer().await.unwrap();
    assert_eq!(house.office.in_flight(), 0);
    assert_eq!(house.view(hot).counts[0].booked, places, "a caller who went away has booked all the same");
    house.office.book(hot, seats("late", 1)).await.unwrap();
    assert_eq!(house.journal.folded(hot).bookings().len(), places as usize + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_office_as_a_whole_refuses_at_once_too() {
    let places = limits::IN_FLIGHT_TOTAL_MAX;
    let house = House::new().await;
    let mut concerts = Vec::new();
    for number in 1..=5 {
        concerts.push(house.make_concert(number, 10).await);
    }
    house.journal.close_gate();
    let (mut booking, mut reading) = (Vec::new(), Vec::new());
    for place in 0..places {
        let concert = concerts[(place / limits::IN_FLIGHT_PER_CONCERT_MAX) as usize];
        if place % limits::IN_FLIGHT_PER_CONCERT_MAX == 0 {
            booking.push(begun(house.office.book(concert, seats("ada", 1))).await);
        } else {
            // It waits for the booking before it.
            reading.push(begun(house.office.bookings_at(concert, olga(), None, None, 1)).await);
        }
    }
    assert_eq!(house.office.in_flight(), places);
    assert_eq!(house.office.book(concerts[4], seats("ada", 1)).await, Err(Refused::Overloaded));
    assert_eq!(house.office.find_users("", 0, 1).await, Err(Refused::Overloaded));

    house.journal.open_gate();
    for call in booking {
        call.answer().await.unwrap();
    }
    for call in reading {
        assert_eq!(call.answer().await.unwrap().len(), 1);
    }
    assert_eq!(house.office.in_flight(), 0);
    house.office.book(concerts[4], seats("ada", 1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_who_go_away_leave_no_place_taken() {
    let (house, concert) = House::with_concert(10_000).await;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..200 {
        let office = house.office.clone();
        callers.spawn(async move {
            for turn in 0..10 {
                // Whether it is answered before the caller goes away is left to chance.
                let call = begun_or_done(office.book(concert, seats(&format!("u-{caller}-{turn}"), 1)));
                call.await;
            }
        });
    }
    crate::house::within(callers.join_all()).await;
    // Whatever was asked before this was handed to the writer before this.
    house.office.book(concert, seats("last", 1)).await.unwrap();
    assert_eq!(house.office.in_flight(), 0);
    assert_eq!(house.view(concert).counts[0].booked, 2_001);
}

/// Polls a call a few times and drops it.
async fn begun_or_done(call: impl Future) {
    let mut call = std::pin::pin!(call);
    let mut polls = 0;
    std::future::poll_fn(|context| {
        polls += 1;
        if call.as_mut().poll(context).is_ready() || polls == 2 {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
