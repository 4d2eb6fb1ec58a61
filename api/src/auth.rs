//! Who asks, and how often they may: access tokens, refresh tokens, passwords, the pace of guesses.

pub mod caller;
pub mod passwords;
pub mod rate_limit;
pub mod refresh_token;
pub mod tokens;
