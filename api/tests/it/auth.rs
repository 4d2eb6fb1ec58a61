//! Who somebody is, and what they may do.

mod accounts;
mod flood;
mod roles;
mod sessions;
mod tokens;
