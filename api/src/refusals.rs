//! From the engine's refusals to the contract's codes.

use boxoffice_engine::Refused;
use boxoffice_engine::accounts::AccountsRejection;
use boxoffice_engine::concert::Rejection;

use crate::problem::{Code, Problem};

impl From<Refused<Rejection>> for Problem {
    fn from(refused: Refused<Rejection>) -> Self {
        match refused {
            Refused::Rejected { rejection, sequence } => of_concert(rejection, sequence),
            Refused::Overloaded => overloaded(),
            Refused::StorageUnavailable => storage_unavailable(),
            Refused::OutcomeUnknown => outcome_unknown(),
        }
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

fn of_concert(rejection: Rejection, sequence: u64) -> Problem {
    let detail = rejection.to_string();
    let code = match rejection {
        Rejection::Invalid(faults) => return Problem::validation(&faults),
        Rejection::ConcertNotFound => Code::ConcertNotFound,
        Rejection::Forbidden => Code::Forbidden,
        Rejection::SeatTypeNotFound => Code::SeatTypeNotFound,
        Rejection::BookingNotFound => Code::BookingNotFound,
        Rejection::IdempotencyKeyReused => Code::IdempotencyKeyReused,
        Rejection::ConcertIdTaken => return Problem::internal("no concert id was free"),
        Rejection::VersionMismatch { .. } => Code::VersionMismatch,
        Rejection::ConcertCancelled => Code::ConcertCancelled,
        Rejection::SalesNotOpen => Code::SalesNotOpen,
        Rejection::SalesClosed => Code::SalesClosed,
        Rejection::AlreadyBooked { .. } => Code::AlreadyBooked,
        Rejection::SoldOut { available } => {
            let problem = Problem::new(Code::SoldOut, detail);
            return problem.at_sequence(sequence).with_available(u64::from(available));
        }
        Rejection::ConcertStarted => Code::ConcertStarted,
        Rejection::AlreadyCancelled => Code::AlreadyCancelled,
        Rejection::CapacityBelowSold { .. } => Code::CapacityBelowSold,
        Rejection::ConcertHasBookings => Code::ConcertHasBookings,
    };
    let problem = Problem::new(code, detail);
    if code.status().as_u16() == 409 { problem.at_sequence(sequence) } else { problem }
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
