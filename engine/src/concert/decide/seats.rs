//! Which seats a wish comes to, and whether they can be had.

use super::super::booking::quantity;
use super::super::command::{BookSeats, WantedItem};
use super::super::event::{BookedItem, BookedItems, Seats};
use super::super::promo::PromoCode;
use super::super::rejection::Rejection;
use super::super::seating::{SeatMap, SeatStates, SeatStatus};
use super::super::state::Concert;
use crate::faults::Faults;
use crate::ids::SeatTypeNumber;
use crate::limits;

impl Concert {
    /// The wish at the present prices, its seats known to exist. Seats that are not named stay open.
    pub(super) fn found(
        &self,
        items: &[WantedItem],
        code: Option<&PromoCode>,
    ) -> Result<BookedItems, Rejection> {
        for item in items {
            let seat_type = self.seat_type(item.seat_type).ok_or(Rejection::SeatTypeNotFound)?;
            if seat_type.hidden && !code.is_some_and(|code| code.opens.contains(&item.seat_type)) {
                return Err(Rejection::SeatTypeNotFound);
            }
        }
        items.iter().map(|item| self.found_item(item)).collect()
    }

    /// One item of a wish whose seat type exists.
    pub(super) fn found_item(&self, item: &WantedItem) -> Result<BookedItem, Rejection> {
        let seat_type = self.seat_type(item.seat_type).ok_or(Rejection::SeatTypeNotFound)?;
        let seat = |label| {
            let seat = seat_type.layout.map().and_then(|map| map.seat(label));
            seat.ok_or_else(|| Rejection::SeatNotFound { seat: label.into() })
        };
        let mut seats = item.seats.iter().map(|label| seat(label)).collect::<Result<Seats, _>>()?;
        seats.sort_unstable();
        let (quantity, unit_price) = (item.quantity, seat_type.price);
        Ok(BookedItem { seat_type: item.seat_type, quantity, unit_price, seats })
    }

    /// Finds seats where none are named, and checks that all can be had. `own` are seats that the buyer has and would give back.
    pub(super) fn allot(&self, items: &mut BookedItems, own: &[BookedItem]) -> Result<(), Rejection> {
        let chosen = |item: &&BookedItem| !item.seats.is_empty();
        for (status, is_refused) in [(SeatStatus::Blocked, true), (SeatStatus::Available, false)] {
            for item in items.iter().filter(chosen) {
                let (map, states) = self.numbered(item.seat_type);
                let own = seats_of(own, item.seat_type);
                let refused = item.seats.iter().find(|seat| {
                    (states.get(map, **seat) == status) == is_refused && own.binary_search(seat).is_err()
                });
                if let Some(seat) = refused {
                    let seat = label(map, *seat);
                    return Err(if is_refused {
                        Rejection::SeatBlocked { seat }
                    } else {
                        Rejection::SeatTaken { seat }
                    });
                }
            }
        }
        // Noted before the others are given theirs: only what buyers choose themselves is held to it.
        let leaves_orphan = self.terms.details.forbids_orphan_seats
            && items.iter().filter(chosen).any(|item| {
                let (map, _) = self.numbered(item.seat_type);
                self.states_without(item.seat_type, own).leaves_orphan(map, &item.seats)
            });
        for item in items.iter_mut() {
            self.allot_item(item, own)?;
        }
        if leaves_orphan { Err(Rejection::OrphanSeat) } else { Ok(()) }
    }

    fn allot_item(&self, item: &mut BookedItem, own: &[BookedItem]) -> Result<(), Rejection> {
        let index = item.seat_type.index();
        let own_seats = quantity(
            own.iter().find(|own| own.seat_type == item.seat_type).map_or(&[], std::slice::from_ref),
        );
        let wanted = item.quantity.saturating_sub(own_seats);
        // What came free is for those who wait.
        let available = if self.waits_for(index).is_some() { 0 } else { self.counts[index].available };
        if wanted > available {
            return Err(Rejection::SoldOut { available });
        }
        if self.seating[index].is_none() || !item.seats.is_empty() {
            return Ok(());
        }
        let seats = seats_of(own, item.seat_type);
        let (map, _) = self.numbered(item.seat_type);
        item.seats = if wanted == 0 {
            seats.iter().copied().take(item.quantity as usize).collect()
        } else {
            let states = self.states_without(item.seat_type, own);
            let found = states.best_available(map, item.quantity).ok_or(Rejection::SoldOut { available })?;
            Seats::from_vec(found)
        };
        Ok(())
    }

    /// The map and the states of a seat type with numbered seats.
    pub(in super::super) fn numbered(&self, number: SeatTypeNumber) -> (&SeatMap, &SeatStates) {
        let map = self.terms.seat_types[number.index()].layout.map();
        let states = self.seating[number.index()].as_deref();
        map.map(|map| &**map).zip(states).expect("seats are named only where they are numbered")
    }

    /// The states of a seat type as if these items of it were free.
    fn states_without(&self, number: SeatTypeNumber, own: &[BookedItem]) -> std::borrow::Cow<'_, SeatStates> {
        let (map, states) = self.numbered(number);
        let mut states = std::borrow::Cow::Borrowed(states);
        for seat in seats_of(own, number) {
            states.to_mut().set(map, *seat, SeatStatus::Available);
        }
        states
    }
}

/// The numbered seats of one type among these items.
fn seats_of(items: &[BookedItem], number: SeatTypeNumber) -> &[u32] {
    items.iter().find(|item| item.seat_type == number).map_or(&[], |item| &item.seats)
}

/// The label of a seat that is known to exist.
pub(super) fn label(map: &SeatMap, seat: u32) -> compact_str::CompactString {
    map.place(seat).map(|place| compact_str::format_compact!("{place}")).unwrap_or_default()
}

impl BookSeats {
    /// Seats in all.
    pub fn quantity(&self) -> u64 {
        self.items.iter().map(|item| u64::from(item.quantity)).sum()
    }

    /// Everything about the wish that no concert could fulfil.
    pub fn faults(&self) -> Faults {
        item_faults(&self.items)
    }
}

/// Everything about the items of a wish that no concert could fulfil.
pub fn item_faults(items: &[WantedItem]) -> Faults {
    let mut faults = Faults::default();
    if items.is_empty() || items.len() > limits::ITEMS_PER_BOOKING_MAX {
        faults.add("/items", format!("a booking has 1 to {} items", limits::ITEMS_PER_BOOKING_MAX));
    }
    for (index, item) in items.iter().enumerate().take(limits::ITEMS_PER_BOOKING_MAX) {
        item.add_faults(format_args!("/items/{index}"), &mut faults);
        if items[..index].iter().any(|other| other.seat_type == item.seat_type) {
            faults.add(format!("/items/{index}/seatTypeId"), "another item names the same seat type");
        }
    }
    let seats: u64 = items.iter().map(|item| u64::from(item.quantity)).sum();
    if faults.is_empty() && seats > u64::from(limits::SEATS_PER_BOOKING_MAX) {
        faults.add("/items", format!("a booking has at most {} seats", limits::SEATS_PER_BOOKING_MAX));
    }
    faults
}

impl WantedItem {
    /// Everything about it that no seat type could fulfil; `base` is the pointer of the item itself.
    pub(super) fn add_faults(&self, base: std::fmt::Arguments<'_>, faults: &mut Faults) {
        if !(1..=limits::SEATS_PER_BOOKING_MAX).contains(&self.quantity) {
            let detail = format!("must lie between 1 and {}", limits::SEATS_PER_BOOKING_MAX);
            faults.add(format!("{base}/quantity"), detail);
        }
        if self.seats.is_empty() {
            return;
        }
        if self.seats.len() != self.quantity as usize {
            faults.add(format!("{base}/quantity"), format!("{} seats are named", self.seats.len()));
        }
        let mut labels: Vec<&str> = self.seats.iter().map(AsRef::as_ref).collect();
        labels.sort_unstable();
        if let Some([label, _]) = labels.array_windows().find(|[label, next]| label == next) {
            faults.add(format!("{base}/seats"), format!("names seat {label} twice"));
        }
    }
}
