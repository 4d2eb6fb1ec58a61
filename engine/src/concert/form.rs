//! The form in which a concert is kept: what of it cannot be told from the rest.
//!
//! What its bookings tell is left out: which of them are whose, how many tickets everybody has, how many bookings live, and when
//! holds end. [`Concert`]'s derive writes the fields that are left, in the order in which they stand here, and reads them by this
//! type, so that nobody ever sees a concert without the others.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::booking::Booking;
use super::counts::{Counts, SalesTally};
use super::due::{Due, DueWhat, Dues};
use super::ended::Shed;
use super::errand::Owed;
use super::keys::KeyRing;
use super::list::List;
use super::payment::{Ledger, Payment};
use super::person::{BookingPlace, People, Person};
use super::seating::SeatStates;
use super::state::{Concert, Stage, Terms};
use super::waiting::WaitingList;
use crate::ids::{BookingNumber, ConcertId, UserId};
use crate::time::Time;

/// A concert as it was read.
#[derive(Deserialize)]
pub(super) struct Kept {
    id: ConcertId,
    sequence: u64,
    time: Time,
    stage: Stage,
    terms: Arc<Terms>,
    counts: Vec<Counts>,
    seating: Vec<Option<Arc<SeatStates>>>,
    tallies: Vec<SalesTally>,
    waiting: Vec<WaitingList>,
    code_uses: Vec<u32>,
    bookings: List<Booking>,
    payments: Vec<Payment>,
    ledger: Ledger,
    warnings: Vec<Due>,
    owed: Owed,
    people: List<(UserId, Person)>,
    keys: BTreeMap<u32, KeyRing>,
    key_owners: VecDeque<(Time, u32)>,
    newest_booking: BookingNumber,
    swept: BookingNumber,
    announcing: Option<(BookingNumber, BookingNumber)>,
    shed: Shed,
}

/// Writes of what is due only what no booking tells.
pub(super) fn warnings<S: Serializer>(due: &Dues, serializer: S) -> Result<S::Ok, S::Error> {
    due.iter().filter(|due| due.what == DueWhat::Warn).collect::<Vec<_>>().serialize(serializer)
}

/// Chains the bookings of everybody and counts their tickets, where none are chained or counted yet. Tells how many live.
pub(super) fn chain(bookings: &mut List<Booking>, people: &mut People) -> Result<usize, String> {
    let mut live_bookings = 0;
    for (place, booking) in bookings.elements_mut().enumerate() {
        let Some(person) = people.get_mut(booking.person) else {
            return Err(format!("{:?} is nobody's", booking.number));
        };
        let newest = BookingPlace::new(place).ok_or("a concert has fewer than 2^32 bookings")?;
        booking.previous = person.newest.replace(newest);
        if booking.status.is_live() {
            person.tickets = person.tickets.saturating_add(booking.tickets());
            live_bookings += 1;
        }
    }
    Ok(live_bookings)
}

impl TryFrom<Kept> for Concert {
    type Error = String;

    fn try_from(kept: Kept) -> Result<Self, String> {
        let Kept { mut bookings, warnings, .. } = kept;
        let mut people = People::new(kept.people).ok_or("somebody is known twice")?;
        let live_bookings = chain(&mut bookings, &mut people)?;
        if warnings.iter().any(|due| due.what != DueWhat::Warn) {
            return Err("an end is kept that the bookings do not tell of".to_owned());
        }
        let ends = (0..).zip(&bookings).flat_map(|(place, booking)| Due::ends_of(place, booking));
        let due = ends.chain(warnings).collect();
        Ok(Self {
            id: kept.id,
            sequence: kept.sequence,
            time: kept.time,
            stage: kept.stage,
            terms: kept.terms,
            counts: kept.counts,
            seating: kept.seating,
            tallies: kept.tallies,
            waiting: kept.waiting,
            code_uses: kept.code_uses,
            bookings,
            payments: kept.payments,
            ledger: kept.ledger,
            due,
            owed: kept.owed,
            people,
            keys: kept.keys,
            key_owners: kept.key_owners,
            newest_booking: kept.newest_booking,
            swept: kept.swept,
            announcing: kept.announcing,
            shed: kept.shed,
            live_bookings,
        })
    }
}
