//! JSON put together piece by piece, for what a rush is answered: names are literals, and a text is looked through once.

use std::ops::Range;

use boxoffice_engine::time::Time;
use jiff::fmt::temporal::DateTimePrinter;
use serde_json::value::RawValue;

use super::{AMOUNT_BYTES_MAX, Amount};
use crate::problem::Problem;

static TIMES: DateTimePrinter = DateTimePrinter::new();

/// JSON on its way out. That its pieces fit together is its caller's to see to.
#[derive(Debug, Default)]
pub(crate) struct JsonText {
    bytes: Vec<u8>,
    /// The last time that was told, and where: most bookings were changed when they were made, and those of a batch all at once.
    last_time: Option<(Time, Range<usize>)>,
}

impl JsonText {
    /// Nothing yet, with room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), last_time: None }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Itself as a part of what serde writes.
    ///
    /// # Errors
    /// A 500, where the pieces do not fit together.
    pub(crate) fn into_value(self) -> Result<Box<RawValue>, Problem> {
        let value = RawValue::from_string(String::from_utf8_lossy(&self.bytes).into_owned());
        value.map_err(|error| Problem::internal(error.to_string()))
    }

    /// Takes back what comes after so many bytes.
    pub(crate) fn truncate(&mut self, bytes: usize) {
        self.bytes.truncate(bytes);
        self.last_time.take_if(|(_, there)| there.end > bytes);
    }

    /// What is JSON already.
    pub(crate) fn push(&mut self, json: impl AsRef<[u8]>) {
        self.bytes.extend_from_slice(json.as_ref());
    }

    /// A whole number.
    pub(crate) fn push_number(&mut self, number: impl itoa::Integer) {
        self.push(itoa::Buffer::new().format(number));
    }

    /// A text in quotes.
    pub(crate) fn push_text(&mut self, text: &str) {
        if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            serde_json::to_writer(&mut self.bytes, text).expect("a text is JSON, and memory takes it");
        } else {
            self.bytes.push(b'"');
            self.push(text);
            self.bytes.push(b'"');
        }
    }

    /// Money, as [`Amount`] tells it.
    pub(crate) fn push_amount(&mut self, amount: Amount) {
        self.push(amount.text(&mut [0; AMOUNT_BYTES_MAX]));
    }

    /// A time in quotes, as [`Utc`](super::Utc) tells it.
    ///
    /// # Errors
    /// A 500, for a time beyond the year 9999.
    pub(crate) fn push_time(&mut self, time: Time) -> Result<(), Problem> {
        if let Some((_, there)) = self.last_time.as_ref().filter(|(last, _)| *last == time) {
            self.bytes.extend_from_within(there.clone());
            return Ok(());
        }
        let begin = self.bytes.len();
        self.bytes.push(b'"');
        jiff::Timestamp::from_millisecond(time.0)
            .and_then(|timestamp| TIMES.print_timestamp(&timestamp, &mut self.bytes))
            .map_err(|error| Problem::internal(error.to_string()))?;
        self.bytes.push(b'"');
        self.last_time = Some((time, begin..self.bytes.len()));
        Ok(())
    }

    /// A list.
    ///
    /// # Errors
    /// The first element's that cannot be told.
    pub(crate) fn push_list<T>(
        &mut self,
        elements: impl IntoIterator<Item = T>,
        mut push: impl FnMut(&mut Self, T) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        self.bytes.push(b'[');
        for (place, element) in elements.into_iter().enumerate() {
            if place > 0 {
                self.bytes.push(b',');
            }
            push(self, element)?;
        }
        self.bytes.push(b']');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use boxoffice_engine::money::Currency;

    use super::*;
    use crate::respond::Utc;

    #[test]
    fn texts_are_those_of_serde() {
        for text in ["", "Aä🎫", "a\"b", "a\\b", "\u{1}", "\n", "\u{7f}", "a/b", "</script>\u{2028}"] {
            let mut json = JsonText::default();
            json.push_text(text);
            assert_eq!(json.bytes(), serde_json::to_vec(text).unwrap(), "{text:?}");
        }
    }

    #[test]
    fn times_and_amounts_are_those_of_serde() {
        for milliseconds in [0, 1_811_872_800_000, 1_500, 1_005, -1, 4_107_542_399_999] {
            let mut json = JsonText::default();
            json.push_time(Time(milliseconds)).unwrap();
            assert_eq!(json.bytes(), serde_json::to_vec(&Utc(Time(milliseconds))).unwrap());
        }
        for (code, minor) in [("USD", 12_000), ("USD", -7), ("JPY", 0), ("KWD", i64::MIN)] {
            let amount = Amount { minor, currency: Currency::from_code(code).unwrap() };
            let mut json = JsonText::default();
            json.push_amount(amount);
            assert_eq!(json.bytes(), serde_json::to_vec(&amount).unwrap());
        }
        assert!(JsonText::default().push_time(Time(i64::MAX)).is_err());
    }

    #[test]
    fn a_time_is_told_again_unless_it_was_taken_back() {
        let (first, second) = (Time(0), Time(1_500));
        let mut json = JsonText::default();
        for time in [first, first, second] {
            json.push_time(time).unwrap();
        }
        let [first, second] = [first, second].map(|time| serde_json::to_string(&Utc(time)).unwrap());
        assert_eq!(json.bytes(), format!("{first}{first}{second}").as_bytes());
        json.truncate(first.len());
        for time in [Time(1_500), Time(0), Time(0)] {
            json.push_time(time).unwrap();
        }
        assert_eq!(json.bytes(), format!("{first}{second}{first}{first}").as_bytes());
    }

    #[test]
    fn what_does_not_fit_together_is_no_value() {
        let mut json = JsonText::default();
        json.push_list([1, 2], |json, number| {
            json.push_number(number);
            Ok(())
        })
        .unwrap();
        assert_eq!(json.into_value().unwrap().get(), "[1,2]");
        let mut open = JsonText::default();
        open.push("[");
        assert!(open.into_value().is_err());
    }
}
