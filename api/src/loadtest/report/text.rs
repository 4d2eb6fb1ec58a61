//! The report for a terminal.

use std::fmt;

use super::super::meter::Latencies;
use super::{Report, grouped, milliseconds, rounded};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_load(f)?;
        self.write_latencies(f)?;
        self.write_answers(f)?;
        self.write_findings(f)?;
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        let broken = self.findings.iter().filter(|finding| finding.broken > 0).count();
        if let Some(why) = &self.unchecked {
            writeln!(f, "could not be checked: {why}")?;
        }
        match broken {
            0 if self.held => writeln!(f, "every promise held"),
            0 => Ok(()),
            broken => writeln!(f, "{broken} of {} promises are broken", self.findings.len()),
        }
    }
}

impl Report {
    /// Who came, to what, and how: one line.
    pub(super) fn scene(&self) -> String {
        let plan = &self.plan;
        let kind = if plan.numbered { "numbered seats" } else { "seats" };
        let (buyers, concerts) = (grouped(plan.buyers.into()), plan.concerts);
        let seats = grouped(plan.seats.into());
        format!("{buyers} buyers, {concerts} concerts of {seats} {kind}")
    }

    /// How the requests were made: one line.
    pub(super) fn manner(&self) -> String {
        let plan = &self.plan;
        let pace = match plan.rate {
            Some(rate) => format!("open loop of {rate} arrivals a second"),
            None => "closed loop".to_owned(),
        };
        let http = if plan.http2 { "HTTP/2" } else { "HTTP/1.1" };
        let (connections, at_a_time) = (plan.connections, plan.at_a_time);
        format!(
            "{pace}, {connections} connections of {http}, {at_a_time} requests at a time, seed {}",
            plan.seed
        )
    }

    fn write_load(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.target, self.scene())?;
        writeln!(f, "{}", self.manner())?;
        let (done, rate) = (grouped(self.done), rounded(self.done_per_second));
        writeln!(f, "\n{done} done in {:.1} s, {rate} a second", self.seconds)?;
        let (bookings, cancellations) = (grouped(self.bookings), grouped(self.cancellations));
        let sold = self.sold();
        writeln!(f, "{bookings} bookings, {cancellations} cancellations; {sold}")?;
        writeln!(f, "to make this load took {:.0} % of a processor", 100.0 * self.cpu_share)
    }

    fn sold(&self) -> String {
        let (concerts, looked_at) = (self.plan.concerts, self.concerts.len());
        let sold_out = self.concerts.iter().filter(|concert| concert.sold_out).count();
        match self.seats_sold.map(grouped) {
            Some(sold) => {
                format!("{sold} seats sold in the end, {sold_out} of {concerts} concerts sold out")
            }
            None if looked_at == 0 => "seats sold in the end: not looked for".to_owned(),
            None => format!("seats sold in the end: looked for at {looked_at} of {concerts} concerts only"),
        }
    }

    fn write_latencies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:<14}{:>11}", "milliseconds", "count")?;
        for head in Latencies::HEADS {
            write!(f, "{head:>11}")?;
        }
        writeln!(f)?;
        for latencies in self.latencies.iter().filter(|latencies| latencies.count > 0) {
            write!(f, "{:<14}{:>11}", latencies.what, grouped(latencies.count))?;
            for value in latencies.columns() {
                write!(f, "{:>11}", milliseconds(value))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn write_answers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nanswers")?;
        for answers in &self.answers {
            let kind = format!("{} {}", answers.status, answers.code);
            writeln!(f, "  {kind:<28}{:>11}", grouped(answers.count))?;
        }
        for losses in &self.losses {
            writeln!(f, "  {:<28}{:>11}", losses.why, grouped(losses.count))?;
        }
        Ok(())
    }

    fn write_findings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nchecked")?;
        for finding in &self.findings {
            let verdict = finding.verdict();
            writeln!(f, "  {verdict:<9} {} ({})", finding.promise, grouped(finding.checked))?;
            if let Some(why) = &finding.unchecked {
                writeln!(f, "            not checked: {why}")?;
            }
            if finding.broken > 0 {
                writeln!(f, "            {}: {} cases", finding.breach, grouped(finding.broken))?;
            }
            for case in &finding.cases {
                writeln!(f, "            {}: {case}", finding.breach)?;
            }
        }
        writeln!(f)
    }
}
