//! The sample concerts.

use boxoffice_engine::concert::{CancellationTerms, Details, Layout, LocalTime, NewConcert, NewSeatType};
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;

const DAY_SECONDS: i64 = 86_400;

/// A concert with a past.
pub(super) struct Sample {
    pub(super) concert: NewConcert,
    /// When it was made.
    pub(super) made_at: Time,
    /// Bookings that were made: seat type and quantity.
    pub(super) sold: Vec<(u16, u32)>,
}

/// A handful of concerts around `now`, one of them past, one whose sale is yet to open.
pub(super) fn samples(now: Time) -> Vec<Sample> {
    vec![
        Sample {
            concert: concert(
                "Aurora Strings: Night Music",
                "Mozart, Arvo Part and a first performance, by candle light.",
                ("Classical", "Old Observatory"),
                evening(now, 21),
                4,
                &[("Parquet", 8_500, 180), ("Balcony", 5_500, 120)],
            ),
            made_at: now.plus_seconds(-20 * DAY_SECONDS),
            sold: vec![(1, 2), (1, 4), (2, 2), (1, 2), (2, 3)],
        },
        Sample {
            concert: concert(
                "The Copper Tigers: Last Train Tour",
                "Two hours of loud guitars, one night only.",
                ("Rock", "Harbour Hall"),
                evening(now, 45),
                6,
                &[("Floor", 6_900, 4_000), ("Tribune", 8_900, 1_500)],
            ),
            made_at: now.plus_seconds(-10 * DAY_SECONDS),
            sold: vec![(1, 6), (1, 2), (2, 4), (1, 1)],
        },
        Sample {
            concert: concert(
                "Nadia Okafor Trio",
                "Piano, bass, drums, and a very small room.",
                ("Jazz", "Cellar 27"),
                evening(now, 5),
                2,
                &[("Standing", 2_200, 12)],
            ),
            made_at: now.plus_seconds(-6 * DAY_SECONDS),
            sold: vec![(1, 2), (1, 2), (1, 2), (1, 2), (1, 1)],
        },
        Sample {
            concert: opening_at(
                now.plus_seconds(7 * DAY_SECONDS),
                concert(
                    "Midsummer Open Air",
                    "Three stages, twelve bands, bring boots. The sale opens in a week.",
                    ("Festival", "North Meadow"),
                    evening(now, 200),
                    8,
                    &[("Day ticket", 7_900, 20_000), ("Weekend", 17_900, 30_000), ("Camping", 4_500, 8_000)],
                ),
            ),
            made_at: now.plus_seconds(-DAY_SECONDS),
            sold: Vec::new(),
        },
        Sample {
            concert: concert(
                "Open Rehearsal: City Youth Orchestra",
                "Free entry, but the chairs are counted.",
                ("Classical", "Town Hall"),
                evening(now, 12),
                5,
                &[("Seat", 0, 250)],
            ),
            made_at: now.plus_seconds(-3 * DAY_SECONDS),
            sold: vec![(1, 5), (1, 3)],
        },
        Sample {
            concert: concert(
                "Lena Farrow: Unplugged",
                "One voice, one guitar. This one is over.",
                ("Folk", "Cellar 27"),
                evening(now, -9),
                2,
                &[("Standing", 1_800, 80)],
            ),
            made_at: now.plus_seconds(-40 * DAY_SECONDS),
            sold: vec![(1, 2), (1, 2), (1, 1), (1, 2)],
        },
    ]
}

/// 19:30 UTC, so many days from today.
fn evening(now: Time, days: i64) -> Time {
    let midnight = Time(now.seconds().div_euclid(DAY_SECONDS) * DAY_SECONDS * 1_000);
    midnight.plus_seconds(days * DAY_SECONDS + 19 * 3_600 + 1_800)
}

fn opening_at(time: Time, mut concert: NewConcert) -> NewConcert {
    concert.details.sales_open_at = Some(time);
    concert
}

fn concert(
    name: &str,
    description: &str,
    (genre, venue): (&str, &str),
    start: Time,
    tickets_per_user_max: u32,
    seat_types: &[(&str, i64, u32)],
) -> NewConcert {
    NewConcert {
        details: Details {
            name: name.to_owned(),
            description: description.to_owned(),
            genre: genre.to_owned(),
            venue: venue.to_owned(),
            start: LocalTime { time: start, offset_seconds: 0 },
            sales_open_at: None,
            sales_close_at: None,
            tickets_per_user_max,
            cancellation: CancellationTerms::default(),
        },
        currency: Currency::USD,
        hold_seconds: 600,
        draft: false,
        seat_types: seat_types
            .iter()
            .map(|(name, price, total_seats)| NewSeatType {
                name: (*name).to_owned(),
                price: *price,
                layout: Layout::GeneralAdmission { total_seats: *total_seats },
            })
            .collect(),
    }
}
