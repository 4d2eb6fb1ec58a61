//! What a segment's searches have learned of its index, so that they read fewer pages.

use std::collections::HashMap;

use boxoffice_engine::ids::ConcertId;
use parking_lot::Mutex;

/// Pages of one segment that are remembered: half a megabyte, enough for a million blocks. In a larger segment a search reads one page
/// more each time that the segment doubles.
const FENCES_MAX: usize = 16 * 1024;

/// The last concert of each page that a search came by. All searches begin with the same pages, so before long only the page that they
/// end with is read.
#[derive(Debug, Default)]
pub(super) struct Fences(Mutex<HashMap<u64, ConcertId>>);

impl Fences {
    /// The last concert of a page, if it is remembered.
    pub(super) fn get(&self, page: u64) -> Option<ConcertId> {
        self.0.lock().get(&page).copied()
    }

    /// Remembers the last concert of a page whose checksum was right, as long as there is room.
    pub(super) fn note(&self, page: u64, last: ConcertId) {
        let mut fences = self.0.lock();
        if fences.len() < FENCES_MAX {
            fences.insert(page, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pages_that_searches_come_by_are_remembered_and_no_more() {
        let fences = Fences::default();
        let pages = 0..FENCES_MAX as u64 + 1;
        pages.clone().for_each(|page| fences.note(page, ConcertId::from_bits(2 * page)));
        let remembered = pages.filter(|page| fences.get(*page) == Some(ConcertId::from_bits(2 * page)));
        assert_eq!(remembered.count(), FENCES_MAX);
        assert_eq!(fences.get(FENCES_MAX as u64), None);
    }
}
