//! The file of a segment, open for reading.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::names;
use crate::damage::{Damage, Flaw};

/// It can be read as long as it is open, even when a merged segment has taken its place.
#[derive(Debug)]
pub(crate) struct OpenFile {
    path: PathBuf,
    file: File,
    length: u64,
}

/// The last piece of a segment, which says where the others are.
pub(crate) struct Footer<const BYTES: usize> {
    pub(crate) at: u64,
    pub(crate) bytes: [u8; BYTES],
}

impl OpenFile {
    /// Opens the file of the segment of these generations, and reads no more than its footer.
    pub(crate) fn open<const BYTES: usize>(
        dir: &Path,
        first: u64,
        last: u64,
    ) -> Result<(Self, Footer<BYTES>), Damage> {
        let path = names::path(dir, first, last);
        let flaw = Damage::at(&path, 0);
        let file = File::open(&path).map_err(Flaw::reading).map_err(&flaw)?;
        let length = file.metadata().map_err(Flaw::reading).map_err(&flaw)?.len();
        let at = length.checked_sub(BYTES as u64).ok_or_else(|| flaw(Flaw::Short(length)))?;
        let opened = Self { path, file, length };
        let mut bytes = [0; BYTES];
        opened.read_at(at, &mut bytes).map_err(opened.damage(at))?;
        Ok((opened, Footer { at, bytes }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How long it is, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), Flaw> {
        self.file.read_exact_at(bytes, offset).map_err(Flaw::reading)
    }

    /// A piece that lies within the file.
    pub(crate) fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>, Flaw> {
        let length = usize::try_from(length).map_err(|_| Flaw::Form("it is longer than memory"))?;
        let mut bytes = vec![0; length];
        self.read_at(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// For `map_err`.
    pub(crate) fn damage(&self, at: u64) -> impl Fn(Flaw) -> Damage + use<> {
        Damage::at(&self.path, at)
    }
}
