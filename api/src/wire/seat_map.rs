//! The seats of a type as organizers send them: a number, or rows of numbered seats.

use std::sync::Arc;

use boxoffice_engine::concert::{Layout, SeatMap, SeatPosition, SeatRow};
use boxoffice_engine::limits;

use crate::json::{Hundredths, Integer, Json, ObjectReader, Rule, Text};

/// Where a seat is drawn: `[x, y]`.
#[derive(Clone, Copy)]
struct Position;

impl Rule for Position {
    type Value = SeatPosition;

    fn read(self, json: Json) -> Result<SeatPosition, String> {
        let distance = Hundredths { farthest: limits::SEAT_POSITION_HUNDREDTHS_MAX };
        let Json::Array(pair) = json else { return Err(format!("must be [x, y], not {}", json.kind())) };
        let Ok([x, y]) = <[Json; 2]>::try_from(pair) else { return Err("must be [x, y]".to_owned()) };
        let x = distance.read(x).map_err(|detail| format!("has an x that {detail}"))?;
        let y = distance.read(y).map_err(|detail| format!("has a y that {detail}"))?;
        Ok(SeatPosition { x, y })
    }
}

/// Reads `rows` or `totalSeats`: one of them must be there.
pub(super) fn read_layout(fields: &mut ObjectReader<'_>) -> Layout {
    if !fields.has("rows") {
        let total_seats = fields.required("totalSeats", Integer::of(1..=limits::TOTAL_SEATS_MAX));
        // What is missing or wrong is a fault already: one more about a stand-in would say nothing.
        return Layout::GeneralAdmission { total_seats: total_seats.max(1) };
    }
    fields.refuse("totalSeats", "follows from the rows: give one or the other");
    let Some(rows) = fields.object_slots("rows", 1..=limits::SEAT_ROWS_MAX, read_row) else {
        return Layout::GeneralAdmission { total_seats: 1 };
    };
    let rows = rows.into_iter().enumerate().map(|(index, row)| row.unwrap_or_else(|| stand_in(index)));
    Layout::Numbered(Arc::new(SeatMap::new(rows.collect())))
}

fn read_row(row: &mut ObjectReader<'_>) -> SeatRow {
    let seats = row.required("seats", Integer::of(1..=limits::SEATS_PER_ROW_MAX));
    let positions = row.value_slots("positions", 1..=limits::SEATS_PER_ROW_MAX as usize, Position);
    let positions = positions.unwrap_or_default().into_iter().map(|position| position.unwrap_or(ORIGIN));
    SeatRow {
        section: row.optional("section", Text::any()),
        label: row.required("label", Text::any()),
        seats: seats.max(1),
        // Nobody knows how many there should be where the number of seats is wrong itself.
        positions: if seats == 0 { Vec::new() } else { positions.collect() },
    }
}

/// Stands in for a position that is wrong.
const ORIGIN: SeatPosition = SeatPosition { x: 0, y: 0 };

/// Stands in for what is no row, under a name that hardly any other has.
fn stand_in(index: usize) -> SeatRow {
    SeatRow { section: None, label: format!("?{index}"), seats: 1, positions: Vec::new() }
}
