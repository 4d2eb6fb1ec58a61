//! Whatever step the archive dies at, the next start reads everything that was archived.

use super::*;
use crate::new_file::crash;

fn eight() -> Growing {
    let mut growing = Growing::new();
    (0..8).for_each(|generation| growing.add(&[(1, 2), (generation, 1)]));
    growing
}

#[test]
fn a_crash_while_a_generation_is_added_leaves_it_or_not() {
    let mut growing = Growing::new();
    growing.add(&[(1, 2)]);
    let mut seen = Vec::new();
    let work = |dir: &Path| {
        let archive = Archive::open(dir)?;
        let mut draft = archive.draft(1)?;
        draft.put(ConcertId::from_bits(1), 3, 1, &records(1, 3, 1))?;
        draft.finish().map(drop)
    };
    crash::everywhere(growing.dir.path(), work, |dir, done| {
        let archive = Archive::open(dir).unwrap();
        archive.clean().unwrap();
        let through = archive.archived_through().unwrap();
        assert!(done.is_none() || through == 1);
        assert!(read(&archive, 1) == records(1, 1, if through == 1 { 3 } else { 2 }));
        if through == 0 {
            work(dir).unwrap();
        }
        assert!(read(&Archive::open(dir).unwrap(), 1) == records(1, 1, 3));
        seen.push(through);
    });
    assert!(seen.is_sorted() && seen[0] == 0 && seen.len() > 5, "{seen:?}");
}

#[test]
fn a_crash_while_segments_are_merged_loses_and_doubles_nothing() {
    let growing = eight();
    let mut covered = 0;
    let work = |dir: &Path| -> Result<(), KeepError> {
        let archive = Archive::open(dir)?;
        let Some(merged) = archive.merge()? else { return Ok(()) };
        Ok(archive.merged(merged).map(drop)?)
    };
    crash::everywhere(growing.dir.path(), work, |dir, _| {
        let archive = Archive::open(dir).unwrap();
        growing.check(&archive);
        let files = names_in(dir).len();
        covered += u32::from(archive.segments.len() == 1 && files > 1);
        archive.clean().unwrap();
        assert_eq!(names_in(dir).len(), archive.segments.len(), "only what counts is left");
        growing.check(&Archive::open(dir).unwrap());
    });
    assert!(covered >= 8, "at every removal there were both: {covered}");
}
