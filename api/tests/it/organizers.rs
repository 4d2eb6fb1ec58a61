//! What organizers see and set: sales, promo codes, hidden seat types.

mod codes;
mod hidden;
mod sales;
