//! Seat maps of large halls, as they were last told.
//!
//! During a rush everybody looks at the same map while every booking changes it. So a large one is rendered at most every
//! [`MAP_AGE_MILLISECONDS_MAX`], and everybody who asks in between is told what the last one was told. What was acknowledged before a
//! request for the map began, by so much or more, is in the answer: the age counts from before the state was looked at.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use boxoffice_engine::BoxOffice;
use boxoffice_engine::concert::ConcertView;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::time::Time;
use tokio::sync::Mutex as AsyncMutex;

use crate::problem::Problem;
use crate::wire::{Audience, seats};

/// Maps of more numbered seats than this are kept; others are rendered for everybody who asks.
pub const RENDERED_AT_ONCE_SEATS_MAX: u64 = 2_000;
/// How old a map that is told may be, in milliseconds.
pub const MAP_AGE_MILLISECONDS_MAX: i64 = 100;
/// Maps that are kept; the one that nobody asked for longest goes first.
const MAPS_MAX: usize = 16;

/// A map as it is told.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The entity tag of the state that it shows.
    pub tag: String,
    /// The whole answer.
    pub bytes: Bytes,
    /// Not later than the state that it shows.
    as_of: Time,
}

/// Whoever renders a map holds its place's lock, so that the others wait for that one and do not render it, too.
type Place = Arc<AsyncMutex<Option<Rendered>>>;
/// Which concert's map, as whom it is shown to.
type Key = (ConcertId, Audience);

/// The maps that are kept, the one that was asked for last at the end.
#[derive(Debug, Default)]
pub struct SeatMaps(Mutex<Vec<(Key, Place)>>);

impl SeatMaps {
    /// A map, not older than [`MAP_AGE_MILLISECONDS_MAX`]; nothing if the concert is gone.
    ///
    /// # Errors
    /// A 500, when it cannot be rendered.
    pub(crate) async fn get(
        &self,
        office: &BoxOffice,
        concert: ConcertId,
        audience: Audience,
    ) -> Result<Option<Rendered>, Problem> {
        let place = self.place((concert, audience.clone()));
        let mut kept = place.lock().await;
        // The clock first: what happens from here on is not promised to be in what is told.
        let now = office.now();
        let Some(view) = office.concert(concert) else { return Ok(None) };
        if let Some(kept) =
            kept.as_ref().filter(|kept| kept.is_fresh(now) || kept.tag == tag(&view, &audience))
        {
            return Ok(Some(kept.clone()));
        }
        let rendering = tokio::task::spawn_blocking(move || render(&view, &audience)).await;
        let rendered = rendering.map_err(|error| Problem::internal(error.to_string()))??;
        *kept = Some(Rendered { as_of: now, ..rendered.clone() });
        Ok(Some(rendered))
    }

    fn place(&self, key: Key) -> Place {
        // What is behind the lock is whole after any panic.
        let mut maps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = maps.iter().position(|(known, _)| *known == key);
        let (key, place) = found.map_or_else(|| (key, Place::default()), |index| maps.remove(index));
        if maps.len() >= MAPS_MAX {
            maps.remove(0);
        }
        maps.push((key, Arc::clone(&place)));
        place
    }
}

impl Rendered {
    /// A clock that was set back makes nothing fresh.
    fn is_fresh(&self, now: Time) -> bool {
        (0..MAP_AGE_MILLISECONDS_MAX).contains(&(now.0 - self.as_of.0))
    }
}

/// What an audience is told of a concert's seats.
///
/// # Errors
/// A 500, when it cannot be rendered.
pub(crate) fn render(view: &ConcertView, audience: &Audience) -> Result<Rendered, Problem> {
    let bytes = seats(view, audience).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Rendered { tag: tag(view, audience), bytes: bytes.into(), as_of: Time::default() })
}

/// The entity tag of what an audience is shown of a concert's state. Whoever sees hidden seat types has another one.
pub(crate) fn tag(view: &ConcertView, audience: &Audience) -> String {
    let hidden = audience.seat_types(view).filter(|(_, seat_type, _)| seat_type.hidden);
    let hidden: Vec<_> = hidden.map(|(id, ..)| format!("+{}", id.number.0)).collect();
    format!("\"{}.{}{}\"", view.terms.version, view.sequence, hidden.concat())
}

#[cfg(test)]
mod tests;
