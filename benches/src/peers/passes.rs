//! Access tokens of the crowd, made before any clock runs: a server has them from its callers.

use std::cell::RefCell;
use std::sync::Arc;

use boxoffice_api::auth::tokens::Tokens;
use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::time::{Clock, SystemClock};

use crate::concerts::{Crowd, organizer};
use crate::http::SECRET;

/// People with a token: more than book over HTTP in one measurement.
const PEOPLE_MAX: usize = 700_000;
/// Tokens are good for a quarter of an hour; these are made anew before that.
const SECONDS_MAX: i64 = 600;

/// The tokens of the first of the crowd, and the one of the organizer.
pub(super) struct Passes {
    people: Vec<String>,
    pub(super) organizer: String,
    made_at_seconds: i64,
}

/// Makes them when they are needed.
pub(super) struct Office {
    clock: SystemClock,
    latest: RefCell<Option<Arc<Passes>>>,
}

impl Passes {
    /// The token of the person with this number.
    pub(super) fn of(&self, person: usize) -> Result<&str, String> {
        let token = self.people.get(person);
        Ok(token.ok_or_else(|| format!("person {person} has no token, only {} have", self.people.len()))?)
    }
}

impl Office {
    /// An office that has not made any.
    pub(super) fn open() -> Self {
        Self { clock: SystemClock::start(), latest: RefCell::new(None) }
    }

    /// Tokens of this crowd, good for a while.
    pub(super) fn passes(&self, crowd: &Crowd) -> Result<Arc<Passes>, String> {
        let now = self.clock.now();
        let mut latest = self.latest.borrow_mut();
        if let Some(passes) = &*latest
            && now.seconds() - passes.made_at_seconds < SECONDS_MAX
        {
            return Ok(Arc::clone(passes));
        }
        let tokens = Tokens::new(SECRET.as_bytes());
        let issue = |user, role| {
            let issued =
                tokens.issue(user, role, now).map_err(|error| format!("no token is made: {error:?}"));
            Ok::<_, String>(issued?.token)
        };
        let Caller { user, role } = organizer();
        let organizer = issue(&user, role)?;
        let people = crowd.people().iter().take(PEOPLE_MAX);
        let people: Result<_, String> = people.map(|user| issue(user, Role::Customer)).collect();
        let passes = Arc::new(Passes { people: people?, organizer, made_at_seconds: now.seconds() });
        *latest = Some(Arc::clone(&passes));
        Ok(passes)
    }
}
