//! The report as one page: light or dark as its reader likes it, and with nothing to load.

use askama::Template;

use super::super::LoadtestError;
use super::super::meter::Latencies;
use super::{Report, curves, grouped, milliseconds, rounded};

#[derive(Template)]
#[template(path = "loadtest.html")]
struct Page<'a> {
    report: &'a Report,
    scene: String,
    manner: String,
    figures: Vec<Figure>,
    throughput: String,
    latency: String,
    seats_left: String,
}

/// A figure that stands out.
struct Figure {
    value: String,
    what: String,
}

impl Report {
    /// # Errors
    /// When it cannot be written, which would be a mistake of ours.
    pub(in super::super) fn html(&self) -> Result<String, LoadtestError> {
        let seats = u64::from(self.plan.concerts) * u64::from(self.plan.seats);
        let page = Page {
            report: self,
            scene: self.scene(),
            manner: self.manner(),
            figures: self.figures(seats),
            throughput: curves::throughput(&self.points),
            latency: curves::latency(&self.points),
            seats_left: curves::seats_left(&self.points, seats),
        };
        page.render().map_err(|error| LoadtestError(format!("the page cannot be written: {error}")))
    }

    fn figures(&self, seats: u64) -> Vec<Figure> {
        let p99 = self.latencies.first().map_or(0.0, |all| all.p99);
        let figure = |value, what: String| Figure { value, what };
        vec![
            figure(rounded(self.done_per_second), "done a second".to_owned()),
            figure(format!("{} ms", milliseconds(p99)), "for 99 of 100".to_owned()),
            figure(grouped(self.bookings), "bookings".to_owned()),
            figure(grouped(self.cancellations), "cancellations".to_owned()),
            figure(
                self.seats_sold.map_or("?".to_owned(), grouped),
                format!("of {} seats sold in the end", grouped(seats)),
            ),
        ]
    }
}
