//! How a box office survives: the journal on sled, its frame format, and what looks for damage.
//!
//! Read [`SledJournal`] first. A record becomes bytes in `wire` (and a state in [`state`]), the bytes of a commit group become
//! `frame`s of a `chain`, and `sled_store` keeps those. `mark` and `evidence` are there because sled alone would lose an end in
//! silence.

mod archive;
mod chain;
mod compression;
mod damage;
mod data_dir;
mod ended;
mod error;
mod evidence;
mod fields;
mod files;
mod frame;
#[cfg(test)]
mod golden;
mod kept;
mod mark;
mod new_file;
mod place;
#[cfg(feature = "testing")]
mod plain_file;
mod scan;
mod sealed;
mod segments;
mod sketch;
mod sled_journal;
mod sled_store;
mod snapshots;
mod snapshotter;
pub mod state;
mod store_thread;
#[cfg(test)]
mod tampering;
mod verify;
mod watchdog;
mod wire;

pub use error::OpenError;
pub use files::FileError;
#[cfg(feature = "testing")]
pub use plain_file::PlainFileJournal;
pub use sled_journal::SledJournal;
pub use snapshotter::{Schedule, SnapshotError, Snapshotted};
pub use verify::{Report, verify};
