//! Mirrors of what a concert is offered as, where the first generation cannot say all of it: payment, offers, numbered and hidden
//! seats.

use std::sync::Arc;

use bincode::{BorrowDecode, Encode};
use boxoffice_engine::concert::{Details, Layout, NewConcert, NewSeatType};
use boxoffice_engine::money::Currency;

use super::seat_map::WireSeatMap;
use super::terms::WireDetails;
use crate::wire::WireError;
use crate::wire::list::List;

#[derive(Encode, BorrowDecode)]
pub(in crate::wire) struct WireFullConcert<'a> {
    details: WireDetails<'a>,
    forbids_orphan_seats: bool,
    currency: &'a str,
    payment_required: bool,
    hold_seconds: u32,
    offer_seconds: u32,
    draft: bool,
    seat_types: List<WireFullSeatType<'a>>,
}

#[derive(Encode, BorrowDecode)]
pub(in crate::wire) struct WireFullSeatType<'a> {
    name: &'a str,
    price: i64,
    layout: WireFullLayout<'a>,
    hidden: bool,
}

#[derive(Encode, BorrowDecode)]
enum WireFullLayout<'a> {
    GeneralAdmission { total_seats: u32 },
    Numbered(WireSeatMap<'a>),
}

impl<'a> From<&'a NewConcert> for WireFullConcert<'a> {
    fn from(concert: &'a NewConcert) -> Self {
        let NewConcert {
            details,
            currency,
            payment_required,
            hold_seconds,
            offer_seconds,
            draft,
            seat_types,
        } = concert;
        Self {
            details: details.into(),
            forbids_orphan_seats: details.forbids_orphan_seats,
            currency: currency.code(),
            payment_required: *payment_required,
            hold_seconds: *hold_seconds,
            offer_seconds: *offer_seconds,
            draft: *draft,
            seat_types: seat_types.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<WireFullConcert<'_>> for NewConcert {
    type Error = WireError;

    fn try_from(concert: WireFullConcert<'_>) -> Result<Self, WireError> {
        let WireFullConcert {
            details,
            forbids_orphan_seats,
            currency,
            payment_required,
            hold_seconds,
            offer_seconds,
            draft,
            seat_types,
        } = concert;
        Ok(Self {
            details: Details { forbids_orphan_seats, ..details.into() },
            currency: Currency::from_code(currency).ok_or(WireError::Value("currency"))?,
            payment_required,
            hold_seconds,
            offer_seconds,
            draft,
            seat_types: seat_types.0.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

impl<'a> From<&'a NewSeatType> for WireFullSeatType<'a> {
    fn from(seat_type: &'a NewSeatType) -> Self {
        let NewSeatType { name, price, layout, hidden } = seat_type;
        let layout = match layout {
            Layout::GeneralAdmission { total_seats } => {
                WireFullLayout::GeneralAdmission { total_seats: *total_seats }
            }
            Layout::Numbered(map) => WireFullLayout::Numbered(map.as_ref().into()),
        };
        Self { name, price: *price, layout, hidden: *hidden }
    }
}

impl TryFrom<WireFullSeatType<'_>> for NewSeatType {
    type Error = WireError;

    fn try_from(seat_type: WireFullSeatType<'_>) -> Result<Self, WireError> {
        let WireFullSeatType { name, price, layout, hidden } = seat_type;
        let layout = match layout {
            WireFullLayout::GeneralAdmission { total_seats } => Layout::GeneralAdmission { total_seats },
            WireFullLayout::Numbered(map) => Layout::Numbered(Arc::new(map.try_into()?)),
        };
        Ok(Self { name: name.to_owned(), price, layout, hidden })
    }
}
