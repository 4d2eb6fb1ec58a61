//! What holds of a box office: it answers with what is durable and with nothing else, through deaths of its actors, of its writer
//! and of its journal.

#![expect(clippy::panic, clippy::unwrap_used, reason = "what the tests share fails as they do")]

mod admission;
mod batches;
mod closing;
mod creating;
mod deaths;
mod ended;
mod errands;
mod failures;
mod house;
mod journal;
mod load;
mod mailing;
mod opening;
mod outages;
mod outside;
mod paying;
mod schedules;
mod serving;
mod sleeping;
mod speculation;
mod sweeping;
mod timers;
mod views;
mod wishes;
