//! Requests, made before the clock runs.

use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::Method;

use super::http2;

/// One request.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The access token, for `Authorization: Bearer`.
    pub token: Option<String>,
    /// The media type of the body, where there is one.
    pub media_type: Option<&'static str>,
    /// The body.
    pub body: String,
}

impl Call {
    /// A `GET` of this path.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), token: None, media_type: None, body: String::new() }
    }

    /// A `POST` of JSON by the owner of this token.
    pub fn post(path: impl Into<String>, token: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            method: Method::POST,
            path: path.into(),
            token: Some(token.into()),
            media_type: Some("application/json"),
            body: body.into(),
        }
    }

    /// The same with a body of another media type.
    #[must_use]
    pub fn of(self, media_type: &'static str) -> Self {
        Self { media_type: Some(media_type), ..self }
    }

    /// The bytes of the request in HTTP/1.1.
    pub fn to_http1(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: 127.0.0.1\r\n", self.method, self.path);
        for (name, value) in self.headers() {
            // Writing to a string cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if self.media_type.is_some() {
            let _ = write!(head, "content-length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        head.push_str(&self.body);
        head.into_bytes()
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let token = self.token.as_ref().map(|token| ("authorization", format!("Bearer {token}")));
        let media_type = self.media_type.map(|media_type| ("content-type", media_type.to_owned()));
        token.into_iter().chain(media_type)
    }
}

/// A request in each of its forms.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) http1: Vec<u8>,
    /// The head in HTTP/2.
    pub(crate) http2: Vec<u8>,
    pub(crate) body: Bytes,
}

/// Requests that are sent one after another, by all callers together, and again from the first after the last.
#[derive(Debug)]
pub struct Calls {
    prepared: Vec<Prepared>,
    next: AtomicUsize,
    /// What each is answered with.
    pub(crate) status: u16,
}

impl Calls {
    /// These requests, each of which is answered with this status.
    pub fn new(calls: impl IntoIterator<Item = Call>, status: u16) -> Self {
        let prepare = |call: Call| Prepared {
            http1: call.to_http1(),
            http2: http2::head(&call),
            body: Bytes::from(call.body),
        };
        let prepared: Vec<_> = calls.into_iter().map(prepare).collect();
        assert!(!prepared.is_empty(), "there is something to be called");
        Self { prepared, next: AtomicUsize::new(0), status }
    }

    pub(crate) fn next(&self) -> &Prepared {
        &self.prepared[self.next.fetch_add(1, Ordering::Relaxed) % self.prepared.len()]
    }
}
