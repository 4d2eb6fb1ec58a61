//! The box office.
fn main() {}
