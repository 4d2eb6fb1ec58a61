//! What an organizer's command makes happen.

use super::{Decided, Decision, Effect};
use crate::caller::{Caller, Role};
use crate::concert::command::ManagerAction;
use crate::concert::event::{ConcertEvent, SeatTypeChange};
use crate::concert::rejection::Rejection;
use crate::concert::seating::{RowNames, SeatMap};
use crate::concert::state::{Concert, Stage};
use crate::concert::terms::{DetailsChange, Layout, NewConcert, NewSeatType, checks};
use crate::faults::Faults;
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingNumber, SeatTypeNumber, UserId};
use crate::limits;
use crate::time::Time;

impl Concert {
    pub(super) fn decide_create(
        &self,
        caller: &Caller,
        concert: &NewConcert,
        has_gateway: bool,
        idempotency: Option<&IdempotencyKey>,
        now: Time,
    ) -> Decided {
        if caller.role == Role::Customer {
            return Err(Rejection::Forbidden);
        }
        if let Some(effect) = self.repeated(&caller.user, idempotency, now)? {
            return Ok(Decision::Repeated(effect));
        }
        // Before anything is said about the new one: what the key made later may have the next id.
        if self.stage != Stage::Absent {
            return Err(Rejection::ConcertIdTaken);
        }
        concert.faults(now).into_result()?;
        if concert.payment_required && !has_gateway {
            return Err(Rejection::GatewayMissing);
        }
        Ok(Decision::Record(ConcertEvent::Created {
            organizer: caller.user.clone(),
            concert: Box::new(concert.clone()),
            idempotency: idempotency.copied(),
        }))
    }

    pub(super) fn decide_manage(&self, caller: &Caller, action: &ManagerAction, now: Time) -> Decided {
        self.check_managed_by(caller)?;
        let by = caller.user.clone();
        match action {
            ManagerAction::ChangeDetails { change, if_version } => {
                self.decide_change_details(by, change, *if_version, now)
            }
            ManagerAction::AddSeatType(seat_type) => self.decide_add_seat_type(by, seat_type),
            ManagerAction::ChangeSeatType { number, change } => {
                self.decide_change_seat_type(by, *number, change)
            }
            ManagerAction::OpenSales => self.decide_open(by, now),
            ManagerAction::CloseSales => self.decide_close(by),
            // Nobody was told of a draft, and its cancellation would tell everybody: it is deleted instead.
            ManagerAction::Cancel if self.stage == Stage::Draft => Err(Rejection::SalesNotOpen),
            ManagerAction::Cancel => self.unless_cancelled(Decision::Record(ConcertEvent::Cancelled { by })),
            ManagerAction::Delete if self.newest_booking == BookingNumber(0) => {
                Ok(Decision::Record(ConcertEvent::Deleted { by }))
            }
            ManagerAction::Delete => Err(Rejection::ConcertHasBookings),
            ManagerAction::BlockSeats(item) => self.decide_block_seats(by, item),
            ManagerAction::ReleaseSeats(item) => self.decide_release_seats(by, item),
            ManagerAction::AddCode(code) => self.decide_add_code(by, code, now),
            ManagerAction::WithdrawCode(text) => self.decide_withdraw_code(by, text),
        }
    }

    pub(super) fn unless_cancelled(&self, decision: Decision<ConcertEvent>) -> Decided {
        if self.stage == Stage::Cancelled { Err(Rejection::ConcertCancelled) } else { Ok(decision) }
    }

    fn decide_change_details(
        &self,
        by: UserId,
        change: &DetailsChange,
        if_version: Option<u64>,
        now: Time,
    ) -> Decided {
        let version = self.terms.version;
        if if_version.is_some_and(|expected| expected != version) {
            return Err(Rejection::VersionMismatch { version });
        }
        let present = &self.terms.details;
        let changed = present.with(change);
        let mut faults = changed.faults(self.terms.currency);
        // What was acceptable once stays so: only times that change must lie ahead.
        if changed.start.time != present.start.time {
            changed.check_start_ahead(now, &mut faults);
        }
        if changed.sales_close_at != present.sales_close_at && changed.closes_at() != present.closes_at() {
            changed.check_close_ahead(now, &mut faults);
        }
        let most_owned = self.people.iter().map(|(_, person)| person.tickets).max().unwrap_or(0);
        if changed.tickets_per_user_max < most_owned {
            faults.add("/maxTicketsPerUser", format!("somebody has {most_owned} tickets already"));
        }
        faults.into_result()?;
        let event = ConcertEvent::DetailsChanged { by, change: Box::new(change.clone()) };
        self.unless_cancelled(if changed == *present {
            Decision::Unchanged(Effect::Concert)
        } else {
            Decision::Record(event)
        })
    }

    fn decide_add_seat_type(&self, by: UserId, seat_type: &NewSeatType) -> Decided {
        let mut faults = Faults::default();
        seat_type.add_faults("", self.terms.currency, &mut faults);
        self.check_name_is_new(&seat_type.name, None, &mut faults);
        if let Some(map) = seat_type.layout.map() {
            self.check_rows_are_new(map, &mut faults);
        }
        let layouts = self.terms.seat_types.iter().map(|present| &present.layout).chain([&seat_type.layout]);
        faults.check("/rows", checks::numbered_seats(layouts.map(Layout::numbered_seats).sum()));
        if self.terms.seat_types.len() >= limits::SEAT_TYPES_MAX {
            faults.add("", format!("a concert has at most {} seat types", limits::SEAT_TYPES_MAX));
        }
        faults.into_result()?;
        let event = ConcertEvent::SeatTypeAdded { by, seat_type: seat_type.clone() };
        self.unless_cancelled(Decision::Record(event))
    }

    fn decide_change_seat_type(
        &self,
        by: UserId,
        number: SeatTypeNumber,
        change: &SeatTypeChange,
    ) -> Decided {
        let present = self.seat_type(number).ok_or(Rejection::SeatTypeNotFound)?;
        let mut faults = change.faults(self.terms.currency);
        if let Some(name) = &change.name {
            self.check_name_is_new(name, Some(number), &mut faults);
        }
        if change.total_seats.is_some() && present.layout.map().is_some() {
            faults.add("/totalSeats", "the seats of this type are numbered: its rows say how many there are");
        }
        faults.into_result()?;
        let changed = present.with(change);
        let taken = self.counts[number.index()].taken();
        if u64::from(changed.layout.total_seats()) < taken {
            // The taken seats are part of a capacity that fitted into 32 bits.
            return Err(Rejection::CapacityBelowSold { taken: u32::try_from(taken).unwrap_or(u32::MAX) });
        }
        let event = ConcertEvent::SeatTypeChanged { by, number, change: change.clone() };
        self.unless_cancelled(if changed == *present {
            Decision::Unchanged(Effect::Concert)
        } else {
            Decision::Record(event)
        })
    }

    fn check_name_is_new(&self, name: &str, except: Option<SeatTypeNumber>, faults: &mut Faults) {
        let except = except.map(SeatTypeNumber::index);
        let mut others = self.terms.seat_types.iter().enumerate().filter(|(index, _)| Some(*index) != except);
        if others.any(|(_, other)| other.name == name) {
            faults.add("/name", "another seat type of this concert has this name");
        }
    }

    fn check_rows_are_new(&self, map: &SeatMap, faults: &mut Faults) {
        let mut row_names = RowNames::default();
        for present in &self.terms.seat_types {
            if let Some(map) = present.layout.map() {
                row_names.add(&present.name, map);
            }
        }
        row_names.check(map, "", faults);
    }

    fn decide_open(&self, by: UserId, now: Time) -> Decided {
        match self.stage {
            Stage::Cancelled => Err(Rejection::ConcertCancelled),
            Stage::Draft | Stage::ClosedByTime | Stage::ClosedByOrganizer => {
                let details = &self.terms.details;
                if details.start.time <= now {
                    Err(Rejection::ConcertStarted)
                } else if details.closes_at() <= now {
                    Err(Rejection::SalesClosed)
                } else {
                    Ok(Decision::Record(ConcertEvent::SalesOpened { by }))
                }
            }
            // A sale that opens by time is not opened early by a click too many: its opening is changed instead.
            Stage::Absent | Stage::Deleted | Stage::Scheduled | Stage::OnSale => {
                Ok(Decision::Unchanged(Effect::Concert))
            }
        }
    }

    fn decide_close(&self, by: UserId) -> Decided {
        match self.stage {
            Stage::Cancelled => Err(Rejection::ConcertCancelled),
            Stage::Draft => Err(Rejection::SalesNotOpen),
            // A sale that time closed can be closed for good: then a later time does not open it again.
            Stage::Scheduled | Stage::OnSale | Stage::ClosedByTime => {
                Ok(Decision::Record(ConcertEvent::SalesClosed { by }))
            }
            Stage::Absent | Stage::Deleted | Stage::ClosedByOrganizer => {
                Ok(Decision::Unchanged(Effect::Concert))
            }
        }
    }
}
