//! Random histories of the accounts, held against a model of its own: plain lists, searched from end to end.

mod account_histories;
mod actions;
mod model;

#[path = "../common/past.rs"]
mod past;
