//! Mirrors of what a concert is offered as, the first generation: paid elsewhere, with general admission only.

use bincode::{BorrowDecode, Decode, Encode};
use boxoffice_engine::concert::{
    CancellationTerms, Details, DetailsChange, Layout, LocalTime, NewConcert, NewSeatType,
};
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;

use super::unsaid;
use crate::wire::WireError;
use crate::wire::list::List;

#[derive(Encode, BorrowDecode)]
pub(in crate::wire) struct WireConcert<'a> {
    details: WireDetails<'a>,
    currency: &'a str,
    hold_seconds: u32,
    draft: bool,
    seat_types: List<WireSeatType<'a>>,
}

#[derive(Encode, BorrowDecode)]
pub(super) struct WireDetails<'a> {
    name: &'a str,
    description: &'a str,
    genre: &'a str,
    venue: &'a str,
    start: WireLocalTime,
    sales_open_at: Option<i64>,
    sales_close_at: Option<i64>,
    tickets_per_user_max: u32,
    cancellation: WireCancellation,
}

#[derive(Encode, BorrowDecode)]
#[expect(clippy::option_option, reason = "a sale time can stay, go, or be another")]
pub(in crate::wire) struct WireDetailsChange<'a> {
    name: Option<&'a str>,
    description: Option<&'a str>,
    genre: Option<&'a str>,
    venue: Option<&'a str>,
    start: Option<WireLocalTime>,
    sales_open_at: Option<Option<i64>>,
    sales_close_at: Option<Option<i64>>,
    tickets_per_user_max: Option<u32>,
    cancellation: Option<WireCancellation>,
}

#[derive(Clone, Copy, Encode, Decode)]
struct WireLocalTime {
    time: i64,
    offset_seconds: i32,
}

#[derive(Clone, Copy, Encode, Decode)]
struct WireCancellation {
    deadline_hours: u32,
    fee_fixed: i64,
    fee_basis_points: u32,
}

#[derive(Encode, BorrowDecode)]
pub(in crate::wire) struct WireSeatType<'a> {
    name: &'a str,
    price: i64,
    layout: WireLayout,
}

#[derive(Clone, Copy, Encode, Decode)]
enum WireLayout {
    GeneralAdmission { total_seats: u32 },
}

impl<'a> WireConcert<'a> {
    /// The concert, unless there is more to say about it.
    pub(super) fn of(concert: &'a NewConcert) -> Option<Self> {
        let NewConcert {
            ref details,
            currency,
            payment_required: unsaid::PAYMENT_REQUIRED,
            hold_seconds,
            offer_seconds: unsaid::OFFER_SECONDS,
            draft,
            ref seat_types,
        } = *concert
        else {
            return None;
        };
        if details.forbids_orphan_seats != unsaid::FORBIDS_ORPHAN_SEATS {
            return None;
        }
        let seat_types = seat_types.iter().map(WireSeatType::of).collect::<Option<_>>()?;
        Some(Self { details: details.into(), currency: currency.code(), hold_seconds, draft, seat_types })
    }
}

impl TryFrom<WireConcert<'_>> for NewConcert {
    type Error = WireError;

    fn try_from(concert: WireConcert<'_>) -> Result<Self, WireError> {
        let WireConcert { details, currency, hold_seconds, draft, seat_types } = concert;
        Ok(Self {
            details: details.into(),
            currency: Currency::from_code(currency).ok_or(WireError::Value("currency"))?,
            payment_required: unsaid::PAYMENT_REQUIRED,
            hold_seconds,
            offer_seconds: unsaid::OFFER_SECONDS,
            draft,
            seat_types: seat_types.0.into_iter().map(Into::into).collect(),
        })
    }
}

/// All but the rule on single seats.
impl<'a> From<&'a Details> for WireDetails<'a> {
    fn from(details: &'a Details) -> Self {
        let Details {
            name,
            description,
            genre,
            venue,
            start,
            sales_open_at,
            sales_close_at,
            tickets_per_user_max,
            cancellation,
            forbids_orphan_seats: _,
        } = details;
        Self {
            name,
            description,
            genre,
            venue,
            start: (*start).into(),
            sales_open_at: sales_open_at.map(|time| time.0),
            sales_close_at: sales_close_at.map(|time| time.0),
            tickets_per_user_max: *tickets_per_user_max,
            cancellation: (*cancellation).into(),
        }
    }
}

impl From<WireDetails<'_>> for Details {
    fn from(details: WireDetails<'_>) -> Self {
        Self {
            name: details.name.to_owned(),
            description: details.description.to_owned(),
            genre: details.genre.to_owned(),
            venue: details.venue.to_owned(),
            start: details.start.into(),
            sales_open_at: details.sales_open_at.map(Time),
            sales_close_at: details.sales_close_at.map(Time),
            tickets_per_user_max: details.tickets_per_user_max,
            cancellation: details.cancellation.into(),
            forbids_orphan_seats: unsaid::FORBIDS_ORPHAN_SEATS,
        }
    }
}

/// All but the rule on single seats.
impl<'a> From<&'a DetailsChange> for WireDetailsChange<'a> {
    fn from(change: &'a DetailsChange) -> Self {
        let DetailsChange {
            name,
            description,
            genre,
            venue,
            start,
            sales_open_at,
            sales_close_at,
            tickets_per_user_max,
            cancellation,
            forbids_orphan_seats: _,
        } = change;
        Self {
            name: name.as_deref(),
            description: description.as_deref(),
            genre: genre.as_deref(),
            venue: venue.as_deref(),
            start: start.map(Into::into),
            sales_open_at: sales_open_at.map(|time| time.map(|time| time.0)),
            sales_close_at: sales_close_at.map(|time| time.map(|time| time.0)),
            tickets_per_user_max: *tickets_per_user_max,
            cancellation: cancellation.map(Into::into),
        }
    }
}

impl From<WireDetailsChange<'_>> for DetailsChange {
    fn from(change: WireDetailsChange<'_>) -> Self {
        Self {
            name: change.name.map(str::to_owned),
            description: change.description.map(str::to_owned),
            genre: change.genre.map(str::to_owned),
            venue: change.venue.map(str::to_owned),
            start: change.start.map(Into::into),
            sales_open_at: change.sales_open_at.map(|time| time.map(Time)),
            sales_close_at: change.sales_close_at.map(|time| time.map(Time)),
            tickets_per_user_max: change.tickets_per_user_max,
            cancellation: change.cancellation.map(Into::into),
            // It stays what it is.
            forbids_orphan_seats: None,
        }
    }
}

impl From<LocalTime> for WireLocalTime {
    fn from(LocalTime { time, offset_seconds }: LocalTime) -> Self {
        Self { time: time.0, offset_seconds }
    }
}

impl From<WireLocalTime> for LocalTime {
    fn from(WireLocalTime { time, offset_seconds }: WireLocalTime) -> Self {
        Self { time: Time(time), offset_seconds }
    }
}

impl From<CancellationTerms> for WireCancellation {
    fn from(terms: CancellationTerms) -> Self {
        let CancellationTerms { deadline_hours, fee_fixed, fee_basis_points } = terms;
        Self { deadline_hours, fee_fixed, fee_basis_points }
    }
}

impl From<WireCancellation> for CancellationTerms {
    fn from(terms: WireCancellation) -> Self {
        let WireCancellation { deadline_hours, fee_fixed, fee_basis_points } = terms;
        Self { deadline_hours, fee_fixed, fee_basis_points }
    }
}

impl<'a> WireSeatType<'a> {
    /// The seat type, unless there is more to say about it.
    pub(super) fn of(seat_type: &'a NewSeatType) -> Option<Self> {
        match seat_type {
            NewSeatType {
                name,
                price,
                layout: Layout::GeneralAdmission { total_seats },
                hidden: unsaid::HIDDEN,
            } => {
                let layout = WireLayout::GeneralAdmission { total_seats: *total_seats };
                Some(Self { name, price: *price, layout })
            }
            _ => None,
        }
    }
}

impl From<WireSeatType<'_>> for NewSeatType {
    fn from(WireSeatType { name, price, layout }: WireSeatType<'_>) -> Self {
        let layout = match layout {
            WireLayout::GeneralAdmission { total_seats } => Layout::GeneralAdmission { total_seats },
        };
        Self { name: name.to_owned(), price, layout, hidden: unsaid::HIDDEN }
    }
}
