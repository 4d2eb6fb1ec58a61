//! What was checked, and what was found broken.

use serde::Serialize;

/// Broken cases of one promise that are named; of the others there is a number.
const CASES_NAMED_MAX: usize = 20;

/// What a box office promises, as far as a client can check it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    BookingsKept,
    CancellationsKept,
    NothingUnknown,
    AsTold,
    SeatsOnce,
    NotOversold,
    WithinLimit,
    CountersEqual,
    SequencesOnce,
    SequencesWhole,
    KeysOnce,
    RefusedRightly,
    SoldOutExactly,
}

impl Promise {
    /// All of them, in the order in which they are reported, with the name of what breaks them and what they say.
    const WORDS: [(Self, &'static str, &'static str); 13] = [
        (Self::BookingsKept, "lost_booking", "every acknowledged booking is there"),
        (Self::CancellationsKept, "lost_cancellation", "every acknowledged cancellation is there"),
        (Self::NothingUnknown, "unknown_booking", "no booking is there that nobody was told of"),
        (Self::AsTold, "booking_differs", "every booking is what was asked for and what was told"),
        (Self::SeatsOnce, "seat_twice", "no seat was anybody's twice, at any moment"),
        (Self::NotOversold, "oversold", "never were more seats sold than there are"),
        (Self::WithinLimit, "above_limit", "nobody ever had more tickets than the limit"),
        (Self::CountersEqual, "counters_differ", "counters and seat maps equal the bookings"),
        (Self::SequencesOnce, "sequence_twice", "every sequence is the number of one event"),
        (Self::SequencesWhole, "sequence_gap", "the sequences of a concert have no gap"),
        (Self::KeysOnce, "key_twice", "one idempotency key makes one booking, however often it is sent"),
        (Self::RefusedRightly, "wrongly_refused", "whoever was refused was refused rightly"),
        (Self::SoldOutExactly, "sold_out_inexactly", "what is sold out is sold to the last seat"),
    ];

    const COUNT: usize = Self::WORDS.len();
}

/// What was found about one promise.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// The name of what breaks it.
    pub(super) breach: &'static str,
    pub(super) promise: &'static str,
    /// How many cases were looked at.
    pub(super) checked: u64,
    /// How many of them are broken.
    pub(super) broken: u64,
    /// The first broken ones, each in a sentence.
    pub(super) cases: Vec<String>,
    /// Why it could not be checked, or not everywhere.
    pub(super) unchecked: Option<String>,
}

impl Finding {
    /// One word for it.
    pub(super) fn verdict(&self) -> &'static str {
        match self {
            Self { broken: 1.., .. } => "BROKEN",
            Self { checked: 0, .. } => "unchecked",
            _ => "held",
        }
    }
}

/// What was found about all of them.
#[derive(Clone, Debug)]
pub(super) struct Findings([Finding; Promise::COUNT]);

impl Default for Findings {
    fn default() -> Self {
        Self(Promise::WORDS.map(|(_, breach, promise)| Finding {
            breach,
            promise,
            checked: 0,
            broken: 0,
            cases: Vec::new(),
            unchecked: None,
        }))
    }
}

impl Findings {
    /// Counts cases that are looked at.
    pub(super) fn looks_at(&mut self, promise: Promise, cases: usize) {
        self.0[promise as usize].checked += cases as u64;
    }

    /// Names a case that is broken.
    pub(super) fn breaks(&mut self, promise: Promise, case: String) {
        let finding = &mut self.0[promise as usize];
        finding.broken += 1;
        if finding.cases.len() < CASES_NAMED_MAX {
            finding.cases.push(case);
        }
    }

    /// Says why a promise is not checked, or not everywhere.
    pub(super) fn cannot_check(&mut self, promise: Promise, why: impl Into<String>) {
        self.0[promise as usize].unchecked = Some(why.into());
    }

    /// Whether nothing is broken.
    pub(super) fn all_held(&self) -> bool {
        self.iter().all(|finding| finding.broken == 0)
    }

    pub(super) fn broken(&self, promise: Promise) -> u64 {
        self.0[promise as usize].broken
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_promise_stands_where_its_number_says() {
        for (index, (promise, ..)) in Promise::WORDS.into_iter().enumerate() {
            assert_eq!(promise as usize, index);
        }
    }

    #[test]
    fn all_broken_cases_are_counted_and_the_first_are_named() {
        let mut findings = Findings::default();
        assert!(findings.all_held());
        for seat in 0..100 {
            findings.breaks(Promise::SeatsOnce, format!("seat {seat}"));
        }
        assert!(!findings.all_held());
        let broken: Vec<_> = findings.iter().filter(|finding| finding.broken > 0).collect();
        let [finding] = broken.as_slice() else { panic!("{broken:?}") };
        assert_eq!((finding.breach, finding.broken, finding.cases.len()), ("seat_twice", 100, 20));
        assert_eq!(finding.cases[0], "seat 0");
    }
}
