//! A seat has one label and one place, and each is found by the other.

use boxoffice_engine::concert::{SeatMap, SeatPosition, SeatRow};

use super::support::row;

fn map() -> SeatMap {
    SeatMap::new(vec![
        row(Some("STALLS"), "A", 12),
        row(Some("STALLS"), "B", 130),
        row(None, "A", 3),
        row(Some("Côté cour"), "B.1", 2),
        row(None, "STALLS", 1),
    ])
}

#[test]
fn a_label_names_one_seat_or_none() {
    let map = map();
    for (label, seat) in [
        ("STALLS-A-1", Some(0)),
        ("STALLS-A-12", Some(11)),
        ("STALLS-A-13", None),
        ("STALLS-B-1", Some(12)),
        ("STALLS-B-130", Some(141)),
        ("STALLS-B-131", None),
        ("A-1", Some(142)),
        ("A-3", Some(144)),
        ("A-4", None),
        ("B-1", None),
        ("Côté cour-B.1-2", Some(146)),
        ("STALLS-1", Some(147)),
        ("A-0", None),
        ("A-01", None),
        ("A-+1", None),
        ("A--1", None),
        ("A- 1", None),
        ("A-1 ", None),
        ("A-", None),
        ("A-١", None),
        ("A-x", None),
        ("A-4294967297", None),
        ("A-99999999999999999999", None),
        ("a-1", None),
        (" A-1", None),
        ("-A-1", None),
        ("STALLS-C-1", None),
        ("ZZZ-1", None),
        ("STALLS-A-A-1", None),
        ("1", None),
        ("-1", None),
        ("-", None),
        ("", None),
    ] {
        assert_eq!(map.seat(label), seat, "{label}");
    }
}

#[test]
fn every_seat_is_found_by_the_label_of_its_place() {
    let map = map();
    assert_eq!(map.total_seats(), 148);
    for seat in 0..map.total_seats() {
        let place = map.place(seat).unwrap();
        assert_eq!(map.seat(&place.to_string()), Some(seat), "{place}");
        assert_eq!(&map.rows()[place.row_index], place.row);
    }
    assert_eq!(map.place(148), None);
    assert_eq!(map.place(u32::MAX), None);
    let place = map.place(141).unwrap();
    assert_eq!((place.row_index, place.number, place.to_string()), (1, 130, "STALLS-B-130".to_owned()));
}

#[test]
fn maps_are_equal_by_their_rows() {
    let positions = vec![SeatPosition { x: 0, y: 0 }; 3];
    let drawn = SeatMap::new(vec![SeatRow { positions, ..row(None, "A", 3) }]);
    assert_eq!(map(), map());
    assert_ne!(drawn, SeatMap::new(vec![row(None, "A", 3)]));
    assert_ne!(map(), SeatMap::new(Vec::new()));
}

#[test]
fn a_map_of_nonsense_is_still_a_map() {
    let map = SeatMap::new(vec![
        row(None, "", 0),
        row(None, "A", 2),
        row(None, "A", 5),
        row(None, "B-1", 1),
        row(None, "C", u32::MAX),
        row(Some(""), "D", u32::MAX),
    ]);
    assert_eq!(map.total_seats(), 100_000, "no more than are allowed");
    for (label, seat) in
        [("A-2", Some(1)), ("A-3", None), ("B-1-1", None), ("-1", None), ("C-99992", Some(99_999))]
    {
        assert_eq!(map.seat(label), seat, "{label}");
    }
    assert_eq!(map.seat("C-99993"), None);
    assert_eq!(map.seat("-D-1"), None);
    assert_eq!(map.place(7).unwrap().to_string(), "B-1-1");
    let empty = SeatMap::new(Vec::new());
    assert_eq!((empty.total_seats(), empty.place(0), empty.seat("A-1")), (0, None, None));
}
