//! Idempotency keys: what makes a repeated request answer as the first one did.

use serde::{Deserialize, Serialize};

/// A key and the request it came with, both as hashes: neither their size nor their content reaches the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyKey {
    /// Hash of the key's text.
    pub key: [u8; 16],
    /// Hash of the request: the same key with another request is refused.
    pub request: [u8; 16],
}
