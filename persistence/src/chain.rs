//! The chain: frames in their order, put together to the commit groups that they were made of.

use crate::frame::{self, BODY_BYTES_MAX, ChainHash, Flaw, Frame, Header};

/// Where the chain ends: after so many whole frames and records, the last frame having this hash (zeros before the first).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) frames: u64,
    pub(crate) records: u64,
    pub(crate) hash: ChainHash,
}

/// What is wrong, and at which frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("frame {frame} {flaw}")]
pub(crate) struct Damage {
    pub(crate) frame: u64,
    pub(crate) flaw: Flaw,
}

/// Cuts one commit group into frames and hands their keys and values to `put`, which may fail.
///
/// `starts` are the offsets in `group` at which records begin. Returns the tip after the group.
pub(crate) fn write_group<E>(
    mut tip: Tip,
    group: &[u8],
    starts: &[usize],
    value: &mut Vec<u8>,
    mut put: impl FnMut([u8; 8], &[u8]) -> Result<(), E>,
) -> Result<Tip, E> {
    let parts = group.chunks(BODY_BYTES_MAX);
    let last = parts.len().saturating_sub(1);
    let mut started = 0;
    for (part, body) in parts.enumerate() {
        let end = part * BODY_BYTES_MAX + body.len();
        let begun = starts.partition_point(|start| *start < end);
        let records = u32::try_from(begun - started).expect("a body of 8 KiB begins fewer than 2^32 records");
        let header = Header {
            number: tip.frames,
            position: tip.records,
            records,
            part: u32::try_from(part).expect("a group in memory has fewer than 2^32 parts of 8 KiB"),
            last: part == last,
            previous: tip.hash,
        };
        let hash = frame::encode(&header, body, value);
        put(frame::key(header.number), value)?;
        tip = Tip { frames: tip.frames + 1, records: tip.records + u64::from(records), hash };
        started = begun;
    }
    Ok(tip)
}

/// Follows a chain, frame by frame, and hands out its groups.
#[derive(Clone, Default)]
pub(crate) struct Reader {
    /// The end of the last whole group.
    whole: Tip,
    /// The end of the last frame, which may lie inside a group.
    reached: Tip,
    part: u32,
    /// The bodies of a group of several parts.
    parts: Vec<u8>,
}

/// A commit group, whole.
pub(crate) struct Group<'a> {
    /// Its records, packed.
    pub(crate) bytes: &'a [u8],
    /// How many there must be.
    pub(crate) records: u64,
    /// Its last frame.
    pub(crate) frame: u64,
}

impl Reader {
    /// A reader of what comes after `start`, which is the end of a group.
    pub(crate) fn after(start: Tip) -> Self {
        Self { whole: start, reached: start, ..Self::default() }
    }

    /// Takes the next frame. Returns the group that it completes, if it does.
    pub(crate) fn follow<'a>(&'a mut self, key: &[u8], value: &'a [u8]) -> Result<Option<Group<'a>>, Damage> {
        let expected = self.reached.frames;
        let damage = |flaw| Damage { frame: expected, flaw };
        let number = frame::number_of(key).map_err(damage)?;
        if number != expected {
            return Err(damage(Flaw::Missing));
        }
        let Frame { header, body, hash } = frame::decode(value).map_err(damage)?;
        self.check(&header).map_err(damage)?;

        let records = self.reached.records + u64::from(header.records);
        self.reached = Tip { frames: expected + 1, records, hash };
        let bytes = match (header.part, header.last) {
            (0, true) => body,
            (part, last) => {
                if part == 0 {
                    self.parts.clear();
                }
                self.parts.extend_from_slice(body);
                self.part = part + 1;
                if !last {
                    return Ok(None);
                }
                self.part = 0;
                &self.parts
            }
        };
        let records = self.reached.records - self.whole.records;
        self.whole = self.reached;
        Ok(Some(Group { bytes, records, frame: expected }))
    }

    fn check(&self, header: &Header) -> Result<(), Flaw> {
        let expected = self.reached;
        if header.number != expected.frames {
            return Err(Flaw::Number(header.number));
        }
        if header.previous != expected.hash {
            return Err(Flaw::Chain);
        }
        if header.position != expected.records {
            return Err(Flaw::Position { expected: expected.records, found: header.position });
        }
        if header.part != self.part {
            return Err(Flaw::Part { expected: self.part, found: header.part });
        }
        Ok(())
    }

    /// The end of the last whole group.
    pub(crate) fn whole(&self) -> Tip {
        self.whole
    }

    /// The end of the last frame. What lies beyond the last whole group is the beginning of one that was never finished.
    pub(crate) fn reached(&self) -> Tip {
        self.reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Entry = (Vec<u8>, Vec<u8>);

    /// Groups of the given sizes, a record beginning at every hundredth byte.
    fn chain(sizes: &[usize]) -> Vec<Entry> {
        let mut entries = Vec::new();
        let (mut tip, mut value) = (Tip::default(), Vec::new());
        for (index, size) in sizes.iter().enumerate() {
            let group = vec![u8::try_from(index).unwrap(); *size];
            let starts: Vec<usize> = (0..*size).step_by(100).collect();
            let put = |key: [u8; 8], value: &[u8]| {
                entries.push((key.to_vec(), value.to_vec()));
                Ok::<_, ()>(())
            };
            tip = write_group(tip, &group, &starts, &mut value, put).unwrap();
        }
        entries
    }

    fn read(entries: &[Entry]) -> Result<(Vec<(usize, u64)>, Reader), Damage> {
        let mut reader = Reader::default();
        let mut groups = Vec::new();
        for (key, value) in entries {
            if let Some(group) = reader.follow(key, value)? {
                groups.push((group.bytes.len(), group.records));
            }
        }
        Ok((groups, reader))
    }

    fn check(entries: &[Entry], frame: u64, flaw: Flaw) {
        assert_eq!(read(entries).err(), Some(Damage { frame, flaw }));
    }

    #[test]
    fn groups_of_every_size_come_back() {
        let limit = BODY_BYTES_MAX;
        let sizes = [1, 100, 101, limit - 1, limit, limit + 1, 2 * limit, 5 * limit + 17];
        let entries = chain(&sizes);
        assert_eq!(entries.len(), 4 + 1 + 2 + 2 + 6);
        let (groups, reader) = read(&entries).unwrap();
        let expected: Vec<_> = sizes.iter().map(|size| (*size, size.div_ceil(100) as u64)).collect();
        assert_eq!(groups, expected);
        assert_eq!(reader.whole(), reader.reached());
        assert_eq!(reader.whole().frames, 15);
    }

    #[test]
    fn an_unfinished_group_at_the_end_was_never_written() {
        let entries = chain(&[10, 3 * BODY_BYTES_MAX]);
        let (groups, reader) = read(&entries[..3]).unwrap();
        assert_eq!(groups, [(10, 1)]);
        assert_eq!((reader.whole().frames, reader.reached().frames), (1, 3));
        let (groups, reader) = read(&[]).unwrap();
        assert_eq!((groups.len(), reader.whole()), (0, Tip::default()));
    }

    #[test]
    fn a_frame_that_is_missing_moved_or_foreign_is_named() {
        let whole = chain(&[10, 20, 3 * BODY_BYTES_MAX, 30]);
        for missing in 0..whole.len() - 1 {
            let mut entries = whole.clone();
            entries.remove(missing);
            check(&entries, missing as u64, Flaw::Missing);
        }
        let mut entries = whole.clone();
        entries[1].1 = whole[0].1.clone();
        check(&entries, 1, Flaw::Number(0));
        let mut entries = whole.clone();
        entries[1].1 = chain(&[10, 20])[1].1.clone();
        assert!(read(&entries).is_ok(), "the same frame is no other frame");
        entries[1].1 = chain(&[11, 20])[1].1.clone();
        check(&entries, 1, Flaw::Chain);
        let mut entries = whole.clone();
        entries[1].1[70] ^= 4;
        check(&entries, 1, Flaw::Hash);
        let mut entries = whole;
        entries.push((b"garbage".to_vec(), b"x".to_vec()));
        check(&entries, 6, Flaw::Key(7));
    }

    #[test]
    fn a_frame_out_of_its_group_or_count_is_named() {
        let sealed = |change: fn(&mut Header)| {
            let mut header = Header {
                number: 0,
                position: 0,
                records: 1,
                part: 0,
                last: true,
                previous: ChainHash::default(),
            };
            change(&mut header);
            let mut value = Vec::new();
            frame::encode(&header, b"x", &mut value);
            vec![(frame::key(0).to_vec(), value)]
        };
        assert!(read(&sealed(|_| ())).is_ok());
        check(&sealed(|header| header.position = 4), 0, Flaw::Position { expected: 0, found: 4 });
        check(&sealed(|header| header.part = 1), 0, Flaw::Part { expected: 0, found: 1 });
    }

    #[test]
    fn a_write_that_fails_stops_the_group() {
        let mut puts = 0;
        let put = |_: [u8; 8], _: &[u8]| {
            puts += 1;
            if puts == 2 { Err("full") } else { Ok(()) }
        };
        let written = write_group(Tip::default(), &vec![0; 3 * BODY_BYTES_MAX], &[0], &mut Vec::new(), put);
        assert_eq!((written, puts), (Err("full"), 2));
    }
}
