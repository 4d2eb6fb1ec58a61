//! The steps of a snapshot, as the names in the data directory tell them, so that a disaster can be made to come at each of them.

use std::path::Path;

/// A step of a snapshot.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// The next generation is being made.
    Rotate,
    /// The generation before it is closed, and no snapshot stands for it.
    Closed,
    /// What happened at concerts is being archived.
    Archive,
    /// States are being written.
    States,
    /// The manifest is being written.
    Manifest,
    /// The manifest is there, and the one that goes for it is, too.
    Named,
    /// A generation is being removed.
    Trim,
}

impl Step {
    pub(crate) const ALL: [Self; 7] =
        [Self::Rotate, Self::Closed, Self::Archive, Self::States, Self::Manifest, Self::Named, Self::Trim];

    /// Whether this step is under way.
    pub(crate) fn is_under_way(self, data_dir: &Path) -> bool {
        let within = |directory: &str, prefix: &str, suffix: &str| {
            let names = names(&data_dir.join(directory));
            names.iter().filter(|name| name.starts_with(prefix) && name.ends_with(suffix)).count()
        };
        match self {
            Self::Rotate => within("", "journal-", ".new") > 0,
            Self::Closed => within("", "journal-", "") > 2,
            Self::Archive => within("archive", "", ".new") > 0,
            Self::States => within("snapshots", "states-", ".new") > 0,
            Self::Manifest => within("snapshots", "manifest-", ".new") > 0,
            Self::Named => {
                let names = names(&data_dir.join("snapshots"));
                let is_manifest = |name: &&String| name.starts_with("manifest-") && !name.contains('.');
                names.iter().filter(is_manifest).count() > 2
            }
            Self::Trim => generations(data_dir).any(|name| {
                let generation = data_dir.join(name);
                generation.exists() && GENERATION.iter().any(|inside| !generation.join(inside).exists())
            }),
        }
    }
}

/// What sled keeps in a generation from its first moment on.
const GENERATION: [&str; 3] = ["blobs", "conf", "db"];

/// The names of the generations that are there.
pub(crate) fn generations(data_dir: &Path) -> impl Iterator<Item = String> {
    let names = names(data_dir).into_iter();
    names.filter(|name| name.starts_with("journal-") && !name.contains('.'))
}

/// Whatever can be listed of a directory that changes meanwhile.
fn names(directory: &Path) -> Vec<String> {
    let listed = std::fs::read_dir(directory).into_iter().flatten().flatten();
    listed.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
