//! Answers counted by status and code, and requests without one by the reason.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::limits::{REASONS_MAX, SILENCE_SECONDS};

/// What is counted instead of a reason when there are too many of them.
const OTHERS: &str = "(others)";

/// Counts every single answer: of something that was tried three times, three.
#[derive(Debug, Default)]
pub(super) struct Tally {
    answers: BTreeMap<u16, BTreeMap<String, u64>>,
    lost: BTreeMap<String, u64>,
    silence: Option<Silence>,
    /// Requests of which nobody knows in the end what became.
    pub(super) unsettled: u64,
}

/// A time in which nothing was answered.
#[derive(Debug)]
struct Silence {
    since: Instant,
    /// Why the last request was not answered.
    why: String,
}

/// Says that there is no answer, and why.
pub(super) fn no_answer(why: &str) -> String {
    format!("the box office does not answer any more: {why}; hint: does it still run?")
}

impl Tally {
    pub(super) fn answer(&mut self, status: u16, code: &str) {
        self.silence = None;
        count(self.answers.entry(status).or_default(), code);
    }

    pub(super) fn lost(&mut self, why: &str) {
        count(&mut self.lost, why);
        let since = self.silence.take().map_or_else(Instant::now, |silence| silence.since);
        self.silence = Some(Silence { since, why: why.to_owned() });
    }

    /// Counts a request whose answer nobody would wait for any longer.
    pub(super) fn left(&mut self) {
        count(&mut self.lost, "not waited for any longer");
    }

    /// Why nobody has been answered for a while, where that is so.
    pub(super) fn silence(&self) -> Option<String> {
        let Silence { since, why } = self.silence.as_ref()?;
        (since.elapsed() >= Duration::from_secs(SILENCE_SECONDS)).then(|| no_answer(why))
    }

    /// Status, code and count of every kind of answer.
    pub(super) fn answers(&self) -> impl Iterator<Item = (u16, &str, u64)> {
        self.answers.iter().flat_map(|(status, codes)| {
            codes.iter().map(move |(code, count)| (*status, code.as_str(), *count))
        })
    }

    /// Reason and count of every kind of request without an answer.
    pub(super) fn losses(&self) -> impl Iterator<Item = (&str, u64)> {
        self.lost.iter().map(|(why, count)| (why.as_str(), *count))
    }
}

/// Counts a case of something; what there are too many of is counted together.
fn count(counts: &mut BTreeMap<String, u64>, what: &str) {
    if let Some(count) = counts.get_mut(what) {
        *count += 1;
    } else {
        let what = if counts.len() < REASONS_MAX { what } else { OTHERS };
        *counts.entry(what.to_owned()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_is_when_nobody_was_answered_for_a_while() {
        let mut tally = Tally::default();
        tally.lost("the connection broke");
        assert_eq!(tally.silence(), None);
        tokio::time::advance(Duration::from_secs(SILENCE_SECONDS)).await;
        tally.lost("connection refused");
        let silence = tally.silence().unwrap();
        assert!(silence.contains("does not answer any more: connection refused; hint: "), "{silence}");
        tally.answer(503, "not_ready");
        assert_eq!(tally.silence(), None);
    }

    #[test]
    fn answers_are_counted_by_status_and_code_and_too_many_reasons_together() {
        let mut tally = Tally::default();
        tally.answer(201, "");
        tally.answer(409, "sold_out");
        tally.answer(409, "sold_out");
        assert_eq!(tally.answers().collect::<Vec<_>>(), [(201, "", 1), (409, "sold_out", 2)]);
        for reason in 0..10_000 {
            tally.lost(&format!("{reason}"));
        }
        let lost: Vec<_> = tally.losses().collect();
        assert_eq!((lost.len(), lost[0]), (REASONS_MAX + 1, (OTHERS, 10_000 - REASONS_MAX as u64)));
    }
}
