//! Where tests let an actor, the writer or the supervisor die. Without the feature `testing` nothing of it remains.

/// A step after which a death is worth a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeathAt {
    /// The actor, before it is asked anything.
    Beginning,
    /// The actor, with a command in hand, before it decides.
    Deciding,
    /// The actor, with an event decided, before it applies it.
    Applying,
    /// The actor, with the event applied, before it hands it over.
    HandingOver,
    /// The actor, with the event handed over.
    HandedOver,
    /// The writer, before it appends a group.
    Appending,
    /// The writer, with the group durable, before readers see it.
    Publishing,
    /// The writer, with the group seen by readers, before it releases the replies.
    Releasing,
    /// The writer, between two groups.
    Waiting,
    /// The supervisor, with an order in hand.
    Supervising,
}

/// The deaths that a test has ordered; each is died once.
#[derive(Clone, Default)]
pub struct Deaths {
    #[cfg(feature = "testing")]
    ordered: std::sync::Arc<parking_lot::Mutex<Vec<DeathAt>>>,
}

impl Deaths {
    /// Orders a death.
    #[cfg(feature = "testing")]
    pub fn order(&self, at: DeathAt) {
        self.ordered.lock().push(at);
    }

    /// Whether any is still to come.
    #[cfg(feature = "testing")]
    pub fn are_ordered(&self) -> bool {
        !self.ordered.lock().is_empty()
    }

    /// Dies if that was ordered.
    #[cfg(feature = "testing")]
    #[expect(clippy::panic, reason = "the death that a test ordered")]
    pub(crate) fn pass(&self, at: DeathAt) {
        let mut ordered = self.ordered.lock();
        if let Some(index) = ordered.iter().position(|death| *death == at) {
            ordered.remove(index);
            drop(ordered);
            panic!("dies at {at:?}, as the test ordered");
        }
    }

    #[cfg(not(feature = "testing"))]
    #[inline]
    #[expect(clippy::unused_self, reason = "the same call as with the feature")]
    pub(crate) fn pass(&self, _at: DeathAt) {}
}
