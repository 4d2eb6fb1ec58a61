//! From the engine's refusals to the contract's codes.

use boxoffice_engine::Refused;
use boxoffice_engine::accounts::AccountsRejection;
use boxoffice_engine::concert::Rejection;

use crate::problem::{Code, Problem};

impl From<Refused<Rejection>> for Problem {
    fn from(refused: Refused<Rejection>) -> Self {
        of(refused, of_concert)
    }
}

/// A refusal without a look at any concert.
impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        of_concert(rejection, 0)
    }
}

impl From<Refused<AccountsRejection>> for Problem {
    fn from(refused: Refused<AccountsRejection>) -> Self {
        of(refused, |rejection, _| rejection.into())
    }
}

impl From<AccountsRejection> for Problem {
    fn from(rejection: AccountsRejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            AccountsRejection::Invalid(faults) => Self::validation(&faults),
            AccountsRejection::Forbidden | AccountsRejection::LastAdmin => Self::new(Code::Forbidden, detail),
            AccountsRejection::UserNotFound => Self::new(Code::UserNotFound, detail),
            AccountsRejection::UsernameTaken => Self::new(Code::UsernameTaken, detail),
            AccountsRejection::EmailTaken => Self::new(Code::EmailTaken, detail),
            AccountsRejection::IdTaken => Self::internal(detail),
            AccountsRejection::InvalidCredentials => Self::new(Code::InvalidCredentials, detail),
            AccountsRejection::InvalidToken => crate::auth::refresh_token::invalid(),
        }
    }
}

fn of<R>(refused: Refused<R>, rejected: impl FnOnce(R, u64) -> Problem) -> Problem {
    match refused {
        Refused::Rejected { rejection, sequence } => rejected(rejection, sequence),
        Refused::Overloaded => {
            Problem::new(Code::Overloaded, "too much is under way; nothing has changed, try again shortly")
        }
        Refused::StorageUnavailable => Problem::new(
            Code::StorageUnavailable,
            "nothing can be written at present; nothing has changed, try again shortly",
        ),
        Refused::OutcomeUnknown => Problem::new(
            Code::OutcomeUnknown,
            "whether this happened is not known; look, or try again with the same Idempotency-Key",
        ),
    }
}

fn of_concert(rejection: Rejection, sequence: u64) -> Problem {
    let problem = Problem::new(code(&rejection), rejection.to_string());
    let problem = match rejection {
        Rejection::Invalid(faults) => return Problem::validation(&faults),
        Rejection::ConcertIdTaken => return Problem::internal("no concert id was free"),
        Rejection::SoldOut { available } | Rejection::NotSoldOut { available } => {
            problem.with_available(available)
        }
        Rejection::SeatNotFound { seat }
        | Rejection::SeatBlocked { seat }
        | Rejection::SeatTaken { seat } => problem.about_seat(&seat),
        _ => problem,
    };
    // What was refused without a look at any concert has no state that it was decided on.
    let decided = problem.code().status().as_u16() == 409 && sequence > 0;
    if decided { problem.at_sequence(sequence) } else { problem }
}

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
