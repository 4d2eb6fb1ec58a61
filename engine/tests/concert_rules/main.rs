//! What `Concert::decide` answers, as tables: one line is one case, and all of them go through [`support::check`].

mod booking;
mod booking_precedence;
mod cancelling;
mod changes;
mod codes;
mod details;
mod ended;
mod histories;
mod holds;
mod idempotency;
mod input;
mod labels;
mod late_payments;
mod mails;
mod numbered;
mod offers;
mod paid_changes;
mod payments;
mod permissions;
mod refunds;
mod repeats;
mod seat_types;
mod stages;
mod support;
mod sweep;
mod waiting;
mod windows;

#[path = "../common/twin.rs"]
mod twin;
