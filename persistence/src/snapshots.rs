//! Snapshots: the states of all streams as of the end of a generation of the journal, in the directory `snapshots/`.
//!
//! A snapshot is a manifest ([`manifest`]), which says where the state of each stream lies in the states files ([`states`]), and beside
//! it the sketch of a concert that can sleep. A new snapshot writes the states that changed into one new file and takes over the others where they lie ([`draft`]). The newest two
//! manifests are kept with their files:
//!
//! | step of a new snapshot | what a crash behind it leaves | what the next start does |
//! | --- | --- | --- |
//! | write `states-N.new`, sync it | a temporary name | takes the manifest before; `clean` removes it |
//! | rename it to `states-N` | a file that no manifest names | the same |
//! | write `manifest-N.new`, sync it | a temporary name and that file | the same |
//! | rename it to `manifest-N` | the new snapshot, perhaps not to survive a power cut yet | takes whichever is there |
//! | sync the directory | the new snapshot | takes it |
//!
//! **Invariant: nothing that the newest manifest or the one before names is ever changed or removed.**

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use boxoffice_engine::journal::Stream;

use crate::compression::Decompressor;
use crate::damage::{Damage, Flaw, KeepError};
use crate::files::{self, FileError};
use crate::new_file;

mod draft;
mod entries;
mod manifest;
mod states;
#[cfg(test)]
mod tests;

pub(crate) use draft::Draft;
pub(crate) use entries::Entries;
pub(crate) use manifest::{Entry, Manifest, Tail};
pub(crate) use states::SKETCH_BYTES_MAX;
use states::{Kind, Needed, StatesFiles};

/// The snapshots of a data directory as they were when it was opened or a draft was committed. A value never changes: whoever commits
/// a draft gets the next one. It can be read as long as it lives, whatever is committed and cleaned up meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Snapshots {
    dir: PathBuf,
    newest: Option<Arc<Manifest>>,
    before: Option<Before>,
    /// Those that the two name.
    files: StatesFiles,
    wrong: Vec<Damage>,
}

/// What must be known of the snapshot before the newest while that is sound. A manifest takes memory for each stream.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    number: u64,
    pub(crate) tail: Tail,
    /// Those that its manifest names.
    files: BTreeSet<u64>,
}

impl Before {
    fn of(manifest: &Manifest) -> Self {
        let Manifest { number, tail, .. } = *manifest;
        Self { number, tail, files: manifest.places().map(|place| place.file).collect() }
    }

    /// Reads it, and finds its files there.
    fn read(dir: &Path, number: u64) -> Result<Self, Damage> {
        let Manifest { number, tail, entries } = Manifest::read(dir, number, |_| Needed::default())?;
        Ok(Self { number, tail, files: entries.lengths(dir)?.into_keys().collect() })
    }
}

impl Snapshots {
    /// Opens the snapshots in a directory, which need not be there. The newest manifest that is sound and has all its files
    /// counts, and the next such one is the one before. [`wrong`](Self::wrong) tells of those that were passed over.
    ///
    /// # Errors
    /// When a newer program wrote a manifest, or the operating system refuses.
    pub(crate) fn open(dir: &Path) -> Result<Self, KeepError> {
        let files = StatesFiles::none(dir);
        let mut found = Self { dir: dir.to_owned(), newest: None, before: None, files, wrong: Vec::new() };
        for number in names(dir)?.manifests.into_iter().rev() {
            match found.look_at(number) {
                Ok(()) if found.before.is_some() => break,
                Ok(()) => {}
                Err(newer @ Damage { flaw: Flaw::Version { .. }, .. }) => return Err(newer.into()),
                Err(damage) => found.wrong.push(damage),
            }
        }
        Ok(found)
    }

    /// Takes the manifest of this number for the newest, or where there is that already, for the one before.
    fn look_at(&mut self, number: u64) -> Result<(), Damage> {
        if self.newest.is_some() {
            let before = Before::read(&self.dir, number)?;
            self.files.open(before.files.iter().copied())?;
            self.before = Some(before);
        } else {
            let manifest = Manifest::read(&self.dir, number, Entries::with_room)?;
            let needed: Needed = manifest.places().collect();
            self.files.open(needed.lengths(&self.dir)?.into_keys())?;
            self.newest = Some(Arc::new(manifest));
        }
        Ok(())
    }

    /// The snapshot to start from. `None`: everything must come from the journal, from its first generation on.
    pub(crate) fn newest(&self) -> Option<&Manifest> {
        self.newest.as_deref()
    }

    /// The snapshot to fall back to; what the journal has from its tail on must be kept. `None` stands for the beginning of everything.
    pub(crate) fn before(&self) -> Option<&Before> {
        self.before.as_ref()
    }

    /// What was found wrong on the way: manifests that were passed over when this was opened, or states that could not be copied when it
    /// was committed. Not everything that is wrong: most is not looked at before it is read.
    pub(crate) fn wrong(&self) -> &[Damage] {
        &self.wrong
    }

    /// These snapshots without the newest, for whoever cannot use it.
    ///
    /// # Errors
    /// When the manifest before, which was sound when these were opened, cannot be read any more.
    pub(crate) fn fall_back(self) -> Result<Self, Damage> {
        let before = self.before.as_ref();
        let read = before.map(|before| Manifest::read(&self.dir, before.number, Entries::with_room));
        Ok(Self { newest: read.transpose()?.map(Arc::new), before: None, ..self })
    }

    /// The newest state of a stream.
    pub(crate) fn read(&self, stream: Stream) -> Result<Option<(Entry, Vec<u8>)>, Damage> {
        let Some(entry) = self.newest().and_then(|newest| newest.entries.get(stream)) else {
            return Ok(None);
        };
        let state = self.files.read(Kind::State, &entry, &entry.state, &mut Decompressor::new())?;
        Ok(Some((entry, state)))
    }

    /// The sketch of an entry of the newest snapshot, if it has one. Whoever reads many keeps the decompressor.
    pub(crate) fn read_sketch(
        &self,
        entry: &Entry,
        decompressor: &mut Decompressor,
    ) -> Result<Option<Vec<u8>>, Damage> {
        let place = entry.sketch.as_ref();
        place.map(|place| self.files.read(Kind::Sketch, entry, place, decompressor)).transpose()
    }

    /// Begins the next snapshot. There may be one draft at a time.
    ///
    /// Its number is one that no file has, not even what an attempt left behind that failed in its last step: its manifest may be in
    /// force at the next start, and then the states must be those that it names.
    ///
    /// # Errors
    /// When the directory cannot be listed.
    pub(crate) fn draft(&self) -> Result<Draft<'_>, FileError> {
        let Names { manifests, states } = names(&self.dir)?;
        let highest = manifests.into_iter().chain(states).max();
        Ok(Draft::new(self, highest.map_or(0, |number| number + 1)))
    }

    /// Removes what no kept manifest needs: temporary names, older manifests, states files that neither names. A damaged manifest that
    /// is newer than the newest sound one stays, with its states, until the next is committed: it is evidence.
    ///
    /// # Errors
    /// When the operating system refuses; what is left can be removed later.
    pub(crate) fn clean(&self) -> Result<(), FileError> {
        new_file::remove_temporary(&self.dir)?;
        let Names { manifests, states } = names(&self.dir)?;
        let newest = self.newest().map(|manifest| manifest.number);
        let (unread, read): (Vec<u64>, Vec<u64>) =
            manifests.into_iter().partition(|number| newest.is_none_or(|newest| *number > newest));
        for number in read {
            if Some(number) != newest && self.before().is_none_or(|before| before.number != number) {
                new_file::remove(&manifest::path(&self.dir, number))?;
            }
        }
        let mut needed: BTreeSet<u64> = unread.into_iter().collect();
        needed.extend(self.before().into_iter().flat_map(|before| &before.files));
        // One after another: they are many, and mostly of a few files.
        needed.extend(self.newest().into_iter().flat_map(Manifest::places).map(|place| place.file));
        for number in states {
            if !needed.contains(&number) {
                new_file::remove(&states::path(&self.dir, number))?;
            }
        }
        Ok(())
    }
}

/// The numbers that files have.
struct Names {
    manifests: BTreeSet<u64>,
    states: BTreeSet<u64>,
}

fn names(dir: &Path) -> Result<Names, FileError> {
    let mut names = Names { manifests: BTreeSet::new(), states: BTreeSet::new() };
    for entry in files::list_if_there(dir)? {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if let Some(number) = name.strip_prefix("manifest-").and_then(files::ten_digits) {
            names.manifests.insert(number);
        } else if let Some(number) = name.strip_prefix("states-").and_then(files::ten_digits) {
            names.states.insert(number);
        }
    }
    Ok(names)
}
