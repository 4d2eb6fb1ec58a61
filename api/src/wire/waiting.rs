//! Wishes that wait for seats.

use boxoffice_engine::concert::WaitingView;
use boxoffice_engine::ids::{ConcertId, SeatTypeId};
use boxoffice_engine::limits;
use serde::Serialize;

use crate::json::{Integer, Json, Text, read};
use crate::problem::Problem;
use crate::respond::{Utc, text};

/// An entry of a waiting list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Waiting<'a> {
    id: String,
    #[serde(serialize_with = "text")]
    concert_id: ConcertId,
    #[serde(serialize_with = "text")]
    seat_type_id: SeatTypeId,
    user_id: &'a str,
    quantity: u32,
    position: Option<u32>,
    created_at: Utc,
}

impl<'a> From<&'a WaitingView> for Waiting<'a> {
    fn from(view: &'a WaitingView) -> Self {
        let concert = view.seat_type.concert;
        Self {
            id: format!("{concert}-w{}", view.number),
            concert_id: concert,
            seat_type_id: view.seat_type,
            user_id: view.user.as_str(),
            quantity: view.quantity,
            position: view.position,
            created_at: Utc(view.since),
        }
    }
}

/// Reads the body of `POST /concerts/{id}/waitlist`: the text of a seat type's id, and for how many seats.
///
/// # Errors
/// `validation_failed`, naming every bad field.
pub(crate) fn read_waiting_request(body: Json) -> Result<(String, u32), Problem> {
    read(body, |fields| {
        let seat_type = fields.required("seatTypeId", Text::any());
        let quantity = fields.optional("quantity", Integer::of(1..=limits::SEATS_PER_BOOKING_MAX));
        (seat_type, quantity.unwrap_or(1))
    })
    .finish()
}

/// Reads the body of `DELETE /concerts/{id}/waitlist`: the text of a seat type's id. It may be the body that the wish was made with.
///
/// # Errors
/// `validation_failed`, naming every bad field.
pub(crate) fn read_leaving_request(body: Json) -> Result<String, Problem> {
    read_waiting_request(body).map(|(seat_type, _)| seat_type)
}
