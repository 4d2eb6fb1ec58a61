//! Numbered seats: maps, seats of one's choice, the best available, seats set aside.

mod best;
mod blocked;
mod choosing;
mod map_faults;
mod maps;
