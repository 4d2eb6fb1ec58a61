//! Request bodies as values, before anything about concerts is known.
//!
//! [`Json::parse`] answers "is it JSON?", [`read`] and [`ObjectReader`] answer "are these the fields?",
//! naming every field that is not. What a field's value means is the engine's business.

mod reader;
mod rules;
mod value;

pub use reader::{ObjectReader, Read, read};
pub use rules::{
    Boolean, Date, Hundredths, Integer, Moment, Money, OneOf, Rule, Text, Timestamp, date, moment,
};
pub use value::{JSON_DEPTH_MAX, Json};
