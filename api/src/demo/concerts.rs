//! The sample concerts.

use std::sync::Arc;

use boxoffice_engine::concert::{
    CancellationTerms, Details, Layout, LocalTime, NewConcert, NewSeatType, SeatMap, SeatPosition, SeatRow,
};
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
            concert: in_the_hall(concert(
                "Northern Symphony: The Planets",
                "Holst in a hall with numbered seats, to be paid for.",
                ("Classical", "Philharmonic Hall"),
                evening(now, 33),
                6,
                &[],
            )),
            made_at: now.plus_seconds(-4 * DAY_SECONDS),
            sold: vec![(1, 4), (1, 2), (2, 2), (1, 6), (1, 3), (2, 5)],
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

/// With numbered seats that are held until they are paid for.
fn in_the_hall(concert: NewConcert) -> NewConcert {
    let details = Details {
        cancellation: CancellationTerms { deadline_hours: 48, fee_fixed: 250, fee_basis_points: 500 },
        forbids_orphan_seats: true,
        ..concert.details
    };
    let seat_types = vec![
        NewSeatType {
            name: "Stalls".to_owned(),
            price: 7_500,
            layout: hall("STALLS", 0, &["A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M"], 24),
            hidden: false,
        },
        NewSeatType {
            name: "Balcony".to_owned(),
            price: 4_200,
            layout: hall("BALCONY", 1_800, &["A", "B", "C", "D"], 32),
            hidden: false,
        },
    ];
    NewConcert { details, payment_required: true, seat_types, ..concert }
}

/// Rows of one section, bent around the stage; the first begins so many hundredths away from it.
fn hall(section: &str, away: i32, labels: &[&str], seats: u32) -> Layout {
    let rows = (0..).zip(labels).map(|(row, label)| SeatRow {
        section: Some(section.to_owned()),
        label: (*label).to_owned(),
        seats,
        positions: (0..seats).filter_map(|seat| position(seat, seats, away + row * 120)).collect(),
    });
    Layout::Numbered(Arc::new(SeatMap::new(rows.collect())))
}

/// Where a seat of a row is: the further from its middle, the nearer to the stage.
fn position(seat: u32, seats: u32, away: i32) -> Option<SeatPosition> {
    let from_middle = 2 * i32::try_from(seat).ok()? + 1 - i32::try_from(seats).ok()?;
    Some(SeatPosition { x: from_middle * 50, y: 600 + away - from_middle * from_middle / 4 })
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
            forbids_orphan_seats: false,
        },
        currency: Currency::USD,
        payment_required: false,
        hold_seconds: 600,
        offer_seconds: 3_600,
        draft: false,
        seat_types: seat_types
            .iter()
            .map(|(name, price, total_seats)| NewSeatType {
                name: (*name).to_owned(),
                price: *price,
                layout: Layout::GeneralAdmission { total_seats: *total_seats },
                hidden: false,
            })
            .collect(),
    }
}
