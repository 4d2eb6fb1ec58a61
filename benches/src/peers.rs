//! Boxoffice and its peers, side by side: the same facts kept, the same durability, the same clients on the same machine.
//!
//! Read [`load`] first: it is the crowd that every contender stands. [`facts`] says what must be true of each afterwards, `contenders`
//! how both come together, and [`stage`] who they are.

pub mod board;
mod contenders;
pub mod facts;
mod http_clients;
mod in_process;
pub mod load;
mod node;
mod passes;
pub mod plot;
mod postgres;
mod process;
mod redis;
mod resp;
mod sale;
mod served;
pub mod stage;
pub mod table;
pub mod tuning;
