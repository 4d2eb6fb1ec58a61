//! A rush made for ticketing, against any running box office.
mod check;
mod findings;
mod history;
