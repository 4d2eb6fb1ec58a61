//! The figures as tables in Markdown, and where they go in a page.

use super::board::{Board, Cell, Row, Spread};
use crate::figures::rate;

/// What the tables stand between in a page.
pub const BEGIN: &str = "<!-- peers: benches/peers/run writes from here -->";
/// Where they end.
pub const END: &str = "<!-- peers: to here -->";

/// The figures of all, then how many times those of each peer the references make, then the notes. `references` are the rows that the
/// peers are held against.
pub fn markdown(board: &Board, references: &[&str]) -> String {
    let mut text = String::new();
    let head = |first: &str| {
        let rule: String = board.workloads.iter().map(|_| " ---: |").collect();
        format!("| {first} | {} |\n| --- |{rule}\n", board.workloads.join(" | "))
    };
    text += &head("durable bookings/s");
    for row in &board.rows {
        text += &line(row, row.cells.iter().map(figure));
    }
    for ours in board.rows.iter().filter(|row| references.contains(&&*row.name)) {
        text += "\n";
        text += &head(&format!("{} makes so many times those of", ours.name));
        for theirs in board.rows.iter().filter(|row| !row.ours) {
            let both = || ours.cells.iter().zip(&theirs.cells);
            if both().any(|(ours, theirs)| *ours != Cell::NotMeant && *theirs != Cell::NotMeant) {
                text += &line(theirs, both().map(|(ours, theirs)| times(ours, theirs)));
            }
        }
    }
    if !board.notes.is_empty() {
        text += "\n";
    }
    let notes = board.notes.iter().flat_map(|note| ["- ", note, "\n"]);
    text.extend(notes);
    text
}

fn line(row: &Row, cells: impl Iterator<Item = String>) -> String {
    format!("| {} | {} |\n", row.name, cells.collect::<Vec<_>>().join(" | "))
}

fn figure(cell: &Cell) -> String {
    match cell.spread() {
        Some(Spread { lowest, median, highest }) => {
            format!("**{}** ({} to {})", rate(median), rate(lowest), rate(highest))
        }
        None => absent(cell).to_owned(),
    }
}

fn times(ours: &Cell, theirs: &Cell) -> String {
    match ours.times(theirs) {
        Some(Spread { lowest, median, highest }) => format!("**{median:.2}** ({lowest:.2} to {highest:.2})"),
        None if theirs.spread().is_some() => absent(ours).to_owned(),
        None => absent(theirs).to_owned(),
    }
}

fn absent(cell: &Cell) -> &'static str {
    if *cell == Cell::NotMeant { "–" } else { "not measured" }
}

/// The page with this text between its marks, and nothing else changed.
///
/// # Errors
/// When the page does not have each mark once, in their order.
pub fn replaced(page: &str, text: &str) -> Result<String, String> {
    for mark in [BEGIN, END] {
        let found = page.matches(mark).count();
        if found != 1 {
            return Err(format!("the page has {found} times {mark:?}; hint: put it there once"));
        }
    }
    match (page.split_once(BEGIN), page.split_once(END)) {
        (Some((before, _)), Some((until_end, after))) if until_end.len() > before.len() => {
            Ok(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim()))
        }
        _ => Err(format!("{END:?} stands before {BEGIN:?}; hint: exchange them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold_medians_ratios_and_what_is_absent() {
        let measured = |rounds: [f64; 3]| Cell::Measured(rounds.to_vec());
        let row =
            |name: &str, ours, cells: [Cell; 2]| Row { name: name.to_owned(), ours, cells: cells.to_vec() };
        let board = Board {
            workloads: vec!["4".to_owned(), "64".to_owned()],
            rows: vec![
                row("us", true, [measured([3e4, 1e4, 2e4]), measured([2e5, 1e5, 3e5])]),
                row("them", false, [measured([1e4, 1e4, 1e4]), Cell::NotMeant]),
                row("others", false, [Cell::NotMeasured, measured([1e5, 1e5, 1e5])]),
            ],
            notes: vec!["on a machine".to_owned()],
        };
        let expected = "\
| durable bookings/s | 4 | 64 |
| --- | ---: | ---: |
| us | **20.0 k** (10.0 k to 30.0 k) | **200 k** (100 k to 300 k) |
| them | **10.0 k** (10.0 k to 10.0 k) | – |
| others | not measured | **100 k** (100 k to 100 k) |

| us makes so many times those of | 4 | 64 |
| --- | ---: | ---: |
| them | **2.00** (1.00 to 3.00) | – |
| others | not measured | **2.00** (1.00 to 3.00) |

- on a machine
";
        assert_eq!(markdown(&board, &["us"]), expected);
        assert!(!markdown(&board, &["nobody"]).contains("so many times"));
    }

    #[test]
    fn a_page_keeps_what_is_outside_of_the_marks() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let first = replaced(&page, "new\n").expect("the marks are there");
        assert_eq!(first, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(replaced(&first, "new\n"), Ok(first.clone()));
    }

    #[test]
    fn a_page_without_its_marks_is_refused() {
        for page in ["", BEGIN, END, &format!("{BEGIN}{BEGIN}{END}"), &format!("{END}{BEGIN}")] {
            assert!(replaced(page, "new").is_err(), "{page:?}");
        }
    }
}
