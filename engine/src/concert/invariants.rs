//! What is true of every concert after every event.

use super::booking::{Booking, BookingStatus, difference};
use super::due::{Due, DueWhat, Dues};
use super::event::ConcertEvent;
use super::keys::KeyRing;
use super::payment::{Payment, PaymentStatus};
use super::seating::{SeatStates, SeatStatus};
use super::state::Concert;
use crate::ids::BookingNumber;
use crate::limits;

mod places;

/// An invariant that does not hold: the code or the journal is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invariant broken: {0}")]
pub struct Broken(String);

fn hold(holds: bool, what: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken(what())) }
}

impl Concert {
    /// Checks what `event`, just applied, could have broken. Costs no more than applying it did.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn check_after(&self, event: &ConcertEvent) -> Result<(), Broken> {
        match event {
            ConcertEvent::Booked { .. } | ConcertEvent::SeatsOffered { .. } => {
                let booking = self.bookings.last().ok_or_else(|| Broken("a booking was kept".to_owned()))?;
                hold(booking.number.0 == self.sequence, || "a booking is numbered by its event".to_owned())?;
                self.check_booking(booking)
            }
            ConcertEvent::BookingCancelled { number, .. }
            | ConcertEvent::BookingChanged { number, .. }
            | ConcertEvent::ChangePrepared { number, .. }
            | ConcertEvent::HoldExtended { number, .. }
            | ConcertEvent::HoldConfirmed { number, .. } => self.check_booking_of(*number),
            ConcertEvent::PaymentStarted { booking, .. } => self.check_booking_of(*booking),
            ConcertEvent::PaymentSettled { payment, .. } | ConcertEvent::RefundMade { payment, .. } => {
                let payment =
                    self.payment(*payment).ok_or_else(|| Broken("a payment was kept".to_owned()))?;
                self.check_booking_of(payment.booking)
            }
            ConcertEvent::ErrandsDone { .. }
            | ConcertEvent::PaymentSubmitted { .. }
            | ConcertEvent::WaitlistJoined { .. }
            | ConcertEvent::WaitlistLeft { .. }
            | ConcertEvent::KeyNoted { .. }
            | ConcertEvent::ChangeAnnounced { .. } => Ok(()),
            ConcertEvent::DetailsChanged { .. } => {
                let limit = self.terms.details.tickets_per_user_max;
                let most = self.people.values().map(|person| person.tickets).max().unwrap_or(0);
                hold(most <= limit, || format!("somebody has {most} tickets of at most {limit}"))
            }
            _ => {
                self.check_ledger()?;
                self.check_all_counts()
            }
        }
    }

    /// Checks everything: after a restore.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn check(&self) -> Result<(), Broken> {
        self.check_places()?;
        self.check_all_counts()?;
        let live = self.bookings.iter().filter(|booking| booking.status.is_live()).count();
        hold(live == self.live_bookings, || {
            format!("{live} live bookings are counted as {}", self.live_bookings)
        })?;
        let mut swept = self.bookings[self.places_between(BookingNumber(0), self.swept)].iter();
        hold(swept.all(|booking| !booking.status.is_live()), || {
            "bookings that the concert's cancellation has reached are ended".to_owned()
        })?;
        self.check_seats()?;
        self.check_due()?;
        self.check_money()?;
        self.check_people()
    }

    /// Every seat is what the bookings make of it.
    fn check_seats(&self) -> Result<(), Broken> {
        let mut taken = vec![(0_u64, 0_u64); self.counts.len()];
        for booking in self.bookings.iter().filter(|booking| booking.status.is_live()) {
            let is_held = booking.status == BookingStatus::Held;
            for item in &booking.items {
                let (held, booked) = &mut taken[item.seat_type.index()];
                *(if is_held { held } else { booked }) += u64::from(item.quantity);
            }
            for item in booking.pending().iter().flat_map(|change| difference(&change.items, &booking.items))
            {
                taken[item.seat_type.index()].0 += u64::from(item.quantity);
            }
        }
        for (counts, taken) in self.counts.iter().zip(taken) {
            hold((u64::from(counts.held), u64::from(counts.booked)) == taken, || {
                format!("{taken:?} held and booked seats are counted as {counts:?}")
            })?;
        }
        let mut uses = vec![0_u32; self.terms.codes.len()];
        for booking in self.bookings.iter().filter(|booking| booking.status.is_live()) {
            if let Some(discount) = booking.discount() {
                uses[usize::from(discount.code)] += 1;
            }
        }
        hold(uses == self.code_uses, || {
            format!("{uses:?} uses of codes are counted as {:?}", self.code_uses)
        })?;
        self.check_seating()
    }

    /// The states of numbered seats are what bookings and the organizer's blocks make of them.
    fn check_seating(&self) -> Result<(), Broken> {
        for (index, (states, seat_type)) in self.seating.iter().zip(&self.terms.seat_types).enumerate() {
            let (Some(states), Some(map)) = (states, seat_type.layout.map()) else { continue };
            hold(states.counts(map) == self.counts[index], || {
                format!("{:?} seats are counted as {:?}", states.counts(map), self.counts[index])
            })?;
            let mut expected = SeatStates::all_available(map);
            for (seat, status) in (0_u32..).zip(states.statuses(map)) {
                if status == SeatStatus::Blocked {
                    expected.set(map, seat, status);
                }
            }
            for booking in self.bookings.iter().filter(|booking| booking.status.is_live()) {
                let taken = match booking.status {
                    BookingStatus::Held => SeatStatus::Held,
                    _ => SeatStatus::Booked,
                };
                let extras = booking.pending().map(|change| difference(&change.items, &booking.items));
                let held = extras.iter().flatten().map(|item| (item, SeatStatus::Held));
                let own = booking.items.iter().map(|item| (item, taken));
                for (item, taken) in own.chain(held).filter(|(item, _)| item.seat_type.index() == index) {
                    hold(item.seats.is_sorted(), || format!("{:?} are not in their order", item.seats))?;
                    for seat in &item.seats {
                        hold(expected.get(map, *seat) == SeatStatus::Available, || {
                            format!("seat {seat} of type {index} is somebody's twice")
                        })?;
                        expected.set(map, *seat, taken);
                    }
                }
            }
            hold(**states == expected, || {
                format!("the seats of type {index} are not what the bookings say")
            })?;
        }
        Ok(())
    }

    /// Whatever is held for a while has its end, and nothing else has one.
    fn check_due(&self) -> Result<(), Broken> {
        let expected: Dues = Due::ends_of(&self.bookings).collect();
        let is_warning = |due: &&Due| due.what == DueWhat::Warn;
        let ends: Dues = self.due.iter().filter(|due| !is_warning(due)).copied().collect();
        hold(ends == expected, || format!("{expected:?} is to end by time, and {ends:?} will"))?;
        let mut warned = self.due.iter().filter(is_warning).map(|due| &self.bookings[due.place as usize]);
        hold(warned.all(|booking| booking.mail && booking.status == BookingStatus::Held), || {
            "only owners of holds who want mail are warned".to_owned()
        })
    }

    /// Every unit of money is where the bookings say that it is.
    fn check_money(&self) -> Result<(), Broken> {
        self.check_ledger()?;
        let mut ledger = self.shed.money;
        for payment in &self.payments {
            ledger.captured += payment.captured();
            ledger.refunded += payment.refunded();
            ledger.owed += payment.captured() - payment.refunded() - payment.kept();
        }
        for booking in &self.bookings {
            let kept: i64 =
                booking.payments().iter().filter_map(|number| self.payment(*number)).map(Payment::kept).sum();
            hold(kept == booking.paid(), || {
                format!(
                    "{kept} kept of the payments of {:?} is counted as {}",
                    booking.number,
                    booking.paid()
                )
            })?;
            match booking.status {
                BookingStatus::Confirmed => {
                    ledger.confirmed += booking.paid();
                    hold(!self.terms.payment_required || booking.paid() == booking.total(), || {
                        format!(
                            "{:?} costs {} and {} is paid",
                            booking.number,
                            booking.total(),
                            booking.paid()
                        )
                    })?;
                }
                _ => ledger.fees += booking.paid(),
            }
        }
        hold(ledger == self.ledger, || format!("{ledger:?} is counted as {:?}", self.ledger))?;
        for payment in &self.payments {
            let booking = self.booking(payment.booking);
            let is_known = booking.is_some_and(|booking| booking.payments().contains(&payment.number));
            hold(is_known, || format!("{:?} pays a booking that does not know of it", payment.number))?;
            let is_owed = payment.status == PaymentStatus::Processing;
            let errand = super::errand::ErrandNumber { sequence: payment.number.0, index: 0 };
            hold(is_owed == self.owed.has(super::errand::Lane::Money, errand), || {
                format!("{:?} is to be taken while it is open", payment.number)
            })?;
        }
        Ok(())
    }

    fn check_people(&self) -> Result<(), Broken> {
        let mut tickets = vec![0_u64; self.people.len()];
        for booking in self.bookings.iter().filter(|booking| booking.status.is_live()) {
            tickets[booking.person as usize] += u64::from(booking.tickets());
        }
        let (owners, noted) = (self.keys.len(), self.key_owners.len());
        hold(owners == noted, || format!("{owners} owners of keys, {noted} noted"))?;
        for keys in self.keys.values().map(KeyRing::len) {
            let max = limits::IDEMPOTENCY_KEYS_PER_USER_MAX;
            hold((1..=max).contains(&keys), || format!("somebody has {keys} keys of at most {max}"))?;
        }
        let limit = u64::from(self.terms.details.tickets_per_user_max);
        for ((user, person), tickets) in self.people.iter().zip(tickets) {
            let known = person.tickets;
            hold(u64::from(known) == tickets, || {
                format!("{user} has {tickets} tickets, counted as {known}")
            })?;
            hold(tickets <= limit, || format!("{user} has {tickets} tickets of at most {limit}"))?;
        }
        Ok(())
    }

    fn check_all_counts(&self) -> Result<(), Broken> {
        let types = self.terms.seat_types.len();
        hold(types == self.counts.len(), || format!("{types} seat types, {} counts", self.counts.len()))?;
        (0..types).try_for_each(|index| self.check_counts(index))
    }

    fn check_ledger(&self) -> Result<(), Broken> {
        hold(self.ledger.balances(), || format!("{:?} does not balance", self.ledger))
    }

    fn check_booking_of(&self, number: BookingNumber) -> Result<(), Broken> {
        self.check_booking(self.booking(number).ok_or_else(|| Broken("a booking was kept".to_owned()))?)
    }

    fn check_booking(&self, booking: &Booking) -> Result<(), Broken> {
        self.check_ledger()?;
        self.check_counts_of(booking)?;
        self.check_limit_of(booking)
    }

    fn check_counts_of(&self, booking: &Booking) -> Result<(), Broken> {
        booking.items.iter().try_for_each(|item| self.check_counts(item.seat_type.index()))
    }

    fn check_counts(&self, index: usize) -> Result<(), Broken> {
        let (counts, seat_type) = (self.counts[index], &self.terms.seat_types[index]);
        let capacity = seat_type.layout.total_seats();
        hold(counts.capacity() == u64::from(capacity), || format!("{counts:?} do not add up to {capacity}"))
    }

    fn check_limit_of(&self, booking: &Booking) -> Result<(), Broken> {
        let tickets = self.people[booking.person as usize].tickets;
        let limit = self.terms.details.tickets_per_user_max;
        hold(tickets <= limit, || format!("{tickets} tickets of at most {limit}"))
    }
}
