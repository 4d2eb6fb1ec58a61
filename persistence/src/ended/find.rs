//! Finds bookings in the segments.

use std::collections::{BTreeMap, BTreeSet};

use boxoffice_engine::concert::{BookingStatus, EndedBooking};
use boxoffice_engine::ids::{BookingId, BookingNumber, ConcertId, PaymentId, UserId};
use boxoffice_engine::journal::EndedQuery;
use boxoffice_engine::time::Time;

use super::Ended;
use super::block::cut;
use super::entries::{
    BlockEntry, UserEntry, age_in, block_in, block_key, payment_hash, user_entry, user_hash,
};
use super::segment::{Run, Segment};
use super::table::Entries;
use crate::compression::Decompressor;
use crate::damage::Damage;
use crate::wire;

impl Ended {
    /// Finds what the query wants, as [`Journal::ended`](boxoffice_engine::journal::Journal::ended) says.
    pub(crate) fn find(&self, query: &EndedQuery) -> Result<Vec<EndedBooking>, Damage> {
        match query {
            EndedQuery::Booking(id) => Ok(self.booking(*id)?.into_iter().collect()),
            EndedQuery::Payment(id) => Ok(self.paid(*id)?.into_iter().collect()),
            EndedQuery::Of { user, after, .. } => self.of_user(query, user, *after),
            EndedQuery::At { concert, status, after, .. } => {
                self.at_concert(query, *concert, *status, *after)
            }
        }
    }

    fn booking(&self, id: BookingId) -> Result<Option<EndedBooking>, Damage> {
        let mut decompressor = Decompressor::new();
        // What is looked for has mostly ended lately.
        for segment in self.segments.iter().rev() {
            for run in runs(id.concert, None) {
                if let Some(found) = segment.booking(run, id.number, &mut decompressor)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    fn paid(&self, id: PaymentId) -> Result<Option<EndedBooking>, Damage> {
        let hash = payment_hash(id.concert, id.number);
        let mut decompressor = Decompressor::new();
        for segment in self.segments.iter().rev() {
            for entry in segment.payments().from(&hash)? {
                let entry = entry?;
                if !entry.starts_with(&hash) {
                    break;
                }
                let paid = |ended: &EndedBooking| {
                    ended.concert == id.concert
                        && ended.payments.iter().any(|payment| payment.number == id.number)
                };
                let of_block = segment.bookings_of_block(block_in(&entry), |_| true, &mut decompressor)?;
                if let Some(found) = of_block.into_iter().find(paid) {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// Goes through the user's entries of all segments at once, the newest first. What an entry stands for is known when its block is
    /// read; it is told when all that may be newer has been read.
    fn of_user(
        &self,
        query: &EndedQuery,
        user: &UserId,
        after: Option<(Time, BookingId)>,
    ) -> Result<Vec<EndedBooking>, Damage> {
        let hash = user_hash(user);
        let mut entries = Vec::with_capacity(self.segments.len());
        let mut next = BTreeSet::new();
        for (index, segment) in self.segments.iter().enumerate() {
            let age = after.map_or(0, |(at, _)| segment.ages.of(at));
            let mut of_segment = segment.users().from(&user_entry(hash, age, 0))?;
            next.extend(following(&mut of_segment, hash)?.map(|entry| place(segment, index, entry)));
            entries.push(of_segment);
        }
        let mut read: BTreeMap<(Time, BookingId), EndedBooking> = BTreeMap::new();
        let (mut found, mut decompressor) = (Vec::new(), Decompressor::new());
        loop {
            let latest = next.last().map(|(latest, ..)| *latest);
            while found.len() < query.limit()
                && let Some(newest) = read.last_entry()
                && latest.is_none_or(|latest| latest < newest.key().0)
            {
                found.push(newest.remove());
            }
            let Some((_, index, entry)) = next.pop_last().filter(|_| found.len() < query.limit()) else {
                return Ok(found);
            };
            let segment = &self.segments[index];
            next.extend(following(&mut entries[index], hash)?.map(|entry| place(segment, index, entry)));
            let is_theirs = |form: &[u8]| wire::ended_user(form).is_none_or(|theirs| theirs == user.as_str());
            let of_block = segment.bookings_of_block(block_in(&entry), is_theirs, &mut decompressor)?;
            // Those of another age have an entry of their own.
            let age = |ended: &EndedBooking| segment.ages.of(ended.booking.created_at());
            let of_entry = of_block.into_iter().filter(|ended| age(ended) == age_in(entry));
            for ended in of_entry.filter(|ended| query.wants(ended)) {
                read.insert((ended.booking.created_at(), ended.id()), ended);
            }
        }
    }

    /// The first so many of each run are more than enough.
    fn at_concert(
        &self,
        query: &EndedQuery,
        concert: ConcertId,
        status: Option<BookingStatus>,
        after: Option<BookingNumber>,
    ) -> Result<Vec<EndedBooking>, Damage> {
        let after = after.unwrap_or(BookingNumber(0));
        let (mut found, mut decompressor) = (Vec::new(), Decompressor::new());
        for segment in self.segments.iter() {
            for run in runs(concert, status) {
                segment.run_after(run, after, query.limit(), &mut decompressor, &mut found)?;
            }
        }
        found.sort_by_key(|ended: &EndedBooking| ended.booking.number);
        found.dedup_by_key(|ended| ended.booking.number);
        found.truncate(query.limit());
        Ok(found)
    }
}

/// The runs of a concert, or the one of a status.
fn runs(concert: ConcertId, status: Option<BookingStatus>) -> impl Iterator<Item = Run> {
    let is_wanted = move |known| status.is_none_or(|status| status == known);
    Run::all_of(concert).filter(move |(_, known)| is_wanted(*known)).map(|(run, _)| run)
}

/// The next entry, if it is this user's.
fn following(
    entries: &mut Entries<'_, { size_of::<UserEntry>() }>,
    user: [u8; 3],
) -> Result<Option<UserEntry>, Damage> {
    Ok(entries.next().transpose()?.filter(|entry| entry.starts_with(&user)))
}

/// An entry of a segment behind the latest time at which its booking may have been made.
fn place(segment: &Segment, index: usize, entry: UserEntry) -> (Time, usize, UserEntry) {
    (segment.ages.latest(age_in(entry)), index, entry)
}

impl Segment {
    /// The bookings of a block that a table names, if they are wanted by their form.
    fn bookings_of_block(
        &self,
        number: u32,
        is_wanted: impl Fn(&[u8]) -> bool,
        decompressor: &mut Decompressor,
    ) -> Result<Vec<EndedBooking>, Damage> {
        let block = self.block(number, decompressor)?;
        let wanted = cut(&block.bookings).flatten().filter(|packed| is_wanted(packed.form));
        wanted.map(|packed| self.booking_of(&block, packed)).collect()
    }

    /// The booking of this number, if the run has it here.
    fn booking(
        &self,
        run: Run,
        number: BookingNumber,
        decompressor: &mut Decompressor,
    ) -> Result<Option<EndedBooking>, Damage> {
        let mut found = Vec::new();
        self.run_after(run, BookingNumber(number.0.saturating_sub(1)), 1, decompressor, &mut found)?;
        Ok(found.pop().filter(|ended| ended.booking.number == number))
    }

    /// Adds the bookings of a run with higher numbers, in order, so many at most.
    fn run_after(
        &self,
        run: Run,
        after: BookingNumber,
        limit: usize,
        decompressor: &mut Decompressor,
        found: &mut Vec<EndedBooking>,
    ) -> Result<(), Damage> {
        let end = found.len().saturating_add(limit);
        let next = BookingNumber(after.0.saturating_add(1));
        // The block that begins before it may have it inside.
        let before = self.blocks().last_below(&block_key(run, next))?;
        let from = block_key(run, next);
        let blocks = before.map(Ok).into_iter().chain(self.blocks().from(&from)?);
        let start = block_key(run, BookingNumber(0));
        let is_of_run = |entry: &BlockEntry| entry.starts_with(&start[..9]);
        for entry in blocks
            .skip_while(|entry| entry.as_ref().is_ok_and(|entry| !is_of_run(entry) && entry[..] < from[..]))
        {
            let entry = entry?;
            if !is_of_run(&entry) || found.len() >= end {
                break;
            }
            let block = self.read_block(&entry, decompressor)?;
            let wanted = cut(&block.bookings).flatten().filter(|packed| packed.number > after);
            for packed in wanted.take(end - found.len()) {
                found.push(self.booking_of(&block, packed)?);
            }
        }
        Ok(())
    }
}
