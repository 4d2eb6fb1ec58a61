//! What a box office is: concerts, accounts, the actors that own them, and the port behind which they survive.
//!
//! Read [`concert`] first: everything else exists to run it fast and never lose what it said.

pub mod accounts;
pub mod caller;
pub mod concert;
pub mod faults;
pub mod idempotency;
pub mod ids;
pub mod journal;
pub mod limits;
pub mod money;
pub mod time;
