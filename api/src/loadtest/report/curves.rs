//! Curves as SVG, drawn here: the page needs no script and nothing from elsewhere.

use std::fmt::Write;

use super::super::meter::Point;
use super::{as_f64, rounded};

/// Size of a picture, and of the room for its axes, in its own units.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 28.0;
/// Lines across a picture that are aimed at.
const LINES: f64 = 4.0;

/// One curve: the class that colours it, and its value at every point.
type Curve = (&'static str, Vec<f64>);

/// How values become heights.
struct Scale {
    is_logarithmic: bool,
    low: f64,
    high: f64,
    seconds: f64,
}

impl Scale {
    fn x(&self, second: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * second / self.seconds
    }

    fn y(&self, value: f64) -> f64 {
        let part = if self.is_logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            value / self.high
        };
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part
    }

    /// Where lines go across, and what is written beside them.
    fn lines(&self) -> Vec<f64> {
        if self.is_logarithmic {
            let decades = std::iter::successors(Some(self.low), |value| Some(value * 10.0));
            return decades.take_while(|value| *value <= self.high * 1.001).collect();
        }
        let step = step(self.high / LINES);
        std::iter::successors(Some(0.0), |value| Some(value + step))
            .take_while(|value| *value <= self.high)
            .collect()
    }
}

/// What ended in every second, piled up.
pub(super) fn throughput(points: &[Point]) -> String {
    let mut before = 0.0;
    let lengths: Vec<f64> =
        points.iter().map(|point| point.second - std::mem::replace(&mut before, point.second)).collect();
    let mut piled = vec![0.0; points.len()];
    let mut layer = |class: &'static str, count: fn(&Point) -> u64| {
        for ((height, point), seconds) in piled.iter_mut().zip(points).zip(&lengths) {
            *height += as_f64(count(point)) / seconds.max(0.001);
        }
        (class, piled.clone())
    };
    let mut curves = vec![
        layer("booked", |point| point.booked),
        layer("cancelled", |point| point.cancelled),
        layer("repeated", |point| point.repeated),
        layer("refused", |point| point.refused),
        layer("failed", |point| point.failed),
    ];
    // The highest pile lies behind the others.
    curves.reverse();
    let high = curves.iter().flat_map(|(_, values)| values).copied().fold(1.0, f64::max);
    let scale = Scale { is_logarithmic: false, low: 0.0, high: high * 1.05, seconds: seconds(points) };
    picture(points, &curves, &scale, "area", "what was done a second", rounded)
}

/// How long it took.
pub(super) fn latency(points: &[Point]) -> String {
    let of = |class, value: fn(&Point) -> f64| (class, points.iter().map(value).collect::<Vec<_>>());
    let curves = [of("max", |point| point.max), of("p99", |point| point.p99), of("p50", |point| point.p50)];
    let measured = || curves.iter().flat_map(|(_, values)| values).copied().filter(|value| *value > 0.0);
    let low = 10.0_f64.powf(measured().fold(1.0, f64::min).log10().floor());
    let high = 10.0_f64.powf(measured().fold(low * 10.0, f64::max).log10().ceil());
    let scale = Scale { is_logarithmic: true, low, high, seconds: seconds(points) };
    picture(points, &curves, &scale, "line", "milliseconds until the answer", decade)
}

/// Seats that are left.
pub(super) fn seats_left(points: &[Point], seats: u64) -> String {
    let curves = [("left", points.iter().map(|point| as_f64(point.left)).collect())];
    let scale =
        Scale { is_logarithmic: false, low: 0.0, high: as_f64(seats.max(1)), seconds: seconds(points) };
    picture(points, &curves, &scale, "area", "seats left", rounded)
}

fn seconds(points: &[Point]) -> f64 {
    points.last().map_or(1.0, |point| point.second)
}

/// A round number near this one, for lines that are easy to read.
fn step(rough: f64) -> f64 {
    let decade = 10.0_f64.powf(rough.max(f64::MIN_POSITIVE).log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    steps.into_iter().map(|step| step * decade).find(|step| *step >= rough).unwrap_or(rough)
}

/// A power of ten as it is said: 0.1, 1, 10.
fn decade(value: f64) -> String {
    ((value * 1_000.0).round() / 1_000.0).to_string()
}

fn picture(
    points: &[Point],
    curves: &[Curve],
    scale: &Scale,
    shape: &str,
    name: &str,
    label: impl Fn(f64) -> String,
) -> String {
    let mut svg = String::new();
    let mut draw = |line: std::fmt::Arguments<'_>| {
        // Writing to a text cannot fail.
        let _ = svg.write_fmt(line);
    };
    draw(format_args!(r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}">"#));
    let right = WIDTH - RIGHT;
    for value in scale.lines() {
        let (y, text) = (scale.y(value), label(value));
        draw(format_args!(r#"<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1}" y2="{y:.1}"/>"#));
        draw(format_args!(
            r#"<text class="tick end" x="{:.1}" y="{:.1}">{text}</text>"#,
            LEFT - 8.0,
            y + 4.0
        ));
    }
    let every = step(scale.seconds / 10.0).max(0.1);
    let ticks = std::iter::successors(Some(0.0), |second| Some(second + every));
    for second in ticks.take_while(|second| *second <= scale.seconds * 1.001) {
        let (x, y) = (scale.x(second), HEIGHT - 8.0);
        let second = (second * 10.0).round() / 10.0;
        draw(format_args!(r#"<text class="tick middle" x="{x:.1}" y="{y:.1}">{second} s</text>"#));
    }
    let floor = HEIGHT - BOTTOM;
    for (class, values) in curves {
        let mut path = String::new();
        for (point, value) in points.iter().zip(values) {
            let _ = write!(path, " {:.1},{:.1}", scale.x(point.second), scale.y(*value));
        }
        let (first, last) = (points.first().map_or(0.0, |point| point.second), scale.seconds);
        match shape {
            "area" => draw(format_args!(
                r#"<polygon class="area {class}" points="{:.1},{floor}{path} {:.1},{floor}"/>"#,
                scale.x(first),
                scale.x(last)
            )),
            _ => draw(format_args!(r#"<polyline class="line {class}" points="{}"/>"#, path.trim_start())),
        }
    }
    draw(format_args!("</svg>"));
    svg
}
