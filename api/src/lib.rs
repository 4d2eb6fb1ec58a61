//! How a box office is reached: the HTTP contract on one side, the engine's handle on the other.
//!
//! Reading order: [`cli`] and [`config`] (what is asked for), [`server`] (how bytes become requests),
//! [`middleware`] (what every answer has), `routes` (every URL), `wire` (the contract's JSON), [`json`], [`body`],
//! [`path`] and [`query`] (what comes in), [`respond`] and [`problem`] (what goes out), [`auth`] (who asks),
//! [`gateway`] (who moves the money), [`mail`] (what goes to people by itself), [`loadtest`] (a client of all this, which knows
//! none of it).

pub mod app;
pub mod auth;
pub mod body;
pub mod cli;
pub mod config;
pub mod demo;
pub mod gateway;
pub mod idempotency;
pub mod json;
pub mod loadtest;
pub mod log;
pub mod mail;
pub mod middleware;
pub mod mint;
pub mod path;
pub mod problem;
pub mod process;
pub mod query;
mod refusals;
pub mod respond;
mod routes;
pub mod serve;
pub mod server;
pub mod views;
mod wire;
