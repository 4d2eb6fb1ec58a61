//! A concert is made once for each key.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};

use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::Rejection;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::{Answered, Refused, limits};

use crate::house::{House, within};
use crate::wishes::{DAY, NOW, after, key, new_concert, olga, user};

/// The ids that are made from one key.
fn ids(attempt: u32) -> ConcertId {
    ConcertId::from_bits(1_000 + u64::from(attempt))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn duplicates_at_the_same_time_make_one_concert() {
    for _ in 0..50 {
        let house = House::new().await;
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let office = house.office.clone();
            callers.spawn(async move {
                office.create_concert(olga(), new_concert(5), Some(key(1, 1)), ids).await.unwrap()
            });
        }
        let made = within(callers.join_all()).await;
        assert_eq!(made.iter().filter(|answered| !answered.repeated).count(), 1);
        let views: HashSet<_> =
            made.iter().map(|answered| (answered.value.id, answered.value.sequence)).collect();
        assert_eq!(views, HashSet::from([(ids(0), 1)]));
        assert_eq!(house.journal.records().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_is_good_for_a_day_and_across_restarts() {
    let house = House::new().await;
    let create = async |house: &House, request| {
        let made = house.office.create_concert(olga(), new_concert(5), Some(key(1, request)), ids).await;
        made.map(|Answered { value, repeated }| (value.id, repeated))
    };
    assert_eq!(create(&house, 1).await, Ok((ids(0), false)));
    assert_eq!(create(&house, 1).await, Ok((ids(0), true)));
    let reused = Refused::Rejected { rejection: Rejection::IdempotencyKeyReused, sequence: 1 };
    assert_eq!(create(&house, 2).await, Err(reused));

    house.clock.move_to(after(NOW, DAY * 1_000 - 1));
    let house = house.restarted().await;
    assert_eq!(create(&house, 1).await, Ok((ids(0), true)));
    assert_eq!(limits::IDEMPOTENCY_KEY_SECONDS, DAY);
    house.clock.move_to(after(NOW, DAY * 1_000));
    assert_eq!(create(&house, 1).await, Ok((ids(1), false)));
    assert_eq!(create(&house, 1).await, Ok((ids(1), true)));
    let house = house.restarted().await;
    assert_eq!(create(&house, 1).await, Ok((ids(1), true)));
    assert_eq!(house.inventory.concerts, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_id_that_is_taken_is_followed_by_the_next() {
    let house = House::new().await;
    let zoe = Caller { user: user("zoe"), role: Role::Organizer };
    for (caller, expected) in [(olga(), 0), (zoe, 1), (olga(), 2)] {
        let made = house.office.create_concert(caller, new_concert(5), None, ids).await.unwrap();
        assert_eq!(made.value.id, ids(expected));
    }
    let tried = AtomicU32::new(0);
    let always_the_same = |_| {
        tried.fetch_add(1, Ordering::Relaxed);
        ids(0)
    };
    let refused = house.office.create_concert(olga(), new_concert(5), None, always_the_same).await;
    assert!(refused.is_err());
    assert!(tried.into_inner() <= 100, "it does not try for ever");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_refused_leaves_no_concert_behind() {
    let house = House::new().await;
    let customer = Caller { user: user("ada"), role: Role::Customer };
    let refused = house.office.create_concert(customer, new_concert(5), None, ids).await;
    assert_eq!(refused, Err(Refused::Rejected { rejection: Rejection::Forbidden, sequence: 0 }));
    let refused = house.office.create_concert(olga(), new_concert(0), None, ids).await;
    assert!(matches!(refused, Err(Refused::Rejected { rejection: Rejection::Invalid(_), .. })));
    assert!(house.office.concerts().is_empty());
}
