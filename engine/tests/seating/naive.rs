//! What the best available seats are, found the slow way: every block, every window, every composition of a party.

use std::collections::BTreeMap;
use std::ops::Range;

/// A row as it is looked at here.
#[derive(Clone, Debug)]
pub(crate) struct NaiveRow {
    pub(crate) section: Option<String>,
    pub(crate) free: Vec<bool>,
}

/// Whether a seat is free after these of its row are taken.
fn stays(free: &[bool], taken: &Range<usize>, seat: usize) -> bool {
    free[seat] && !taken.contains(&seat)
}

fn neighbours(seat: usize, seats: usize) -> impl Iterator<Item = usize> {
    [seat.checked_sub(1), Some(seat + 1)].into_iter().flatten().filter(move |other| *other < seats)
}

/// Whether to take these leaves a single seat in the row that was not single before.
pub(crate) fn leaves_orphan(free: &[bool], taken: &Range<usize>) -> bool {
    (0..free.len()).any(|seat| {
        let around = || neighbours(seat, free.len());
        let was_single = around().all(|other| !free[other]);
        stays(free, taken, seat) && !was_single && around().all(|other| !stays(free, taken, other))
    })
}

/// The block to be given, from all blocks there are: without an orphan, of least cost, in the first row, first in it.
pub(crate) fn best_block(rows: &[NaiveRow], quantity: usize) -> Option<(usize, Range<usize>)> {
    let mut blocks = Vec::new();
    for (index, NaiveRow { free, .. }) in rows.iter().enumerate() {
        for start in 0..free.len() {
            let block = start..start + quantity;
            if block.end <= free.len() && block.clone().all(|seat| free[seat]) {
                let across = (2 * start + quantity).abs_diff(free.len());
                let cost = across.pow(2) + (2 * index).pow(2);
                blocks.push((leaves_orphan(free, &block), cost, index, start));
            }
        }
    }
    blocks.into_iter().min().map(|(_, _, index, start)| (index, start..start + quantity))
}

/// The runs of free seats of a row.
pub(crate) fn runs(free: &[bool]) -> Vec<Range<usize>> {
    let is_free = |seat: usize| free.get(seat) == Some(&true);
    let starts = (0..free.len()).filter(|seat| is_free(*seat) && (*seat == 0 || !is_free(seat - 1)));
    let end = |start| (start..free.len()).find(|seat| !is_free(*seat)).unwrap_or(free.len());
    starts.map(|start| start..end(start)).collect()
}

/// The fewest parts of a party that these rows can seat, none smaller than `smallest`, each within a run.
fn fewest_parts(rows: &[NaiveRow], quantity: usize, smallest: usize) -> Option<usize> {
    let mut fewest = BTreeMap::from([(0, 0)]);
    for run in rows.iter().flat_map(|row| runs(&row.free)) {
        for (seated, parts) in fewest.clone() {
            for part in smallest..=run.len().min(quantity - seated) {
                let fewest = fewest.entry(seated + part).or_insert(usize::MAX);
                *fewest = (*fewest).min(parts + 1);
            }
        }
    }
    fewest.get(&quantity).copied()
}

/// How a party has to be split: in these rows, into so many parts, none smaller than that.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) window: Range<usize>,
    pub(crate) parts: usize,
    pub(crate) smallest: usize,
}

/// The split of a party that no row can seat together; `None` when too few seats are free.
pub(crate) fn best_split(rows: &[NaiveRow], quantity: usize) -> Option<Split> {
    for (smallest, in_one_section) in [(2, true), (2, false), (1, true), (1, false)] {
        for length in 1..=rows.len() {
            for first in 0..=rows.len() - length {
                let window = first..first + length;
                let seen = &rows[window.clone()];
                if in_one_section && seen.iter().any(|row| row.section != seen[0].section) {
                    continue;
                }
                if let Some(parts) = fewest_parts(seen, quantity, smallest) {
                    return Some(Split { window, parts, smallest });
                }
            }
        }
    }
    None
}
