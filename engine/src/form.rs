//! The form in which state is kept between two lives of a process: what serde's derives need beyond themselves.
//!
//! The derives stand at the types of the state; which bytes they become is the store's to say. What follows from the rest is left
//! out and made again where a state is read: see `Concert` and `Accounts`. **A length is not believed before its elements are there**,
//! or a single wrong byte could ask for all memory: serde's own `Vec`s are as careful, `String` and `SmallVec` are not.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// A text, taken from where it is read.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Text::deserialize(deserializer).map(|text| text.0)
}

/// A text that may be missing.
pub(crate) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Text>::deserialize(deserializer)?.map(|text| text.0))
}

/// A list that grows as its elements come.
pub(crate) fn list<'de, D, L>(deserializer: D) -> Result<L, D::Error>
where
    D: Deserializer<'de>,
    L: Default + IntoIterator + Extend<L::Item>,
    L::Item: Deserialize<'de>,
{
    deserializer.deserialize_seq(ListVisitor(PhantomData))
}

struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }
}

struct ListVisitor<L>(PhantomData<L>);

impl<'de, L> Visitor<'de> for ListVisitor<L>
where
    L: Default + IntoIterator + Extend<L::Item>,
    L::Item: Deserialize<'de>,
{
    type Value = L;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut elements: S) -> Result<L, S::Error> {
        let mut list = L::default();
        while let Some(element) = elements.next_element()? {
            list.extend([element]);
        }
        Ok(list)
    }
}
