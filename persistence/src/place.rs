//! Whether a store still lies where it was opened.
//!
//! What is open goes on in the store that was opened, whatever becomes of its path; what is made, read and removed by its path, in whatever
//! lies there now. Amid sales both would be damaged. So it is looked once a second, and before what took long is put in its place, whether
//! the path still leads to the same files, and the process ends if it does not.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use crate::data_dir::DataDir;
use crate::error::OpenError;
use crate::files::{self, FileError};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is held open of a store, so that nothing else can be taken for it.
pub(crate) struct Place {
    data_dir: PathBuf,
    /// The mark, and the directories beside the journal.
    held: Vec<Held>,
    /// The file of the generation that takes records, once there is one.
    journal: Mutex<Option<Held>>,
    /// Where the watchdog finds why the process is to end.
    end: Arc<OnceLock<String>>,
    /// Dropped with it, which ends the thread that looks.
    _alive: mpsc::Sender<()>,
}

/// A file or directory, and where it was found.
#[derive(Clone)]
struct Held {
    file: Arc<File>,
    path: PathBuf,
}

impl Place {
    /// That of a store which is being opened, looked at from now on by a thread of its own: a look at a disk that hangs holds up nobody else.
    pub(crate) fn watched(
        dir: &DataDir,
        mark: Arc<File>,
        end: Arc<OnceLock<String>>,
    ) -> Result<Arc<Self>, FileError> {
        let directory = |path: PathBuf| {
            let file = File::open(&path).map_err(FileError::new("open", &path))?;
            Ok(Held { file: Arc::new(file), path })
        };
        let held = vec![
            Held { file: mark, path: dir.mark() },
            directory(dir.snapshots())?,
            directory(dir.archive())?,
            directory(dir.ended())?,
        ];
        let data_dir = dir.path().to_owned();
        let (alive, ended) = mpsc::channel();
        let place = Arc::new(Self { data_dir, held, journal: Mutex::default(), end, _alive: alive });
        let seen = Arc::downgrade(&place);
        let looking = thread::Builder::new().name("store-place".to_owned()).spawn(move || {
            while ended.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                let Some(place) = seen.upgrade() else { return };
                match place.require() {
                    Ok(()) => {}
                    // It is told as why the process ends.
                    Err(OpenError::Moved { .. }) => return,
                    Err(error) => {
                        tracing::warn!(%error, "whether the store lies where it was cannot be seen");
                    }
                }
            }
        });
        looking.map_err(FileError::new("watch", dir.path()))?;
        Ok(place)
    }

    /// Takes note of the file of the generation that takes records from now on.
    pub(crate) fn note_journal(&self, file: Arc<File>, path: PathBuf) {
        *self.journal.lock() = Some(Held { file, path });
    }

    /// Asks for the end of the process if the path of the store leads elsewhere.
    pub(crate) fn require(&self) -> Result<(), OpenError> {
        let journal = self.journal.lock().clone();
        for Held { file, path } in self.held.iter().chain(&journal) {
            if !files::is_at(file, path)? {
                return Err(self.lost(path));
            }
        }
        Ok(())
    }

    fn lost(&self, path: &Path) -> OpenError {
        let moved = OpenError::Moved { data_dir: self.data_dir.clone(), path: path.to_owned() };
        self.end.get_or_init(|| moved.to_string());
        moved
    }
}
