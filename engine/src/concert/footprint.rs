//! What a live booking takes in memory.

use super::booking::Booking;
use super::person::Person;
use crate::ids::UserId;

/// What a live booking may take, in bytes, without keys and what belongs to the concert.
const BYTES_MAX: usize = 150;

#[test]
fn a_live_booking_takes_at_most_150_bytes() {
    // Everybody has one booking.
    let person = size_of::<(UserId, Person)>();
    // The index of `people` has a place and a byte of control for each bucket. It doubles when seven of eight are full, so just after
    // that there are sixteen for seven people. What the lists reserve beyond that is less than a chunk.
    let index = ((size_of::<u32>() + 1) * 16).div_ceil(7);
    let bytes = size_of::<Booking>() + person + index;
    println!("a live booking takes at most {bytes} bytes");
    assert!(bytes <= BYTES_MAX, "{bytes} bytes: {} and {person} and {index}", size_of::<Booking>());
}
