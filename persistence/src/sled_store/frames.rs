//! The frames of a generation, spread over trees of sled.
//!
//! sled adds what is written to a leaf to its log as a link, and writes the whole leaf again once it has more than ten of these. Frames
//! come in the order of their keys, so in one tree each would be written several times, and the file be twice as long as what is in it.
//! A tree of no more than nine frames is one leaf, which is never written again. All trees share one log: what is durable of it is a
//! beginning, as it is of one tree.

use parking_lot::Mutex;
use sled::IVec;

use super::QuietPool;
use crate::frame;

/// Frames of a tree, as long as there may be more trees.
const FRAMES_PER_TREE: usize = 9;

/// sled writes the list of its trees anew with each that is added. What comes after these is in the last of them.
const TREES_MAX: usize = 512;

/// An entry of sled: key and value.
type Entry = sled::Result<(IVec, IVec)>;

/// The frames of one sled.
#[derive(Debug)]
pub(crate) struct Frames {
    db: sled::Db,
    newest: Mutex<Newest>,
}

/// The tree that takes frames.
#[derive(Debug)]
struct Newest {
    tree: sled::Tree,
    /// Frames in it, or as many as it may have if they were not counted.
    frames: usize,
    /// Its place among all trees.
    place: usize,
}

impl Frames {
    /// The frames that sled has.
    pub(crate) fn of(db: sled::Db) -> sled::Result<Self> {
        let mut trees = trees(&db)?;
        let place = trees.len() - 1;
        let tree = trees.swap_remove(place);
        let frames = if tree.is_empty() { 0 } else { FRAMES_PER_TREE };
        Ok(Self { db, newest: Mutex::new(Newest { tree, frames, place }) })
    }

    /// Adds the next frame.
    pub(crate) fn add(&self, key: [u8; 8], value: &[u8]) -> sled::Result<()> {
        let mut newest = self.newest.lock();
        if newest.frames >= FRAMES_PER_TREE && newest.place + 1 < TREES_MAX {
            let place = newest.place + 1;
            *newest = Newest { tree: self.db.open_tree(name(place))?, frames: 0, place };
        }
        newest.tree.insert(key, value)?;
        newest.frames += 1;
        Ok(())
    }

    /// Removes the frames from this number on.
    pub(crate) fn remove_from(&self, number: u64) -> sled::Result<()> {
        for tree in trees(&self.db)? {
            for key in tree.range(frame::key(number)..).keys() {
                tree.remove(key?)?;
            }
        }
        Ok(())
    }

    /// All of them, in the order in which they came.
    pub(crate) fn all(&self) -> sled::Result<impl Iterator<Item = Entry> + use<>> {
        Ok(trees(&self.db)?.into_iter().flat_map(|tree| tree.iter()))
    }

    /// Those before this number.
    pub(crate) fn before(&self, number: u64) -> sled::Result<impl Iterator<Item = Entry> + use<>> {
        Ok(trees(&self.db)?.into_iter().flat_map(move |tree| tree.range(..frame::key(number))))
    }

    /// Hands what was added to the kernel. That does not make it durable.
    pub(crate) fn flush(&self) -> sled::Result<()> {
        self.db.flush().map(drop)
    }

    /// Lets most of sled's threads rest. For when nothing is left to flush: what is left is flushed first.
    pub(crate) fn quiet_pool(&self) -> QuietPool {
        QuietPool::hold(&self.db)
    }
}

/// The name of the tree at a place. The first is sled's own, so a journal from before there were several needs no other.
fn name(place: usize) -> [u8; 8] {
    frame::key(place as u64)
}

/// All trees, in the order in which they take frames. One that is missing, or that nobody here has made, is an error: what was added after
/// it would not come back in its order.
fn trees(db: &sled::Db) -> sled::Result<Vec<sled::Tree>> {
    let first: sled::Tree = (**db).clone();
    let mut names = db.tree_names();
    names.retain(|name| *name != first.name());
    names.sort_unstable();
    if let Some(place) = (1..).zip(&names).find_map(|(place, found)| (*found != name(place)).then_some(place))
    {
        return Err(sled::Error::Unsupported(format!("its tree {place} is missing")));
    }
    let others = names.into_iter().map(|name| db.open_tree(name));
    std::iter::once(Ok(first)).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn open_sled(dir: &Path) -> sled::Db {
        crate::sled_store::wait_until_closed(dir).unwrap();
        crate::sled_store::open_sled(dir).unwrap()
    }

    fn open(dir: &Path) -> Frames {
        Frames::of(open_sled(dir)).unwrap()
    }

    fn numbers(entries: impl Iterator<Item = Entry>) -> Vec<u64> {
        entries.map(|entry| frame::number_of(&entry.unwrap().0).unwrap()).collect()
    }

    fn add(frames: &Frames, numbers: std::ops::Range<u64>) {
        numbers.for_each(|number| frames.add(frame::key(number), b"frame").unwrap());
    }

    #[test]
    fn frames_come_back_in_their_order_whatever_was_opened_and_removed_in_between() {
        let dir = tempfile::tempdir().unwrap();
        let (mut there, first) = (7..7, 7);
        for (added, removed) in [(1, 0), (8, 0), (1, 0), (40, 25), (0, 1), (3, 3), (100, 0), (1, 1), (1, 0)] {
            let frames = open(dir.path());
            add(&frames, there.end..there.end + added);
            there.end = there.end + added - removed;
            frames.remove_from(there.end).unwrap();
            assert_eq!(numbers(frames.all().unwrap()), there.clone().collect::<Vec<_>>());
            for end in [first, first + 9, there.end] {
                let expected: Vec<_> = there.clone().filter(|number| *number < end).collect();
                assert_eq!(numbers(frames.before(end).unwrap()), expected);
            }
            frames.flush().unwrap();
        }
    }

    #[test]
    fn there_are_no_more_trees_than_there_may_be() {
        let dir = tempfile::tempdir().unwrap();
        let most = (TREES_MAX * FRAMES_PER_TREE) as u64;
        let frames = open(dir.path());
        add(&frames, 0..most + 100);
        assert_eq!(trees(&frames.db).unwrap().len(), TREES_MAX);
        drop(frames);
        let frames = open(dir.path());
        add(&frames, most + 100..most + 200);
        assert!(numbers(frames.all().unwrap()).into_iter().eq(0..most + 200));
    }

    #[test]
    fn a_frame_is_written_once() {
        let dir = tempfile::tempdir().unwrap();
        let frames = open(dir.path());
        let value = vec![7; frame::BODY_BYTES_MAX];
        for number in 0..1_000 {
            frames.add(frame::key(number), &value).unwrap();
            frames.flush().unwrap();
        }
        let (file, written) =
            (std::fs::metadata(dir.path().join("db")).unwrap().len(), 1_000 * value.len() as u64);
        assert!(file < written * 5 / 4, "{file} bytes for {written}");
    }

    #[test]
    fn what_one_tree_had_before_there_were_several_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let db = open_sled(dir.path());
        (0..30).for_each(|number| drop(db.insert(frame::key(number), b"frame").unwrap()));
        drop(db);
        let frames = open(dir.path());
        add(&frames, 30..60);
        assert!(numbers(frames.all().unwrap()).into_iter().eq(0..60));
    }
}
