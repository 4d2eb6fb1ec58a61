//! Halls as drawings.

use boxoffice_engine::concert::{SeatMap, SeatRow, SeatStates, SeatStatus};

/// A row without positions.
pub(crate) fn row(section: Option<&str>, label: &str, seats: u32) -> SeatRow {
    SeatRow { section: section.map(str::to_owned), label: label.to_owned(), seats, positions: Vec::new() }
}

/// A number of seats.
pub(crate) fn count(seats: usize) -> u32 {
    u32::try_from(seats).expect("the halls of tests are small")
}

/// A hall as it is drawn: a line a row, a character a seat. `.` is available, `h` held, `b` booked and `x` blocked; what comes
/// before a `|` is the row's section. Rows are called 1, 2 and so on.
pub(crate) fn hall(drawing: &[&str]) -> (SeatMap, SeatStates) {
    let lines: Vec<(Option<&str>, &str)> = drawing
        .iter()
        .map(|line| line.split_once('|').map_or((None, *line), |(a, b)| (Some(a), b)))
        .collect();
    let rows = lines
        .iter()
        .enumerate()
        .map(|(index, (section, seats))| row(*section, &(index + 1).to_string(), count(seats.len())));
    let map = SeatMap::new(rows.collect());
    let mut states = SeatStates::all_available(&map);
    let characters = lines.iter().flat_map(|(_, seats)| seats.chars());
    for (seat, character) in (0..).zip(characters) {
        let drawn = match character {
            '.' => SeatStatus::Available,
            'h' => SeatStatus::Held,
            'b' => SeatStatus::Booked,
            'x' => SeatStatus::Blocked,
            other => unreachable!("{other:?} is no seat"),
        };
        states.set(&map, seat, drawn);
    }
    (map, states)
}

/// The hall's drawing with `O` for the seats that were chosen.
pub(crate) fn drawn(drawing: &[&str], chosen: &[u32]) -> Vec<String> {
    let mut seat = 0;
    let mut draw = |line: &&str| {
        let (section, seats) =
            line.split_once('|').map_or(("", *line), |(section, _)| line.split_at(section.len() + 1));
        let mut drawn = section.to_owned();
        for character in seats.chars() {
            drawn.push(if chosen.contains(&seat) { 'O' } else { character });
            seat += 1;
        }
        drawn
    };
    drawing.iter().map(&mut draw).collect()
}
