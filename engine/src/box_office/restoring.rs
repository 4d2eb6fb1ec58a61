//! Restores streams whose keepers ended: how soon, and what becomes of what was read.

use ractor::ActorRef;

use super::reads::Reading;
use super::supervisor::{Order, Ward};
use crate::journal::Stream;
use crate::machine::{DeskOf, Machine};
use crate::time::Time;

/// A stream whose restore fails this often is left alone, so that it cannot keep the others from being served.
const RESTORES_FAILED_MAX: u32 = 2;

/// How long to wait before a stream is read again that could not be read beside a closed journal, in seconds.
const REREAD_SECONDS: i64 = 1;

/// How often in a row the actors of a stream may die, with nothing new from them in the journal, before it is restored only after a
/// pause. What kills them may be in what they do by themselves, and then it comes again at once.
const DEATHS_IN_VAIN_MAX: u32 = 16;
/// Deaths of longer ago than this do not count, in seconds: nobody writes where nobody comes, and nothing may become durable for weeks.
const DEATHS_FORGOTTEN_SECONDS: i64 = 3_600;
/// How often that pause is doubled at most; the first lasts a second.
const PAUSE_DOUBLINGS_MAX: u32 = 6;

/// Deaths of a stream's actors, one after another.
#[derive(Debug, Default)]
pub(super) struct DeathsInVain {
    /// The last sequence that was durable at the last of them.
    durable: u64,
    /// How many there were since anything became durable.
    count: u32,
    /// When the last of them was.
    last: Time,
}

impl DeathsInVain {
    /// Counts another, and says for how many seconds nobody is to be brought to life.
    fn pause_after(&mut self, durable: u64, now: Time) -> i64 {
        let is_forgotten = self.last.plus_seconds(DEATHS_FORGOTTEN_SECONDS) < now;
        let in_vain = if durable == self.durable && !is_forgotten { self.count } else { 0 };
        *self = Self { durable, count: in_vain.saturating_add(1), last: now };
        self.count.checked_sub(DEATHS_IN_VAIN_MAX).map_or(0, |more| 1 << more.min(PAUSE_DOUBLINGS_MAX))
    }
}

impl Ward {
    /// Restores what waited for the journal to be open again.
    pub(super) fn restore_waiting(&mut self, myself: &ActorRef<Order>) {
        for stream in std::mem::take(&mut self.waiting) {
            // The death of a keeper brings its successor.
            if !self.dismiss(stream) {
                self.read(myself, stream);
            }
        }
    }

    /// Brings the successor of a keeper that ended, or failed with an error: at once, unless its kind only ever fails.
    pub(super) fn restore(&mut self, myself: &ActorRef<Order>, stream: Stream, failure: Option<String>) {
        let Some(error) = failure else {
            tracing::error!(?stream, "an actor was ended; it is restored from the journal");
            return self.read(myself, stream);
        };
        let (durable, now) = (self.durable(stream), self.clock.now());
        let pause_seconds = self.deaths_in_vain.entry(stream).or_default().pause_after(durable, now);
        tracing::error!(?stream, error, pause_seconds, "an actor died; it is restored from the journal");
        if pause_seconds == 0 {
            self.read(myself, stream);
        } else {
            self.send_later(myself, pause_seconds, Order::ReadAgain(stream));
        }
    }

    /// The last sequence of a stream that is durable; nothing is of one whose desk is not up yet.
    fn durable(&self, stream: Stream) -> u64 {
        match stream {
            Stream::Accounts => self.registry.accounts.durable(),
            Stream::Concert(id) => self.registry.concert(id).map_or(0, |desk| desk.durable()),
        }
    }

    /// Puts what was read behind its desk, or gives the stream up. While the journal is closed, what was read can be looked at, but
    /// it is not built upon: the reopened journal may show more.
    pub(super) async fn take_over<M: Machine>(
        &mut self,
        myself: &ActorRef<Order>,
        desk: &DeskOf<M>,
        reading: Reading<M>,
    ) {
        let stream = desk.stream;
        let opening = self.writer.status.opening();
        let is_newest = self.newest.get(&stream) == Some(&reading.number);
        if desk.keeper().is_some() || !is_newest {
            return;
        }
        if opening.is_none() {
            self.waiting.insert(stream);
            return match reading.result {
                Ok(restored) => self.seat(myself, desk, restored, true).await,
                Err(error) => {
                    // The journal may be between two openings. Until it can be read nothing of the stream can.
                    tracing::warn!(?stream, %error, "cannot be read beside the closed journal; it is tried again");
                    self.send_later(myself, REREAD_SECONDS, Order::ReadAgain(stream));
                }
            };
        }
        if opening != reading.opening {
            // What was read beside a full disk may lack what the reopened journal shows.
            self.read(myself, stream);
            return;
        }
        match reading.result {
            Ok(restored) => {
                self.failed.remove(&stream);
                self.seat(myself, desk, restored, false).await;
            }
            Err(error) => {
                let failed = self.failed.entry(stream).or_default();
                *failed += 1;
                tracing::error!(?stream, failed, %error, "a restore failed");
                if *failed < RESTORES_FAILED_MAX {
                    self.read(myself, stream);
                } else {
                    tracing::error!(?stream, "is left alone until the next start");
                    self.sleepers.remove(stream, None);
                    desk.sleep.end();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_while_nothing_new_is_durable() {
        let mut deaths = DeathsInVain::default();
        let [now, soon, later] = [0, DEATHS_FORGOTTEN_SECONDS, 2 * DEATHS_FORGOTTEN_SECONDS + 1]
            .map(|seconds| Time::default().plus_seconds(seconds));
        for (now, durable, pauses) in [
            (now, 0, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 64, 64][..]),
            (now, 5, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
            (now, 6, &[0]),
            (now, 7, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            (soon, 7, &[2]),
            (later, 7, &[0]),
        ] {
            for pause_seconds in pauses {
                assert_eq!(deaths.pause_after(durable, now), *pause_seconds, "{deaths:?}");
            }
        }
    }
}
