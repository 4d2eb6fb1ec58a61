//! From the command line to the end of the process, and to the next start.

mod command;
mod configuration;
mod demo;
mod restarting;
mod stopping;
mod unread;
