//! The limits of a load: everything that could grow has one.

/// Concerts of one load.
pub const CONCERTS_MAX: u32 = 100;
/// Seats of one concert.
pub const SEATS_MAX: u32 = 1_000_000;
/// Numbered seats of one concert: the box office itself takes no more.
pub const SEATS_NUMBERED_MAX: u32 = 100_000;
/// Buyers. With fewer than [`BUYERS_MIN`], each of them would send more idempotency keys at once than are remembered.
pub const BUYERS_MAX: u32 = 1_000_000;
/// Fewest buyers.
pub const BUYERS_MIN: u32 = 16;
/// Buyers that are registered where there is no secret to mint tokens with: each costs the box office a password hash.
pub const BUYERS_REGISTERED_MAX: u32 = 200;
/// Connections.
pub const CONNECTIONS_MAX: u32 = 4_096;
/// Arrivals per second.
pub const RATE_MAX: f64 = 1_000_000.0;
/// How long a load lasts at most, in seconds.
pub const DURATION_SECONDS_MAX: u64 = 3_600;
/// The same where buyers are registered: their tokens are good for 15 minutes, and the check needs them, too.
pub const DURATION_REGISTERED_SECONDS_MAX: u64 = 600;
/// Requests that one HTTP/2 connection carries at a time.
pub(super) const STREAMS_PER_CONNECTION: u32 = 16;
/// Arrivals that wait for a connection. What comes on top is counted as not begun.
pub(super) const ARRIVALS_WAITING_MAX: usize = 1_000_000;
/// How long after the end of a load its last arrivals may still begin, in seconds.
pub(super) const ARRIVALS_GRACE_SECONDS: u64 = 1;
/// Bookings that are remembered for the check: the load ends when there are so many.
pub(super) const BOOKINGS_MAX: usize = 5_000_000;
/// Refusals of one concert that are remembered for the check; later ones are only counted.
pub(super) const REFUSALS_PER_CONCERT_MAX: usize = 500_000;
/// How long an answer may take, in seconds; after that nobody knows what became of its request.
pub(super) const ANSWER_SECONDS_MAX: u64 = 30;
/// How long after the end of a load what is in doubt is asked for again, in seconds.
pub(super) const SETTLE_SECONDS_MAX: u64 = 30;
/// The same for the check, where nothing was answered to the end of that time or somebody would not wait for it, in seconds.
pub(super) const SETTLE_AGAIN_SECONDS_MAX: u64 = 2;
/// How long nobody is answered before it is said, in seconds: a box office that starts again may take as long.
pub(super) const SILENCE_SECONDS: u64 = 2;
/// Longest pause before the next try, whatever `Retry-After` says, in seconds.
pub(super) const RETRY_AFTER_SECONDS_MAX: u64 = 10;
/// Largest answer that is read, in bytes: the map of 100,000 seats has about 8 MB.
pub(super) const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Seats left of a concert up to which they are sold after the load, so that it is sold out to the last seat.
pub(super) const LAST_CALL_SEATS_MAX: u64 = 10_000;
/// Bookings that their buyers are asked to look at after the load; the organizer's list tells of all of them.
pub(super) const BOOKINGS_LOOKED_AT_MAX: usize = 1_000;
/// Pages of one list: following links must come to an end.
pub(super) const PAGES_MAX: usize = 100_000;
/// Seats of one row.
pub(super) const SEATS_PER_ROW: u32 = 50;
/// Tickets that a buyer may have of one concert.
pub(super) const TICKETS_PER_BUYER: u32 = 4;
/// Codes and reasons that are counted one by one.
pub(super) const REASONS_MAX: usize = 200;
