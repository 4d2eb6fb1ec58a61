//! Every code of the contract, with its status and title: one table.

use axum::http::StatusCode;

macro_rules! codes {
    ($($status:literal: $($variant:ident $name:literal $title:literal),+;)+) => {
        /// What a refusal is called; stable, for programs to act on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = concat!("`", $name, "`, status ", stringify!($status))] $variant,)+)+
        }

        impl Code {
            /// All of them, in the contract's order.
            pub const ALL: &[Self] = &[$($(Self::$variant,)+)+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $($(Self::$variant => $name,)+)+ }
            }

            /// A short name for people; the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $($(Self::$variant => $title,)+)+ }
            }

            const fn status_number(self) -> u16 {
                match self { $($(Self::$variant)|+ => $status,)+ }
            }
        }
    };
}

// `request_timeout`, `headers_too_large` and `internal_error` are ours: the contract names the status only. So are the codes of what it
// leaves to us: `not_waiting`, `code_not_found`, `payment_required`, `too_many_payments`, `not_sold_out`, `already_waiting`,
// `waitlist_full`, `code_taken`.
codes! {
    400: ValidationFailed "validation_failed" "Validation failed",
        MalformedJson "malformed_json" "Malformed JSON",
        MalformedRequest "malformed_request" "Malformed request";
    401: MissingToken "missing_token" "Missing token",
        InvalidToken "invalid_token" "Invalid token",
        TokenExpired "token_expired" "Token expired",
        InvalidCredentials "invalid_credentials" "Invalid credentials";
    403: Forbidden "forbidden" "Forbidden";
    404: NotFound "not_found" "Not found",
        ConcertNotFound "concert_not_found" "Concert not found",
        SeatTypeNotFound "seat_type_not_found" "Seat type not found",
        BookingNotFound "booking_not_found" "Booking not found",
        SeatNotFound "seat_not_found" "Seat not found",
        UserNotFound "user_not_found" "User not found",
        PaymentNotFound "payment_not_found" "Payment not found",
        NotWaiting "not_waiting" "Not on the waiting list",
        CodeNotFound "code_not_found" "Promo code not found";
    405: MethodNotAllowed "method_not_allowed" "Method not allowed";
    408: RequestTimeout "request_timeout" "Request timeout";
    409: UsernameTaken "username_taken" "Username taken",
        EmailTaken "email_taken" "E-mail address taken",
        SoldOut "sold_out" "Sold out",
        AlreadyBooked "already_booked" "Ticket limit reached",
        SeatTaken "seat_taken" "Seat taken",
        SeatBlocked "seat_blocked" "Seat not for sale",
        OrphanSeat "orphan_seat" "Single seat left over",
        SalesNotOpen "sales_not_open" "Sales not open",
        SalesClosed "sales_closed" "Sales closed",
        ConcertCancelled "concert_cancelled" "Concert cancelled",
        ConcertStarted "concert_started" "Concert started",
        AlreadyCancelled "already_cancelled" "Already cancelled",
        HoldExpired "hold_expired" "Hold expired",
        NotHeld "not_held" "Not held",
        PaymentInProgress "payment_in_progress" "Payment in progress",
        PaymentRequired "payment_required" "Payment required",
        TooManyPayments "too_many_payments" "Too many payments",
        CapacityBelowSold "capacity_below_sold" "Capacity below sold",
        ConcertHasBookings "concert_has_bookings" "Concert has bookings",
        CodeInvalid "code_invalid" "Promo code not valid",
        CodeUsedUp "code_used_up" "Promo code used up",
        CodeTaken "code_taken" "Promo code taken",
        NotSoldOut "not_sold_out" "Not sold out",
        AlreadyWaiting "already_waiting" "Already on the waiting list",
        WaitlistFull "waitlist_full" "Waiting list full",
        GatewayMissing "gateway_missing" "Payment gateway missing";
    412: VersionMismatch "version_mismatch" "Version mismatch";
    413: BodyTooLarge "body_too_large" "Body too large";
    415: UnsupportedMediaType "unsupported_media_type" "Unsupported media type";
    422: IdempotencyKeyReused "idempotency_key_reused" "Idempotency key reused";
    429: RateLimited "rate_limited" "Rate limited";
    431: HeadersTooLarge "headers_too_large" "Request headers too large";
    500: InternalError "internal_error" "Internal error";
    503: Overloaded "overloaded" "Overloaded",
        StorageUnavailable "storage_unavailable" "Storage unavailable",
        OutcomeUnknown "outcome_unknown" "Outcome unknown",
        NotReady "not_ready" "Not ready";
}

impl Code {
    /// The HTTP status that goes with it.
    pub fn status(self) -> StatusCode {
        // Every number of the table is a status (tested below), so the fallback is never reached.
        StatusCode::from_u16(self.status_number()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_snake_case_and_unique_and_statuses_real() {
        let mut names = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code:?}");
            assert!(names.insert(code.as_str()), "{code:?}");
            assert_eq!(code.status().as_u16(), code.status_number());
        }
    }

    #[test]
    fn the_documentation_tells_all_of_them_with_their_statuses() {
        let page = include_str!("../../../docs/API.md");
        let rows = page.lines().filter_map(|line| {
            let (status, rest) = line.strip_prefix("| ")?.split_once(" | `")?;
            Some((status.parse::<u16>().ok()?, rest.split_once('`')?.0))
        });
        let codes = Code::ALL.iter().map(|code| (code.status_number(), code.as_str()));
        assert_eq!(rows.collect::<Vec<_>>(), codes.collect::<Vec<_>>());
    }
}
