//! What a call was answered with, and the checks that hold for every refusal of the contract.

use std::collections::BTreeSet;
use std::fmt;

use hyper::HeaderMap;
use serde_json::Value;

/// An answer with its body read.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) call: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("headers are text"))
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON, {error}: {self:?}"))
    }

    /// A string of the body.
    #[track_caller]
    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_else(|| panic!("no string {member}: {self:?}")).to_owned()
    }

    /// Asserts a refusal as the contract has it, and gives its problem.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let problem = self.problem();
        assert_eq!((self.status, problem["code"].as_str()), (status, Some(code)), "{self:?}");
        problem
    }

    /// A refusal by a concert carries the state that it was decided on.
    #[track_caller]
    pub(crate) fn refused_by_concert(&self, code: &str) -> Value {
        let problem = self.refused(409, code);
        assert!(problem["sequence"].is_u64(), "a refusal by a concert carries its sequence: {self:?}");
        problem
    }

    /// Asserts a `400` that names exactly these fields, in any order.
    #[track_caller]
    pub(crate) fn faults(&self, pointers: &[&str]) {
        let problem = self.refused(400, "validation_failed");
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no list of errors: {self:?}"));
        let mut named = BTreeSet::new();
        for error in errors {
            assert!(error["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{self:?}");
            let pointer = error["pointer"].as_str().unwrap_or_else(|| panic!("no pointer: {self:?}"));
            named.insert(pointer.trim_start_matches('#'));
        }
        assert_eq!(named, pointers.iter().copied().collect(), "{self:?}");
    }

    /// The problem in the body of any refusal.
    #[track_caller]
    pub(crate) fn problem(&self) -> Value {
        assert!(self.status >= 400, "a refusal: {self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        for member in ["type", "title", "detail", "code"] {
            assert!(problem[member].is_string(), "{member} is missing: {self:?}");
        }
        match self.status {
            400 => {
                let errors = problem["errors"].as_array();
                assert!(errors.is_some_and(|errors| !errors.is_empty()), "400 says what is bad: {self:?}");
            }
            401 => {
                let scheme = self.header("www-authenticate").unwrap_or_default();
                assert!(scheme.starts_with("Bearer"), "401 says how to authenticate: {self:?}");
            }
            429 | 503 => {
                let seconds = self.header("retry-after").and_then(|text| text.parse::<u32>().ok());
                assert!(seconds.is_some(), "{} says when to come again: {self:?}", self.status);
            }
            _ => {}
        }
        problem
    }

    /// The address of the next page, from `Link`.
    pub(crate) fn next_page(&self) -> Option<String> {
        self.header("link")?.split(',').find_map(|link| {
            let (target, relation) = link.split_once(';')?;
            (relation.trim() == "rel=\"next\"").then(|| target.trim().trim_matches(['<', '>']).to_owned())
        })
    }

    /// Whether this is an earlier answer again.
    pub(crate) fn is_replay(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let short: String = body.chars().take(2_000).collect();
        write!(f, "{} -> {} {:?} {short}", self.call, self.status, self.headers)
    }
}
