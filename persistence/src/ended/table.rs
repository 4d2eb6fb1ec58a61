//! A table of a segment: entries of one width, in the order of their bytes, in pages behind a checksum each.
//!
//! ```text
//! page: table u8 | number u64, from 0 | entry * 256, in the last page what is left
//! ```
//!
//! A search reads a few pages, so even "nothing" is an answer to rely on.

use super::segment::{Segment, VERSION};
use crate::damage::{Damage, Flaw};
use crate::files::FileError;
use crate::new_file::NewFile;
use crate::sealed::{self, SEAL_BYTES};
use crate::segments::first_page;

pub(super) const ENTRIES_PER_PAGE: usize = 256;
const PAGE_HEAD_BYTES: usize = 1 + 8;

/// A page by its table and number.
pub(super) type Page = (u8, u64);

/// Where a table lies.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    pub(super) at: u64,
    pub(super) entries: u64,
}

/// One table of an open segment. `N` is the width of its entries, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Table<'a, const N: usize> {
    pub(super) segment: &'a Segment,
    /// Which of the segment's.
    pub(super) kind: u8,
    pub(super) extent: Extent,
}

impl<'a, const N: usize> Table<'a, N> {
    fn pages(self) -> u64 {
        self.extent.entries.div_ceil(ENTRIES_PER_PAGE as u64)
    }

    /// The entries of a page; there is one of that number.
    fn page(self, number: u64) -> Result<Vec<[u8; N]>, Damage> {
        let at = self.extent.at + number * page_bytes(N, ENTRIES_PER_PAGE as u64);
        let page = self.read(number, at).map_err(self.segment.damage(at))?;
        if let Some(first) = page.first() {
            self.segment.fences.note((self.kind, number), || first.as_slice().into());
        }
        Ok(page)
    }

    fn read(self, number: u64, at: u64) -> Result<Vec<[u8; N]>, Flaw> {
        let before = number * ENTRIES_PER_PAGE as u64;
        let entries = self.extent.entries.saturating_sub(before).min(ENTRIES_PER_PAGE as u64);
        let page = self.segment.file.read(at, page_bytes(N, entries))?;
        let (mut fields, _) = sealed::open(&page, VERSION)?;
        if (fields.take(), fields.u64()) != (Some([self.kind]), Some(number)) {
            return Err(Flaw::Other);
        }
        let entries: Vec<[u8; N]> = std::iter::from_fn(|| fields.take()).collect();
        if !entries.is_sorted() {
            return Err(Flaw::Form("its entries are not in order"));
        }
        Ok(entries)
    }

    /// The entry of this number, which another table names.
    pub(super) fn at(self, number: u64) -> Result<[u8; N], Damage> {
        let outside = || self.segment.damage(self.extent.at)(Flaw::Form("a table names what is not in it"));
        if number >= self.extent.entries {
            return Err(outside());
        }
        let page = self.page(number / ENTRIES_PER_PAGE as u64)?;
        let place = usize::try_from(number % ENTRIES_PER_PAGE as u64).ok();
        place.and_then(|place| page.get(place)).copied().ok_or_else(outside)
    }

    /// All entries from the first on that is not below `key`.
    pub(super) fn from(self, key: &[u8]) -> Result<Entries<'a, N>, Damage> {
        // The last page that begins below the key has the first entry that does not, or the next page has.
        let next_page = self.pages_below(key)?.saturating_sub(1);
        let mut entries = Entries { table: self, next_page, page: Vec::new().into_iter() };
        entries.turn()?;
        let below = entries.page.as_slice().partition_point(|entry| entry[..] < *key);
        entries.page.by_ref().take(below).for_each(drop);
        Ok(entries)
    }

    /// How many pages begin below `key`.
    fn pages_below(self, key: &[u8]) -> Result<u64, Damage> {
        first_page(self.pages(), |page| self.begins_below(page, key))
    }

    fn begins_below(self, page: u64, key: &[u8]) -> Result<bool, Damage> {
        if let Some(is_below) = self.segment.fences.get(&(self.kind, page), |first| first[..] < *key) {
            return Ok(is_below);
        }
        Ok(self.page(page)?.first().is_some_and(|first| first[..] < *key))
    }

    /// All entries; of a table that is damaged none, and the damage is told.
    pub(super) fn every(self, wrong: &mut Vec<String>) -> Vec<[u8; N]> {
        let read = self.from(&[]).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        read.unwrap_or_else(|damage| {
            wrong.push(damage.to_string());
            Vec::new()
        })
    }

    /// The last entry that is below `key`.
    pub(super) fn last_below(self, key: &[u8]) -> Result<Option<[u8; N]>, Damage> {
        let Some(page) = self.pages_below(key)?.checked_sub(1) else { return Ok(None) };
        let entries = self.page(page)?;
        let below = entries.partition_point(|entry| entry[..] < *key);
        Ok(below.checked_sub(1).map(|last| entries[last]))
    }
}

/// Entries of a table in their order, page by page. It ends at the first damage.
pub(super) struct Entries<'a, const N: usize> {
    table: Table<'a, N>,
    next_page: u64,
    page: std::vec::IntoIter<[u8; N]>,
}

impl<const N: usize> Entries<'_, N> {
    /// Goes on to the next page, if there is one.
    fn turn(&mut self) -> Result<bool, Damage> {
        if self.next_page >= self.table.pages() {
            return Ok(false);
        }
        let number = std::mem::replace(&mut self.next_page, u64::MAX);
        self.page = self.table.page(number)?.into_iter();
        self.next_page = number + 1;
        Ok(true)
    }
}

impl<const N: usize> Iterator for Entries<'_, N> {
    type Item = Result<[u8; N], Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.page.next() {
                return Some(Ok(entry));
            }
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(damage) => return Some(Err(damage)),
            }
        }
    }
}

/// Writes a table whose entries come in their order, without those that come twice.
pub(super) fn write<const N: usize>(
    file: &mut NewFile,
    kind: u8,
    entries: impl Iterator<Item = [u8; N]>,
) -> Result<Extent, FileError> {
    let mut extent = Extent { at: file.length(), entries: 0 };
    let (mut page, mut number) = (Vec::with_capacity(ENTRIES_PER_PAGE), 0);
    let mut last = None;
    for entry in entries {
        if last.replace(entry) == Some(entry) {
            continue;
        }
        page.push(entry);
        extent.entries += 1;
        if page.len() == ENTRIES_PER_PAGE {
            file.append(&encode_page(kind, number, &page))?;
            page.clear();
            number += 1;
        }
    }
    if !page.is_empty() {
        file.append(&encode_page(kind, number, &page))?;
    }
    Ok(extent)
}

fn encode_page<const N: usize>(kind: u8, number: u64, entries: &[[u8; N]]) -> Vec<u8> {
    let mut page = sealed::begin(VERSION, PAGE_HEAD_BYTES + entries.len() * N);
    page.push(kind);
    page.extend_from_slice(&number.to_be_bytes());
    page.extend_from_slice(entries.as_flattened());
    sealed::seal(&mut page);
    page
}

fn page_bytes(width: usize, entries: u64) -> u64 {
    (SEAL_BYTES + PAGE_HEAD_BYTES) as u64 + entries * width as u64
}

/// Bytes of a table of so many entries, if that is a number.
pub(super) fn table_bytes(width: usize, entries: u64) -> Option<u64> {
    let pages = entries.div_ceil(ENTRIES_PER_PAGE as u64);
    entries.checked_mul(width as u64)?.checked_add(pages.checked_mul(page_bytes(width, 0))?)
}
