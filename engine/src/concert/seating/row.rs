//! One row as bits: what its seats are, and its runs of free ones.

use serde::{Deserialize, Serialize};

use super::states::SeatStatus;

/// Seats whose status one pair of words holds.
pub(super) const SEATS_PER_WORD: u32 = u64::BITS;

/// What 64 seats of a row are: a bit of each word per seat. Clear in both is available, and so are new seats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bits {
    low: u64,
    high: u64,
}

/// The seats of one row.
#[derive(Clone, Copy)]
pub(super) struct RowSeats<'a> {
    words: &'a [Bits],
    seats: u32,
}

/// Free seats side by side, with none free beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Seats of the row before it.
    pub(super) start: u32,
    /// Its seats, at least one.
    pub(super) length: u32,
}

/// What the free seats of a row are good for.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    /// Free seats.
    pub(super) free: u32,
    /// Those of them that have a free neighbour.
    pub(super) paired: u32,
    /// Whether three are side by side.
    pub(super) has_three: bool,
}

impl Bits {
    pub(super) fn held(self) -> u64 {
        self.low & !self.high
    }

    pub(super) fn booked(self) -> u64 {
        self.high & !self.low
    }

    pub(super) fn blocked(self) -> u64 {
        self.low & self.high
    }
}

/// Makes a seat of a row what it shall be.
pub(super) fn set_status(words: &mut [Bits], offset: u32, status: SeatStatus) {
    let (low, high) = match status {
        SeatStatus::Available => (0, 0),
        SeatStatus::Held => (1, 0),
        SeatStatus::Booked => (0, 1),
        SeatStatus::Blocked => (1, 1),
    };
    let bits = &mut words[(offset / SEATS_PER_WORD) as usize];
    let shift = offset % SEATS_PER_WORD;
    bits.low = (bits.low & !(1 << shift)) | (low << shift);
    bits.high = (bits.high & !(1 << shift)) | (high << shift);
}

impl<'a> RowSeats<'a> {
    pub(super) fn new(words: &'a [Bits], seats: u32) -> Self {
        Self { words, seats }
    }

    pub(super) fn status(self, offset: u32) -> SeatStatus {
        let bits = self.words[(offset / SEATS_PER_WORD) as usize];
        let shift = offset % SEATS_PER_WORD;
        match ((bits.low >> shift) & 1, (bits.high >> shift) & 1) {
            (0, 0) => SeatStatus::Available,
            (1, 0) => SeatStatus::Held,
            (0, 1) => SeatStatus::Booked,
            _ => SeatStatus::Blocked,
        }
    }

    pub(super) fn statuses(self) -> impl Iterator<Item = SeatStatus> + 'a {
        (0..self.seats).map(move |offset| self.status(offset))
    }

    /// Whether there is such a seat and it is free.
    pub(super) fn is_free(self, offset: u32) -> bool {
        offset < self.seats && self.status(offset) == SeatStatus::Available
    }

    /// Whether any seat is free.
    pub(super) fn has_free(self) -> bool {
        self.next_of(0, |free| free) < self.seats
    }

    /// `false` when no so many seats side by side are free. Of a row longer than a word it says so only when it is too short.
    pub(super) fn may_seat(self, quantity: u32) -> bool {
        if quantity > self.seats || self.words.len() != 1 {
            return quantity <= self.seats;
        }
        // A bit of `starts` stands for `length` free seats from there on.
        let (mut starts, mut length) = (self.free_word(0), 1);
        while length < quantity && starts != 0 {
            let step = length.min(quantity - length);
            starts &= starts >> step;
            length += step;
        }
        starts != 0
    }

    /// The runs from the first seat to the last.
    pub(super) fn runs(self) -> impl Iterator<Item = Run> + 'a {
        let mut from = 0;
        std::iter::from_fn(move || {
            let start = self.next_of(from, |free| free);
            let end = self.next_of(start, |free| !free);
            from = end;
            (start < self.seats).then(|| Run { start, length: end - start })
        })
    }

    /// What its free seats are good for.
    pub(super) fn tally(self) -> Tally {
        if self.words.len() == 1 {
            let free = self.free_word(0);
            let starts_of_two = free & (free >> 1);
            let has_three = starts_of_two & (free >> 2) != 0;
            let paired = (starts_of_two | (starts_of_two << 1)).count_ones();
            return Tally { free: free.count_ones(), paired, has_three };
        }
        let mut tally = Tally::default();
        for Run { length, .. } in self.runs() {
            tally.free += length;
            tally.paired += if length >= 2 { length } else { 0 };
            tally.has_three |= length >= 3;
        }
        tally
    }

    /// The first seat from here on whose bit is set in what `select` makes of the free seats; the row's end, if there is none.
    fn next_of(self, from: u32, select: impl Fn(u64) -> u64) -> u32 {
        let mut begin = from - from % SEATS_PER_WORD;
        let mut skipped = from % SEATS_PER_WORD;
        while begin < self.seats {
            let selected = (select(self.free_word(begin / SEATS_PER_WORD)) >> skipped) << skipped;
            if selected != 0 {
                return (begin + selected.trailing_zeros()).min(self.seats);
            }
            begin += SEATS_PER_WORD;
            skipped = 0;
        }
        self.seats
    }

    /// The free seats among the 64 of a word; none beyond the row's end.
    fn free_word(self, index: u32) -> u64 {
        let Bits { low, high } = self.words[index as usize];
        let seats = (self.seats - index * SEATS_PER_WORD).min(SEATS_PER_WORD);
        !(low | high) & (u64::MAX >> (SEATS_PER_WORD - seats))
    }
}
