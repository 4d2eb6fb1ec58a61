//! Reading back what is durable.

use boxoffice_engine::journal::{Record, Scope};

use super::Store;
use crate::chain::Reader;
use crate::frame;
use crate::sled_store::Generation;
use crate::store_thread;
use crate::wire::{self, PackedRecord};

/// Shows the records of the scope.
pub(super) fn replay(store: &Store, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), String> {
    let open = store.read();
    let mut reader = Reader::after(open.start());
    for generation in open.generations() {
        read(generation, &mut reader, open.frames, |packed| {
            let wanted = match scope {
                Scope::Everything => true,
                Scope::Stream(stream) => packed.head.stream == stream,
            };
            if wanted {
                visit(packed.record().map_err(|error| error.to_string())?);
            }
            Ok(())
        })?;
    }
    let (reached, frames) = (reader.whole().frames, open.frames);
    if reached == frames { Ok(()) } else { Err(format!("it ends after {reached} frames of {frames}")) }
}

/// Shows the records of one generation in the chain's first `frames` frames, which `reader` has followed up to there.
pub(crate) fn read(
    generation: &Generation,
    reader: &mut Reader,
    frames: u64,
    mut visit: impl FnMut(PackedRecord<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut entries = generation.db.range(..frame::key(frames));
    // sled may panic on what it reads; the visitor's own panic is the visitor's business.
    while let Some(entry) =
        store_thread::catch(|| entries.next()).map_err(|message| format!("sled panicked: {message}"))?
    {
        let (key, value) = entry.map_err(|error| error.to_string())?;
        let Some(group) = reader.follow(&key, &value).map_err(|damage| damage.to_string())? else { continue };
        for packed in wire::unpack(group.bytes) {
            visit(packed.map_err(|error| error.to_string())?)?;
        }
    }
    Ok(())
}
