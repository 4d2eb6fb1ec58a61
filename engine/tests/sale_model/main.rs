//! Random lives of a concert with everything that a sale has, beside a model that shares no code with the core.

mod actions;
mod commands;
mod comparison;
mod model;
mod sale_histories;

#[path = "../common/past.rs"]
mod past;
#[path = "../common/twin.rs"]
mod twin;
