//! Who has booked at concerts that sleep: on the disk, so that a concert that sleeps takes no memory for each of its buyers.
//!
//! It is made anew at each start, of what the sketches tell, and has no name in its directory: nothing of it is left when the process
//! ends, however it ends. It need not outlive anything, so it is never synced. Each thread that reads sketches makes a run of its own:
//! pairs of a fingerprint and the place of a concert, in their order. Of a run the memory has the concerts and, for each page, the
//! fingerprint that it begins with.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::thread;

use boxoffice_engine::concert::Fingerprint;
use boxoffice_engine::ids::ConcertId;

use crate::data_dir::DataDir;
use crate::files::FileError;

const PAIR_BYTES: usize = 8;
const PAIRS_PER_PAGE: usize = 512;
const PAGE_BYTES: usize = PAIRS_PER_PAGE * PAIR_BYTES;
/// What a buyer takes of a sketch at least: random numbers of four bytes are hardly compressed.
const SKETCH_BYTES_PER_BUYER: usize = 4;
/// Pages that are written at a time.
const PAGES_PER_WRITE: usize = 64;

/// Some concerts and their buyers, being collected.
#[derive(Default)]
pub(crate) struct Gathering {
    concerts: Vec<ConcertId>,
    /// The fingerprint above, the place of the concert below.
    pairs: Vec<u64>,
}

/// Buyers who can be looked up.
#[derive(Debug)]
pub(crate) struct Run {
    concerts: Vec<ConcertId>,
    /// The fingerprint with which each page begins.
    pages: Vec<Fingerprint>,
    file: File,
}

impl Gathering {
    /// Takes its share, one of so many, of the buyers in sketches of so many bytes together without growing: what it let go of while it
    /// grew would lie between what the office keeps, and never leave the process. Of room that is not used the memory knows nothing.
    pub(crate) fn with_room(sketch_bytes: u64, shares: usize) -> Self {
        let pairs =
            usize::try_from(sketch_bytes).unwrap_or(usize::MAX) / SKETCH_BYTES_PER_BUYER / shares.max(1);
        Self { concerts: Vec::new(), pairs: Vec::with_capacity(pairs) }
    }

    pub(crate) fn add(&mut self, concert: ConcertId, buyers: &[Fingerprint]) {
        let place = self.concerts.len() as u64;
        self.concerts.push(concert);
        self.pairs.extend(buyers.iter().map(|buyer| u64::from(*buyer) << 32 | place));
    }

    /// Writes them down, side by side.
    pub(crate) fn write_all(gatherings: Vec<Self>, dir: &DataDir) -> Result<Vec<Run>, FileError> {
        thread::scope(|scope| {
            let writing = gatherings.into_iter().enumerate().map(|(number, gathering)| {
                let path = dir.buyers(number);
                scope.spawn(move || gathering.write(&path))
            });
            let writing: Vec<_> = writing.collect();
            let written = writing.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).transpose()
            });
            written.flatten().collect()
        })
    }

    /// Writes them down, in a file that has this path for a moment. Nothing if there is nobody.
    fn write(mut self, path: &Path) -> Result<Option<Run>, FileError> {
        if self.pairs.is_empty() {
            return Ok(None);
        }
        self.pairs.sort_unstable();
        let written = write(&self.pairs, path);
        let file = written.map_err(FileError::new("write", path))?;
        let pages = self.pairs.chunks(PAIRS_PER_PAGE).map(|page| upper(page[0])).collect();
        Ok(Some(Run { concerts: self.concerts, pages, file }))
    }
}

fn write(pairs: &[u64], path: &Path) -> io::Result<File> {
    let file = File::options().read(true).write(true).create(true).truncate(true).mode(0o600).open(path)?;
    fs::remove_file(path)?;
    let (mut bytes, mut at) = (Vec::with_capacity(PAGES_PER_WRITE * PAGE_BYTES), 0);
    for pairs in pairs.chunks(PAGES_PER_WRITE * PAIRS_PER_PAGE) {
        bytes.clear();
        for pair in pairs {
            bytes.extend_from_slice(&pair.to_be_bytes());
        }
        file.write_all_at(&bytes, at)?;
        at += bytes.len() as u64;
    }
    Ok(file)
}

impl Run {
    /// The concerts at which somebody with this fingerprint has booked.
    pub(crate) fn concerts_of(&self, buyer: Fingerprint) -> io::Result<Vec<ConcertId>> {
        let mut found = Vec::new();
        // They may begin at the end of the page before the first that begins with them.
        let first = self.pages.partition_point(|begin| *begin < buyer).saturating_sub(1);
        let page_count = self.pages[first..].iter().take_while(|begin| **begin <= buyer).count();
        let mut bytes = vec![0; PAGE_BYTES];
        for page in first..first + page_count {
            let length = self.read(page, &mut bytes)?;
            let pairs = bytes[..length].chunks_exact(PAIR_BYTES).filter_map(|pair| pair.try_into().ok());
            let theirs = pairs.map(u64::from_be_bytes).filter(|pair| upper(*pair) == buyer);
            let places = theirs.filter_map(|pair| usize::try_from(pair & u64::from(u32::MAX)).ok());
            found.extend(places.filter_map(|place| self.concerts.get(place)));
        }
        Ok(found)
    }

    /// Reads a page, and says how long it is: the last one may be shorter.
    fn read(&self, page: usize, bytes: &mut [u8]) -> io::Result<usize> {
        let (mut length, at) = (0, page as u64 * PAGE_BYTES as u64);
        while length < bytes.len() {
            match self.file.read_at(&mut bytes[length..], at + length as u64) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(length)
    }
}

fn upper(pair: u64) -> Fingerprint {
    Fingerprint::try_from(pair >> 32).expect("half of the bits are left")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in no order, the same in every run.
    fn scattered(number: u32) -> u32 {
        number.wrapping_mul(0x9e37_79b1) ^ 0x5bd1_e995
    }

    #[test]
    fn everybody_is_found_wherever_they_have_booked() {
        let dir = tempfile::tempdir().unwrap();
        let concert = |number: u32| ConcertId::from_bits(u64::from(number) << 40);
        let mut gathering = Gathering::default();
        // Number 7 has booked everywhere, over several pages; the highest and the lowest fingerprint are somebody's, too.
        for number in 0..2_000_u32 {
            let others = [scattered(2 * number), scattered(2 * number + 1)];
            let edges: &[u32] = if number == 3 { &[0, u32::MAX] } else { &[] };
            gathering.add(concert(number), &[&others[..], &[7], edges].concat());
        }
        let run = gathering.write(&dir.path().join("buyers")).unwrap().unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "it has no name");
        for number in 0..2_000 {
            for buyer in [scattered(2 * number), scattered(2 * number + 1)] {
                assert_eq!(run.concerts_of(buyer).unwrap(), [concert(number)]);
            }
        }
        assert_eq!(run.concerts_of(7).unwrap(), (0..2_000).map(concert).collect::<Vec<_>>());
        for edge in [0, u32::MAX] {
            assert_eq!(run.concerts_of(edge).unwrap(), [concert(3)]);
        }
        for nobody in [1, 8, u32::MAX - 1] {
            assert_eq!(run.concerts_of(nobody).unwrap(), []);
        }
    }

    #[test]
    fn of_nobody_there_is_no_file() {
        let mut gathering = Gathering::default();
        gathering.add(ConcertId::from_bits(1), &[]);
        assert!(gathering.write(Path::new("/nowhere/buyers")).unwrap().is_none());
    }
}
