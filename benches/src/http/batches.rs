//! Batches of bookings, whose answer comes in chunks of whole lines.

use std::net::SocketAddr;
use std::sync::Arc;

use super::http1::Connection;
use super::{Calls, Ends};

/// What the answer to a line that became a booking has at its place.
const BOOKED: &[u8] = br#","status":201,"booking":"#;

/// Sends one batch after another and counts the lines of their answers, which all have to be new bookings.
pub(super) async fn call(address: SocketAddr, calls: Arc<Calls>, ends: Ends) -> u64 {
    let mut connection = Connection::to(address).await;
    let mut booked = 0;
    while !ends.has_come() {
        let prepared = calls.next();
        connection.send(&prepared.http1).await;
        let head = connection.read_head().await;
        assert_eq!(head.status, calls.status, "{}", connection.said());
        let mut told = 0;
        let visit = |chunk: &[u8]| {
            let lines = memchr::memchr_iter(b'\n', chunk).count();
            assert_eq!(memchr::memmem::find_iter(chunk, BOOKED).count(), lines, "every line is a booking");
            told += lines;
        };
        connection.read_chunks(&head, visit).await;
        assert_eq!(told, memchr::memchr_iter(b'\n', &prepared.body).count(), "every line is answered");
        booked += told as u64;
    }
    booked
}
