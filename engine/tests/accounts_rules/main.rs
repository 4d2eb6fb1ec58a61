//! What `Accounts::decide` answers, as tables: one line is one case, and all of them go through [`support::check`].

mod profiles;
mod registering;
mod sessions;
mod support;
