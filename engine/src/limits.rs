//! Every named limit of the engine. What can grow has one, its unit last.

/// Longest name of a concert, venue or genre, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Longest description of a concert, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 10_000;
/// Longest name of a seat type, in characters.
pub const SEAT_TYPE_NAME_CHARS_MAX: usize = 100;
/// Seat types of one concert.
pub const SEAT_TYPES_MAX: usize = 100;
/// Seats of one general-admission seat type.
pub const TOTAL_SEATS_MAX: u32 = 100_000_000;
/// Numbered seats of one concert.
pub const SEATS_NUMBERED_MAX: u32 = 100_000;
/// Rows of one numbered seat type.
pub const SEAT_ROWS_MAX: usize = 5_000;
/// Seats of one row.
pub const SEATS_PER_ROW_MAX: u32 = 1_000;
/// Longest label of a row or name of a section, in characters.
pub const SEAT_LABEL_CHARS_MAX: usize = 20;
/// How far from the origin of its map a seat may lie, either way on both axes, in hundredths of the map's unit.
pub const SEAT_POSITION_HUNDREDTHS_MAX: i32 = 100_000_000;
/// Bad fields of one input that are named: nobody reads on, and to name all would take time in their square.
pub const FAULTS_NAMED_MAX: usize = 100;
/// Highest price, in major units of the currency.
pub const PRICE_MAJOR_MAX: i64 = 1_000_000;
/// Highest ticket limit per user of a concert.
pub const TICKETS_PER_USER_MAX: u32 = 10_000;
/// Seats in one booking.
pub const SEATS_PER_BOOKING_MAX: u32 = 10_000;
/// Items (seat types) in one booking.
pub const ITEMS_PER_BOOKING_MAX: usize = 20;
/// Longest hold, in seconds.
pub const HOLD_SECONDS_MAX: u32 = 7_200;
/// Longest cancellation deadline before the start, in hours.
pub const DEADLINE_HOURS_MAX: u32 = 8_760;
/// How far ahead a concert may start, in seconds: a hundred years.
pub const START_AHEAD_SECONDS_MAX: i64 = 100 * 366 * 86_400;
/// Largest offset of a start from UTC, in seconds, either way: less than a day.
pub const OFFSET_SECONDS_MAX: i32 = 86_399;
/// Idempotency keys remembered per user and concert; the oldest goes first.
pub const IDEMPOTENCY_KEYS_PER_USER_MAX: usize = 64;
/// How long an idempotency key is remembered, in seconds.
pub const IDEMPOTENCY_KEY_SECONDS: i64 = 86_400;
/// Bookings that one event of a longer task reaches (`BookingsCancelled`, `ChangeAnnounced`): it takes one to four
/// milliseconds to apply, by the seats.
pub const BOOKINGS_PER_SWEEP_MAX: usize = 4_096;
/// How long an offer to somebody on the waiting list may last, in seconds: a week.
pub const OFFER_SECONDS_MAX: u32 = 7 * 86_400;
/// How long a hold lasts at least after its first declined payment, in seconds.
pub const HOLD_AFTER_DECLINE_SECONDS_MIN: i64 = 120;
/// Holds shorter than this, in seconds, expire without a warning.
pub const HOLD_WITH_WARNING_SECONDS_MIN: i64 = 300;
/// How long after a payment was begun a gateway may take back that it failed, in seconds: a week. What it tells later changes nothing.
pub const FAILED_PAYMENT_OPEN_SECONDS: i64 = 7 * 86_400;
/// Payments of one booking, failed ones included.
pub const PAYMENTS_PER_BOOKING_MAX: usize = 32;
/// Longest word for how a buyer pays, in bytes.
pub const PAYMENT_METHOD_BYTES_MAX: usize = 64;
/// Longest promo code, in characters (of ASCII).
pub const CODE_CHARS_MAX: usize = 40;
/// Promo codes of one concert, withdrawn ones included.
pub const CODES_MAX: usize = 1_000;
/// Wishes that wait for seats of one type.
pub const WAITERS_PER_SEAT_TYPE_MAX: usize = 10_000;
/// Errands that are looked at, or recorded as done, at once.
pub const ERRANDS_PER_PAGE_MAX: usize = 256;

/// Sessions (refresh-token families) of one user; the oldest goes first.
pub const SESSIONS_PER_USER_MAX: usize = 32;
/// How long a refresh token lives, in seconds: thirty days.
pub const REFRESH_TOKEN_SECONDS: i64 = 30 * 86_400;
/// Longest e-mail address, in characters (RFC 5321).
pub const EMAIL_CHARS_MAX: usize = 254;
/// Bounds of a username's length, in characters.
pub const USERNAME_CHARS_MIN: usize = 3;
/// Bounds of a username's length, in characters.
pub const USERNAME_CHARS_MAX: usize = 40;
/// Bounds of a password's length, in characters.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Bounds of a password's length, in characters: what argon2 is asked to hash is bounded.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// Commands of one concert that wait or whose event is on its way to the disk.
pub const IN_FLIGHT_PER_CONCERT_MAX: u32 = 16_384;
/// The same, of all concerts and the accounts together. It bounds the events that wait in the journal, too.
pub const IN_FLIGHT_TOTAL_MAX: u32 = 65_536;
/// Bookings that are asked for together. One concert decides them in one go, in a millisecond or two.
pub const BOOKINGS_PER_BATCH_MAX: usize = 1_000;
/// Records in one commit group.
pub const RECORDS_PER_GROUP_MAX: usize = 4_096;
/// Items of one page of a list.
pub const PAGE_ITEMS_MAX: usize = 100;
/// Looks into the journal that go on at a time: for ended bookings, and for where somebody has booked.
pub const LOOKS_READ_MAX: usize = 8;
/// Such looks that go on or wait.
pub const LOOKS_WAITING_MAX: usize = 4_096;
