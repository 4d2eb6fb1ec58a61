//! What `Concert::decide` answers, as tables: one line is one case, and all of them go through [`support::check`].

mod booking;
mod booking_precedence;
mod cancelling;
mod details;
mod holds;
mod idempotency;
mod input;
mod payments;
mod permissions;
mod seat_types;
mod stages;
mod support;
mod sweep;
mod windows;
