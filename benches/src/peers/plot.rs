//! The figures as a picture: for each workload a bar for each contender, with the lowest and the highest round.

use super::board::{Board, Cell, Row, Spread};
use crate::figures::rate;
use crate::svg::{Drawing, WIDTH};

/// Measures, in units of the picture.
const LABELS: f64 = 230.0;
/// Room for the figure behind the longest bar.
const FIGURES: f64 = 80.0;
const BAR: f64 = 16.0;
const BAR_STEP: f64 = 22.0;
const TITLE: f64 = 34.0;
const GROUP_GAP: f64 = 14.0;
const MARGIN: f64 = 16.0;
const WHISKER: f64 = 4.0;

const HEADLINE: &str = "Durable bookings per second: the median, the lowest and the highest round";

/// Colours for light and, where the reader's screen is dark, for dark.
const STYLE: &str = "\
.ours { fill: #0969da }
.peer { fill: #8c959f }
.whisker { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
.ours { fill: #4493f8 }
.peer { fill: #6e7681 }
.whisker { stroke: #e6edf3 }
}";

/// The picture, as SVG. All bars have the same scale.
pub fn svg(board: &Board) -> String {
    let highest = board.rows.iter().flat_map(|row| &row.cells).filter_map(Cell::spread);
    let highest = highest.map(|spread| spread.highest).fold(1.0, f64::max);
    let scale = (WIDTH - LABELS - FIGURES - MARGIN) / highest;
    let mut drawing = Drawing::default();
    drawing.text("faint", "start", MARGIN, MARGIN + BAR, HEADLINE);
    let mut y = MARGIN + TITLE;
    for (workload, title) in board.workloads.iter().enumerate() {
        let shown: Vec<_> =
            board.rows.iter().filter_map(|row| Some((row, row.cells.get(workload)?.spread()?))).collect();
        if shown.is_empty() {
            continue;
        }
        drawing.text("title", "start", MARGIN, y + BAR, title);
        y += TITLE;
        for (row, spread) in shown {
            bar(&mut drawing, y, row, spread, scale);
            y += BAR_STEP;
        }
        y += GROUP_GAP;
    }
    drawing.finished("Durable bookings per second", y, STYLE)
}

fn bar(to: &mut Drawing, y: f64, row: &Row, spread: Spread, scale: f64) {
    let Spread { lowest, median, highest } = spread;
    let middle = y + BAR / 2.0;
    let [low, end, high] = [lowest, median, highest].map(|figure| LABELS + figure * scale);
    let class = if row.ours { "ours" } else { "peer" };
    to.text("name", "start", MARGIN, middle + 4.5, &row.name);
    let width = end - LABELS;
    to.push(format_args!(
        "<rect class=\"{class}\" x=\"{LABELS}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\"/>"
    ));
    let (top, bottom) = (middle - WHISKER, middle + WHISKER);
    to.push(format_args!(
        "<path class=\"whisker\" d=\"M{low:.1} {top}V{bottom}M{low:.1} {middle}H{high:.1}M{high:.1} {top}V{bottom}\"/>"
    ));
    to.text("faint", "start", high + 6.0, middle + 4.5, &rate(median));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Board {
        let row =
            |name: &str, ours, cells: [Cell; 2]| Row { name: name.to_owned(), ours, cells: cells.to_vec() };
        let measured = |rounds: [f64; 3]| Cell::Measured(rounds.to_vec());
        Board {
            workloads: vec!["a few".to_owned(), "a crowd".to_owned()],
            rows: vec![
                row("us", true, [measured([4e3, 2e3, 1e3]), measured([8e3, 8e3, 8e3])]),
                row("them", false, [Cell::NotMeasured, Cell::NotMeant]),
            ],
            notes: Vec::new(),
        }
    }

    #[test]
    fn bars_are_as_long_as_their_medians_on_one_scale() {
        let picture = svg(&board());
        let room = WIDTH - LABELS - FIGURES - MARGIN;
        for part in [1.0, 4.0] {
            let width = format!(" width=\"{:.1}\" height=\"{BAR}\"", room / 4.0 * part);
            assert_eq!(picture.matches(&width).count(), 1, "one bar is{width}: {picture}");
        }
        let whisker = format!("M{:.1} ", LABELS + room / 8.0);
        assert!(picture.contains(&whisker), "the lowest round is at {whisker}: {picture}");
    }

    #[test]
    fn who_was_not_measured_has_no_bar() {
        let picture = svg(&board());
        assert_eq!(
            (picture.matches("class=\"ours\"").count(), picture.matches("class=\"peer\"").count()),
            (2, 0)
        );
        let nothing = svg(&Board { rows: Vec::new(), ..board() });
        assert!(!nothing.contains("class=\"title\""), "{nothing}");
    }
}
