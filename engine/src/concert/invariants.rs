//! What is true of every concert after every event.

use super::booking::{Booking, BookingStatus, difference};
use super::due::{Due, DueWhat, Dues};
use super::event::ConcertEvent;
use super::keys::KeyRing;
use super::payment::{Ledger, Payment, PaymentStatus};
use super::seating::{SeatStates, SeatStatus};
use super::state::Concert;
use crate::ids::BookingNumber;
use crate::limits;

mod places;

/// An invariant that does not hold: the code or the journal is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invariant broken: {0}")]
pub struct Broken(String);

/// What the bookings come to. Nearly everything is counted in one walk over them, because they are many.
struct Sums {
    live_bookings: usize,
    /// Held and booked, for each seat type.
    taken: Vec<(u64, u64)>,
    /// For each code.
    code_uses: Vec<u32>,
    /// Of everybody, by their places.
    tickets: Vec<u64>,
    ends: Dues,
    /// What is confirmed, and what was kept as fees.
    money: Ledger,
}

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
                let most = self.people.iter().map(|(_, person)| person.tickets).max().unwrap_or(0);
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
        let sums = self.sums()?;
        hold(sums.live_bookings == self.live_bookings, || {
            format!("{} live bookings are counted as {}", sums.live_bookings, self.live_bookings)
        })?;
        let mut swept = self.places_between(BookingNumber(0), self.swept);
        hold(swept.all(|place| !self.bookings[place].status.is_live()), || {
            "bookings that the concert's cancellation has reached are ended".to_owned()
        })?;
        self.check_seats(&sums)?;
        self.check_due(&sums)?;
        self.check_money(&sums)?;
        self.check_people(&sums)
    }

    /// What its bookings come to.
    fn sums(&self) -> Result<Sums, Broken> {
        let mut sums = Sums {
            live_bookings: 0,
            taken: vec![(0, 0); self.counts.len()],
            code_uses: vec![0; self.terms.codes.len()],
            tickets: vec![0; self.people.len()],
            ends: Dues::new(),
            money: Ledger::default(),
        };
        let mut ends = Vec::new();
        for (place, booking) in (0..).zip(&self.bookings) {
            ends.extend(Due::ends_of(place, booking));
            self.check_paid(booking)?;
            match booking.status {
                BookingStatus::Confirmed => sums.money.confirmed += booking.paid(),
                _ => sums.money.fees += booking.paid(),
            }
            if !booking.status.is_live() {
                continue;
            }
            sums.live_bookings += 1;
            sums.tickets[booking.person as usize] += u64::from(booking.tickets());
            let is_held = booking.status == BookingStatus::Held;
            for item in &booking.items {
                let (held, booked) = &mut sums.taken[item.seat_type.index()];
                *(if is_held { held } else { booked }) += u64::from(item.quantity);
            }
            if let Some(change) = booking.pending() {
                for item in difference(&change.items, &booking.items) {
                    sums.taken[item.seat_type.index()].0 += u64::from(item.quantity);
                }
            }
            if let Some(discount) = booking.discount() {
                sums.code_uses[usize::from(discount.code)] += 1;
            }
        }
        sums.ends = ends.into_iter().collect();
        Ok(sums)
    }

    /// What is noted as paid for a booking is what its payments say.
    fn check_paid(&self, booking: &Booking) -> Result<(), Broken> {
        let payments = booking.payments().iter().filter_map(|number| self.payment(*number));
        let (kept, paid) = (payments.map(Payment::kept).sum::<i64>(), booking.paid());
        hold(kept == paid, || {
            format!("{kept} kept of the payments of {:?} is counted as {paid}", booking.number)
        })?;
        let is_to_be_paid = self.terms.payment_required && booking.status == BookingStatus::Confirmed;
        hold(!is_to_be_paid || paid == booking.total(), || {
            format!("{:?} costs {} and {paid} is paid", booking.number, booking.total())
        })
    }

    /// Every seat is what the bookings make of it.
    fn check_seats(&self, Sums { taken, code_uses, .. }: &Sums) -> Result<(), Broken> {
        for (counts, taken) in self.counts.iter().zip(taken) {
            hold((u64::from(counts.held), u64::from(counts.booked)) == *taken, || {
                format!("{taken:?} held and booked seats are counted as {counts:?}")
            })?;
        }
        hold(*code_uses == self.code_uses, || {
            format!("{code_uses:?} uses of codes are counted as {:?}", self.code_uses)
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
    fn check_due(&self, Sums { ends: expected, .. }: &Sums) -> Result<(), Broken> {
        let is_warning = |due: &&Due| due.what == DueWhat::Warn;
        let ends: Dues = self.due.iter().filter(|due| !is_warning(due)).copied().collect();
        hold(ends == *expected, || format!("{expected:?} is to end by time, and {ends:?} will"))?;
        let mut warned = self.due.iter().filter(is_warning).map(|due| &self.bookings[due.place as usize]);
        hold(warned.all(|booking| booking.mail && booking.status == BookingStatus::Held), || {
            "only owners of holds who want mail are warned".to_owned()
        })
    }

    /// Every unit of money is where the bookings say that it is.
    fn check_money(&self, Sums { money, .. }: &Sums) -> Result<(), Broken> {
        self.check_ledger()?;
        let mut ledger = self.shed.money;
        ledger.confirmed += money.confirmed;
        ledger.fees += money.fees;
        for payment in &self.payments {
            ledger.captured += payment.captured();
            ledger.refunded += payment.refunded();
            ledger.owed += payment.captured() - payment.refunded() - payment.kept();
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

    fn check_people(&self, Sums { tickets, .. }: &Sums) -> Result<(), Broken> {
        let (owners, noted) = (self.keys.len(), self.key_owners.len());
        hold(owners == noted, || format!("{owners} owners of keys, {noted} noted"))?;
        for keys in self.keys.values().map(KeyRing::len) {
            let max = limits::IDEMPOTENCY_KEYS_PER_USER_MAX;
            hold((1..=max).contains(&keys), || format!("somebody has {keys} keys of at most {max}"))?;
        }
        let limit = u64::from(self.terms.details.tickets_per_user_max);
        for ((user, person), tickets) in self.people.iter().zip(tickets) {
            let known = person.tickets;
            hold(u64::from(known) == *tickets, || {
                format!("{user} has {tickets} tickets, counted as {known}")
            })?;
            hold(*tickets <= limit, || format!("{user} has {tickets} tickets of at most {limit}"))?;
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
        let tickets = self.people[booking.person].tickets;
        let limit = self.terms.details.tickets_per_user_max;
        hold(tickets <= limit, || format!("{tickets} tickets of at most {limit}"))
    }
}
