//! What is wrong with the rows of a seat map.

use std::collections::{BTreeMap, BTreeSet};

use super::map::{Place, SeatMap, SeatPosition, SeatRow};
use crate::concert::terms::checks;
use crate::faults::Faults;
use crate::limits;

/// Everything about the rows that cannot be accepted; `base` is the pointer of what has them as its `rows`. Of each row the first
/// bad position is named.
pub fn row_faults(rows: &[SeatRow], base: &str, faults: &mut Faults) {
    if !(1..=limits::SEAT_ROWS_MAX).contains(&rows.len()) {
        let detail = format!("has {} rows; 1 to {} are allowed", rows.len(), limits::SEAT_ROWS_MAX);
        faults.add(format!("{base}/rows"), detail);
    }
    let seats: u64 = rows.iter().map(|row| u64::from(row.seats)).sum();
    if !(1..=u64::from(limits::SEATS_NUMBERED_MAX)).contains(&seats) {
        let detail = format!("has {seats} seats in all; 1 to {} are allowed", limits::SEATS_NUMBERED_MAX);
        faults.add(format!("{base}/rows"), detail);
    }
    let mut names = BTreeSet::new();
    for (index, row) in rows.iter().enumerate().take(limits::SEAT_ROWS_MAX) {
        if faults.is_full() {
            break;
        }
        faults.merge(one_row_faults(row, !names.insert(row.name()), &format!("{base}/rows/{index}")));
    }
}

fn one_row_faults(row: &SeatRow, is_named_twice: bool, base: &str) -> Faults {
    let mut faults = Faults::default();
    if let Some(section) = &row.section {
        faults.check(format!("{base}/section"), label(section));
    }
    faults.check(format!("{base}/label"), label(&row.label));
    if is_named_twice {
        let detail = format!("another row of this section is called {:?}", row.label);
        faults.add(format!("{base}/label"), detail);
    }
    let seats = 1..=limits::SEATS_PER_ROW_MAX;
    faults.check(format!("{base}/seats"), checks::within(i64::from(row.seats), &seats));
    let positions = row.positions.len();
    if positions != 0 && positions != row.seats as usize {
        let detail = format!("has {positions} positions for {} seats; one for each or none", row.seats);
        faults.add(format!("{base}/positions"), detail);
    }
    if let Some((place, axis)) = first_far_away(&row.positions) {
        let farthest = limits::SEAT_POSITION_HUNDREDTHS_MAX / 100;
        let detail = format!("must lie between -{farthest} and {farthest}");
        faults.add(format!("{base}/positions/{place}/{axis}"), detail);
    }
    faults
}

/// What the rows of a concert's seat types are called. The seats of every row are numbered from 1, so two rows of one name would have
/// seats of the same label; and a label is all that a ticket tells at the door.
#[derive(Default)]
pub(in crate::concert) struct RowNames<'a> {
    /// The seat type that has it, by what tells a row from all others.
    seat_types: BTreeMap<(Option<&'a str>, &'a str), &'a str>,
}

impl<'a> RowNames<'a> {
    /// Takes in the rows of a seat type. Of two types that have one, the first stands.
    pub(in crate::concert) fn add(&mut self, seat_type: &'a str, map: &'a SeatMap) {
        for row in map.rows().iter().take(limits::SEAT_ROWS_MAX) {
            self.seat_types.entry(row.name()).or_insert(seat_type);
        }
    }

    /// Notes the rows that a seat type taken in before has, too; `base` is the pointer of the seat type of this map.
    pub(in crate::concert) fn check(&self, map: &SeatMap, base: &str, faults: &mut Faults) {
        for (index, row) in map.rows().iter().enumerate().take(limits::SEAT_ROWS_MAX) {
            let Some(seat_type) = self.seat_types.get(&row.name()) else { continue };
            if faults.is_full() {
                break;
            }
            let seat = Place { row, row_index: index, number: 1 };
            let detail = format!(
                "seat {seat} is of seat type {seat_type:?} already; give the row another label or a section"
            );
            faults.add(format!("{base}/rows/{index}/label"), detail);
        }
    }
}

/// A row's label or a section's name: no `-`, which parts them in the label of a seat.
fn label(text: &str) -> Result<(), String> {
    checks::line(text, 1, limits::SEAT_LABEL_CHARS_MAX)?;
    if text.contains('-') {
        return Err(format!("must not contain '-', but is {text:?}"));
    }
    Ok(())
}

/// Which position is the first beyond what is allowed, and on which axis.
fn first_far_away(positions: &[SeatPosition]) -> Option<(usize, &'static str)> {
    let is_far =
        |distance: i32| distance.unsigned_abs() > limits::SEAT_POSITION_HUNDREDTHS_MAX.unsigned_abs();
    let far_axis = |position: &SeatPosition| match position {
        SeatPosition { x, .. } if is_far(*x) => Some("x"),
        SeatPosition { y, .. } if is_far(*y) => Some("y"),
        SeatPosition { .. } => None,
    };
    positions.iter().enumerate().find_map(|(place, position)| Some((place, far_axis(position)?)))
}
