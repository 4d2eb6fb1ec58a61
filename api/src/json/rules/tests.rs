//! The rules as tables.

use super::*;

fn parse<R: Rule>(rule: R, text: &str) -> Result<R::Value, String> {
    rule.read(Json::parse(text.as_bytes()).unwrap())
}

#[test]
fn money_is_exact() {
    let currency = |code| Currency::from_code(code).unwrap();
    let (usd, jpy, kwd) = (currency("USD"), currency("JPY"), currency("KWD"));
    let cases = [
        (usd, "120.00", Some(12_000)),
        (usd, "120", Some(12_000)),
        (usd, "0", Some(0)),
        (usd, "-0.0", Some(0)),
        (usd, "-0", Some(0)),
        (usd, "1e2", Some(10_000)),
        (usd, "1E-2", Some(1)),
        (usd, "0.07", Some(7)),
        (usd, "1.1", Some(110)),
        (usd, "0.29", Some(29)),
        (usd, "4.35", Some(435)),
        (usd, "1.15", Some(115)),
        (usd, "999999.99", Some(99_999_999)),
        (usd, "1000000", Some(100_000_000)),
        (usd, "1000000.01", None),
        (usd, "120.005", None),
        (usd, "0.001", None),
        (usd, "1e-7", None),
        (usd, "-1", None),
        (usd, "-0.01", None),
        (usd, "1e300", None),
        (usd, "18446744073709551615", None),
        (usd, "\"120\"", None),
        (usd, "null", None),
        (jpy, "1200", Some(1_200)),
        (jpy, "1200.0", Some(1_200)),
        (jpy, "1200.5", None),
        (kwd, "1.234", Some(1_234)),
        (kwd, "1.2345", None),
    ];
    for (currency, text, minor) in cases {
        let rule = Money { currency, max: 1_000_000 * currency.minor_per_major() };
        assert_eq!(parse(rule, text).ok(), minor, "{text} {currency:?}");
    }
}

#[test]
fn hundredths_are_exact_on_both_sides_of_zero() {
    let rule = Hundredths { farthest: 100_000_000 };
    for (text, hundredths) in [
        ("0", Some(0)),
        ("-0.0", Some(0)),
        ("1.5", Some(150)),
        ("-2.25", Some(-225)),
        ("-0.07", Some(-7)),
        ("1e2", Some(10_000)),
        ("-1000000", Some(-100_000_000)),
        ("1000000.01", None),
        ("1e300", None),
        ("0.125", None),
        ("\"1\"", None),
        ("null", None),
    ] {
        assert_eq!(parse(rule, text).ok(), hundredths, "{text}");
    }
}

#[test]
fn every_cent_up_to_ten_thousand_is_read_as_written() {
    let rule = Money { currency: Currency::USD, max: 100_000_000 };
    for minor in 0..1_000_000_i64 {
        let double: f64 = format!("{}.{:02}", minor / 100, minor % 100).parse().unwrap();
        assert_eq!(rule.read(Json::Float(double)), Ok(minor));
    }
}

#[test]
fn money_says_what_is_wrong() {
    let rule = Money { currency: Currency::USD, max: 100_000_000 };
    let cases = [
        ("120.005", "must have at most 2 decimals in USD, is 120.005"),
        ("-1", "must be 0 to 1000000.00, is -1"),
        ("1e300", "must be 0 to 1000000.00, is 100000000000000000000000..."),
        ("true", "must be a number, not a boolean"),
    ];
    for (text, detail) in cases {
        assert_eq!(parse(rule, text), Err(detail.to_owned()), "{text}");
    }
}

#[test]
fn integers_are_whole_and_bounded() {
    let rule = Integer::of(1_u32..=100);
    let cases = [
        ("1", Ok(1)),
        ("100", Ok(100)),
        ("2.0", Ok(2)),
        ("1e2", Ok(100)),
        ("0", Err("must be 1 to 100, is 0")),
        ("-1", Err("must be 1 to 100, is -1")),
        ("101", Err("must be 1 to 100, is 101")),
        ("1.5", Err("must be a whole number, not 1.5")),
        ("18446744073709551616", Err("must be 1 to 100, is 18446744073709552000")),
        ("\"1\"", Err("must be a whole number, not a text")),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(rule, text), expected.map_err(str::to_owned), "{text}");
    }
}

#[test]
fn timestamps_are_rfc_3339_with_offset() {
    let cases = [
        ("1970-01-01T00:00:00Z", Some((0, 0))),
        ("2027-06-01T20:00:00+02:00", Some((1_811_872_800_000, 7_200))),
        ("2027-06-01t18:00:00.5z", Some((1_811_872_800_500, 0))),
        ("2027-06-01T18:00:00.123456Z", Some((1_811_872_800_123, 0))),
        ("2027-06-01T12:30:00-05:30", Some((1_811_872_800_000, -19_800))),
        ("2028-02-29T00:00:00Z", Some((1_835_395_200_000, 0))),
        ("2027-02-29T00:00:00Z", None),
        ("2027-04-31T00:00:00Z", None),
        ("2027-13-01T00:00:00Z", None),
        ("2027-06-01T24:00:00Z", None),
        ("2027-06-01T20:60:00Z", None),
        ("2027-06-01T20:00:00+24:00", None),
        ("2027-06-01T20:00:00", None),
        ("2027-06-01T20:00Z", None),
        ("2027-06-01 20:00:00Z", None),
        ("2027-06-01T20:00:00,5Z", None),
        ("2027-06-01T20:00:00.Z", None),
        ("2027-06-01T20:00:00+0200", None),
        ("2027-06-01T20:00:00Z[UTC]", None),
        ("2027-06-01T20:00:00Z ", None),
        ("2027-06-01", None),
        ("+002027-06-01T20:00:00Z", None),
        ("", None),
    ];
    for (text, expected) in cases {
        let read = moment(text).map(|moment| (moment.milliseconds, moment.offset_seconds));
        assert_eq!(read, expected, "{text}");
    }
    assert!(parse(Timestamp, "17").unwrap_err().starts_with("must be a text"));
}

#[test]
fn dates_exist() {
    let cases = [
        ("2028-02-29", true),
        ("2027-02-29", false),
        ("2027-6-1", false),
        ("20270601", false),
        ("2027-06-01T", false),
    ];
    for (text, exists) in cases {
        assert_eq!(date(text).is_some(), exists, "{text}");
    }
}

#[test]
fn words_are_of_the_list() {
    let rule = OneOf(&[(1, "none"), (2, "required")]);
    assert_eq!(parse(rule, "\"required\""), Ok(2));
    assert_eq!(parse(rule, "\"some\""), Err("must be one of none, required".to_owned()));
    assert_eq!(parse(rule, "1"), Err("must be a text, not a number".to_owned()));
}

#[test]
fn texts_are_counted_in_characters() {
    assert_eq!(parse(Text::of(1..=2), "\"äö\""), Ok("äö".to_owned()));
    assert_eq!(parse(Text::of(1..=2), "\"abc\""), Err("must have 1 to 2 characters, has 3".to_owned()));
    assert_eq!(parse(Text::of(1..=2), "\"\""), Err("must have 1 to 2 characters, has 0".to_owned()));
}
