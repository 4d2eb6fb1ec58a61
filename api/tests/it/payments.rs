//! Holds, payments, and what follows from them.

mod cancelling;
mod changing;
mod expiring;
mod holding;
mod paying;
mod refusals;
mod repeats;
mod webhooks;
