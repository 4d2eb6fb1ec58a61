//! From the engine's refusals to the contract's codes.

use boxoffice_engine::Refused;
use boxoffice_engine::accounts::AccountsRejection;
use boxoffice_engine::concert::Rejection;

use crate::problem::{Code, Problem};

impl From<Refused<Rejection>> for Problem {
    fn from(refused: Refused<Rejection>) -> Self {
        match refused {
            Refused::Rejected { rejection, sequence } => of_concert(&rejection, sequence),
            Refused::Overloaded => overloaded(),
            Refused::StorageUnavailable => storage_unavailable(),
            Refused::OutcomeUnknown => outcome_unknown(),
        }
    }
}

/// A refusal without a look at any concert.
impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        of_concert(&rejection, 0)
    }
}

impl From<Refused<AccountsRejection>> for Problem {
    fn from(refused: Refused<AccountsRejection>) -> Self {
        match refused {
            Refused::Rejected { rejection, .. } => of_accounts(rejection),
            Refused::Overloaded => overloaded(),
            Refused::StorageUnavailable => storage_unavailable(),
            Refused::OutcomeUnknown => outcome_unknown(),
        }
    }
}

fn of_concert(rejection: &Rejection, sequence: u64) -> Problem {
    let detail = rejection.to_string();
    let problem = match rejection {
        Rejection::Invalid(faults) => return Problem::validation(faults),
        Rejection::ConcertIdTaken => return Problem::internal("no concert id was free"),
        Rejection::SoldOut { available } => Problem::new(Code::SoldOut, detail).with_available(*available),
        Rejection::NotSoldOut { available } => {
            Problem::new(Code::NotSoldOut, detail).with_available(*available)
        }
        Rejection::SeatNotFound { seat } => Problem::new(Code::SeatNotFound, detail).about_seat(seat),
        Rejection::SeatBlocked { seat } => Problem::new(Code::SeatBlocked, detail).about_seat(seat),
        Rejection::SeatTaken { seat } => Problem::new(Code::SeatTaken, detail).about_seat(seat),
        other => Problem::new(code(other), detail),
    };
    // What was refused without a look at any concert has no state that it was decided on.
    let decided = problem.code().status().as_u16() == 409 && sequence > 0;
    if decided { problem.at_sequence(sequence) } else { problem }
}

/// The code of a refusal that has nothing to say but that.
fn code(rejection: &Rejection) -> Code {
    match rejection {
        Rejection::Invalid(_) => Code::ValidationFailed,
        Rejection::ConcertIdTaken => Code::InternalError,
        Rejection::ConcertNotFound => Code::ConcertNotFound,
        Rejection::Forbidden => Code::Forbidden,
        Rejection::SeatTypeNotFound => Code::SeatTypeNotFound,
        Rejection::SeatNotFound { .. } => Code::SeatNotFound,
        Rejection::BookingNotFound => Code::BookingNotFound,
        Rejection::PaymentNotFound => Code::PaymentNotFound,
        Rejection::NotWaiting => Code::NotWaiting,
        Rejection::CodeNotFound => Code::CodeNotFound,
        Rejection::IdempotencyKeyReused => Code::IdempotencyKeyReused,
        Rejection::VersionMismatch { .. } => Code::VersionMismatch,
        Rejection::ConcertCancelled => Code::ConcertCancelled,
        Rejection::SalesNotOpen => Code::SalesNotOpen,
        Rejection::SalesClosed => Code::SalesClosed,
        Rejection::CodeInvalid => Code::CodeInvalid,
        Rejection::CodeUsedUp => Code::CodeUsedUp,
        Rejection::CodeTaken { .. } => Code::CodeTaken,
        Rejection::AlreadyBooked { .. } => Code::AlreadyBooked,
        Rejection::SeatBlocked { .. } => Code::SeatBlocked,
        Rejection::SeatTaken { .. } => Code::SeatTaken,
        Rejection::SoldOut { .. } => Code::SoldOut,
        Rejection::OrphanSeat => Code::OrphanSeat,
        Rejection::ConcertStarted => Code::ConcertStarted,
        Rejection::AlreadyCancelled => Code::AlreadyCancelled,
        Rejection::HoldExpired => Code::HoldExpired,
        Rejection::NotHeld => Code::NotHeld,
        Rejection::PaymentRequired => Code::PaymentRequired,
        Rejection::PaymentInProgress => Code::PaymentInProgress,
        Rejection::TooManyPayments { .. } => Code::TooManyPayments,
        Rejection::GatewayMissing => Code::GatewayMissing,
        Rejection::NotSoldOut { .. } => Code::NotSoldOut,
        Rejection::AlreadyWaiting | Rejection::AlreadyOffered { .. } => Code::AlreadyWaiting,
        Rejection::WaitlistFull => Code::WaitlistFull,
        Rejection::CapacityBelowSold { .. } => Code::CapacityBelowSold,
        Rejection::ConcertHasBookings => Code::ConcertHasBookings,
    }
}

fn of_accounts(rejection: AccountsRejection) -> Problem {
    let detail = rejection.to_string();
    match rejection {
        AccountsRejection::Invalid(faults) => Problem::validation(&faults),
        AccountsRejection::Forbidden | AccountsRejection::LastAdmin => Problem::new(Code::Forbidden, detail),
        AccountsRejection::UserNotFound => Problem::new(Code::UserNotFound, detail),
        AccountsRejection::UsernameTaken => Problem::new(Code::UsernameTaken, detail),
        AccountsRejection::EmailTaken => Problem::new(Code::EmailTaken, detail),
        AccountsRejection::IdTaken => Problem::internal(detail),
        AccountsRejection::InvalidCredentials => Problem::new(Code::InvalidCredentials, detail),
        AccountsRejection::InvalidToken => crate::auth::refresh_token::invalid(),
    }
}

fn overloaded() -> Problem {
    Problem::new(Code::Overloaded, "too much is under way; nothing has changed, try again shortly")
}

fn storage_unavailable() -> Problem {
    Problem::new(
        Code::StorageUnavailable,
        "nothing can be written at present; nothing has changed, try again shortly",
    )
}

fn outcome_unknown() -> Problem {
    let detail = "whether this happened is not known; look, or try again with the same Idempotency-Key";
    Problem::new(Code::OutcomeUnknown, detail)
}
