//! The Stripe gateway against localstripe, a stateful stand-in for Stripe that others wrote.
//!
//! localstripe is a package of Python's index: the first run needs Python with `venv`, and the network. Without them the tests say so and are
//! skipped, unless `BOXOFFICE_REQUIRE_STRIPE=1` is set.
//!
//! **Where localstripe 1.15.10 falls short of Stripe's documentation:**
//!
//! 1. It does not look at `Idempotency-Key`: a call that is repeated is done again. `relay` keeps the answers by key instead, as
//!    <https://docs.stripe.com/api/idempotent_requests> says that Stripe does.
//! 2. It is of an older version of the interface (its events say 2017-08-15), refuses the parameter
//!    `automatic_payment_methods`, and leaves out fields that Stripe promises. `relay` takes the parameter out; our gateway reads no
//!    field that is missing.
//! 3. It lets a payment be refunded over and over, where Stripe answers `charge_already_refunded`. That answer is scripted.
//! 4. Its errors carry a code for cards alone: no `resource_missing`, no `payment_intent_unexpected_state`.
//! 5. It sends no `payment_intent.canceled`, sends a webhook once and a second late, and never two signatures.
//! 6. It never answers 409, 429 or 503, and takes any key that begins with `sk_`. Those answers are scripted, too.
//! 7. Its confirmation takes no payment method, so the one call of a buyer's client is two.
//!
//! `shortfalls` holds the first three to be true: whoever takes a newer localstripe will see what is no longer needed.

// Tests may panic and print, and so may what they share: this tells clippy that all of it is tests.
#![cfg(test)]

mod door;
mod relay;
mod stand_in;
mod till;

mod payments;
mod refunds;
mod shortfalls;
mod troubles;
mod webhooks;
