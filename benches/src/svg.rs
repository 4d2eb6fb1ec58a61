//! What every picture is made of.

use std::fmt::{Arguments, Write as _};

/// The width of every picture, in its own units.
pub(crate) const WIDTH: f64 = 860.0;

/// Colours of what all have, for light and, where the reader's screen is dark, for dark.
const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.faint { fill: #59636e }
.ground { fill: #ffffff }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.faint { fill: #9198a1 }
.ground { fill: #0d1117 }
}";

/// The elements of a picture, one a line.
#[derive(Default)]
pub(crate) struct Drawing(String);

impl Drawing {
    pub(crate) fn push(&mut self, element: Arguments<'_>) {
        writeln!(self.0, "{element}").expect("a string takes whatever is written to it");
    }

    /// Words from `x` on, or around or before it, as `anchor` says in the words of SVG.
    pub(crate) fn text(&mut self, class: &str, anchor: &str, x: f64, y: f64, words: &str) {
        let words = words.replace('&', "&amp;").replace('<', "&lt;");
        self.push(format_args!(
            "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>"
        ));
    }

    /// The picture, of this height and with this style beside that of all, and what it is called where it cannot be seen.
    pub(crate) fn finished(self, label: &str, height: f64, style: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
             aria-label=\"{label}\">\n<style>\n{STYLE}\n{style}\n</style>\n\
             <rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\"/>\n{}</svg>\n",
            self.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_markup() {
        let mut drawing = Drawing::default();
        drawing.text("title", "start", 0.0, 0.0, "a <crowd> & more");
        let picture = drawing.finished("words", 10.0, "");
        assert!(picture.contains(">a &lt;crowd> &amp; more</text>"), "{picture}");
    }
}
