//! The list of concerts: filtered, sorted, page by page.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use boxoffice_engine::caller::Caller;
use boxoffice_engine::concert::{ConcertView, Stage};
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::time::Time;

use crate::app::App;
use crate::auth::caller::MaybeSignedIn;
use crate::json::{date, moment};
use crate::problem::Problem;
use crate::query::{Query, page};
use crate::respond;
use crate::wire::{self, Audience};

/// Prices of different currencies are compared as if one major unit were worth one of the other, in thousandths.
const THOUSANDTHS: i64 = 1_000;
const DAY_SECONDS: i64 = 86_400;

/// What a list is sorted by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    StartTime,
    StartTimeDescending,
    Name,
    Price,
}

const SORT_WORDS: [(Sort, &str); 4] = [
    (Sort::StartTime, "startTime"),
    (Sort::StartTimeDescending, "-startTime"),
    (Sort::Name, "name"),
    (Sort::Price, "price"),
];

/// Where a concert stands in a list: what it is sorted by, and its id where that is the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    number: i64,
    text: String,
    id: ConcertId,
}

/// Which concerts are wanted.
struct Filter {
    genre: Option<String>,
    venue: Option<String>,
    from: Option<Time>,
    to: Option<Time>,
    status: Option<wire::ConcertStatus>,
}

/// `GET /api/concerts?genre=&venue=&from=&to=&status=&sort=&limit=&cursor=`
pub(in crate::routes) async fn list_concerts(
    State(app): State<App>,
    MaybeSignedIn(caller): MaybeSignedIn,
    mut query: Query,
) -> Result<Response, Problem> {
    if query.text("q").is_some() {
        query.fault("q", "searching is not supported yet");
    }
    let filter = Filter::read(&mut query);
    let sort = query.word("sort", &SORT_WORDS).unwrap_or(Sort::StartTime);
    let limit = query.limit();
    let after = query.cursor(|text| Place::read(text, sort));
    query.finish()?;
    let concerts = app.office.concerts();
    let wanted = concerts.into_iter().filter(|view| listed_for(view, caller.as_ref()) && filter.passes(view));
    let mut found: Vec<(Place, Arc<ConcertView>)> = wanted
        .map(|view| (Place::of(&view, sort), view))
        .filter(|(place, _)| after.as_ref().is_none_or(|after| place > after))
        .collect();
    let by_place = |a: &(Place, _), b: &(Place, _)| -> Ordering { a.0.cmp(&b.0) };
    // Only what the page needs is brought into order.
    if found.len() > limit + 1 {
        found.select_nth_unstable_by(limit, by_place);
        found.truncate(limit + 1);
    }
    found.sort_unstable_by(by_place);
    let next = page(&mut found, limit, |(place, _)| place.write(sort));
    let audiences: Vec<_> = found.iter().map(|(_, view)| Audience::of(view, caller.as_ref())).collect();
    let shown = found.iter().zip(&audiences);
    let concerts: Vec<_> =
        shown.map(|((_, view), audience)| wire::Concert::for_audience(view, audience)).collect();
    Ok(query.link_next(respond::json(StatusCode::OK, &concerts)?, next))
}

/// A draft is in its organizer's list alone.
fn listed_for(view: &ConcertView, caller: Option<&Caller>) -> bool {
    match view.stage {
        Stage::Draft => caller.is_some_and(|caller| caller.user == view.terms.organizer),
        _ => view.is_visible_to(caller),
    }
}

impl Filter {
    fn read(query: &mut Query) -> Self {
        Self {
            genre: query.text("genre").map(str::to_lowercase),
            venue: query.text("venue").map(str::to_lowercase),
            from: query.value("from", |text| time_or_day(text, 0)),
            to: query.value("to", |text| time_or_day(text, DAY_SECONDS)),
            status: query.word("status", &wire::CONCERT_STATUS_WORDS),
        }
    }

    fn passes(&self, view: &ConcertView) -> bool {
        let details = &view.terms.details;
        let is = |wanted: &Option<String>, text: &str| {
            wanted.as_ref().is_none_or(|wanted| *wanted == text.to_lowercase())
        };
        is(&self.genre, &details.genre)
            && is(&self.venue, &details.venue)
            && self.from.is_none_or(|from| details.start.time >= from)
            && self.to.is_none_or(|to| details.start.time <= to)
            && self.status.is_none_or(|status| wire::ConcertStatus::of(view) == status)
    }
}

/// A time, or a day in UTC with so many seconds of it gone.
fn time_or_day(text: &str, seconds_into_day: i64) -> Result<Time, String> {
    let day_start = |day: jiff::civil::Date| day.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let time = moment(text).map(|moment| Time(moment.milliseconds)).or_else(|| {
        let start = day_start(date(text)?)?.timestamp().as_millisecond();
        // The last millisecond of a day is still of that day.
        Some(Time(Time(start).plus_seconds(seconds_into_day).0 - i64::from(seconds_into_day > 0)))
    });
    time.ok_or_else(|| "must be a time like 2027-06-01T20:00:00Z, or a date like 2027-06-01".to_owned())
}

impl Place {
    fn of(view: &ConcertView, sort: Sort) -> Self {
        let terms = &view.terms;
        let start = terms.details.start.time.0;
        let (number, text) = match sort {
            Sort::StartTime => (start, String::new()),
            Sort::StartTimeDescending => (-start, String::new()),
            Sort::Name => (0, terms.details.name.to_lowercase()),
            Sort::Price => {
                let shown = terms.seat_types.iter().filter(|seat_type| !seat_type.hidden);
                let cheapest = shown.map(|seat_type| seat_type.price).min().unwrap_or(0);
                (cheapest * THOUSANDTHS / terms.currency.minor_per_major(), String::new())
            }
        };
        Self { number, text, id: view.id }
    }

    fn write(&self, sort: Sort) -> String {
        format!("{}:{}:{}:{}", sort as u8, self.number, self.id, self.text)
    }

    /// The place that [`Place::write`] wrote for the same order.
    fn read(text: &str, sort: Sort) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        let written = parts.next()?.parse::<u8>().ok()?;
        let number = parts.next()?.parse().ok()?;
        let id = parts.next()?.parse().ok()?;
        let text = parts.next()?.to_owned();
        (written == sort as u8).then_some(Self { number, text, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_for_its_order_only() {
        let place = Place { number: -5, text: "a:b".to_owned(), id: ConcertId::from_bits(9) };
        assert_eq!(Place::read(&place.write(Sort::Name), Sort::Name), Some(place.clone()));
        assert_eq!(Place::read(&place.write(Sort::Name), Sort::Price), None);
        assert_eq!(Place::read("2:x:y", Sort::Name), None);
    }

    #[test]
    fn a_day_reaches_from_its_first_to_its_last_millisecond() {
        assert_eq!(time_or_day("1970-01-02", 0), Ok(Time(86_400_000)));
        assert_eq!(time_or_day("1970-01-02", DAY_SECONDS), Ok(Time(2 * 86_400_000 - 1)));
        assert_eq!(time_or_day("1970-01-02T00:00:01Z", DAY_SECONDS), Ok(Time(86_401_000)));
        assert!(time_or_day("yesterday", 0).is_err());
    }
}
