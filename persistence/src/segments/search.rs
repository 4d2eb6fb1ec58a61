//! How the pages of a segment's index are searched, without reading many of them.

use std::collections::HashMap;
use std::hash::Hash;

use parking_lot::Mutex;

/// What searches have learned of the pages that they came by, those whose checksum was right. All searches begin with the same pages, so
/// before long only the page that they end with is read. In an index of more pages a search reads one more each time that it doubles.
#[derive(Debug)]
pub(crate) struct Fences<Page, Known> {
    known: Mutex<HashMap<Page, Known>>,
    pages_max: usize,
}

impl<Page: Eq + Hash, Known> Fences<Page, Known> {
    /// Remembers so many pages.
    pub(crate) fn of(pages_max: usize) -> Self {
        Self { known: Mutex::default(), pages_max }
    }

    /// What is known of a page, if anything is.
    pub(crate) fn get<T>(&self, page: &Page, look: impl FnOnce(&Known) -> T) -> Option<T> {
        self.known.lock().get(page).map(look)
    }

    /// Remembers what is known of a page, as long as there is room.
    pub(crate) fn note(&self, page: Page, known: impl FnOnce() -> Known) {
        let mut fences = self.known.lock();
        if fences.len() < self.pages_max {
            fences.entry(page).or_insert_with(known);
        }
    }
}

/// The first of so many pages that is not in front of what is searched for; their number if all are.
pub(crate) fn first_page<E>(
    pages: u64,
    mut is_in_front: impl FnMut(u64) -> Result<bool, E>,
) -> Result<u64, E> {
    let (mut low, mut high) = (0, pages);
    while low < high {
        let middle = low.midpoint(high);
        if is_in_front(middle)? { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pages_that_searches_come_by_are_remembered_and_no_more() {
        const PAGES_MAX: usize = 1_000;
        let fences = Fences::of(PAGES_MAX);
        (0..=PAGES_MAX).for_each(|page| fences.note(page, || 2 * page));
        fences.note(7, || 0);
        let remembered =
            (0..=PAGES_MAX).filter(|page| fences.get(page, |known| *known == 2 * page) == Some(true));
        assert_eq!(remembered.count(), PAGES_MAX);
        assert_eq!(fences.get(&PAGES_MAX, |_| ()), None);
    }

    #[test]
    fn a_search_reads_few_pages_and_ends_where_it_should() {
        for pages in [0, 1, 2, 63, 64, 1_000] {
            for sought in 0..=pages {
                let mut read = 0;
                let found = first_page(pages, |page| {
                    read += 1;
                    Ok::<_, ()>(page < sought)
                });
                assert_eq!(found, Ok(sought));
                assert!(
                    read <= pages.checked_ilog2().map_or(0, |doublings| doublings + 1),
                    "{read} of {pages}"
                );
            }
        }
    }
}
