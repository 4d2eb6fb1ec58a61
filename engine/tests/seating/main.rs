//! The numbered seats of a seat type: labels and places, what is refused, what each seat is, and which seats a party is given.
//! Small halls are drawn, one line a row; see [`support::hall`].

mod best_available;
mod best_available_properties;
mod faults;
mod labels;
mod naive;
mod orphans;
mod statuses;
mod support;
