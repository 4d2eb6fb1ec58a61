//! Seat types, for a concert's organizer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use boxoffice_engine::caller::Caller;
use boxoffice_engine::concert::{ConcertView, ManagerAction, WantedItem};
use boxoffice_engine::faults::Faults;
use boxoffice_engine::ids::{SeatTypeId, SeatTypeNumber};

use super::concerts::{concert_id, managed_concert, seat_type_id, seat_type_not_found};
use crate::app::App;
use crate::auth::caller::SignedIn;
use crate::body::JsonBody;
use crate::json::Json;
use crate::path::Path;
use crate::problem::Problem;
use crate::{respond, wire};

/// `POST /api/concerts/{id}/seattypes`
pub(super) async fn add_seat_type(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let present = managed_concert(&app, concert_id(&id)?, &caller)?;
    let currency = present.terms.currency;
    let seat_type = wire::read_new_seat_type(body, currency).check(|seat_type| {
        let mut faults = Faults::default();
        if let Some(seat_type) = seat_type {
            seat_type.add_faults("", currency, &mut faults);
        }
        faults
    })?;
    let seat_type = seat_type.ok_or_else(|| Problem::internal("a body without faults has a seat type"))?;
    let view = app.office.manage_concert(present.id, caller, ManagerAction::AddSeatType(seat_type)).await?;
    let newest = SeatTypeNumber::from_index(view.terms.seat_types.len().saturating_sub(1));
    let newest = newest.ok_or_else(|| Problem::internal("a concert has fewer than 2^16 seat types"))?;
    show(&view, SeatTypeId { concert: view.id, number: newest }, StatusCode::CREATED)
}

/// `PATCH /api/concerts/{id}/seattypes/{seatTypeId}`
pub(super) async fn change_seat_type(
    State(app): State<App>,
    Path((id, seat_type)): Path<(String, String)>,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let present = managed_concert(&app, concert_id(&id)?, &caller)?;
    let currency = present.terms.currency;
    let seat_type = seat_type_id(present.id, &seat_type)?;
    let change = wire::read_seat_type_change(body, currency).check(|change| change.faults(currency))?;
    let action = ManagerAction::ChangeSeatType { number: seat_type.number, change };
    let view = app.office.manage_concert(present.id, caller, action).await?;
    show(&view, seat_type, StatusCode::OK)
}

/// `POST /api/concerts/{id}/seattypes/{seatTypeId}/block`
pub(super) async fn block_seats(
    State(app): State<App>,
    Path((id, seat_type)): Path<(String, String)>,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    set_aside(&app, (&id, &seat_type), caller, body, ManagerAction::BlockSeats).await
}

/// `POST /api/concerts/{id}/seattypes/{seatTypeId}/release`
pub(super) async fn release_seats(
    State(app): State<App>,
    Path((id, seat_type)): Path<(String, String)>,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    set_aside(&app, (&id, &seat_type), caller, body, ManagerAction::ReleaseSeats).await
}

async fn set_aside(
    app: &App,
    (id, seat_type): (&str, &str),
    caller: Caller,
    body: Json,
    action: fn(WantedItem) -> ManagerAction,
) -> Result<Response, Problem> {
    let present = managed_concert(app, concert_id(id)?, &caller)?;
    let seat_type = seat_type_id(present.id, seat_type)?;
    let item = wire::read_set_aside(body, seat_type.number)?;
    let view = app.office.manage_concert(present.id, caller, action(item)).await?;
    respond::json(
        StatusCode::OK,
        &wire::SeatTypeCounts::of(&view, seat_type).ok_or_else(seat_type_not_found)?,
    )
}

fn show(view: &ConcertView, id: SeatTypeId, status: StatusCode) -> Result<Response, Problem> {
    respond::json(status, &wire::SeatType::of(view, id).ok_or_else(seat_type_not_found)?)
}
