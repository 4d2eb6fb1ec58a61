//! An office opens on a journal that it can trust, at a time that can be right.

use boxoffice_engine::box_office::{Inventory, OpenError};
use boxoffice_engine::time::Time;

use crate::house::House;
use crate::journal::TestJournal;
use crate::wishes::{NOW, after, seats};

/// How far the journal may lie ahead of the clock.
const AHEAD_MS_MAX: i64 = 300_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_journal_ahead_of_the_clock_is_refused_unless_that_is_accepted() {
    let (house, concert) = House::with_concert(10).await;
    let latest = after(NOW, 3_600_000);
    house.clock.move_to(latest);
    house.office.book(concert, seats("ada", 1)).await.unwrap();
    house.office.close().await;
    let journal = || house.journal.restarted();

    let too_early = after(latest, -AHEAD_MS_MAX - 1_000);
    let refused = House::open(journal(), too_early, false).await.err();
    assert_eq!(refused, Some(OpenError::JournalAhead { seconds: 301 }));
    for (now, accept_clock) in [(after(latest, -AHEAD_MS_MAX), false), (too_early, true), (Time(0), true)] {
        let house = House::open(journal(), now, accept_clock).await.unwrap();
        let name = format!("ben-{}", now.0);
        let booked = house.office.book(concert, seats(&name, 1)).await.unwrap().value;
        assert_eq!(booked.booking.created_at(), latest, "time does not go back within a concert");
        house.office.close().await;
    }
    assert_eq!(house.journal.folded(concert).bookings().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_journal_that_cannot_be_read_is_refused() {
    let journal = TestJournal::default();
    journal.fail_replays(1);
    assert!(matches!(House::open(journal, NOW, false).await.err(), Some(OpenError::Restore(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_empty_journal_is_an_empty_office() {
    let house = House::new().await;
    assert_eq!(house.inventory, Inventory::default());
    assert!(house.office.concerts().is_empty());
    assert_eq!(house.office.find_users("", 0, 10).await.unwrap(), []);
}
