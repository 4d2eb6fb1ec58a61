//! What the tests stand on: the binary with a store of its own, clients whose calls read like prose, and checks that
//! every test of a theme shares.

mod acknowledgements;
mod answer;
mod audit;
mod batches;
mod box_office;
mod client;
mod clock;
mod concert;
mod crowd;
mod disasters;
mod files;
mod ledger;
mod loop_disk;
mod process;
mod setup;
mod shoppers;
#[path = "../../../persistence/tests/disasters/step.rs"]
mod step;
mod tokens;
mod verbs;
mod wire;

pub(crate) use answer::Answer;
pub(crate) use audit::{Books, audit, text};
pub(crate) use batches::{Listening, ndjson, status_and_code};
pub(crate) use box_office::BoxOffice;
pub(crate) use client::Client;
pub(crate) use clock::{eventually, in_days, in_seconds, now};
pub(crate) use concert::{Concert, bulky, concert, hall, paid, with};
pub(crate) use crowd::Crowd;
pub(crate) use disasters::{Beside, Disasters};
pub(crate) use files::{Files, files_below, write_below};
pub(crate) use ledger::Ledger;
pub(crate) use loop_disk::LoopDisk;
pub(crate) use process::{Ended, Process};
pub(crate) use setup::{ADMIN_PASSWORD, SECRET, Setup};
pub(crate) use shoppers::{Receipts, Shoppers, cents, shop};
pub(crate) use tokens::{claims, header_of, payload_of, signed};
pub(crate) use wire::{RawAnswer, Wire};

/// So many rounds as the variable says, or few.
pub(crate) fn rounds(variable: &str, few: usize) -> usize {
    std::env::var(variable).map_or(few, |text| text.parse().expect("a number of rounds"))
}

/// Where this run's randomness comes from: `BOXOFFICE_SEED`, or a new seed. It is printed, so that a failure can be repeated.
pub(crate) fn seed(test: &str) -> u64 {
    let seed = std::env::var("BOXOFFICE_SEED")
        .map_or_else(|_| fastrand::u64(..), |text| text.parse().expect("a seed is a whole number"));
    println!("{test}: BOXOFFICE_SEED={seed}");
    seed
}
