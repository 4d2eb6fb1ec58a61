//! The pace of guesses: how often one address may try to log in, register or refresh.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use boxoffice_engine::time::Time;
use parking_lot::Mutex;

use crate::problem::{Code, Problem};

/// Calls that an address may make at once.
pub const BURST: u32 = 30;
/// Milliseconds after which an address gets one more call.
pub const INTERVAL_MILLISECONDS: i64 = 1_000;
/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 100_000;

/// A bucket of calls per address. It is kept as the one number of the generic cell rate algorithm: when the bucket will be full.
#[derive(Debug, Default)]
pub struct RateLimit {
    full_at: Mutex<HashMap<IpAddr, i64>>,
}

impl RateLimit {
    /// Counts a call.
    ///
    /// # Errors
    /// `rate_limited`, with the time after which the next call will be let through.
    pub fn check(&self, address: IpAddr, now: Time) -> Result<(), Problem> {
        let address = household(address);
        let mut full_at = self.full_at.lock();
        if full_at.len() >= ADDRESSES_MAX && !full_at.contains_key(&address) {
            make_room(&mut full_at, now);
        }
        let entry = full_at.entry(address).or_insert(now.0);
        let full = (*entry).max(now.0) + INTERVAL_MILLISECONDS;
        let too_early = full - now.0 - i64::from(BURST) * INTERVAL_MILLISECONDS;
        if too_early > 0 {
            let seconds = u32::try_from((too_early + 999) / 1_000).unwrap_or(u32::MAX);
            let detail =
                format!("too many attempts from your address; the next one is welcome in {seconds} s");
            return Err(Problem::new(Code::RateLimited, detail).retry_after_seconds(seconds));
        }
        *entry = full;
        Ok(())
    }
}

/// Forgets the addresses whose bucket is full again. If that is not enough, somebody has a hundred thousand addresses, and this
/// limit is not what stops them: all are forgotten, rather than new ones refused.
fn make_room(full_at: &mut HashMap<IpAddr, i64>, now: Time) {
    full_at.retain(|_, full| *full > now.0);
    if full_at.len() >= ADDRESSES_MAX / 2 {
        full_at.clear();
    }
}

/// One customer has one IPv4 address, or a network of 2^64 IPv6 addresses.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_after(limit: &RateLimit, address: &str, milliseconds: i64) -> Option<String> {
        let refused = limit.check(address.parse().unwrap(), Time(milliseconds)).err()?;
        assert_eq!(refused.code(), Code::RateLimited);
        let response = axum::response::IntoResponse::into_response(refused);
        Some(response.headers()["retry-after"].to_str().unwrap().to_owned())
    }

    #[test]
    fn bucket_empties_and_fills_again() {
        let limit = RateLimit::default();
        for call in 0..BURST {
            assert_eq!(retry_after(&limit, "10.0.0.1", 5_000), None, "{call}");
        }
        assert_eq!(retry_after(&limit, "10.0.0.1", 5_000).as_deref(), Some("1"));
        assert_eq!(retry_after(&limit, "10.0.0.1", 5_999).as_deref(), Some("1"));
        assert_eq!(retry_after(&limit, "10.0.0.1", 6_000), None);
        assert!(retry_after(&limit, "10.0.0.1", 6_000).is_some());
        assert_eq!(retry_after(&limit, "10.0.0.2", 6_000), None);
    }

    #[test]
    fn addresses_of_one_household_share_a_bucket() {
        for (one, other, shared) in [
            ("2001:db8::1", "2001:db8::ffff:1", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
        ] {
            let limit = RateLimit::default();
            (0..BURST).for_each(|_| assert_eq!(retry_after(&limit, one, 0), None));
            assert_eq!(retry_after(&limit, other, 0).is_some(), shared, "{one} {other}");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let limit = RateLimit::default();
        for number in 0..u32::try_from(2 * ADDRESSES_MAX + 10).unwrap() {
            assert_eq!(limit.check(std::net::Ipv4Addr::from(number).into(), Time(0)), Ok(()));
        }
        assert!(limit.full_at.lock().len() <= ADDRESSES_MAX);
    }
}
