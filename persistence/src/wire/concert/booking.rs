//! Mirrors of what is booked, and on which terms.

use bincode::{Decode, Encode};
use boxoffice_engine::concert::{BookedItem, BookedItems, BookingTerms, Discount, Hold};
use boxoffice_engine::ids::SeatTypeNumber;
use boxoffice_engine::time::Time;

use crate::wire::list::List;

#[derive(Encode, Decode)]
pub(in crate::wire) struct WireItem {
    seat_type: u16,
    quantity: u32,
    unit_price: i64,
    seats: List<u32, 4>,
}

#[derive(Clone, Copy, Encode, Decode)]
pub(in crate::wire) struct WireTerms {
    hold: Option<WireHold>,
    discount: Option<WireDiscount>,
}

#[derive(Clone, Copy, Encode, Decode)]
pub(in crate::wire) struct WireHold {
    expires_at: i64,
    until_max: i64,
    is_offer: bool,
    declined: bool,
}

#[derive(Clone, Copy, Encode, Decode)]
struct WireDiscount {
    code: u16,
    amount: i64,
}

impl From<&BookedItem> for WireItem {
    fn from(item: &BookedItem) -> Self {
        let BookedItem { seat_type, quantity, unit_price, ref seats } = *item;
        Self { seat_type: seat_type.0, quantity, unit_price, seats: List(seats.clone()) }
    }
}

impl From<WireItem> for BookedItem {
    fn from(item: WireItem) -> Self {
        let WireItem { seat_type, quantity, unit_price, seats } = item;
        Self { seat_type: SeatTypeNumber(seat_type), quantity, unit_price, seats: seats.0 }
    }
}

impl From<&BookedItems> for List<WireItem> {
    fn from(items: &BookedItems) -> Self {
        items.iter().map(Into::into).collect()
    }
}

impl From<List<WireItem>> for BookedItems {
    fn from(items: List<WireItem>) -> Self {
        items.0.into_iter().map(Into::into).collect()
    }
}

impl From<&BookingTerms> for WireTerms {
    fn from(&BookingTerms { hold, discount }: &BookingTerms) -> Self {
        Self { hold: hold.map(Into::into), discount: discount.map(Into::into) }
    }
}

impl From<WireTerms> for BookingTerms {
    fn from(WireTerms { hold, discount }: WireTerms) -> Self {
        Self { hold: hold.map(Into::into), discount: discount.map(Into::into) }
    }
}

impl From<Hold> for WireHold {
    fn from(Hold { expires_at, until_max, is_offer, declined }: Hold) -> Self {
        Self { expires_at: expires_at.0, until_max: until_max.0, is_offer, declined }
    }
}

impl From<WireHold> for Hold {
    fn from(WireHold { expires_at, until_max, is_offer, declined }: WireHold) -> Self {
        Self { expires_at: Time(expires_at), until_max: Time(until_max), is_offer, declined }
    }
}

impl From<Discount> for WireDiscount {
    fn from(Discount { code, amount }: Discount) -> Self {
        Self { code, amount }
    }
}

impl From<WireDiscount> for Discount {
    fn from(WireDiscount { code, amount }: WireDiscount) -> Self {
        Self { code, amount }
    }
}
