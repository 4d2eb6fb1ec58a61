//! Curves as a picture: panels one below the other, each with lines over the same x.

use crate::svg::{Drawing, WIDTH};

/// Measures, in units of the picture.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 180.0;
const PANEL: f64 = 220.0;
const TITLE: f64 = 30.0;
const FOOT: f64 = 46.0;
const TICKS: u32 = 4;

/// Colours for light and, where the reader's screen is dark, for dark.
const STYLE: &str = "\
path { fill: none; stroke-width: 2 }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.line0 { stroke: #0969da }
.line1 { stroke: #bc4c00 }
.line2 { stroke: #1a7f37 }
.line3 { stroke: #8c959f; stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) {
.grid { stroke: #3d444d }
.line0 { stroke: #4493f8 }
.line1 { stroke: #f0883e }
.line2 { stroke: #3fb950 }
.line3 { stroke: #9198a1 }
}";

/// Some lines with one scale.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What is shown, and in which unit.
    pub title: String,
    /// At most four.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is called.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// The picture, as SVG. Each panel's scale begins at zero.
pub fn svg(x_title: &str, panels: &[Panel]) -> String {
    let x_most = most(panels.iter().flat_map(|panel| &panel.lines), |(x, _)| x);
    let (mut drawing, mut top) = (Drawing::default(), 0.0);
    for panel in panels {
        top += TITLE;
        drawing.text("title", "start", LEFT, top - 10.0, &panel.title);
        draw(&mut drawing, panel, top, x_most);
        top += PANEL + FOOT;
        drawing.text("faint", "end", WIDTH - RIGHT, top - 10.0, x_title);
    }
    drawing.finished(&format!("Curves over {x_title}"), top, STYLE)
}

fn draw(to: &mut Drawing, panel: &Panel, top: f64, x_most: f64) {
    let (bottom, right) = (top + PANEL, WIDTH - RIGHT);
    let y_most = most(&panel.lines, |(_, y)| y);
    for tick in 0..=TICKS {
        let part = f64::from(tick) / f64::from(TICKS);
        let (x, y) = (LEFT + (right - LEFT) * part, bottom - PANEL * part);
        path(to, "grid", &format!("M{LEFT} {y:.1}H{right}"));
        to.text("faint", "end", LEFT - 8.0, y + 4.5, &figure(y_most * part));
        to.text("faint", "middle", x, bottom + 18.0, &figure(x_most * part));
    }
    let mut label = top;
    for (number, line) in panel.lines.iter().enumerate() {
        let place = |(x, y): &(f64, f64)| {
            let (x, y) = (LEFT + (right - LEFT) * x / x_most, bottom - PANEL * y / y_most);
            format!("{x:.1} {y:.1}")
        };
        let way: Vec<_> = line.points.iter().map(place).collect();
        path(to, &format!("line{number}"), &format!("M{}", way.join("L")));
        label += 20.0;
        path(to, &format!("line{number}"), &format!("M{} {}H{}", right + 10.0, label - 4.5, right + 26.0));
        to.text("name", "start", right + 32.0, label, &line.name);
    }
}

fn most<'a>(lines: impl IntoIterator<Item = &'a Line>, of: impl Fn((f64, f64)) -> f64) -> f64 {
    let points = lines.into_iter().flat_map(|line| &line.points);
    points.map(|point| of(*point)).fold(f64::MIN_POSITIVE, f64::max)
}

/// Three digits at most, as far as they say anything.
fn figure(value: f64) -> String {
    let digits = if value == 0.0 || value >= 100.0 { 0 } else { usize::from(value < 10.0) + 1 };
    format!("{value:.digits$}")
}

fn path(to: &mut Drawing, class: &str, way: &str) {
    to.push(format_args!("<path class=\"{class}\" d=\"{way}\"/>"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_scale_of_the_highest_and_begin_at_zero() {
        let line =
            |name: &str, points: &[(f64, f64)]| Line { name: name.to_owned(), points: points.to_vec() };
        let lines = vec![line("a", &[(0.0, 0.0), (10.0, 50.0)]), line("b", &[(5.0, 100.0)])];
        let picture = svg("events", &[Panel { title: "bytes".to_owned(), lines }]);
        let (right, bottom) = (WIDTH - RIGHT, TITLE + PANEL);
        let half = bottom - PANEL / 2.0;
        assert!(picture.contains(&format!("d=\"M{LEFT:.1} {bottom:.1}L{right:.1} {half:.1}\"")), "{picture}");
        let middle = f64::midpoint(LEFT, right);
        assert!(picture.contains(&format!("class=\"line1\" d=\"M{middle:.1} {TITLE:.1}\"")), "{picture}");
    }
}
