//! Rows, labels and places: what of the numbered seats never changes.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::row::SEATS_PER_WORD;
use crate::limits;

/// One row of seats, numbered from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatRow {
    /// The part of the hall that the row belongs to, where there are parts.
    #[serde(deserialize_with = "crate::form::optional_text")]
    pub section: Option<String>,
    /// What the row is called; unique within its section.
    #[serde(deserialize_with = "crate::form::text")]
    pub label: String,
    /// How many seats it has.
    pub seats: u32,
    /// Where its seats are drawn: one position per seat, or none.
    pub positions: Vec<SeatPosition>,
}

/// Where a seat is drawn, in hundredths of the map's unit: whole numbers, so that maps can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatPosition {
    /// To the right.
    pub x: i32,
    /// Away from the stage.
    pub y: i32,
}

/// The seats of a numbered seat type: rows in order of preference, the first is nearest the stage. It never changes, so one map
/// can be shared by all who look at it.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Vec<SeatRow>")]
pub struct SeatMap {
    rows: Vec<SeatRow>,
    /// One per row, in the same order.
    extents: Vec<Extent>,
    /// The rows by section and label.
    by_label: Vec<usize>,
    total_seats: u32,
    total_words: usize,
}

/// Where the seats of a row are among all seats, and their bits among all bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// The place of its first seat.
    pub(super) first_seat: u32,
    /// How many seats it has.
    pub(super) seats: u32,
    /// The word that holds its first seat.
    pub(super) first_word: usize,
    /// How many words it has.
    pub(super) words: usize,
    /// Rows that follow one another in the same section have the same number.
    pub(super) stretch: u32,
}

/// A seat of a map. It is displayed as its label: `A-12`, or `STALLS-A-12` where the row has a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The row it is in.
    pub row: &'a SeatRow,
    /// Which row of the map that is, from 0.
    pub row_index: usize,
    /// Its number within the row, from 1.
    pub number: u32,
}

impl SeatMap {
    /// A map of these rows. They are expected to be without [faults](super::row_faults); of rows that are not, the seats beyond
    /// [`limits::SEATS_NUMBERED_MAX`] are left out, and of two rows of one name the first is found by it.
    pub fn new(rows: Vec<SeatRow>) -> Self {
        let (mut total_seats, mut total_words, mut stretch) = (0, 0, 0);
        let mut extents = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            if index > 0 && rows[index - 1].section != row.section {
                stretch += 1;
            }
            let seats = row.seats.min(limits::SEATS_NUMBERED_MAX - total_seats);
            let words = seats.div_ceil(SEATS_PER_WORD) as usize;
            extents.push(Extent { first_seat: total_seats, seats, first_word: total_words, words, stretch });
            total_seats += seats;
            total_words += words;
        }
        let mut by_label: Vec<usize> = (0..rows.len()).collect();
        by_label.sort_by_key(|index| rows[*index].name());
        Self { rows, extents, by_label, total_seats, total_words }
    }

    /// The rows, nearest the stage first.
    pub fn rows(&self) -> &[SeatRow] {
        &self.rows
    }

    /// Seats in all.
    pub fn total_seats(&self) -> u32 {
        self.total_seats
    }

    /// The place of the seat with this label, which is written exactly as [`Place`] displays it.
    pub fn seat(&self, label: &str) -> Option<u32> {
        let (row, number) = label.rsplit_once('-')?;
        let name = match row.split_once('-') {
            Some((section, label)) => (Some(section), label),
            None => (None, row),
        };
        let found = self.by_label.partition_point(|index| self.rows[*index].name() < name);
        let index = *self.by_label.get(found)?;
        let extent = self.extents[index];
        let number = seat_number(number)?;
        let exists = self.rows[index].name() == name && number <= extent.seats;
        exists.then(|| extent.first_seat + number - 1)
    }

    /// The seat at this place.
    pub fn place(&self, seat: u32) -> Option<Place<'_>> {
        let (row_index, offset) = self.locate(seat)?;
        Some(Place { row: &self.rows[row_index], row_index, number: offset + 1 })
    }

    /// The row of the seat at this place and how many seats of the row come before it.
    pub(super) fn locate(&self, seat: u32) -> Option<(usize, u32)> {
        if seat >= self.total_seats {
            return None;
        }
        // The first row begins at 0, so at least one begins here or before.
        let row = self.extents.partition_point(|extent| extent.first_seat <= seat) - 1;
        Some((row, seat - self.extents[row].first_seat))
    }

    pub(super) fn extents(&self) -> &[Extent] {
        &self.extents
    }

    pub(super) fn total_words(&self) -> usize {
        self.total_words
    }
}

/// As its rows: all else of a map follows from them.
impl Serialize for SeatMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rows.serialize(serializer)
    }
}

impl From<Vec<SeatRow>> for SeatMap {
    fn from(rows: Vec<SeatRow>) -> Self {
        Self::new(rows)
    }
}

/// By their rows, likewise.
impl PartialEq for SeatMap {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl Eq for SeatMap {}

impl SeatRow {
    /// What tells it from all other rows of its map.
    pub(super) fn name(&self) -> (Option<&str>, &str) {
        (self.section.as_deref(), &self.label)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(section) = &self.row.section {
            write!(formatter, "{section}-")?;
        }
        write!(formatter, "{}-{}", self.row.label, self.number)
    }
}

/// A number from 1 as it is displayed, so that no seat has two labels: without a sign and without leading zeros.
fn seat_number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if is_plain { text.parse().ok() } else { None }
}
