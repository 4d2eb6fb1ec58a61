//! The seats that a party had best be given: one block if there is one, else few parts close together.

use super::map::{Extent, SeatMap};
use super::row::{Run, Tally};
use super::split::{Alone, smallest_window};
use super::states::SeatStates;

/// How far a block is from the focal point, the middle of the first row: the square of the distance between the two middles, in
/// half seats, where a row counts as far from the next as one seat from another.
pub(super) type Cost = u64;

/// Seats side by side of one row.
#[derive(Clone, Copy)]
struct Block {
    cost: Cost,
    row: usize,
    start: u32,
}

impl SeatStates {
    /// The best seats for a party, in ascending order; `None` only when fewer are available. The same states and quantity give the
    /// same seats, always.
    ///
    /// The cost of a block is its distance from the middle of the first row; of blocks that cost the same, the one in the row that
    /// comes first is taken, and in one row the one that begins first. An orphan is what
    /// [`leaves_orphan`](SeatStates::leaves_orphan) says. Of these the first that is possible:
    ///
    /// 1. The block of least cost that leaves no orphan.
    /// 2. The block of least cost: at this size there is always an orphan.
    /// 3. Parts of two seats and more, each within a run of free seats, in as few consecutive rows of one section as possible; of
    ///    windows as small the first.
    /// 4. The same, in rows of any sections.
    /// 5. As 3, and then as 4, with parts of one seat and more: somebody has to sit alone.
    ///
    /// The parts are as few as the window allows. They are whole runs, the longest first (of runs as long, the one of least cost);
    /// only the last part may be smaller than its run, and so it may choose: of the runs that are left and long enough, it takes one
    /// where it leaves no orphan, and of those the place of least cost. Where it would be one seat without need, a whole run yields
    /// it one of its seats, or two if neither is too short for that, because to yield one always leaves an orphan. The shortest of
    /// the whole runs that can does so, and keeps the seats of least cost that leave no orphan.
    pub fn best_available(&self, map: &SeatMap, quantity: u32) -> Option<Vec<u32>> {
        self.assert_made_for(map);
        if quantity == 0 {
            return Some(Vec::new());
        }
        if let Some(Block { row, start, .. }) = self.best_block(map, quantity) {
            let first = map.extents()[row].first_seat + start;
            return Some((first..first + quantity).collect());
        }
        let tallies: Vec<Tally> = map.extents().iter().map(|extent| self.row(extent).tally()).collect();
        let free: u32 = tallies.iter().map(|tally| tally.free).sum();
        if free < quantity {
            return None;
        }
        [Alone::Nobody, Alone::Somebody].into_iter().find_map(|alone| {
            let window = smallest_window(map, &tallies, quantity, alone, true)
                .or_else(|| smallest_window(map, &tallies, quantity, alone, false))?;
            Some(self.split(map, window, quantity, alone))
        })
    }

    /// The block of least cost that leaves no orphan, else that of least cost.
    fn best_block(&self, map: &SeatMap, quantity: u32) -> Option<Block> {
        let (mut best, mut best_with_orphan) = (None, None);
        for (row, extent) in map.extents().iter().enumerate().skip(self.first_open_row()) {
            // Rows only get farther away, and of the same cost the first is best.
            if best.is_some_and(|best: Block| row_cost(row) >= best.cost) {
                break;
            }
            let seats = self.row(extent);
            if !seats.may_seat(quantity) {
                continue;
            }
            for run in seats.runs().filter(|run| run.length >= quantity) {
                let Spot { start, leaves_orphan } = run.spot(quantity, extent.seats);
                let block = Block { cost: cost(row, extent, Run { start, length: quantity }), row, start };
                let best = if leaves_orphan { &mut best_with_orphan } else { &mut best };
                if best.is_none_or(|best| block.cost < best.cost) {
                    *best = Some(block);
                }
            }
        }
        best.or(best_with_orphan)
    }
}

/// What every block of a row costs at least.
fn row_cost(row: usize) -> Cost {
    let rows = row as Cost * 2;
    rows * rows
}

/// What these seats of a row cost as a block.
pub(super) fn cost(row: usize, extent: &Extent, block: Run) -> Cost {
    let seats = Cost::from(2 * block.start + block.length).abs_diff(Cost::from(extent.seats));
    seats * seats + row_cost(row)
}

/// Where in a run a part of it is best put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Whether it leaves a single seat of the run, because every place in it does.
    pub(super) leaves_orphan: bool,
    /// Seats of the row before it.
    pub(super) start: u32,
}

impl Run {
    /// Where so many seats, no more than the run has, cost least in a row of so many: without an orphan, if that can be.
    pub(super) fn spot(self, quantity: u32, row_seats: u32) -> Spot {
        let (first, last) = (self.start, self.start + self.length - quantity);
        // The farther a start is from this one, the more it costs.
        let middle = (row_seats - quantity) / 2;
        let spare = last - first;
        if spare == 1 {
            return Spot { start: middle.clamp(first, last), leaves_orphan: true };
        }
        // The one before the last, like the second, leaves a single seat beside it.
        let is_clean = |start: &u32| *start != first + 1 && *start + 1 != last;
        let nearest = middle.clamp(first, last);
        let around = [first, nearest.saturating_sub(1).max(first), nearest, (nearest + 1).min(last), last];
        let distance = |start: &u32| (2 * start + quantity).abs_diff(row_seats);
        let start = around.into_iter().filter(is_clean).min_by_key(|start| (distance(start), *start));
        Spot { start: start.unwrap_or(first), leaves_orphan: false }
    }
}
