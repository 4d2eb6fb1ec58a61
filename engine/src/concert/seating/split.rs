//! A party that no row can seat together: in which rows it is seated, and in which parts.

use std::cmp::Reverse;
use std::ops::Range;

use super::best::{Cost, cost};
use super::map::SeatMap;
use super::row::{Run, Tally};
use super::states::SeatStates;

/// Who of a party may sit without a neighbour of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alone {
    /// Parts of two seats and more.
    Nobody,
    /// Parts of any size.
    Somebody,
}

/// A run of a window.
#[derive(Clone, Copy)]
struct Choice {
    row: usize,
    run: Run,
}

/// Seats of the party within one run.
#[derive(Clone, Copy)]
struct Part {
    choice: Choice,
    seats: u32,
}

/// What the rows of a window offer together.
#[derive(Clone, Copy, Default)]
struct Offer {
    seats: u32,
    rows_with_three: u32,
}

impl Offer {
    fn with(self, tally: Tally, alone: Alone) -> Self {
        let (seats, threes) = Self::of(tally, alone);
        Self { seats: self.seats + seats, rows_with_three: self.rows_with_three + threes }
    }

    fn without(self, tally: Tally, alone: Alone) -> Self {
        let (seats, threes) = Self::of(tally, alone);
        Self { seats: self.seats - seats, rows_with_three: self.rows_with_three - threes }
    }

    fn of(tally: Tally, alone: Alone) -> (u32, u32) {
        let seats = if alone == Alone::Nobody { tally.paired } else { tally.free };
        (seats, u32::from(tally.has_three))
    }

    /// Whether a party can be seated. Without anybody alone, parts of two make up every even number, and one part of three makes it
    /// odd.
    fn is_enough(self, quantity: u32, alone: Alone) -> bool {
        let is_odd = quantity % 2 == 1;
        self.seats >= quantity && (alone == Alone::Somebody || !is_odd || self.rows_with_three > 0)
    }
}

/// The fewest consecutive rows that can seat a party, the first of as few: two pointers that only go forward.
pub(super) fn smallest_window(
    map: &SeatMap,
    tallies: &[Tally],
    quantity: u32,
    alone: Alone,
    in_one_section: bool,
) -> Option<Range<usize>> {
    let extents = map.extents();
    let mut smallest: Option<Range<usize>> = None;
    let mut first = 0;
    let mut offer = Offer::default();
    for (last, tally) in tallies.iter().enumerate() {
        if in_one_section && extents[first].stretch != extents[last].stretch {
            first = last;
            offer = Offer::default();
        }
        offer = offer.with(*tally, alone);
        while offer.is_enough(quantity, alone) {
            if smallest.as_ref().is_none_or(|smallest| last + 1 - first < smallest.len()) {
                smallest = Some(first..last + 1);
            }
            offer = offer.without(tallies[first], alone);
            first += 1;
        }
    }
    smallest
}

impl SeatStates {
    /// The seats of a party in a window that can seat it.
    pub(super) fn split(&self, map: &SeatMap, window: Range<usize>, quantity: u32, alone: Alone) -> Vec<u32> {
        let extents = map.extents();
        let shortest = if alone == Alone::Nobody { 2 } else { 1 };
        let mut choices: Vec<Choice> = window
            .flat_map(|row| self.row(&extents[row]).runs().map(move |run| Choice { row, run }))
            .filter(|choice| choice.run.length >= shortest)
            .collect();
        let as_block = |choice: &Choice| cost(choice.row, &extents[choice.row], choice.run);
        choices.sort_by_cached_key(|choice| (Reverse(choice.run.length), as_block(choice)));
        let mut seats: Vec<u32> = Vec::with_capacity(quantity as usize);
        for Part { choice: Choice { row, run }, seats: part } in parts(map, &choices, quantity, alone) {
            let extent = extents[row];
            let first = extent.first_seat + run.spot(part, extent.seats).start;
            seats.extend(first..first + part);
        }
        seats.sort_unstable();
        seats
    }
}

/// As few parts as possible of a party that these runs, the longest first, can seat.
fn parts(map: &SeatMap, choices: &[Choice], quantity: u32, alone: Alone) -> Vec<Part> {
    let mut left = quantity;
    let mut parts = Vec::new();
    for choice in choices {
        if choice.run.length >= left {
            break;
        }
        left -= choice.run.length;
        parts.push(Part { choice: *choice, seats: choice.run.length });
    }
    let rest = &choices[parts.len()..];
    if left == 1 && alone == Alone::Nobody {
        left += yielded(&mut parts, rest);
    }
    let last = rest.iter().take_while(|choice| choice.run.length >= left).min_by_key(|choice| {
        let (leaves_orphan, cost) = last_place(map, choice, left);
        (leaves_orphan, cost, choice.row, choice.run.start)
    });
    parts.extend(last.map(|choice| Part { choice: *choice, seats: left }));
    parts
}

/// How many seats one of the parts, all of them whole runs, yields to the last part, which is of one seat so far.
fn yielded(parts: &mut [Part], rest: &[Choice]) -> u32 {
    let has_three = rest.first().is_some_and(|choice| choice.run.length >= 3);
    let wanted = if has_three { [2, 1] } else { [1, 1] };
    for seats in wanted {
        if let Some(part) = parts.iter_mut().rev().find(|part| part.seats >= 2 + seats) {
            part.seats -= seats;
            return seats;
        }
    }
    0
}

/// Whether the last part leaves an orphan in a run, and what its seats cost.
fn last_place(map: &SeatMap, choice: &Choice, seats: u32) -> (bool, Cost) {
    let extent = &map.extents()[choice.row];
    let spot = choice.run.spot(seats, extent.seats);
    (spot.leaves_orphan, cost(choice.row, extent, Run { start: spot.start, length: seats }))
}
