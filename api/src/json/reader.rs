//! Fields taken out of an object one by one, with everything that is wrong collected on the way.

use std::ops::RangeInclusive;

use boxoffice_engine::faults::Faults;
use boxoffice_engine::limits::FAULTS_NAMED_MAX;
use compact_str::CompactString;

use super::{Json, Rule};
use crate::problem::Problem;

/// Members of an object whose names are compared each with each; those of more are sorted first.
const COMPARED_ONE_BY_ONE_MAX: usize = 16;

/// A value that was read, and what is wrong with it. It comes out by [`Read::finish`] or [`Read::check`] only, so
/// that a value with faults cannot be used.
#[must_use]
#[derive(Debug)]
pub struct Read<T> {
    value: T,
    faults: Faults,
}

impl<T> Read<T> {
    /// The value.
    ///
    /// # Errors
    /// `validation_failed`, naming every bad field.
    pub fn finish(self) -> Result<T, Problem> {
        match self.faults.into_result() {
            Ok(()) => Ok(self.value),
            Err(faults) => Err(Problem::validation(&faults)),
        }
    }

    /// The value, if the engine has nothing against it either. Its faults are asked for in any case, so that a wrong type
    /// here and a wrong value there are told together; where both name a field, the fault of the type stands.
    ///
    /// # Errors
    /// `validation_failed`, naming every bad field.
    pub fn check(mut self, faults: impl FnOnce(&T) -> Faults) -> Result<T, Problem> {
        self.faults.merge(faults(&self.value));
        self.finish()
    }

    /// The same where the engine looks at the value by itself, behind the request's key: asked for here, what it has against a
    /// value is only told beside the faults that there are already.
    ///
    /// # Errors
    /// `validation_failed`, naming every bad field.
    pub fn finish_with(self, faults: impl FnOnce(&T) -> Faults) -> Result<T, Problem> {
        if self.faults.is_empty() { self.finish() } else { self.check(faults) }
    }
}

/// Reads a request body. `fields` takes every field that there may be; whatever is left is unknown and refused.
///
/// A required field that is missing or wrong yields its type's default, as a stand-in that never leaves: [`Read`]
/// holds it back.
pub fn read<T>(body: Json, fields: impl FnOnce(&mut ObjectReader<'_>) -> T) -> Read<T>
where
    T: Default,
{
    let mut faults = Faults::default();
    let value = read_object(body, String::new(), &mut faults, fields).unwrap_or_default();
    Read { value, faults }
}

fn read_object<T>(
    json: Json,
    pointer: String,
    faults: &mut Faults,
    fields: impl FnOnce(&mut ObjectReader<'_>) -> T,
) -> Option<T> {
    let Json::Object(members) = json else {
        add(faults, pointer, || format!("must be an object, not {}", json.kind()));
        return None;
    };
    let mut reader = ObjectReader { members, pointer, faults };
    reader.refuse_duplicates();
    let value = fields(&mut reader);
    reader.refuse_leftovers();
    Some(value)
}

fn add(faults: &mut Faults, pointer: String, detail: impl FnOnce() -> String) {
    if !faults.is_full() {
        faults.add(pointer, detail());
    }
}

/// An object whose fields are being taken.
#[derive(Debug)]
pub struct ObjectReader<'f> {
    members: Vec<(CompactString, Json)>,
    pointer: String,
    faults: &'f mut Faults,
}

impl ObjectReader<'_> {
    /// A field that must be there.
    pub fn required<R: Rule>(&mut self, name: &str, rule: R) -> R::Value
    where
        R::Value: Default,
    {
        let Some(json) = self.take(name) else {
            self.fault(name, "is missing");
            return R::Value::default();
        };
        self.apply(name, rule, json).unwrap_or_default()
    }

    /// A field that may be absent. `null` is a value like any other, and not of the right type.
    pub fn optional<R: Rule>(&mut self, name: &str, rule: R) -> Option<R::Value> {
        let json = self.take(name)?;
        self.apply(name, rule, json)
    }

    /// A field that may be absent (`None`) or `null` (`Some(None)`), which takes a value away.
    pub fn nullable<R: Rule>(&mut self, name: &str, rule: R) -> Option<Option<R::Value>> {
        match self.take(name)? {
            Json::Null => Some(None),
            json => self.apply(name, rule, json).map(Some),
        }
    }

    /// An object that may be absent.
    pub fn object<T>(&mut self, name: &str, fields: impl FnOnce(&mut ObjectReader<'_>) -> T) -> Option<T> {
        let json = self.take(name)?;
        read_object(json, self.pointer_of(name), self.faults, fields)
    }

    /// An array of objects that may be absent. Elements that are no objects are left out of what comes back, but not of the faults.
    pub fn objects<T>(
        &mut self,
        name: &str,
        length: RangeInclusive<usize>,
        fields: impl FnMut(&mut ObjectReader<'_>) -> T,
    ) -> Option<Vec<T>> {
        self.object_slots(name, length, fields).map(|slots| slots.into_iter().flatten().collect())
    }

    /// The same with nothing in the place of what is no object, so that the others keep theirs.
    pub fn object_slots<T>(
        &mut self,
        name: &str,
        length: RangeInclusive<usize>,
        mut fields: impl FnMut(&mut ObjectReader<'_>) -> T,
    ) -> Option<Vec<Option<T>>> {
        let elements = self.take_array(name, length)?;
        let pointer = self.pointer_of(name);
        let read = |(index, json)| read_object(json, format!("{pointer}/{index}"), self.faults, &mut fields);
        Some(elements.into_iter().enumerate().map(read).collect())
    }

    /// An array of values that may be absent.
    pub fn values<R: Rule>(
        &mut self,
        name: &str,
        length: RangeInclusive<usize>,
        rule: R,
    ) -> Option<Vec<R::Value>> {
        self.value_slots(name, length, rule).map(|slots| slots.into_iter().flatten().collect())
    }

    /// The same with nothing in the place of what is wrong.
    pub fn value_slots<R: Rule>(
        &mut self,
        name: &str,
        length: RangeInclusive<usize>,
        rule: R,
    ) -> Option<Vec<Option<R::Value>>> {
        let elements = self.take_array(name, length)?;
        let read = |(index, json)| self.apply(&format!("{name}/{index}"), rule, json);
        Some(elements.into_iter().enumerate().map(read).collect())
    }

    /// Whether a field is there, not taken yet.
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(known, _)| known == name)
    }

    /// Takes a field away unread and says why it is refused: for what the contract names and this version cannot do yet.
    /// Nothing happens when the field is absent.
    pub fn refuse(&mut self, name: &str, detail: &str) {
        if self.take(name).is_some() {
            self.fault(name, detail);
        }
    }

    /// Says what is wrong with a field of this object. The first fault of a field stands.
    pub fn fault(&mut self, name: &str, detail: &str) {
        add(self.faults, self.pointer_of(name), || detail.to_owned());
    }

    fn take(&mut self, name: &str) -> Option<Json> {
        let place = self.members.iter().position(|(known, _)| known == name)?;
        Some(self.members.swap_remove(place).1)
    }

    fn take_array(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<Vec<Json>> {
        let json = self.take(name)?;
        let Json::Array(elements) = json else {
            self.fault(name, &format!("must be an array, not {}", json.kind()));
            return None;
        };
        if !length.contains(&elements.len()) {
            let (min, max) = length.into_inner();
            self.fault(name, &format!("must have {min} to {max} elements, has {}", elements.len()));
            return None;
        }
        Some(elements)
    }

    fn apply<R: Rule>(&mut self, path: &str, rule: R, json: Json) -> Option<R::Value> {
        match rule.read(json) {
            Ok(value) => Some(value),
            Err(detail) => {
                add(self.faults, format!("{}/{path}", self.pointer), || detail);
                None
            }
        }
    }

    /// Which of two values was meant is anybody's guess, so neither is taken.
    fn refuse_duplicates(&mut self) {
        let is_new = |(place, (name, _)): (usize, &(CompactString, Json))| {
            self.members[..place].iter().all(|(known, _)| known != name)
        };
        // The objects of honest callers are small.
        if self.members.len() <= COMPARED_ONE_BY_ONE_MAX && self.members.iter().enumerate().all(is_new) {
            return;
        }
        let mut names: Vec<&str> = self.members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut repeated: Vec<String> =
            names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned()).collect();
        repeated.dedup();
        for name in repeated.iter().take(FAULTS_NAMED_MAX) {
            self.fault(&escape(name), "is given more than once");
            self.members.retain(|(known, _)| known != name);
        }
    }

    fn refuse_leftovers(&mut self) {
        for (name, _) in std::mem::take(&mut self.members).iter().take(FAULTS_NAMED_MAX) {
            self.fault(&escape(name), "is not known here");
        }
    }

    fn pointer_of(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }
}

/// A member name as a part of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
