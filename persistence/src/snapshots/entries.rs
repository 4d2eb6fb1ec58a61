//! The entries of a manifest as they lie in memory. An office of ten thousand concerts that sleep has ten thousand of them for as long as
//! it runs, so they are packed; whoever looks at one gets it whole.

use std::collections::BTreeMap;
use std::iter;

use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::Stream;
use boxoffice_engine::time::Time;

use super::manifest::{Entry, Place};

/// Entries in the order of their streams, each stream once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entries {
    packed: Vec<Packed>,
    /// Those that cannot be packed: the accounts', and where a number is too large, a sketch does not lie behind its state, or a state
    /// has no end.
    wide: BTreeMap<Stream, Entry>,
}

/// The entry of a concert whose sketch, if it has one, lies right behind its state, as a snapshot writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed {
    concert: ConcertId,
    time: Time,
    offset: u64,
    state_hash: [u8; 32],
    sketch_hash: [u8; 32],
    sequence: u32,
    epoch: u32,
    file: u32,
    state_length: u32,
    /// 0: there is no sketch, and its hash is nothing.
    sketch_length: u32,
}

impl Entries {
    /// None, with room for so many.
    pub(super) fn with_room(entries: usize) -> Self {
        Self { packed: Vec::with_capacity(entries), wide: BTreeMap::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.packed.len() + self.wide.len()
    }

    /// That of a stream.
    pub(crate) fn get(&self, stream: Stream) -> Option<Entry> {
        let Stream::Concert(concert) = stream else { return self.wide.get(&stream).copied() };
        match self.packed.binary_search_by_key(&concert, |packed| packed.concert) {
            Ok(place) => Some(self.packed[place].unpack()),
            Err(_) => self.wide.get(&stream).copied(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Entry> {
        let (mut packed, mut wide) = (self.packed.iter().peekable(), self.wide.values().peekable());
        iter::from_fn(move || match (packed.peek(), wide.peek()) {
            (Some(next), Some(before)) if before.stream < Stream::Concert(next.concert) => {
                wide.next().copied()
            }
            (None, _) => wide.next().copied(),
            _ => packed.next().map(Packed::unpack),
        })
    }
}

/// They come in the order of their streams.
impl Extend<Entry> for Entries {
    fn extend<I: IntoIterator<Item = Entry>>(&mut self, entries: I) {
        for entry in entries {
            match Packed::of(&entry) {
                Some(packed) => self.packed.push(packed),
                None => drop(self.wide.insert(entry.stream, entry)),
            }
        }
    }
}

impl FromIterator<Entry> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut collected = Self::with_room(entries.size_hint().0);
        collected.extend(entries);
        collected
    }
}

impl Packed {
    fn of(entry: &Entry) -> Option<Self> {
        let Entry { stream: Stream::Concert(concert), sequence, epoch, time, state, sketch } = *entry else {
            return None;
        };
        let Place { file, offset, length, hash } = state;
        let behind = offset.checked_add(length)?;
        let is_behind = |sketch: &Place| (sketch.file, sketch.offset) == (file, behind);
        if sketch.as_ref().is_some_and(|sketch| sketch.length == 0 || !is_behind(sketch)) {
            return None;
        }
        Some(Self {
            concert,
            time,
            offset,
            state_hash: *hash.as_bytes(),
            sketch_hash: sketch.map_or([0; 32], |sketch| *sketch.hash.as_bytes()),
            sequence: sequence.try_into().ok()?,
            epoch: epoch.try_into().ok()?,
            file: file.try_into().ok()?,
            state_length: length.try_into().ok()?,
            sketch_length: sketch.map_or(0, |sketch| sketch.length).try_into().ok()?,
        })
    }

    fn unpack(&self) -> Entry {
        let place = |offset, length: u32, hash| Place {
            file: u64::from(self.file),
            offset,
            length: u64::from(length),
            hash: blake3::Hash::from_bytes(hash),
        };
        let behind = self.offset + u64::from(self.state_length);
        let sketch = place(behind, self.sketch_length, self.sketch_hash);
        Entry {
            stream: Stream::Concert(self.concert),
            sequence: u64::from(self.sequence),
            epoch: u64::from(self.epoch),
            time: self.time,
            state: place(self.offset, self.state_length, self.state_hash),
            sketch: (self.sketch_length > 0).then_some(sketch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEYOND: u64 = u32::MAX as u64 + 1;

    fn entry(bits: u64) -> Entry {
        let state = Place { file: 4, offset: 300, length: 200, hash: blake3::Hash::from_bytes([8; 32]) };
        let sketch = Place { offset: 500, length: 100, hash: blake3::Hash::from_bytes([9; 32]), ..state };
        let stream = Stream::Concert(ConcertId::from_bits(bits));
        Entry { stream, sequence: 7, epoch: 2, time: Time(-5), state, sketch: Some(sketch) }
    }

    fn with_state(state: Place) -> Entry {
        Entry { state, sketch: None, ..entry(1) }
    }

    fn with_sketch(change: impl FnMut(&mut Place)) -> Entry {
        let mut entry = entry(1);
        entry.sketch.iter_mut().for_each(change);
        entry
    }

    #[test]
    fn every_entry_is_got_as_it_was_put() {
        let usual = entry(1);
        let largest = u64::from(u32::MAX);
        let unusual = [
            Entry { stream: Stream::Accounts, ..usual },
            Entry { sequence: BEYOND, ..usual },
            Entry { epoch: BEYOND, ..usual },
            with_state(Place { file: BEYOND, ..usual.state }),
            with_state(Place { length: BEYOND, ..usual.state }),
            with_sketch(|sketch| sketch.length = BEYOND),
            with_sketch(|sketch| sketch.length = 0),
            with_sketch(|sketch| sketch.offset += 1),
            with_sketch(|sketch| sketch.file += 1),
            Entry { state: Place { offset: u64::MAX, ..usual.state }, ..usual },
            with_state(Place { offset: u64::MAX, ..usual.state }),
        ];
        let usual = [
            usual,
            Entry { sequence: largest, epoch: largest, time: Time(i64::MIN), ..usual },
            with_state(Place { file: largest, offset: u64::MAX, length: 0, ..usual.state }),
            with_state(Place { length: largest, ..usual.state }),
        ];
        for (entries, are_packed) in [(&usual[..], true), (&unusual, false)] {
            for entry in entries {
                let put: Entries = iter::once(*entry).collect();
                assert_eq!(put.packed.len(), usize::from(are_packed), "{entry:?}");
                assert_eq!((put.len(), put.get(entry.stream)), (1, Some(*entry)));
                assert_eq!(put.iter().collect::<Vec<_>>(), [*entry]);
            }
        }
    }

    #[test]
    fn entries_are_in_order_whichever_are_packed() {
        for wide in 0..1 << 4_u64 {
            let put = (1..=4_u64).map(|bits| {
                let is_wide = wide >> (bits - 1) & 1 == 1;
                Entry { sequence: if is_wide { BEYOND } else { bits }, ..entry(2 * bits) }
            });
            let put: Vec<Entry> = put.collect();
            let entries: Entries = put.iter().copied().collect();
            assert_eq!(entries.iter().collect::<Vec<_>>(), put);
            for bits in 0..10 {
                let stream = Stream::Concert(ConcertId::from_bits(bits));
                let expected = put.iter().find(|entry| entry.stream == stream).copied();
                assert_eq!(entries.get(stream), expected);
            }
        }
    }

    #[test]
    fn an_entry_takes_little_memory() {
        assert_eq!((size_of::<Packed>(), size_of::<Entry>()), (112, 160));
    }
}
