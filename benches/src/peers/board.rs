//! The figures of all contenders, by round.

use crate::figures::{median, ratios};

/// What became of a contender under a workload.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Bookings per second, of each round.
    Measured(Vec<f64>),
    /// It could not be measured here.
    NotMeasured,
    /// It is not made for that.
    NotMeant,
}

impl Cell {
    /// The lowest, the median and the highest of the rounds, where there are any.
    pub fn spread(&self) -> Option<Spread> {
        let Self::Measured(rounds) = self else { return None };
        let lowest = rounds.iter().copied().min_by(f64::total_cmp)?;
        let highest = rounds.iter().copied().max_by(f64::total_cmp)?;
        Some(Spread { lowest, median: median(rounds), highest })
    }

    /// How many times the other one it was, round by round: the lowest, the median and the highest. Nothing is a number of times
    /// nothing.
    pub fn times(&self, other: &Self) -> Option<Spread> {
        let (Self::Measured(these), Self::Measured(others)) = (self, other) else { return None };
        if others.contains(&0.0) {
            return None;
        }
        Self::Measured(ratios(these, others)).spread()
    }
}

/// Figures of several rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The lowest.
    pub lowest: f64,
    /// The median.
    pub median: f64,
    /// The highest.
    pub highest: f64,
}

/// One contender.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// Whether it is Boxoffice, or a peer of it.
    pub ours: bool,
    /// Its figures, by workload.
    pub cells: Vec<Cell>,
}

/// Who did what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// What was asked of all.
    pub workloads: Vec<String>,
    /// Who was asked.
    pub rows: Vec<Row>,
    /// What one has to know to read the figures.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_rounds_does_not_depend_on_their_order() {
        let expected = Spread { lowest: 1.0, median: 2.0, highest: 9.0 };
        for rounds in [[1.0, 2.0, 9.0], [9.0, 1.0, 2.0], [2.0, 9.0, 1.0]] {
            assert_eq!(Cell::Measured(rounds.to_vec()).spread(), Some(expected));
        }
        assert_eq!(Cell::Measured(Vec::new()).spread(), None);
        assert_eq!(Cell::NotMeasured.spread(), None);
        assert_eq!(Cell::NotMeant.spread(), None);
    }

    #[test]
    fn contenders_are_held_against_each_other_round_by_round() {
        let (ours, theirs) = (Cell::Measured(vec![10.0, 90.0, 40.0]), Cell::Measured(vec![5.0, 15.0, 40.0]));
        // The ratio of the medians would be 40 / 15.
        assert_eq!(ours.times(&theirs), Some(Spread { lowest: 1.0, median: 2.0, highest: 6.0 }));
        assert_eq!(ours.times(&Cell::NotMeasured), None);
        assert_eq!(Cell::NotMeant.times(&theirs), None);
        assert_eq!(ours.times(&Cell::Measured(vec![5.0, 0.0, 40.0])), None);
    }
}
