//! Who is shown which seat types: hidden ones are for those who manage the concert, and for those with a code that opens them.

use boxoffice_engine::caller::Caller;
use boxoffice_engine::concert::{CodeText, ConcertView, Counts, SeatType};
use boxoffice_engine::ids::{SeatTypeId, SeatTypeNumber};
use boxoffice_engine::time::Time;

/// To whom a concert is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Audience {
    is_manager: bool,
    /// Hidden seat types that they see all the same.
    opened: Vec<SeatTypeNumber>,
}

impl Audience {
    /// Somebody, or nobody in particular.
    pub(crate) fn of(view: &ConcertView, caller: Option<&Caller>) -> Self {
        Self { is_manager: caller.is_some_and(|caller| view.is_managed_by(caller)), opened: Vec::new() }
    }

    /// The same, having shown a code now. One that is none opens nothing.
    pub(crate) fn with_code(mut self, view: &ConcertView, code: &str, now: Time) -> Self {
        self.opened = CodeText::new(code).map_or_else(Vec::new, |code| view.opened_by(&code, now).to_vec());
        self
    }

    /// The seat types that they see.
    pub(crate) fn seat_types<'a>(
        &self,
        view: &'a ConcertView,
    ) -> impl Iterator<Item = (SeatTypeId, &'a SeatType, Counts)> {
        view.seat_types().filter(|(id, seat_type, _)| self.sees(*id, seat_type))
    }

    fn sees(&self, id: SeatTypeId, seat_type: &SeatType) -> bool {
        !seat_type.hidden || self.is_manager || self.opened.contains(&id.number)
    }
}
