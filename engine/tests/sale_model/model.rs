//! A sale as naively as it can be told: lists of what happened, and everything recounted from them for every question.
//!
//! It shares no code with the core. Where the core is free to choose (which seats are the best), it is told the choice and looks
//! whether that was allowed.

use crate::actions::{HALL, ORGANIZER, OWNER, ROW_SEATS, ROWS, SECRET, Setting, Wanted};

mod bookings;
mod money;
mod seats;
mod waiting;

/// What the model expects of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Event,
    Nothing,
    Refused(&'static str),
    /// Refused with the numbers that it tells.
    RefusedWith(&'static str, Vec<u64>),
}

pub(crate) type Answer = Result<(), Expected>;

pub(crate) fn refuse_if(refused: bool, why: &'static str) -> Answer {
    if refused { Err(Expected::Refused(why)) } else { Ok(()) }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) seat_type: u16,
    pub(crate) quantity: u32,
    pub(crate) price: i64,
    pub(crate) seats: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Held,
    Confirmed,
    Cancelled,
    Expired,
}

#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) items: Vec<Item>,
    pub(crate) due: i64,
    pub(crate) expires: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Booking {
    pub(crate) number: u64,
    pub(crate) user: u8,
    pub(crate) items: Vec<Item>,
    pub(crate) status: Status,
    pub(crate) expires: i64,
    expires_at_most: i64,
    was_extended_by_decline: bool,
    pub(crate) is_offer: bool,
    code: Option<u8>,
    pub(crate) pending: Option<Pending>,
}

#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) number: u64,
    pub(crate) booking: u64,
    pub(crate) amount: i64,
    pub(crate) for_change: bool,
    /// `None` while nobody knows.
    pub(crate) succeeded: Option<bool>,
    /// What of it is given back, and whether that was done.
    pub(crate) refunds: Vec<(i64, bool)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Waiter {
    pub(crate) number: u64,
    pub(crate) user: u8,
    pub(crate) seat_type: u16,
    pub(crate) quantity: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) setting: Setting,
    /// Milliseconds since the beginning.
    pub(crate) now: i64,
    /// The sequence of the event that an action makes, if it makes one.
    pub(crate) next: u64,
    pub(crate) limit: u32,
    pub(crate) prices: [i64; 4],
    /// Seats of each type.
    pub(crate) capacities: [u32; 4],
    /// Seats without numbers that are set aside.
    blocked: [u32; 4],
    blocked_seats: Vec<usize>,
    closed: bool,
    pub(crate) cancelled: bool,
    swept: bool,
    withdrawn: [bool; 3],
    pub(crate) bookings: Vec<Booking>,
    pub(crate) payments: Vec<Payment>,
    pub(crate) waiters: Vec<Waiter>,
}

/// The place of the `nth` of those that are meant, one time in four of all, and one time in eighty of none.
fn pick<T>(all: &[T], nth: usize, is_meant: impl Fn(&T) -> bool) -> usize {
    let meant: Vec<usize> = (0..all.len()).filter(|place| is_meant(&all[*place])).collect();
    match nth % 80 {
        0 => all.len(),
        20.. if !meant.is_empty() => meant[nth / 80 % meant.len()],
        _ => nth / 80 % all.len().max(1),
    }
}

pub(crate) const PRICES: [i64; 4] = [50, 0, 70, 30];
pub(crate) const CAPACITIES: [u32; 4] = [8, 4, 12, 4];
/// Until when the second code is taken.
pub(crate) const SECOND_CODE_UNTIL: i64 = 900_000;

impl Model {
    pub(crate) fn new(setting: &Setting) -> Self {
        assert_eq!(CAPACITIES[usize::from(HALL) - 1] as usize, ROWS * ROW_SEATS);
        Self {
            limit: setting.limit,
            setting: setting.clone(),
            now: 0,
            next: 0,
            prices: PRICES,
            capacities: CAPACITIES,
            blocked: [0; 4],
            blocked_seats: Vec::new(),
            closed: false,
            cancelled: false,
            swept: false,
            withdrawn: [false; 3],
            bookings: Vec::new(),
            payments: Vec::new(),
            waiters: Vec::new(),
        }
    }

    fn closes(&self) -> i64 {
        self.setting.close.unwrap_or(self.setting.start)
    }

    pub(crate) fn is_on_sale(&self) -> bool {
        !self.cancelled && !self.closed && self.now < self.closes()
    }

    fn check_on_sale(&self) -> Answer {
        refuse_if(self.cancelled, "concert cancelled")?;
        refuse_if(!self.is_on_sale(), "sales closed")
    }

    /// What has become of holds and changes by now.
    pub(crate) fn pass_time(&mut self) {
        for booking in &mut self.bookings {
            if booking.status == Status::Held && booking.expires <= self.now {
                booking.status = Status::Expired;
            }
            if booking.pending.as_ref().is_some_and(|pending| pending.expires <= self.now) {
                booking.pending = None;
            }
        }
    }

    /// The next moment at which time alone changes something.
    pub(crate) fn next_due(&self) -> Option<i64> {
        let close = (!self.cancelled && !self.closed && self.now < self.closes()).then(|| self.closes());
        close.into_iter().chain(self.next_end()).min()
    }

    /// The next moment at which a hold or a change ends.
    pub(crate) fn next_end(&self) -> Option<i64> {
        let holds = self.bookings.iter().filter(|booking| booking.status == Status::Held);
        let pending = self.bookings.iter().filter_map(|booking| booking.pending.as_ref());
        holds.map(|booking| booking.expires).chain(pending.map(|pending| pending.expires)).min()
    }

    /// The place of an action's `nth` booking: mostly one of those for which it is meant, now and then that of none.
    pub(crate) fn place_of(&self, nth: usize, is_meant: impl Fn(&Booking) -> bool) -> usize {
        pick(&self.bookings, nth, is_meant)
    }

    /// Who does something to a booking: a user, the organizer, or whose it is.
    pub(crate) fn doer(&self, by: u8, place: usize) -> u8 {
        if by == OWNER { self.bookings.get(place).map_or(0, |booking| booking.user) } else { by }
    }

    /// A booking that this user may know.
    fn known(&self, by: u8, place: usize) -> Result<&Booking, Expected> {
        let booking = self.bookings.get(place).filter(|booking| by == ORGANIZER || booking.user == by);
        booking.ok_or(Expected::Refused("booking not found"))
    }

    fn is_known_type(seat_type: u16) -> bool {
        (1..=4).contains(&seat_type)
    }

    /// What is wrong with a wish, or not there; `code` is the one that came with it.
    fn check_wish(items: &[Wanted], code: Option<u8>) -> Answer {
        let mut types: Vec<u16> = items.iter().map(|item| item.seat_type).collect();
        types.sort_unstable();
        let has_pair = types.windows(2).any(|pair| pair[0] == pair[1]);
        let names_twice = |item: &Wanted| {
            (1..item.seats.len()).any(|place| item.seats[..place].contains(&item.seats[place]))
        };
        let is_bad = items.iter().any(|item| item.quantity == 0 || names_twice(item));
        refuse_if(items.is_empty() || has_pair || is_bad, "invalid")?;
        let is_there = |item: &Wanted| {
            Self::is_known_type(item.seat_type) && (item.seat_type != SECRET || code == Some(1))
        };
        refuse_if(!items.iter().all(is_there), "seat type not found")?;
        refuse_if(!items.iter().all(Self::names_seats), "seat not found")
    }

    fn names_seats(item: &Wanted) -> bool {
        item.seats.is_empty()
            || item.seat_type == HALL && item.seats.iter().all(|seat| *seat < ROWS * ROW_SEATS)
    }

    /// The organizer closes, opens, cancels, changes.
    pub(crate) fn close(&mut self) -> Answer {
        refuse_if(self.cancelled, "concert cancelled")?;
        let already = std::mem::replace(&mut self.closed, true);
        if already { Err(Expected::Nothing) } else { Ok(()) }
    }

    pub(crate) fn open(&mut self) -> Answer {
        refuse_if(self.cancelled, "concert cancelled")?;
        if self.is_on_sale() {
            return Err(Expected::Nothing);
        }
        refuse_if(self.now >= self.setting.start, "concert started")?;
        refuse_if(self.now >= self.closes(), "sales closed")?;
        self.closed = false;
        Ok(())
    }

    pub(crate) fn cancel_concert(&mut self) -> Answer {
        refuse_if(self.cancelled, "concert cancelled")?;
        self.cancelled = true;
        self.waiters.clear();
        Ok(())
    }

    pub(crate) fn withdraw(&mut self, code: u8) -> Answer {
        let place = usize::from(code);
        refuse_if(self.withdrawn.get(place) != Some(&false), "code not found")?;
        self.withdrawn[place] = true;
        Ok(())
    }

    pub(crate) fn change_price(&mut self, seat_type: u16, price: i64) -> Answer {
        refuse_if(!Self::is_known_type(seat_type), "seat type not found")?;
        refuse_if(self.cancelled, "concert cancelled")?;
        let before = std::mem::replace(&mut self.prices[usize::from(seat_type) - 1], price);
        if before == price { Err(Expected::Nothing) } else { Ok(()) }
    }

    /// Another size of the stalls.
    pub(crate) fn resize(&mut self, seats: u32) -> Answer {
        refuse_if(seats == 0, "invalid")?;
        let taken = self.capacities[0] - self.free(1);
        if seats < taken {
            return Err(Expected::RefusedWith("capacity below sold", vec![u64::from(taken)]));
        }
        refuse_if(self.cancelled, "concert cancelled")?;
        let before = std::mem::replace(&mut self.capacities[0], seats);
        if before == seats { Err(Expected::Nothing) } else { Ok(()) }
    }

    pub(crate) fn change_limit(&mut self, limit: u32) -> Answer {
        let most = (0..4).map(|user| self.owned(user)).max().unwrap_or(0);
        refuse_if(limit == 0 || limit < most, "invalid")?;
        refuse_if(self.cancelled, "concert cancelled")?;
        let before = std::mem::replace(&mut self.limit, limit);
        if before == limit { Err(Expected::Nothing) } else { Ok(()) }
    }
}
