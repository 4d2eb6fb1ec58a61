//! What is to be done.

use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};

use super::limits::STREAMS_PER_CONNECTION;
use crate::config::Secret;

/// A load.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which box office.
    pub target: Target,
    /// People who want tickets.
    pub buyers: u32,
    /// Concerts that are made for it.
    pub concerts: u32,
    /// Seats of each concert.
    pub seats: u32,
    /// Whether seats have numbers.
    pub is_numbered: bool,
    /// Connections.
    pub connections: u32,
    /// Whether they speak HTTP/2.
    pub is_http2: bool,
    /// Arrivals per second; none: whoever was answered asks again.
    pub rate: Option<f64>,
    /// How long it lasts, in seconds.
    pub duration_seconds: u64,
    /// How long it takes until all have come, in seconds.
    pub ramp_seconds: u64,
    /// Bookings that are cancelled again, of a hundred.
    pub cancels_percent: u8,
    /// Requests that are sent again, of a hundred.
    pub retries_percent: u8,
    /// What everything random is drawn from.
    pub seed: u64,
    /// Who makes the concerts, where nobody is minted.
    pub login: Option<Login>,
    /// What tokens are minted with.
    pub secret: Option<Secret>,
    /// Where the page goes.
    pub html: Option<PathBuf>,
    /// Where the JSON goes.
    pub json: Option<PathBuf>,
}

/// An account of an organizer.
#[derive(Clone, Debug)]
pub struct Login {
    /// Its name or e-mail address.
    pub username: String,
    /// Its password.
    pub password: Secret,
}

impl Plan {
    /// Requests that are under way at a time.
    pub(super) fn at_a_time(&self) -> u32 {
        if self.is_http2 { self.connections * STREAMS_PER_CONNECTION } else { self.connections }
    }

    pub(super) fn duration(&self) -> Duration {
        Duration::from_secs(self.duration_seconds)
    }

    pub(super) fn ramp(&self) -> Duration {
        Duration::from_secs(self.ramp_seconds)
    }
}

/// Where a box office is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `host:port`.
    pub(super) authority: String,
    /// What stands before every path of the contract.
    pub(super) base: String,
    is_on_this_machine: bool,
}

impl Target {
    /// Reads `http://HOST:PORT`, with or without `/api`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.contains("://") {
            let rest = text.strip_prefix("http:").unwrap_or(text).trim_start_matches('/');
            return Err(format!("begins with no http:// (hint: http://{rest})"));
        }
        let url = Url::parse(text).map_err(|error| format!("{error} (hint: http://127.0.0.1:3000)"))?;
        if url.scheme() != "http" {
            return Err(format!("{}: is not spoken, only http: is", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("may hold no password (hint: --username)".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("may have no query and no fragment".to_owned());
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err("has no host (hint: http://127.0.0.1:3000)".to_owned());
        };
        let is_on_this_machine = match &host {
            Host::Domain(name) => *name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let path = url.path().trim_end_matches('/');
        let base = if path.ends_with("/api") { path.to_owned() } else { format!("{path}/api") };
        Ok(Self { authority: format!("{host}:{port}"), base, is_on_this_machine })
    }

    /// Whether its address is one of this machine alone.
    pub fn is_on_this_machine(&self) -> bool {
        self.is_on_this_machine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_address_and_what_stands_before_every_path() {
        for (text, authority, base, is_here) in [
            ("http://127.0.0.1:3000", "127.0.0.1:3000", "/api", true),
            ("http://localhost:3000/api/", "localhost:3000", "/api", true),
            ("http://[::1]:80/", "[::1]:80", "/api", true),
            ("http://tickets.example", "tickets.example:80", "/api", false),
            ("http://tickets.example:81/tenant", "tickets.example:81", "/tenant/api", false),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!(
                (target.authority.as_str(), target.base.as_str(), target.is_on_this_machine),
                (authority, base, is_here)
            );
        }
    }

    #[test]
    fn an_address_without_a_scheme_is_refused_with_the_whole_of_it() {
        for (text, whole) in [
            ("localhost:4200", "http://localhost:4200"),
            ("127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http:/tickets.example", "http://tickets.example"),
        ] {
            let refusal = Target::parse(text).unwrap_err();
            assert!(refusal.ends_with(&format!("(hint: {whole})")), "{refusal}");
        }
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in
            ["127.0.0.1:3000", "https://x", "http://", "http://a:b@x", "http://x?y", "http://x#y", "ftp://x"]
        {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }
}
