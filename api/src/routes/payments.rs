//! Payments: begun by buyers, ended by gateways.

use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use boxoffice_engine::Refused;
use boxoffice_engine::concert::Rejection;

use super::bookings::{booking_id, hide_concert};
use crate::app::App;
use crate::auth::caller::SignedIn;
use crate::body::{self, JsonBody, Refusal};
use crate::path::Path;
use crate::problem::Problem;
use crate::{idempotency, respond, wire};

/// `POST /api/payments`
pub(super) async fn create_payment(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let request = wire::read_payment_request(body)?;
    let parts: [&[u8]; 3] = [b"POST /payments", request.booking.as_bytes(), request.method.as_bytes()];
    let key = idempotency::key(&headers, &parts)?;
    let booking = booking_id(&request.booking)?;
    let begun = app.office.start_payment(booking, caller, request.method, key).await.map_err(hide_concert)?;
    let mut response = respond::json(StatusCode::ACCEPTED, &wire::Payment::from(&begun.value))?;
    response.headers_mut().insert(LOCATION, respond::location("/api/payments/", begun.value.id.text())?);
    Ok(idempotency::replayed(response, begun.repeated))
}

/// `GET /api/payments/{id}`
pub(super) async fn show_payment(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Problem> {
    let id = id.parse().map_err(|_| payment_not_found())?;
    let payment = app.office.payment(id, caller).await.map_err(|refused| match refused {
        // A payment of a concert that is not there is not there either.
        Refused::Rejected { rejection: Rejection::ConcertNotFound, .. } => payment_not_found(),
        refused => refused.into(),
    })?;
    respond::json(StatusCode::OK, &wire::Payment::from(&payment))
}

/// `POST /api/payments/webhook/{gateway}`: from the gateway, which proves by its signature that it is. Whatever it tells again, late
/// or in another order is answered alike, so that it stops telling.
pub(super) async fn receive_webhook(
    State(app): State<App>,
    Path(gateway): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let headers = request.headers().clone();
    let bytes = body::read(request.into_body(), body::BODY_BYTES_MAX).await?;
    let told = app.webhooks.receive(&gateway, &headers, &bytes, app.office.now())?;
    if let Some(event) = told {
        event.record(&app.office).await.map_err(Problem::from)?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn payment_not_found() -> Problem {
    Rejection::PaymentNotFound.into()
}
