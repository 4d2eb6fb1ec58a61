//! After the load: what was told is held against what is there, as far as the box office still answers.

use fastrand::Rng;

use super::LoadtestError;
use super::check;
use super::findings::{Findings, Promise};
use super::history::{Books, Concert, Rules, Told};
use super::http::Client;
use super::interrupts::Interrupts;
use super::limits::{SETTLE_AGAIN_SECONDS_MAX, SETTLE_SECONDS_MAX, TICKETS_PER_BUYER};
use super::opening::Organizer;
use super::progress::Progress;
use super::reading::Reader;
use super::rush::Rush;

/// What the check came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Checked {
    /// The concerts that were looked at.
    pub(super) concerts: Vec<(Told, Books)>,
    pub(super) findings: Findings,
    /// Why something could not be checked.
    pub(super) unchecked: Option<String>,
    pub(super) notes: Vec<String>,
}

impl Checked {
    /// Remembers why something could not be checked: the first reason is the one that counts.
    fn cannot(&mut self, why: String) {
        match self.unchecked {
            None => self.unchecked = Some(why),
            Some(_) => self.notes.push(format!("not checked either: {why}")),
        }
    }
}

/// Checks everything and takes the concerts off sale. Whatever comes between, what was found until then is told.
pub(super) async fn check_all(
    rush: Rush,
    client: &Client,
    organizer: &Organizer,
    progress: &Progress,
    interrupts: &mut Interrupts,
    notes: Vec<String>,
) -> Checked {
    progress.says("checks");
    let rules = Rules { tickets_per_buyer: TICKETS_PER_BUYER, is_all_told: !rush.crowd.has_accounts() };
    // Who has waited in vain already does not wait as long again.
    let patience = if rush.is_deserted() { SETTLE_AGAIN_SECONDS_MAX } else { SETTLE_SECONDS_MAX };
    let mut rng = Rng::with_seed(rush.plan.seed);
    let (history, findings, crowd) = rush.into_history();
    let concerts: Vec<Concert> = history.iter().map(|told| told.concert.clone()).collect();
    let mut checked = Checked { findings, notes, ..Checked::default() };
    let looking = async {
        let reader = Reader::new(client, &crowd, organizer.token(client).await?, patience);
        for told in history.into_iter().take_while(|_| !reader.is_in_vain()) {
            progress.shows(&format!("reads the bookings of {}", told.concert.name));
            check_one(&reader, told, rules, &mut rng, &mut checked).await;
        }
        Ok(reader)
    };
    match interrupts.may_end(looking).await {
        Ok(reader) => {
            let closed = interrupts.may_end(close(&reader, &concerts, &mut checked.notes)).await;
            checked.notes.extend(closed.err().map(|error| format!("not all concerts are closed: {error}")));
        }
        Err(LoadtestError(why)) => {
            checked.cannot(why);
            checked.notes.push("the concerts are still on sale".to_owned());
        }
    }
    name_what_is_unchecked(rules, &mut checked);
    checked
}

/// Holds what was told of a concert against what is there of it.
async fn check_one(reader: &Reader<'_>, told: Told, rules: Rules, rng: &mut Rng, checked: &mut Checked) {
    let name = &told.concert.name;
    match reader.books(&told.concert).await {
        Ok(books) => {
            check::check(&told, &books, rules, &mut checked.findings);
            let looked = reader.buyers_look(&told, &books, rng, &mut checked.findings).await;
            if let Err(error) = looked {
                checked.cannot(format!("{name}: {error}"));
            }
            checked.concerts.push((told, books));
        }
        Err(error) => checked.cannot(format!("{name}: {error}")),
    }
}

/// Nobody is to find what a load has made.
async fn close(
    reader: &Reader<'_>,
    concerts: &[Concert],
    notes: &mut Vec<String>,
) -> Result<(), LoadtestError> {
    for concert in concerts {
        if reader.is_in_vain() {
            notes.push(format!("{} and what comes after it is still on sale", concert.name));
            break;
        }
        if let Err(error) = reader.close(concert).await {
            notes.push(format!("{} is still on sale: {error}", concert.name));
        }
    }
    Ok(())
}

fn name_what_is_unchecked(rules: Rules, checked: &mut Checked) {
    if !rules.is_all_told {
        let why = "buyers with accounts get mail, whose sending is an event that nobody is told of";
        checked.findings.cannot_check(Promise::SequencesWhole, why);
        checked.findings.cannot_check(Promise::RefusedRightly, why);
    }
    if checked.concerts.iter().all(|(told, _)| !told.is_sold_out) {
        checked
            .findings
            .cannot_check(Promise::SoldOutExactly, "nobody was refused a last seat after the load");
    }
}
