//! What the first variants of version 1 do not say, because it could not be otherwise when they were all there was.
//!
//! Bytes that lie in stores are read with these values, and an event that has all of them is still written in the first variant. So
//! they never change, whatever the engine or the API may take for granted in new concerts.

use boxoffice_engine::idempotency::IdempotencyKey;

/// Bookings were final at once.
pub(super) const PAYMENT_REQUIRED: bool = false;
/// Nobody could wait; this is how long an offer lasts if somebody does now.
pub(super) const OFFER_SECONDS: u32 = 3_600;
/// There were no numbered seats to leave over.
pub(super) const FORBIDS_ORPHAN_SEATS: bool = false;
/// Everybody saw every seat type.
pub(super) const HIDDEN: bool = false;
/// Nobody was told of anything by mail.
pub(in crate::wire) const MAIL: bool = false;
/// Nothing had been paid, so nothing was given back.
pub(super) const REFUND: i64 = 0;
/// To leave a waiting list took no key.
pub(super) const LEAVING_KEY: Option<IdempotencyKey> = None;
