//! What is seen while it lasts: a bar on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows on stderr how far it is.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// For a load of this length.
    pub(super) fn new(duration: Duration) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let tenths = u64::try_from(duration.as_millis() / 100).unwrap_or(u64::MAX);
            let bar = ProgressBar::with_draw_target(Some(tenths), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner:.cyan} {bar:32.cyan/dim} {wide_msg}");
            // The template is a constant, which the tests read.
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar }
    }

    /// Tells of a step.
    pub(super) fn says(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(line.to_owned()),
            // Nobody listens where stderr is closed.
            None => _ = writeln!(std::io::stderr(), "{line}"),
        }
    }

    /// Shows what changes too often for lines.
    pub(super) fn shows(&self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(line.to_owned());
            bar.tick();
        }
    }

    /// Shows how much of the load is over.
    pub(super) fn is_at(&self, elapsed: Duration) {
        if let Some(bar) = &self.bar {
            bar.set_position(u64::try_from(elapsed.as_millis() / 100).unwrap_or(u64::MAX));
        }
    }

    /// Makes room for the report.
    pub(super) fn ends(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
