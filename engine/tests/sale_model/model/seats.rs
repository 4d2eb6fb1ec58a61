//! Which seats are whose, counted from the bookings.

use super::{Answer, Booking, Expected, Item, Model, Status, refuse_if};
use crate::actions::{HALL, ROW_SEATS, ROWS, Wanted};

impl Booking {
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.status, Status::Held | Status::Confirmed)
    }

    fn pending_items(&self) -> &[Item] {
        self.pending.as_ref().map_or(&[], |pending| &pending.items)
    }

    /// Seats of a type that it keeps from everybody else: its own, and what a change that waits would add.
    pub(crate) fn keeps(&self, seat_type: u16) -> u32 {
        if !self.is_live() {
            return 0;
        }
        if seat_type == HALL {
            return u32::try_from(self.keeps_seats().len()).expect("a small hall");
        }
        let of = |items: &[Item]| {
            items.iter().filter(|item| item.seat_type == seat_type).map(|item| item.quantity).sum()
        };
        let (own, pending): (u32, u32) = (of(&self.items), of(self.pending_items()));
        own.max(pending)
    }

    /// The same of numbered seats, in their order.
    pub(crate) fn keeps_seats(&self) -> Vec<usize> {
        let all = self.items.iter().chain(self.pending_items()).flat_map(|item| item.seats.clone());
        let mut seats: Vec<usize> = if self.is_live() { all.collect() } else { Vec::new() };
        seats.sort_unstable();
        seats.dedup();
        seats
    }

    pub(crate) fn tickets(&self) -> u32 {
        if !self.is_live() {
            return 0;
        }
        let of = |items: &[Item]| items.iter().map(|item| item.quantity).sum::<u32>();
        of(&self.items).max(of(self.pending_items()))
    }
}

impl Model {
    pub(crate) fn owned(&self, user: u8) -> u32 {
        self.bookings.iter().filter(|booking| booking.user == user).map(Booking::tickets).sum()
    }

    /// Seats of a type that are set aside.
    pub(crate) fn set_aside(&self, seat_type: u16) -> u32 {
        if seat_type == HALL {
            u32::try_from(self.blocked_seats.len()).expect("a small hall")
        } else {
            self.blocked[usize::from(seat_type) - 1]
        }
    }

    pub(crate) fn free(&self, seat_type: u16) -> u32 {
        let kept: u32 = self.bookings.iter().map(|booking| booking.keeps(seat_type)).sum();
        self.capacities[usize::from(seat_type) - 1] - kept - self.set_aside(seat_type)
    }

    /// Seats of a type that are somebody's for good.
    pub(crate) fn booked(&self, seat_type: u16) -> u32 {
        let confirmed = self.bookings.iter().filter(|booking| booking.status == Status::Confirmed);
        let items = confirmed.flat_map(|booking| &booking.items).filter(|item| item.seat_type == seat_type);
        items.map(|item| item.quantity).sum()
    }

    /// The seats of the hall that are nobody's; `except` one booking, whose seats count as free.
    fn free_seats(&self, except: Option<usize>) -> Vec<usize> {
        let others = self.bookings.iter().enumerate().filter(|(place, _)| Some(*place) != except);
        let kept: Vec<usize> = others.flat_map(|(_, booking)| booking.keeps_seats()).collect();
        let free = |seat: &usize| !kept.contains(seat) && !self.blocked_seats.contains(seat);
        (0..ROWS * ROW_SEATS).filter(free).collect()
    }

    /// Every seat of the hall: free, held, booked or blocked, by a letter.
    pub(crate) fn plan(&self) -> String {
        let letter = |seat: usize| {
            let is_own = |booking: &&Booking| {
                booking.is_live() && booking.items.iter().any(|item| item.seats.contains(&seat))
            };
            let owner = self.bookings.iter().find(is_own);
            let is_kept = self.bookings.iter().any(|booking| booking.keeps_seats().contains(&seat));
            match owner {
                Some(booking) if booking.status == Status::Confirmed => 'b',
                _ if is_kept => 'h',
                _ if self.blocked_seats.contains(&seat) => 'x',
                _ => '.',
            }
        };
        (0..ROWS * ROW_SEATS).map(letter).collect()
    }

    /// The seats that a wish comes to, if it can have them. `own` is the place of the booking that would give its seats back.
    /// `chosen` is what the core chose, where the wish leaves it the choice: the items of its event.
    pub(super) fn allot(
        &self,
        wish: &[Wanted],
        own: Option<usize>,
        chosen: Option<&[Item]>,
    ) -> Result<Vec<Item>, Expected> {
        let free = self.free_seats(own);
        let own_seats = own.map_or_else(Vec::new, |own| self.bookings[own].keeps_seats());
        let named = || wish.iter().flat_map(|item| &item.seats);
        refuse_if(named().any(|seat| self.blocked_seats.contains(seat)), "seat blocked")?;
        refuse_if(named().any(|seat| !free.contains(seat)), "seat taken")?;
        let mut items = Vec::new();
        for wanted in wish {
            let had = own.map_or(0, |own| self.bookings[own].keeps(wanted.seat_type));
            let is_for_waiters = self.first_who_waits(wanted.seat_type).is_some();
            let available = if is_for_waiters { 0 } else { self.free(wanted.seat_type) };
            if wanted.quantity > had + available {
                return Err(Expected::RefusedWith("sold out", vec![u64::from(available)]));
            }
            let mut seats = wanted.seats.clone();
            if wanted.seat_type == HALL && seats.is_empty() {
                seats = if wanted.quantity <= had {
                    own_seats[..wanted.quantity as usize].to_vec()
                } else {
                    let chosen = chosen.and_then(|items| items.iter().find(|item| item.seat_type == HALL));
                    let seats = chosen.map_or_else(Vec::new, |item| item.seats.clone());
                    let is_allowed = seats.len() == wanted.quantity as usize
                        && seats.is_sorted()
                        && seats.windows(2).all(|pair| pair[0] != pair[1])
                        && seats.iter().all(|seat| free.contains(seat));
                    // Where a single seat over is forbidden to others, another item may still refuse the wish.
                    if !is_allowed && chosen.is_some() {
                        return Err(Expected::Refused("a choice of seats that was not free"));
                    }
                    seats
                };
            }
            seats.sort_unstable();
            let price = self.prices[usize::from(wanted.seat_type) - 1];
            items.push(Item { seat_type: wanted.seat_type, quantity: wanted.quantity, price, seats });
        }
        if self.setting.forbids_orphans {
            let chosen: Vec<usize> = named().copied().collect();
            refuse_if(!chosen.is_empty() && leaves_orphan(&free, &chosen), "orphan seat")?;
        }
        Ok(items)
    }

    fn check_set_aside(wanted: &Wanted) -> Answer {
        refuse_if(!Self::is_known_type(wanted.seat_type), "seat type not found")?;
        let names_twice =
            (1..wanted.seats.len()).any(|place| wanted.seats[..place].contains(&wanted.seats[place]));
        let names_none = wanted.seat_type == HALL && wanted.seats.is_empty();
        refuse_if(wanted.quantity == 0 || names_twice || names_none, "invalid")?;
        refuse_if(!Self::names_seats(wanted), "seat not found")
    }

    pub(crate) fn block(&mut self, wanted: &Wanted) -> Answer {
        Self::check_set_aside(wanted)?;
        let place = usize::from(wanted.seat_type) - 1;
        if wanted.seat_type == HALL {
            let free = self.free_seats(None);
            let fresh: Vec<usize> =
                wanted.seats.iter().copied().filter(|seat| !self.blocked_seats.contains(seat)).collect();
            refuse_if(fresh.iter().any(|seat| !free.contains(seat)), "seat taken")?;
            refuse_if(self.cancelled, "concert cancelled")?;
            if fresh.is_empty() {
                return Err(Expected::Nothing);
            }
            self.blocked_seats.extend(fresh);
            return Ok(());
        }
        let free = self.free(wanted.seat_type);
        if wanted.quantity > free {
            return Err(Expected::RefusedWith("sold out", vec![u64::from(free)]));
        }
        refuse_if(self.cancelled, "concert cancelled")?;
        self.blocked[place] += wanted.quantity;
        Ok(())
    }

    pub(crate) fn release(&mut self, wanted: &Wanted) -> Answer {
        Self::check_set_aside(wanted)?;
        refuse_if(self.cancelled, "concert cancelled")?;
        let before = self.set_aside(wanted.seat_type);
        if wanted.seat_type == HALL {
            self.blocked_seats.retain(|seat| !wanted.seats.contains(seat));
        } else {
            let blocked = &mut self.blocked[usize::from(wanted.seat_type) - 1];
            *blocked -= wanted.quantity.min(*blocked);
        }
        if self.set_aside(wanted.seat_type) == before { Err(Expected::Nothing) } else { Ok(()) }
    }
}

/// Whether a free seat had a free neighbour in its row and has none once these are taken.
fn leaves_orphan(free: &[usize], taken: &[usize]) -> bool {
    let neighbours = |seat: usize, among: &dyn Fn(&usize) -> bool| {
        let row = seat / ROW_SEATS;
        let in_row = [seat.checked_sub(1), Some(seat + 1)];
        in_row.into_iter().flatten().filter(|other| other / ROW_SEATS == row).filter(among).count()
    };
    let is_left = |seat: &usize| free.contains(seat) && !taken.contains(seat);
    free.iter()
        .filter(|seat| is_left(seat))
        .any(|seat| neighbours(*seat, &|other| free.contains(other)) > 0 && neighbours(*seat, &is_left) == 0)
}
