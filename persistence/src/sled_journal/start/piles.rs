//! Records on their way from who reads them to who decodes them, in piles of one stream each.
//!
//! What is known of a concert has to be fetched from memory for each of its piles, so a pile should be large; and all that wait are
//! bounded together. So the one that has waited longest is dealt when there is no more room. Where a thousand concerts take turns, each
//! pile is as large as the room allows; where there are a million, nobody waits for what they have not.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::sync::mpsc::{Receiver, SyncSender};

use boxoffice_engine::journal::Stream;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// Bytes of a sheet, but for a record that is longer.
const SHEET_BYTES: usize = 4 * 1024;
/// Bytes of the sheets in all piles that wait, at most.
const WAITING_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Of all that was begun, only one part in so many waits, so that all workers have something to do from the beginning.
const WAITING_DIVISOR: usize = 2;
/// Bytes of full sheets with which a pile waits no more, so that one hot concert keeps its worker busy.
const PILE_BYTES: usize = 128 * 1024;
/// Bytes of the sheets that a worker is dealt at a time: waking it for each pile would cost a twentieth of its work.
const BATCH_BYTES: usize = 1024 * 1024;
/// Batches that lie between who reads and a worker.
pub(super) const BATCHES_AHEAD: usize = 2;

/// Records of one stream, packed, in order.
pub(super) struct Sheet {
    pub(super) stream: Stream,
    pub(super) records: Vec<u8>,
}

/// Sheets for one worker, and which of all batches they are.
pub(super) struct Batch {
    pub(super) number: usize,
    pub(super) sheets: Vec<Sheet>,
}

/// The piles of all streams.
pub(super) struct Piles {
    /// Those that grow. The first has waited longest.
    growing: VecDeque<Pile>,
    /// How many were before the first.
    gone: usize,
    /// The numbers of those that grow, found by the hash of whose they are.
    numbers: HashTable<usize>,
    /// Bytes of the sheets of those that grow.
    waiting: usize,
    /// Bytes of all sheets that were ever begun.
    begun: usize,
    blank: Blank,
    shares: Vec<Share>,
    /// Batches that were dealt.
    dealt: usize,
}

/// What waits of a stream.
struct Pile {
    /// The last, which is written on.
    sheet: Sheet,
    full: Vec<Sheet>,
}

/// What is dealt to one worker next.
struct Share {
    sheets: Vec<Sheet>,
    bytes: usize,
    to: SyncSender<Batch>,
}

/// Sheets that can be written on again: what was just read is still near the processor.
struct Blank {
    sheets: Vec<Vec<u8>>,
    read: Receiver<Vec<Vec<u8>>>,
}

impl Piles {
    /// None yet, for these workers, who give back what they have `read`.
    pub(super) fn new(workers: Vec<SyncSender<Batch>>, read: Receiver<Vec<Vec<u8>>>) -> Self {
        Self {
            growing: VecDeque::new(),
            gone: 0,
            numbers: HashTable::new(),
            waiting: 0,
            begun: 0,
            blank: Blank { sheets: Vec::new(), read },
            shares: workers.into_iter().map(|to| Share { sheets: Vec::new(), bytes: 0, to }).collect(),
            dealt: 0,
        }
    }

    /// Adds a record to its stream's pile, and deals what has waited enough.
    pub(super) fn add(&mut self, stream: Stream, record: &[u8]) -> Result<(), String> {
        let Self { growing, gone, numbers, .. } = self;
        let number = numbers.find(hash(stream), |number| growing[*number - *gone].sheet.stream == stream);
        let Some(place) = number.map(|number| number - *gone) else {
            self.begin_pile(stream, record);
            return self.make_room();
        };
        let records = &mut growing[place].sheet.records;
        if records.capacity() - records.len() >= record.len() {
            records.extend_from_slice(record);
            return Ok(());
        }
        let next = self.begin_sheet(stream, record);
        let Pile { sheet, full } = &mut self.growing[place];
        full.push(std::mem::replace(sheet, next));
        if bytes(full) >= PILE_BYTES {
            let full = std::mem::take(full);
            self.deal(stream, full)?;
        }
        self.make_room()
    }

    fn begin_pile(&mut self, stream: Stream, record: &[u8]) {
        let number = self.gone + self.growing.len();
        let sheet = self.begin_sheet(stream, record);
        self.growing.push_back(Pile { sheet, full: Vec::new() });
        let Self { growing, gone, numbers, .. } = self;
        numbers.insert_unique(hash(stream), number, |number| hash(growing[*number - *gone].sheet.stream));
    }

    fn begin_sheet(&mut self, stream: Stream, record: &[u8]) -> Sheet {
        let mut sheet = Sheet { stream, records: self.blank.take(record.len()) };
        self.begun += sheet.bytes();
        self.waiting += sheet.bytes();
        sheet.records.extend_from_slice(record);
        sheet
    }

    fn make_room(&mut self) -> Result<(), String> {
        while self.waiting > WAITING_BYTES_MAX.min(self.begun / WAITING_DIVISOR) {
            self.deal_first()?;
        }
        Ok(())
    }

    /// Deals all that is left.
    pub(super) fn deal_all(mut self) -> Result<(), String> {
        while !self.growing.is_empty() {
            self.deal_first()?;
        }
        let Self { shares, mut dealt, .. } = self;
        shares.into_iter().try_for_each(|mut share| share.deal(&mut dealt))
    }

    fn deal_first(&mut self) -> Result<(), String> {
        let Some(Pile { sheet, mut full }) = self.growing.pop_front() else { return Ok(()) };
        let stream = sheet.stream;
        if let Ok(number) = self.numbers.find_entry(hash(stream), |number| *number == self.gone) {
            number.remove();
        }
        self.gone += 1;
        full.push(sheet);
        self.deal(stream, full)
    }

    fn deal(&mut self, stream: Stream, sheets: Vec<Sheet>) -> Result<(), String> {
        self.waiting -= bytes(&sheets);
        let share = stream.share(self.shares.len());
        self.shares[share].add(sheets, &mut self.dealt)
    }
}

/// What can be written on again of sheets that were read: those of one long record go.
pub(super) fn blank(sheets: Vec<Sheet>) -> Vec<Vec<u8>> {
    let records = sheets.into_iter().map(|sheet| sheet.records);
    let mut blank: Vec<_> = records.filter(|records| records.capacity() == SHEET_BYTES).collect();
    blank.iter_mut().for_each(Vec::clear);
    blank
}

impl Sheet {
    /// The memory that it takes, however much is written on it.
    fn bytes(&self) -> usize {
        self.records.capacity()
    }
}

fn bytes(sheets: &[Sheet]) -> usize {
    sheets.iter().map(Sheet::bytes).sum()
}

fn hash(stream: Stream) -> u64 {
    FxBuildHasher.hash_one(stream)
}

impl Share {
    fn add(&mut self, sheets: Vec<Sheet>, dealt: &mut usize) -> Result<(), String> {
        self.bytes += bytes(&sheets);
        self.sheets.extend(sheets);
        if self.bytes < BATCH_BYTES { Ok(()) } else { self.deal(dealt) }
    }

    fn deal(&mut self, dealt: &mut usize) -> Result<(), String> {
        *dealt += 1;
        self.bytes = 0;
        let batch = Batch { number: *dealt, sheets: std::mem::take(&mut self.sheets) };
        // Why it takes no more is the worker's to tell.
        self.to.send(batch).map_err(|_| "a thread that was to read records has ended".to_owned())
    }
}

impl Blank {
    /// A sheet with room for a record of so many bytes.
    fn take(&mut self, bytes: usize) -> Vec<u8> {
        if bytes > SHEET_BYTES {
            return Vec::with_capacity(bytes);
        }
        if self.sheets.is_empty() {
            self.sheets.extend(self.read.try_iter().flatten());
        }
        self.sheets.pop().unwrap_or_else(|| Vec::with_capacity(SHEET_BYTES))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::mpsc;

    use boxoffice_engine::ids::ConcertId;

    use super::*;

    const WORKERS: usize = 2;

    #[test]
    fn every_worker_gets_the_records_of_its_streams_whole_and_in_order_and_few_wait() {
        // Streams, records, and bytes of the longest: one hot concert; some; many more than there is room for; records longer than sheets,
        // and than piles.
        for (streams, records, bytes) in [
            (1, 40_000, 60),
            (1_000, 200_000, 300),
            (20_000, 40_000, 60),
            (50, 2_000, 30_000),
            (3, 40, 3 << 20),
        ] {
            let (workers, dealt): (Vec<_>, Vec<_>) = (0..WORKERS).map(|_| mpsc::sync_channel(1_000)).unzip();
            let (give_back, read) = mpsc::channel();
            let mut piles = Piles::new(workers, read);
            let (mut given, mut taken) = (BTreeMap::<_, Vec<u8>>::new(), BTreeMap::<_, Vec<u8>>::new());
            let (mut sheets_taken, mut waiting_most) = (0, 0);
            let mut take = || {
                for (share, batches) in dealt.iter().enumerate() {
                    for Batch { sheets, .. } in batches.try_iter() {
                        for Sheet { stream, records } in &sheets {
                            assert_eq!(stream.share(WORKERS), share);
                            taken.entry(*stream).or_default().extend_from_slice(records);
                        }
                        sheets_taken += sheets.len();
                        let blank = blank(sheets);
                        assert!(
                            blank.iter().all(|sheet| sheet.is_empty() && sheet.capacity() == SHEET_BYTES)
                        );
                        // When all is dealt, nobody needs them.
                        let _ = give_back.send(blank);
                    }
                }
            };
            for number in 0..records {
                let stream = Stream::Concert(ConcertId::from_bits(number * 7_919 % streams));
                let mut record = number.to_le_bytes().to_vec();
                record.resize(bytes / (1 + usize::try_from(number % 3).unwrap()), 0);
                given.entry(stream).or_default().extend_from_slice(&record);
                piles.add(stream, &record).unwrap();
                assert!(piles.waiting <= WAITING_BYTES_MAX.min(piles.begun / WAITING_DIVISOR));
                waiting_most = piles.waiting.max(waiting_most);
                take();
            }
            let begun = piles.begun;
            piles.deal_all().unwrap();
            take();
            assert!(given == taken, "{streams} streams");
            assert_eq!(given.len() as u64, streams);
            // Piles of many streams take all the room there is, and records of a stream share their sheets.
            let room = WAITING_BYTES_MAX.min(begun / WAITING_DIVISOR);
            assert!(
                streams < 1_000 || waiting_most > room - PILE_BYTES,
                "{streams}: {waiting_most} of {room}"
            );
            let fewest =
                given.values().map(|records| records.len().div_ceil(SHEET_BYTES.max(bytes))).sum::<usize>();
            assert!(sheets_taken <= 3 * fewest, "{streams} streams: {sheets_taken} sheets");
        }
    }

    #[test]
    fn a_worker_that_has_ended_ends_the_dealing() {
        let (worker, _) = mpsc::sync_channel(1);
        let mut piles = Piles::new(vec![worker], mpsc::channel().1);
        let long = vec![0; BATCH_BYTES];
        let dealt = (0..3).try_for_each(|_| piles.add(Stream::Accounts, &long));
        assert!(dealt.is_err());
    }
}
