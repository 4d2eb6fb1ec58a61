//! Amounts as Stripe wants them: its units are not everywhere those of ISO 4217.
//!
//! After <https://docs.stripe.com/currencies>. What cannot be said exactly is refused: a wrong amount must never be charged.

use boxoffice_engine::errands::gateway::GatewayError;
use boxoffice_engine::money::{Currency, MinorUnits};
use stripe_types::Currency as StripeCurrency;

/// Currencies whose amounts Stripe wants without decimals.
const WITHOUT_DECIMALS: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Currencies with three decimals, of which the last must be 0: the cards' networks know two.
const WITH_THREE_DECIMALS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];
/// Without decimals as a currency, with two in Stripe's interface, which are 00.
const WITH_TWO_EMPTY_DECIMALS: [&str; 1] = ["ISK"];
/// Stripe's documentation has had it without decimals and with two empty ones. One of them is wrong by a factor of 100.
const IN_DOUBT: [&str; 1] = ["UGX"];

/// An amount and its currency for a request.
///
/// # Errors
/// `unsupported_currency` for what Stripe cannot be told exactly.
pub(super) fn in_stripe_units(
    amount: MinorUnits,
    currency: Currency,
) -> Result<(i64, StripeCurrency), GatewayError> {
    exact(amount, currency).ok_or_else(|| GatewayError::Refused("unsupported_currency".into()))
}

fn exact(amount: MinorUnits, currency: Currency) -> Option<(i64, StripeCurrency)> {
    let decimals = stripe_decimals(currency)?;
    let ours = currency.decimals();
    let amount = if decimals >= ours {
        amount.checked_mul(10_i64.pow(decimals - ours))?
    } else {
        let factor = 10_i64.pow(ours - decimals);
        (amount % factor == 0).then_some(amount / factor)?
    };
    if decimals == 3 && amount % 10 != 0 {
        return None;
    }
    match currency.code().to_ascii_lowercase().parse() {
        // The crate's list, unlike Stripe's, has no currency with three decimals; it passes them on as they are.
        Ok(StripeCurrency::Unknown(_)) if decimals != 3 => None,
        Ok(word) => Some((amount, word)),
        Err(never) => match never {},
    }
}

fn stripe_decimals(currency: Currency) -> Option<u32> {
    let code = currency.code();
    if IN_DOUBT.contains(&code) {
        None
    } else if WITHOUT_DECIMALS.contains(&code) {
        Some(0)
    } else if WITH_THREE_DECIMALS.contains(&code) {
        Some(3)
    } else if WITH_TWO_EMPTY_DECIMALS.contains(&code) || currency.decimals() == 2 {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(amount: MinorUnits, code: &str) -> Option<(i64, String)> {
        let (amount, currency) = in_stripe_units(amount, Currency::from_code(code).unwrap()).ok()?;
        Some((amount, currency.to_string()))
    }

    #[test]
    fn amounts_are_said_in_stripes_units() {
        let cases = [
            (12_345, "USD", 12_345, "usd"),
            (500, "JPY", 500, "jpy"),
            // 500 krónur are 500.00 to Stripe.
            (500, "ISK", 50_000, "isk"),
            // 5 ariary: two decimals in ISO 4217, none for Stripe.
            (500, "MGA", 5, "mga"),
            (5_120, "KWD", 5_120, "kwd"),
        ];
        for (amount, code, expected, word) in cases {
            assert_eq!(said(amount, code), Some((expected, word.to_owned())), "{code}");
        }
    }

    #[test]
    fn what_cannot_be_said_exactly_is_refused() {
        let cases =
            [(5_124, "KWD"), (501, "MGA"), (500, "UGX"), (1_000, "IQD"), (10_000, "CLF"), (i64::MAX, "ISK")];
        for (amount, code) in cases {
            let refused = in_stripe_units(amount, Currency::from_code(code).unwrap());
            assert_eq!(refused, Err(GatewayError::Refused("unsupported_currency".into())), "{code}");
        }
    }

    #[test]
    fn every_currency_with_other_decimals_is_named_here() {
        for code in WITHOUT_DECIMALS.iter().chain(&WITH_THREE_DECIMALS).chain(&WITH_TWO_EMPTY_DECIMALS) {
            assert_eq!(said(1_000, code).map(|(_, word)| word), Some(code.to_ascii_lowercase()), "{code}");
        }
    }
}
