//! The contract of Boxoffice, tried through HTTP against the real binary and a real store.
//!
//! `harness` is how: a box office with a store of its own per test, clients whose calls read like prose, crowds, disasters,
//! audits. The other modules are what, by theme. More cycles of what is random: `BOXOFFICE_KILL_CYCLES`,
//! `BOXOFFICE_POWER_CUTS`, `BOXOFFICE_DAMAGE_TRIALS`; `BOXOFFICE_SEED` repeats a run; `BOXOFFICE_REQUIRE_LOOP=1` lets
//! nothing be skipped.

// Tests may panic and print, and so may what they share: this tells clippy that all of it is tests.
#![cfg(test)]

mod harness;

mod auth;
mod batch;
mod bookings;
mod concerts;
mod damage;
mod full_disk;
mod idempotency;
mod kill;
mod lifecycle;
mod loadtest;
mod mailing;
mod organizers;
mod payments;
mod power_cut;
mod protocol;
mod rush;
mod seats;
mod waitlist;
