//! The answer of `/concerts/{id}/seats`, written straight into bytes: a hall has tens of thousands of seats, and all that is
//! different about each of them is a number and a word.

use std::io::Write;

use boxoffice_engine::concert::{
    ConcertView, Counts, SeatMap, SeatPosition, SeatRow, SeatStates, SeatStatus, SeatType,
};
use boxoffice_engine::ids::SeatTypeId;
use serde::Serialize;

use super::audience::Audience;
use crate::respond::{Amount, text};

/// Room for one seat with a section and a position: 60,000 of them take 97 bytes each.
const SEAT_BYTES_EXPECTED: usize = 100;
const SEAT_TYPE_BYTES_EXPECTED: usize = 256;

/// The counters of a seat type; also the answer where seats are set aside.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeatTypeCounts<'a> {
    #[serde(serialize_with = "text")]
    id: SeatTypeId,
    name: &'a str,
    price: Amount,
    total_seats: u32,
    available: u32,
    held: u32,
    booked: u32,
    blocked: u32,
}

impl<'a> SeatTypeCounts<'a> {
    fn new(view: &ConcertView, (id, seat_type, counts): (SeatTypeId, &'a SeatType, Counts)) -> Self {
        Self {
            id,
            name: &seat_type.name,
            price: Amount { minor: seat_type.price, currency: view.terms.currency },
            total_seats: seat_type.layout.total_seats(),
            available: counts.available,
            held: counts.held,
            booked: counts.booked,
            blocked: counts.blocked,
        }
    }

    /// One seat type of a concert.
    pub(crate) fn of(view: &'a ConcertView, id: SeatTypeId) -> Option<Self> {
        view.seat_types().find(|(known, ..)| *known == id).map(|found| Self::new(view, found))
    }
}

/// How many numbered seats an audience is shown.
pub(crate) fn numbered_seats(view: &ConcertView, audience: &Audience) -> u64 {
    let maps = audience.seat_types(view).filter_map(|(_, seat_type, _)| seat_type.layout.map());
    maps.map(|map| u64::from(map.total_seats())).sum()
}

/// All that an audience sees of a concert's seats.
///
/// # Errors
/// When it cannot be serialized: then it was put together wrongly.
pub(crate) fn seats(view: &ConcertView, audience: &Audience) -> serde_json::Result<Vec<u8>> {
    let numbered = usize::try_from(numbered_seats(view, audience)).unwrap_or(0);
    let mut out = Vec::with_capacity(SEAT_TYPE_BYTES_EXPECTED + numbered * SEAT_BYTES_EXPECTED);
    push(&mut out, format_args!(r#"{{"concertId":"{}","sequence":{},"seatTypes":["#, view.id, view.sequence));
    for (index, found) in audience.seat_types(view).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        serde_json::to_writer(&mut out, &SeatTypeCounts::new(view, found))?;
        let (id, seat_type, _) = found;
        let seating = view.seating.get(id.number.index()).and_then(Option::as_deref);
        if let (Some(map), Some(seating)) = (seat_type.layout.map(), seating) {
            // The object's end makes room for one member more.
            out.pop();
            out.extend_from_slice(br#","seats":["#);
            push_seats(&mut out, map, seating)?;
            out.extend_from_slice(b"]}");
        }
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

fn push_seats(out: &mut Vec<u8>, map: &SeatMap, seating: &SeatStates) -> serde_json::Result<()> {
    let mut statuses = seating.statuses(map);
    for (index, row) in map.rows().iter().enumerate() {
        let [before, between] = row_parts(row)?;
        for number in 1..=row.seats {
            let Some(status) = statuses.next() else { return Ok(()) };
            if index > 0 || number > 1 {
                out.push(b',');
            }
            out.extend_from_slice(&before);
            push_number(out, number);
            out.extend_from_slice(&between);
            push_number(out, number);
            if let Some(SeatPosition { x, y }) = row.positions.get(number as usize - 1) {
                out.extend_from_slice(br#","x":"#);
                push_hundredths(out, *x);
                out.extend_from_slice(br#","y":"#);
                push_hundredths(out, *y);
            }
            out.extend_from_slice(end_of(status));
        }
    }
    Ok(())
}

/// What stands before a seat's number in its label, and from there to the number itself: the same for the whole row.
fn row_parts(row: &SeatRow) -> serde_json::Result<[Vec<u8>; 2]> {
    let label = serde_json::to_string(&row.label)?;
    let inner = |text: &str| text[1..text.len() - 1].to_owned();
    let (mut before, mut between) = (br#"{"label":""#.to_vec(), br#"","row":"#.to_vec());
    between.extend_from_slice(label.as_bytes());
    if let Some(section) = &row.section {
        let section = serde_json::to_string(section)?;
        push(&mut before, format_args!("{}-", inner(&section)));
        push(&mut between, format_args!(r#","section":{section}"#));
    }
    push(&mut before, format_args!("{}-", inner(&label)));
    between.extend_from_slice(br#","number":"#);
    Ok([before, between])
}

fn end_of(status: SeatStatus) -> &'static [u8] {
    match status {
        SeatStatus::Available => br#","status":"available"}"#,
        SeatStatus::Held => br#","status":"held"}"#,
        SeatStatus::Booked => br#","status":"booked"}"#,
        SeatStatus::Blocked => br#","status":"blocked"}"#,
    }
}

fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to bytes in memory cannot fail.
    let _ = out.write_fmt(text);
}

fn push_number(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Hundredths as a number without zeros at its end.
fn push_hundredths(out: &mut Vec<u8>, hundredths: i32) {
    if hundredths < 0 {
        out.push(b'-');
    }
    let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    push_number(out, whole);
    if rest > 0 {
        out.push(b'.');
        push_number(out, rest / 10);
        if rest % 10 > 0 {
            push_number(out, rest % 10);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<SeatRow> {
        let position = |x, y| SeatPosition { x, y };
        vec![
            SeatRow {
                section: Some("\"Left\"".to_owned()),
                label: "A\\".to_owned(),
                seats: 3,
                positions: vec![position(0, -5), position(150, 20), position(-1_234, 100)],
            },
            SeatRow { section: None, label: "B".to_owned(), seats: 12, positions: Vec::new() },
        ]
    }

    #[test]
    fn every_seat_is_there_with_its_label_place_and_status() {
        let map = SeatMap::new(rows());
        let mut states = SeatStates::all_available(&map);
        states.set(&map, 1, SeatStatus::Held);
        states.set(&map, 2, SeatStatus::Blocked);
        states.set(&map, 14, SeatStatus::Booked);
        let mut out = b"[".to_vec();
        push_seats(&mut out, &map, &states).unwrap();
        out.push(b']');
        let seats: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
        assert_eq!(seats.len(), 15);
        assert_eq!(
            seats[1],
            serde_json::json!({
                "label": "\"Left\"-A\\-2", "row": "A\\", "section": "\"Left\"", "number": 2,
                "x": 1.5, "y": 0.2, "status": "held",
            })
        );
        assert_eq!((&seats[0]["x"], &seats[0]["y"]), (&0.into(), &(-0.05).into()));
        assert_eq!((&seats[2]["x"], &seats[2]["y"]), (&(-12.34).into(), &1.into()));
        assert_eq!(seats[2]["status"], "blocked");
        assert_eq!(
            seats[14],
            serde_json::json!({"label": "B-12", "row": "B", "number": 12, "status": "booked"})
        );
        for (place, seat) in (0..).zip(&seats) {
            assert_eq!(map.seat(seat["label"].as_str().unwrap()), Some(place));
        }
    }
}
