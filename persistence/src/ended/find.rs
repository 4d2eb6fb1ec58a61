//! Finds bookings in the segments.

use std::collections::BTreeSet;

use boxoffice_engine::concert::{BookingStatus, EndedBooking};
use boxoffice_engine::ids::{BookingId, BookingNumber, ConcertId, PaymentId, UserId};
use boxoffice_engine::journal::EndedQuery;
use boxoffice_engine::time::Time;

use super::Ended;
use super::segment::{
    BlockEntry, Run, STATUSES, Segment, block_key, booking_of, code_of, cut, payment_key, place_key, user_key,
};
use crate::compression::Decompressor;
use crate::damage::{Damage, Flaw};
use crate::fields::Fields;

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
        let key = payment_key(id.concert, id.number);
        for segment in self.segments.iter().rev() {
            let Some(entry) = segment.payments().from(&key)?.next().transpose()? else { continue };
            if entry.starts_with(&key) {
                let run = Run { concert: id.concert, status: entry[24] };
                let number = Fields::new(&entry[16..]).u64().map_or(BookingNumber(0), BookingNumber);
                return segment.booking(run, number, &mut Decompressor::new());
            }
        }
        Ok(None)
    }

    /// Goes through the user's entries of all segments at once, the newest first.
    fn of_user(
        &self,
        query: &EndedQuery,
        user: &UserId,
        after: Option<(Time, BookingId)>,
    ) -> Result<Vec<EndedBooking>, Damage> {
        let theirs = user_key(user);
        let from = match after {
            // Behind every status of that place.
            Some((at, id)) => [&place_key(user, at, id.concert, id.number)[..], &[u8::MAX]].concat(),
            None => theirs.to_vec(),
        };
        let mut next = BTreeSet::new();
        let mut entries = Vec::with_capacity(self.segments.len());
        for (index, segment) in self.segments.iter().enumerate() {
            let mut of_segment = segment.users().from(&from)?;
            next.extend(of_segment.next().transpose()?.map(|entry| (entry, index)));
            entries.push(of_segment);
        }
        let (mut found, mut decompressor) = (Vec::<EndedBooking>::new(), Decompressor::new());
        while found.len() < query.limit()
            && let Some((entry, index)) = next.pop_first()
        {
            if !entry.starts_with(&theirs) {
                break;
            }
            next.extend(entries[index].next().transpose()?.map(|entry| (entry, index)));
            let (run, number) = booking_of(&entry);
            let is_new =
                found.last().is_none_or(|last| last.id() != BookingId { concert: run.concert, number });
            if is_new && has_status(query, run) {
                let booking = self.segments[index].booking(run, number, &mut decompressor)?;
                found.extend(booking.filter(|ended| query.wants(ended)));
            }
        }
        Ok(found)
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
        for segment in &self.segments {
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
    let wanted = STATUSES.into_iter().filter(move |known| status.is_none_or(|status| status == *known));
    wanted.filter_map(code_of).map(move |status| Run { concert, status })
}

fn has_status(query: &EndedQuery, run: Run) -> bool {
    let EndedQuery::Of { status, .. } = query else { return true };
    status.is_none_or(|status| code_of(status) == Some(run.status))
}

impl Segment {
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
            let (_, bookings) = self.read_block(&entry, decompressor)?;
            let wanted = cut(&bookings).flatten().filter(|packed| packed.number > after);
            for packed in wanted.take(end - found.len()) {
                let at = Fields::new(&entry[17..]).u64().unwrap_or_default();
                let booking = packed
                    .booking(run)
                    .map_err(|_| self.damage(at)(Flaw::Form("a booking cannot be read")))?;
                found.push(booking);
            }
        }
        Ok(())
    }
}
