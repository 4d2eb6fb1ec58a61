//! What is told of concerts, as it was last told: made once for each state of a concert and each audience, not for each request.
//!
//! During a rush everybody looks at the same map while every booking changes it. So a large one is rendered at most every
//! [`MAP_AGE_MILLISECONDS_MAX`], and everybody who asks in between is told what the last one was told. What was acknowledged before a
//! request for the map began, by so much or more, is in the answer: the age counts from before the state was looked at. Everything
//! else is as new as what is committed.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderValue;
use boxoffice_engine::BoxOffice;
use boxoffice_engine::concert::ConcertView;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::time::Time;
use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;

use crate::problem::Problem;
use crate::wire::{Audience, Concert, numbered_seats, seats};

/// Maps of more numbered seats than this are told for a while; others, and concerts, until there is something new.
pub const RENDERED_AT_ONCE_SEATS_MAX: u64 = 2_000;
/// How old a map that is told may be, in milliseconds.
pub const MAP_AGE_MILLISECONDS_MAX: i64 = 100;
/// Large maps that are kept; the one that nobody asked for longest goes first.
const MAPS_MAX: usize = 16;
/// Shelves of what is smaller, by the concert, so that those who ask for different concerts do not meet.
const SHELVES: usize = 64;
/// Answers that are kept on each of them.
const ANSWERS_PER_SHELF_MAX: usize = 8;

/// What can be told of a concert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The concert itself.
    Concert,
    /// Its seats.
    Seats,
}

/// An answer as it is told.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The entity tag of the state that it shows.
    pub tag: HeaderValue,
    /// The whole answer.
    pub bytes: Bytes,
    /// The event that made this state.
    sequence: u64,
    /// Not later than the state that it shows.
    as_of: Time,
}

/// Where an answer is kept.
#[derive(Debug, Default)]
struct Place {
    kept: Mutex<Option<Rendered>>,
    /// Held by whoever renders the next, so that the others wait for that one and do not render it, too.
    rendering: AsyncMutex<()>,
}

/// What of which concert, as whom it is shown to.
type Key = (ConcertId, What, Audience);

/// The answers that are kept.
#[derive(Debug)]
pub struct Views {
    large: Shelf,
    small: [Shelf; SHELVES],
}

impl Default for Views {
    fn default() -> Self {
        Self { large: Shelf::of(MAPS_MAX), small: std::array::from_fn(|_| Shelf::of(ANSWERS_PER_SHELF_MAX)) }
    }
}

impl Views {
    /// What is told of the concert that `seen` shows, from a state that is not older, or for a large map not older than
    /// [`MAP_AGE_MILLISECONDS_MAX`]; nothing if the concert is gone.
    ///
    /// # Errors
    /// A 500, when it cannot be rendered.
    pub(crate) async fn get(
        &self,
        office: &BoxOffice,
        what: What,
        seen: &ConcertView,
        audience: Audience,
    ) -> Result<Option<Rendered>, Problem> {
        let concert = seen.id;
        let is_large = what == What::Seats && numbered_seats(seen, &audience) > RENDERED_AT_ONCE_SEATS_MAX;
        let key = (concert, what, audience);
        let place = self.shelf(is_large, concert).place(&key);
        // In a rush mostly somebody has just asked for the same.
        if let Some(kept) = place.kept().filter(|kept| kept.sequence >= seen.sequence) {
            return Ok(Some(kept));
        }
        let _rendering = place.rendering.lock().await;
        // The clock first: what happens from here on is not promised to be in what is told.
        let now = if is_large { office.now() } else { Time::default() };
        let Some(view) = office.concert(concert) else { return Ok(None) };
        let is_good = |kept: &Rendered| kept.sequence == view.sequence || is_large && kept.is_fresh(now);
        if let Some(kept) = place.kept().filter(is_good) {
            return Ok(Some(kept));
        }
        let (_, _, audience) = key;
        let rendered = if is_large {
            let rendering = tokio::task::spawn_blocking(move || render(what, &view, &audience)).await;
            rendering.map_err(|error| Problem::internal(error.to_string()))??
        } else {
            render(what, &view, &audience)?
        };
        place.keep(Rendered { as_of: now, ..rendered.clone() });
        Ok(Some(rendered))
    }

    fn shelf(&self, is_large: bool, concert: ConcertId) -> &Shelf {
        let number = usize::try_from(concert.bits() % SHELVES as u64).unwrap_or(0);
        if is_large { &self.large } else { &self.small[number] }
    }
}

/// Places for some answers, the one that was asked for last at the end.
#[derive(Debug)]
struct Shelf {
    places: Mutex<Vec<(Key, Arc<Place>)>>,
    places_max: usize,
}

impl Shelf {
    fn of(places_max: usize) -> Self {
        Self { places: Mutex::default(), places_max }
    }

    fn place(&self, key: &Key) -> Arc<Place> {
        let mut places = self.places.lock();
        // During a rush it is the one that was asked for before.
        if let Some((_, place)) = places.last().filter(|(known, _)| known == key) {
            return Arc::clone(place);
        }
        let found = places.iter().position(|(known, _)| known == key);
        let (key, place) = found.map_or_else(|| (key.clone(), Arc::default()), |index| places.remove(index));
        if places.len() >= self.places_max {
            places.remove(0);
        }
        places.push((key, Arc::clone(&place)));
        place
    }
}

impl Place {
    fn kept(&self) -> Option<Rendered> {
        self.kept.lock().clone()
    }

    fn keep(&self, rendered: Rendered) {
        *self.kept.lock() = Some(rendered);
    }
}

impl Rendered {
    /// A clock that was set back makes nothing fresh.
    fn is_fresh(&self, now: Time) -> bool {
        (0..MAP_AGE_MILLISECONDS_MAX).contains(&(now.0 - self.as_of.0))
    }
}

/// What an audience is told.
fn render(what: What, view: &ConcertView, audience: &Audience) -> Result<Rendered, Problem> {
    let bytes = match what {
        What::Concert => serde_json::to_vec(&Concert::for_audience(view, audience)),
        What::Seats => seats(view, audience),
    };
    let bytes = bytes.map_err(|error| Problem::internal(format!("answer not serialized: {error}")))?;
    Ok(Rendered {
        tag: tag(view, audience)?,
        bytes: bytes.into(),
        sequence: view.sequence,
        as_of: Time::default(),
    })
}

/// The entity tag of what an audience is shown of a concert's state. Whoever sees hidden seat types has another one.
///
/// # Errors
/// A 500, when it is no header: then it was put together wrongly.
pub(crate) fn tag(view: &ConcertView, audience: &Audience) -> Result<HeaderValue, Problem> {
    let hidden = audience.seat_types(view).filter(|(_, seat_type, _)| seat_type.hidden);
    let hidden: Vec<_> = hidden.map(|(id, ..)| format!("+{}", id.number.0)).collect();
    let tag = format!("\"{}.{}{}\"", view.terms.version, view.sequence, hidden.concat());
    HeaderValue::try_from(tag).map_err(|error| Problem::internal(error.to_string()))
}

#[cfg(test)]
mod tests;
