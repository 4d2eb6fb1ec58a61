//! A list that grows without moving what is in it.
//!
//! A vector that is full moves to one of twice the size: that copies all of it, holds up whoever adds to it, and leaves up to half of
//! it empty. A concert has a booking and a person for nearly everybody who comes, so these lie in chunks of one size.

use std::fmt;
use std::iter::Flatten;
use std::ops::{Index, IndexMut};
use std::{slice, vec};

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::form;

/// Room of a chunk: of a size that allocators have, so that nothing is left over beside it.
const CHUNK_BYTES: usize = 8 * 1024;

/// Elements in the order in which they came, each at its place for good.
#[derive(Clone, PartialEq, Eq)]
pub struct List<T> {
    /// None is empty, and all but the last are full.
    chunks: Vec<Vec<T>>,
}

/// All elements of a list, in their order.
pub(super) type Elements<'a, T> = Flatten<slice::Iter<'a, Vec<T>>>;

impl<T> List<T> {
    /// Elements of a chunk.
    const CHUNK: usize = CHUNK_BYTES / size_of::<T>();

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * Self::CHUNK + last.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The element at a place, if there is one.
    pub fn get(&self, place: usize) -> Option<&T> {
        self.chunks.get(place / Self::CHUNK)?.get(place % Self::CHUNK)
    }

    /// The last element.
    pub fn last(&self) -> Option<&T> {
        self.chunks.last()?.last()
    }

    /// All elements, in their order.
    pub fn iter(&self) -> Elements<'_, T> {
        self.chunks.iter().flatten()
    }

    /// How many elements at the beginning fulfil a condition that those behind them do not.
    pub fn partition_point(&self, mut fulfils: impl FnMut(&T) -> bool) -> usize {
        let whole = self.chunks.partition_point(|chunk| chunk.last().is_some_and(&mut fulfils));
        match self.chunks.get(whole) {
            Some(chunk) => whole * Self::CHUNK + chunk.partition_point(fulfils),
            None => self.len(),
        }
    }

    /// Adds an element at the end.
    pub(super) fn push(&mut self, element: T) {
        self.push_with(|| element);
    }

    /// Makes an element at the end.
    ///
    /// It is made part of its callers, which so write each of the element's fields where it stays, and read none of them back.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "measured: a copy of a booking that was just made costs more than all else here"
    )]
    pub(super) fn push_with(&mut self, element: impl FnOnce() -> T) {
        if self.chunks.last().is_none_or(|last| last.len() == last.capacity()) {
            self.make_room();
        }
        if let Some(last) = self.chunks.last_mut() {
            last.push(element());
        }
    }

    #[cold]
    fn make_room(&mut self) {
        if let Some(last) = self.chunks.last_mut().filter(|last| last.len() < Self::CHUNK) {
            // The first one of a small concert, or one that was copied.
            last.reserve_exact(last.len().min(Self::CHUNK - last.len()));
        } else {
            // Most concerts are small; those that are not will fill the next.
            let room = if self.chunks.is_empty() { 1 } else { Self::CHUNK };
            self.chunks.push(Vec::with_capacity(room));
        }
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.chunks.get_mut(place / Self::CHUNK)?.get_mut(place % Self::CHUNK)
    }

    pub(super) fn elements_mut(&mut self) -> Flatten<slice::IterMut<'_, Vec<T>>> {
        self.chunks.iter_mut().flatten()
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T> Index<usize> for List<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.chunks[place / Self::CHUNK][place % Self::CHUNK]
    }
}

impl<T> IndexMut<usize> for List<T> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        &mut self.chunks[place / Self::CHUNK][place % Self::CHUNK]
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut list = Self::default();
        list.extend(elements);
        list
    }
}

impl<T> Extend<T> for List<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        elements.into_iter().for_each(|element| self.push(element));
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = Flatten<vec::IntoIter<Vec<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.chunks.into_iter().flatten()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = Elements<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Written as a vector is.
impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(Counted { list: self.iter(), left: self.len() })
    }
}

/// Elements of which is known how many there are: some formats write that first.
struct Counted<I> {
    list: I,
    left: usize,
}

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.left = self.left.saturating_sub(1);
        self.list.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        form::list(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: usize = List::<usize>::CHUNK;

    /// As many elements as chunks begin and end with.
    const LENGTHS: [usize; 9] =
        [0, 1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK - 1, 3 * CHUNK, 3 * CHUNK + 1];

    #[test]
    fn a_list_of_any_length_has_what_a_vector_has() {
        for length in LENGTHS {
            let vector: Vec<usize> = (0..length).map(|number| 2 * number).collect();
            let mut list: List<usize> = vector.iter().copied().collect();
            assert_eq!((list.len(), list.is_empty(), list.last()), (length, length == 0, vector.last()));
            assert!(list.iter().eq(&vector) && list.clone().into_iter().eq(vector.iter().copied()));
            for (place, element) in vector.iter().enumerate() {
                assert_eq!((list.get(place), list[place]), (Some(element), *element));
            }
            assert_eq!(list.get(length), None);
            assert_eq!(list.get_mut(length), None);
            for bound in 0..2 * length + 2 {
                let less = |element: &usize| *element < bound;
                assert_eq!(list.partition_point(less), vector.partition_point(less), "below {bound}");
            }
            list.elements_mut().for_each(|element| *element += 1);
            assert!(list.iter().copied().eq(vector.iter().map(|element| element + 1)));
        }
    }

    #[test]
    fn what_was_copied_grows_on_and_nothing_is_reserved_beyond_a_chunk() {
        for length in LENGTHS {
            let mut list = (0..length).collect::<List<_>>().clone();
            for number in length..4 * CHUNK {
                list.push(number);
                assert!(list.chunks.iter().all(|chunk| chunk.capacity() <= CHUNK));
            }
            assert!(list.iter().copied().eq(0..4 * CHUNK));
        }
    }
}
