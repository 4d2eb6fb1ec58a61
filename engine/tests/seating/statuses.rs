//! What was set is what is read, seat by seat, counted and listed; held against a plain list.

use boxoffice_engine::concert::{Counts, SeatMap, SeatStates, SeatStatus};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert_eq, proptest};

use super::support::{count, hall, row};

pub(crate) const STATUSES: [SeatStatus; 4] =
    [SeatStatus::Available, SeatStatus::Held, SeatStatus::Booked, SeatStatus::Blocked];

/// Rows whose ends lie before, at and beyond the ends of words.
fn rows_of_any_length() -> impl Strategy<Value = Vec<u32>> {
    let length = proptest::sample::select(vec![1, 2, 7, 50, 63, 64, 65, 127, 128, 129, 200]);
    proptest::collection::vec(length, 1..6)
}

fn map_of(lengths: &[u32]) -> SeatMap {
    SeatMap::new(
        lengths.iter().enumerate().map(|(index, seats)| row(None, &index.to_string(), *seats)).collect(),
    )
}

fn counted(list: &[SeatStatus]) -> Counts {
    let seats = |status| count(list.iter().filter(|one| **one == status).count());
    let [available, held, booked, blocked] = STATUSES.map(seats);
    Counts { available, held, booked, blocked }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn states_are_as_a_plain_list(
        lengths in rows_of_any_length(),
        changes in proptest::collection::vec((any::<u32>(), 0_usize..4), 0..400),
    ) {
        let map = map_of(&lengths);
        let mut states = SeatStates::all_available(&map);
        let mut list = vec![SeatStatus::Available; map.total_seats() as usize];
        for (seat, status) in changes {
            let seat = seat % map.total_seats();
            states.set(&map, seat, STATUSES[status]);
            list[seat as usize] = STATUSES[status];
            prop_assert_eq!(states.get(&map, seat), STATUSES[status]);
        }
        prop_assert_eq!(states.counts(&map), counted(&list));
        prop_assert_eq!(states.statuses(&map).collect::<Vec<_>>(), list.clone());
        for (seat, status) in (0..).zip(&list) {
            prop_assert_eq!(states.get(&map, seat), *status);
        }
        for seat in 0..map.total_seats() {
            states.set(&map, seat, SeatStatus::Available);
        }
        prop_assert_eq!(states, SeatStates::all_available(&map), "equal states are equal, however they came about");
    }
}

#[test]
fn a_drawing_is_counted() {
    let (map, states) = hall(&["..hb", "a|xxx.", "bh."]);
    assert_eq!(states.counts(&map), Counts { available: 4, held: 2, booked: 2, blocked: 3 });
    assert_eq!(states.counts(&map).capacity(), u64::from(map.total_seats()));
}

#[test]
fn a_hall_without_seats_has_none() {
    let map = SeatMap::new(vec![row(None, "A", 0)]);
    let states = SeatStates::all_available(&map);
    assert_eq!(states.counts(&map), Counts::default());
    assert_eq!(states.statuses(&map).count(), 0);
    assert_eq!(states.best_available(&map, 1), None);
    assert_eq!(states.best_available(&map, 0), Some(Vec::new()));
}
