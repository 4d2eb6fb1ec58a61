//! What each action does to the model, or why it does not happen.

use super::{Booking, Expected, Model, SeatType, Standing, UsedKey};
use crate::actions::{Action, Change, DAY, Key, Times, USERS, name};

type Answer = Result<(), Expected>;

fn refuse_if(refused: bool, why: &'static str) -> Answer {
    if refused { Err(Expected::Refused(why)) } else { Ok(()) }
}

impl Model {
    /// Changes the model as the action would, or says why it does not happen; then the change is thrown away.
    pub(super) fn try_to(&mut self, action: &Action) -> Answer {
        match action {
            // Time alone changes no fact here: whether it makes an event is seen by comparing the standing.
            Action::Step(_) | Action::PassTime | Action::Snapshot | Action::Restart => Err(Expected::Nothing),
            Action::Create { by, draft, seat_types, times, limit, key } => {
                self.create(*by, seat_types, *times, *limit, *key)?;
                self.published = !draft;
                Ok(())
            }
            Action::Book { user, items, key } => self.book(*user, items, *key),
            Action::CancelBooking { by, nth, key } => self.cancel_booking(*by, *nth, *key),
            Action::CancelNextBookings => self.sweep(),
            Action::ChangeDetails { by, change, if_version } => {
                self.manage(*by)?;
                self.change_details(change, *if_version)
            }
            Action::AddSeatType { by, name: number, seats } => {
                self.manage(*by)?;
                let taken = self.seat_types.iter().any(|other| other.name == name(*number));
                refuse_if(*number == 0 || *seats == 0 || taken, "invalid")?;
                refuse_if(self.cancelled, "concert cancelled")?;
                self.seat_types.push(SeatType { name: name(*number), price: 100, seats: u64::from(*seats) });
                Ok(())
            }
            Action::ChangeSeatType { by, number, name, price, seats } => {
                self.manage(*by)?;
                self.change_seat_type(*number, *name, *price, *seats)
            }
            Action::Open { by } => {
                self.manage(*by)?;
                self.open()
            }
            Action::Close { by } => {
                self.manage(*by)?;
                refuse_if(self.cancelled, "concert cancelled")?;
                refuse_if(!self.published, "sales not open")?;
                let already = std::mem::replace(&mut self.closed, true);
                if already { Err(Expected::Nothing) } else { Ok(()) }
            }
            Action::Cancel { by } => {
                self.manage(*by)?;
                refuse_if(!self.cancelled && !self.published, "sales not open")?;
                let already = std::mem::replace(&mut self.cancelled, true);
                refuse_if(already, "concert cancelled")
            }
            Action::Delete { by } => {
                self.manage(*by)?;
                self.deleted = true;
                refuse_if(!self.bookings.is_empty(), "concert has bookings")
            }
        }
    }

    fn create(&mut self, by: u8, seat_types: &[u32], times: Times, limit: u32, key: Option<Key>) -> Answer {
        refuse_if(by > 2, "forbidden")?;
        self.look_up(by, key)?;
        refuse_if(self.made, "concert id taken")?;
        let unchanged = Times { start: i64::MIN, open: None, close: None };
        refuse_if(limit == 0 || seat_types.contains(&0), "invalid")?;
        refuse_if(!times.are_sound() || !times.changes_lie_ahead(&unchanged, self.now), "invalid")?;
        self.made = true;
        self.organizer = by;
        self.version = 1;
        self.name = name(1);
        self.times = times;
        self.limit = limit;
        let named = seat_types.iter().enumerate();
        self.seat_types = named
            .map(|(place, seats)| SeatType {
                name: format!("type {place}"),
                price: 100,
                seats: u64::from(*seats),
            })
            .collect();
        self.remember(by, key, None);
        Ok(())
    }

    fn book(&mut self, user: u8, items: &[(u16, u32)], key: Option<Key>) -> Answer {
        let twice = (1..items.len()).any(|place| items[..place].iter().any(|item| item.0 == items[place].0));
        let quantity: u64 = items.iter().map(|item| u64::from(item.1)).sum();
        let none = items.iter().any(|item| item.1 == 0);
        refuse_if(items.is_empty() || twice || none || quantity > 10_000, "invalid")?;
        let standing = self.standing();
        let hidden = matches!(standing, Standing::Absent | Standing::Deleted)
            || (standing == Standing::Draft && user != self.organizer);
        refuse_if(hidden, "concert not found")?;
        let known = 1..=self.seat_types.len();
        refuse_if(!items.iter().all(|item| known.contains(&usize::from(item.0))), "seat type not found")?;
        self.look_up(user, key)?;
        refuse_if(standing == Standing::Cancelled, "concert cancelled")?;
        refuse_if(matches!(standing, Standing::Draft | Standing::Scheduled), "sales not open")?;
        refuse_if(matches!(standing, Standing::Over | Standing::Closed), "sales closed")?;
        let owned = self.owned_by(user);
        if owned + quantity > u64::from(self.limit) {
            return Err(Expected::RefusedWith("already booked", vec![u64::from(self.limit), owned]));
        }
        for (number, wanted) in items {
            let available = self.seat_types[usize::from(*number) - 1].seats - self.booked(*number);
            if u64::from(*wanted) > available {
                return Err(Expected::RefusedWith("sold out", vec![available]));
            }
        }
        let priced =
            items.iter().map(|item| (item.0, item.1, self.seat_types[usize::from(item.0) - 1].price));
        let (number, items) = (self.events, priced.collect());
        self.bookings.push(Booking { number, user, items, ended_by: None });
        self.remember(user, key, Some(number));
        Ok(())
    }

    /// The number that an action's `nth` booking has: sometimes one that is no booking.
    pub(crate) fn number_of(&self, nth: usize) -> u64 {
        let place = nth % (self.bookings.len() + 1);
        self.bookings.get(place).map_or(1_000_000, |booking| booking.number)
    }

    fn cancel_booking(&mut self, by: u8, nth: usize, key: Option<Key>) -> Answer {
        let (number, ended_by) = (self.number_of(nth), self.events);
        let place = self.bookings.iter().position(|booking| booking.number == number);
        let known = place.filter(|place| self.is_manager(by) || self.bookings[*place].user == by);
        let Some(place) = known else { return Err(Expected::Refused("booking not found")) };
        self.look_up(by, key)?;
        refuse_if(self.bookings[place].ended_by.is_some(), "already cancelled")?;
        refuse_if(self.now >= self.times.start, "concert started")?;
        self.bookings[place].ended_by = Some(ended_by);
        self.remember(by, key, Some(number));
        Ok(())
    }

    fn sweep(&mut self) -> Answer {
        if !self.cancelled || self.deleted || self.swept || self.bookings.is_empty() {
            return Err(Expected::Nothing);
        }
        self.swept = true;
        let ended_by = self.events;
        for booking in self.bookings.iter_mut().filter(|booking| booking.ended_by.is_none()) {
            booking.ended_by = Some(ended_by);
        }
        Ok(())
    }

    /// Whether this user may manage the concert at all; if so, what they do is a new version.
    fn manage(&mut self, by: u8) -> Answer {
        let standing = self.standing();
        let hidden = matches!(standing, Standing::Absent | Standing::Deleted)
            || (standing == Standing::Draft && !(by == self.organizer || by == 1));
        refuse_if(hidden, "concert not found")?;
        refuse_if(!self.is_manager(by), "forbidden")?;
        self.version += 1;
        Ok(())
    }

    fn change_details(&mut self, change: &Change, if_version: Option<u64>) -> Answer {
        let version = self.version - 1;
        if if_version.is_some_and(|expected| expected != version) {
            return Err(Expected::RefusedWith("version mismatch", vec![version]));
        }
        let before = (self.name.clone(), self.times, self.limit);
        self.name = change.name.map_or(before.0.clone(), name);
        self.limit = change.limit.unwrap_or(before.2);
        self.times.start = change.start.unwrap_or(before.1.start);
        self.times.open = change.open.unwrap_or(before.1.open);
        self.times.close = change.close.unwrap_or(before.1.close);
        let most = (0..USERS).map(|user| self.owned_by(user)).max().unwrap_or(0);
        refuse_if(self.name.is_empty() || self.limit == 0 || u64::from(self.limit) < most, "invalid")?;
        let sound = self.times.are_sound() && self.times.changes_lie_ahead(&before.1, self.now);
        refuse_if(!sound, "invalid")?;
        refuse_if(self.cancelled, "concert cancelled")?;
        let same = self.name == before.0 && self.limit == before.2 && self.times.equal(&before.1);
        if same { Err(Expected::Nothing) } else { Ok(()) }
    }

    fn change_seat_type(
        &mut self,
        number: u16,
        new_name: Option<u8>,
        price: Option<i64>,
        seats: Option<u32>,
    ) -> Answer {
        let place = usize::from(number).checked_sub(1).filter(|place| *place < self.seat_types.len());
        let Some(place) = place else { return Err(Expected::Refused("seat type not found")) };
        let name = new_name.map(name);
        let others = self.seat_types.iter().enumerate().filter(|(other, _)| *other != place);
        let taken = others.map(|(_, other)| &other.name).any(|other| Some(other) == name.as_ref());
        let bad = new_name == Some(0) || price.is_some_and(|price| price < 0) || seats == Some(0);
        refuse_if(taken || bad, "invalid")?;
        let booked = self.booked(number);
        let present = &mut self.seat_types[place];
        if seats.is_some_and(|seats| u64::from(seats) < booked) {
            return Err(Expected::RefusedWith("capacity below sold", vec![booked]));
        }
        refuse_if(self.cancelled, "concert cancelled")?;
        let before = (present.name.clone(), present.price, present.seats);
        present.name = name.unwrap_or(before.0.clone());
        present.price = price.unwrap_or(before.1);
        present.seats = seats.map_or(before.2, u64::from);
        let same = (&present.name, present.price, present.seats) == (&before.0, before.1, before.2);
        if same { Err(Expected::Nothing) } else { Ok(()) }
    }

    fn open(&mut self) -> Answer {
        refuse_if(self.cancelled, "concert cancelled")?;
        if matches!(self.standing(), Standing::Scheduled | Standing::OnSale) {
            return Err(Expected::Nothing);
        }
        refuse_if(self.now >= self.times.start, "concert started")?;
        refuse_if(self.now >= self.closes(), "sales closed")?;
        self.published = true;
        self.closed = false;
        Ok(())
    }

    fn look_up(&self, user: u8, key: Option<Key>) -> Answer {
        let Some((key, request)) = key else { return Ok(()) };
        let theirs: Vec<_> = self.keys.iter().filter(|one| one.user == user).collect();
        let kept = &theirs[theirs.len().saturating_sub(64)..];
        let known = kept.iter().rfind(|one| one.key.0 == key && self.now < one.at + DAY);
        match known {
            None => Ok(()),
            Some(one) if one.key.1 == request => Err(Expected::Repeated(one.booking)),
            Some(_) => Err(Expected::Refused("idempotency key reused")),
        }
    }

    fn remember(&mut self, user: u8, key: Option<Key>, booking: Option<u64>) {
        let at = self.now;
        self.keys.extend(key.map(|key| UsedKey { user, key, at, booking }));
    }
}
