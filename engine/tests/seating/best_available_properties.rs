//! The best available seats of random halls, held against a search through everything.

use boxoffice_engine::concert::{SeatMap, SeatStates, SeatStatus};
use proptest::collection::vec;
use proptest::prelude::{
    ProptestConfig, Strategy, TestCaseError, any, prop_assert, prop_assert_eq, proptest,
};

use super::naive::{self, NaiveRow, Split};
use super::statuses::STATUSES;
use super::support::{count, row};

/// Small halls, more or less sold, of sections that may come again.
fn small_hall() -> impl Strategy<Value = Vec<NaiveRow>> {
    let seats = |sold: u8| vec((0..100_u8).prop_map(move |chance| chance >= sold), 1..=7);
    let section = proptest::sample::select(vec![None, Some("a".to_owned()), Some("a".to_owned())]);
    (0..100_u8).prop_flat_map(move |sold| {
        vec((section.clone(), seats(sold)).prop_map(|(section, free)| NaiveRow { section, free }), 1..=4)
    })
}

/// Halls with long runs, so that words begin and end within them.
fn long_hall() -> impl Strategy<Value = Vec<NaiveRow>> {
    let stretch = (any::<bool>(), proptest::sample::select(vec![1_usize, 1, 2, 3, 5, 20, 60, 64, 100]));
    let free = vec(stretch, 1..8).prop_map(|stretches| -> Vec<bool> {
        stretches.into_iter().flat_map(|(free, seats)| std::iter::repeat_n(free, seats)).collect()
    });
    vec(free.prop_map(|free| NaiveRow { section: None, free }), 1..=3)
}

/// The hall; seats that are not free are held, booked and blocked in turn.
fn built(rows: &[NaiveRow]) -> (SeatMap, SeatStates) {
    let map = SeatMap::new(
        (0..)
            .zip(rows)
            .map(|(index, NaiveRow { section, free })| {
                row(section.as_deref(), &format!("{index}"), count(free.len()))
            })
            .collect(),
    );
    let mut states = SeatStates::all_available(&map);
    for (seat, free) in (0..).zip(rows.iter().flat_map(|row| &row.free)) {
        if !free {
            states.set(&map, seat, STATUSES[1 + seat as usize % 3]);
        }
    }
    (map, states)
}

/// Whether a party is given what it should be.
fn check(rows: &[NaiveRow], quantity: u32) -> Result<(), TestCaseError> {
    let (map, states) = built(rows);
    let party = quantity as usize;
    let given = states.best_available(&map, quantity);
    let free = rows.iter().flat_map(|row| &row.free).filter(|free| **free).count();
    prop_assert_eq!(given.is_some(), free >= party, "none only when too few are free");
    let Some(given) = given else { return Ok(()) };
    prop_assert_eq!(given.len(), party);
    prop_assert!(given.windows(2).all(|pair| pair[0] < pair[1]), "ascending and distinct: {:?}", given);
    for seat in &given {
        prop_assert_eq!(states.get(&map, *seat), SeatStatus::Available);
    }
    if let Some((row, block)) = naive::best_block(rows, party) {
        let before: usize = rows[..row].iter().map(|row| row.free.len()).sum();
        let expected: Vec<u32> = block.clone().map(|seat| count(before + seat)).collect();
        prop_assert_eq!(&given, &expected, "the very block");
        prop_assert_eq!(states.leaves_orphan(&map, &given), naive::leaves_orphan(&rows[row].free, &block));
        Ok(())
    } else {
        check_split(rows, &map, &given, &naive::best_split(rows, party).expect("enough are free"))
    }
}

/// Whether the seats are a split of this kind.
fn check_split(rows: &[NaiveRow], map: &SeatMap, given: &[u32], best: &Split) -> Result<(), TestCaseError> {
    let mut parts = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let of_row =
            given.iter().filter_map(|seat| map.place(*seat)).filter(|place| place.row_index == index);
        let numbers: Vec<usize> = of_row.map(|place| place.number as usize - 1).collect();
        prop_assert!(numbers.is_empty() || best.window.contains(&index), "{:?} of {:?}", given, best);
        for run in naive::runs(&row.free) {
            let part: Vec<usize> = numbers.iter().copied().filter(|number| run.contains(number)).collect();
            prop_assert!(
                part.windows(2).all(|pair| pair[0] + 1 == pair[1]),
                "a part sits together: {:?}",
                given
            );
            parts.extend((!part.is_empty()).then_some(part.len()));
        }
    }
    prop_assert_eq!(parts.len(), best.parts, "as few parts as can be: {:?} of {:?}", &parts, best);
    prop_assert!(parts.iter().all(|part| *part >= best.smallest), "{:?} of {:?}", &parts, best);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6_000, ..ProptestConfig::default() })]

    #[test]
    fn small_halls_are_searched_as_if_by_hand(rows in small_hall(), quantity in 1_u32..=14) {
        check(&rows, quantity)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn all_parties_are_seated_in_small_halls(rows in small_hall()) {
        for quantity in 1..=29 {
            check(&rows, quantity)?;
        }
    }

    #[test]
    fn long_rows_are_searched_so_too(
        (rows, quantity) in (long_hall(), proptest::sample::select(vec![1_u32, 2, 5, 10, 63, 64, 65, 120, 130])),
    ) {
        check(&rows, quantity)?;
    }

    #[test]
    fn orphans_are_as_seen_by_eye(rows in long_hall(), start in any::<u32>(), wanted in 1_u32..100) {
        let (map, states) = built(&rows);
        let place = map.place(start % map.total_seats()).unwrap();
        let free = &rows[place.row_index].free;
        let first = place.number as usize - 1;
        let taken = (first..free.len()).take(wanted as usize).take_while(|seat| free[*seat]).count();
        let seat = start % map.total_seats();
        let seats: Vec<u32> = (seat..).take(taken).collect();
        let expected = naive::leaves_orphan(free, &(first..first + taken));
        prop_assert_eq!(states.leaves_orphan(&map, &seats), expected);
    }

    #[test]
    fn parties_one_after_another_fill_the_hall(rows in small_hall(), parties in vec(1_u32..6, 30)) {
        let (map, mut states) = built(&rows);
        for quantity in parties {
            let available = states.counts(&map).available;
            let given = states.best_available(&map, quantity);
            prop_assert_eq!(given.is_some(), available >= quantity);
            for seat in given.into_iter().flatten() {
                states.set(&map, seat, SeatStatus::Booked);
            }
            let left = states.counts(&map).available;
            prop_assert!(left == available || left + quantity == available);
        }
    }
}
