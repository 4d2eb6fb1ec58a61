//! The core and the model side by side.

use boxoffice_engine::concert::{Concert, ConcertCommand, ConcertEvent, Decision, ErrandNumber, Lane};
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::{Event, State, Stream};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

use crate::actions::{Action, Setting, history};
use crate::commands::{act, beginning, command_of, items_of, resolved, time, told};
use crate::comparison::{Agreed, assert_same};
use crate::model::{Expected, Item, Model};
use crate::past::Past;
use crate::twin::Twin;

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn the_core_sells_as_the_model_does_and_replays_to_the_same_state((setting, actions) in history(500)) {
        let mut run = Run::new(&setting)?;
        for action in &actions {
            run.take(action)?;
        }
        run.assert_end()?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn long_sales_do_so_too((setting, actions) in history(3_000)) {
        let mut run = Run::new(&setting)?;
        for action in actions.iter().filter(|action| !matches!(action, Action::CancelConcert)) {
            run.take(action)?;
        }
        run.assert_end()?;
    }
}

struct Run {
    concert: Concert,
    model: Model,
    past: Past,
    /// The same concert, which sheds what is settled whenever a snapshot is made.
    twin: Twin,
}

impl Run {
    fn new(setting: &Setting) -> Result<Self, proptest::prelude::TestCaseError> {
        let concert = Concert::absent(ConcertId::from_bits(1));
        let past = Past::new(Stream::Concert(concert.id()));
        let twin = Twin::new(concert.id());
        let mut run = Self { concert, model: Model::new(setting), past, twin };
        for command in beginning(setting) {
            let decided = run.concert.decide(&command, time(0));
            let Ok(Decision::Record(event)) = decided else { unreachable!("{command:?}: {decided:?}") };
            run.apply(event)?;
        }
        assert_same(&run.concert, &run.model)?;
        Ok(run)
    }

    fn take(&mut self, action: &Action) -> Agreed {
        self.take_resolved(&resolved(action, &self.model))
    }

    fn take_resolved(&mut self, action: &Action) -> Agreed {
        let target = match action {
            Action::Step(time) => self.model.now + time,
            Action::ToDue(near) => self.model.next_end().unwrap_or(0) + near,
            _ => 0,
        };
        self.model.now = self.model.now.max(target);
        self.pass_time()?;
        match action {
            Action::Snapshot => {
                self.twin.shed();
                self.twin.assert_like(&self.concert);
                return self.past.take_snapshot();
            }
            Action::Restart => return self.restart(),
            _ => {}
        }
        let Some(command) = command_of(action, &self.model, &self.concert) else { return Ok(()) };
        self.model.next = self.concert.sequence() + 1;
        let decided = self.concert.decide(&command, time(self.model.now));
        self.twin.assert_decides(&self.concert, &command, time(self.model.now), &decided);
        let chosen = match &decided {
            Ok(Decision::Record(event)) => seats_in(event),
            _ => None,
        };
        let expected = act(&mut self.model, action, chosen.as_deref());
        let found = match &decided {
            Ok(Decision::Record(_)) => Expected::Event,
            Ok(Decision::Unchanged(_)) => Expected::Nothing,
            Ok(Decision::Repeated(_)) => Expected::Refused("no key was given"),
            Err(rejection) => told(rejection),
        };
        prop_assert_eq!(found, expected, "core and model, {:?} for {:?}", command, action);
        if let Ok(Decision::Record(event)) = decided {
            self.apply(event)?;
        }
        assert_same(&self.concert, &self.model)
    }

    /// Time passes before every command, as it does in the concert's actor.
    fn pass_time(&mut self) -> Agreed {
        let now = time(self.model.now);
        while self.concert.next_due().is_some_and(|due| due <= now) {
            let due = self.concert.next_due();
            let decided = self.concert.decide(&ConcertCommand::PassTime, now);
            prop_assert_eq!(&decided, &Ok(Decision::Record(ConcertEvent::TimePassed)));
            self.apply(ConcertEvent::TimePassed)?;
            prop_assert!(self.concert.next_due() != due, "what was due has happened");
        }
        self.model.pass_time();
        assert_same(&self.concert, &self.model)
    }

    fn apply(&mut self, event: ConcertEvent) -> Agreed {
        let now = time(self.model.now);
        let before = self.concert.sequence();
        self.concert.apply(&event, now);
        prop_assert_eq!(self.concert.check_after(&event), Ok(()), "{:?}", event);
        prop_assert_eq!(self.concert.check(), Ok(()), "{:?}", event);
        prop_assert_eq!(self.concert.sequence(), before + 1, "the sequence has no gap");
        self.twin.apply(&event, now);
        self.past.happen(Event::Concert(event), now)
    }

    /// What comes back is what there was, and goes on from there.
    fn restart(&mut self) -> Agreed {
        let State::Concert(restored) = self.past.restarted()? else { unreachable!("it is a concert's past") };
        prop_assert_eq!(&*restored, &self.concert, "a restart gives the same state");
        self.concert = *restored;
        Ok(())
    }

    /// All comes to rest: what is owed is done, all that is held ends by time, and nothing is left to happen.
    fn assert_end(&mut self) -> Agreed {
        self.restart()?;
        for nth in 0..self.model.payments.len() {
            self.take_resolved(&Action::Settle { nth, succeeds: nth % 2 == 0 })?;
        }
        for _ in 0..2_000 {
            let Some(due) = self.model.next_due() else { break };
            self.take_resolved(&Action::Chore)?;
            self.take_resolved(&Action::Step((due - self.model.now).max(0)))?;
        }
        while self.concert.next_chore().is_some() {
            self.take_resolved(&Action::Chore)?;
        }
        prop_assert_eq!((self.model.next_due(), self.concert.next_due()), (None, None));
        for number in 1..=4 {
            prop_assert_eq!(
                self.model.free(number) + self.model.booked(number) + self.model.set_aside(number),
                self.model.capacities[usize::from(number) - 1],
                "nothing is held for ever"
            );
        }
        for nth in 0..self.model.payments.len() {
            while self.model.payments[nth].refunds.iter().any(|refund| !refund.1) {
                self.take_resolved(&Action::Refund { nth })?;
            }
        }
        prop_assert_eq!(self.concert.ledger().owed, 0);
        self.twin.shed();
        self.twin.assert_like(&self.concert);
        let owed = self.concert.owed().after(Lane::Money, ErrandNumber::default()).next();
        prop_assert!(owed.is_none(), "{owed:?}");
        self.restart()
    }
}

/// The seats of an event, where the core may have chosen them.
fn seats_in(event: &ConcertEvent) -> Option<Vec<Item>> {
    match event {
        ConcertEvent::Booked { items, .. }
        | ConcertEvent::BookingChanged { items, .. }
        | ConcertEvent::ChangePrepared { items, .. }
        | ConcertEvent::SeatsOffered { items, .. } => Some(items_of(items)),
        _ => None,
    }
}
