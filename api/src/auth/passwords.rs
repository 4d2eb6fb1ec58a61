//! Passwords: Argon2id, away from the threads that answer requests, and only so many at a time.
//!
//! A hash takes 19 MiB and tens of milliseconds by intention. A flood of logins therefore waits for itself, in a queue of its
//! own, and the bookings go on.

use std::ops::RangeInclusive;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::problem::{Code, Problem};

/// How long a password is, in characters.
pub const PASSWORD_CHARS: RangeInclusive<usize> = 8..=128;

/// OWASP's first choice for Argon2id.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Logins that may wait for their turn; at some 40 ms each, the last one waits for a few seconds.
const WAITING_MAX: usize = 64;

/// Hashes and verifies passwords.
#[derive(Debug)]
pub struct Passwords {
    /// Places for those who wait and those who hash.
    admission: Semaphore,
    turns: Arc<Semaphore>,
    /// The hash of a password that nobody has.
    nobody: Arc<str>,
}

impl Passwords {
    /// For a machine with so many processors: one in four may be busy with passwords, one at least. It hashes once, so it takes
    /// some 40 ms.
    ///
    /// # Errors
    /// A 500, when there is no memory or no randomness for a hash.
    pub fn new(processors: usize) -> Result<Self, Problem> {
        let turns = (processors / 4).max(1);
        let unguessable = uuid::Uuid::new_v4().to_string();
        Ok(Self {
            admission: Semaphore::new(turns + WAITING_MAX),
            turns: Arc::new(Semaphore::new(turns)),
            nobody: hash(unguessable.as_bytes())?.into(),
        })
    }

    /// The hash to keep of a new password, in PHC form.
    ///
    /// # Errors
    /// `overloaded` when too many wait already; a 500 when hashing fails.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        self.in_turn(move || hash(password.as_bytes())).await
    }

    /// Whether the password is the one of this hash. For a user that does not exist give `None`: that is wrong, too, and takes
    /// as long.
    ///
    /// # Errors
    /// `overloaded` when too many wait already; a 500 when the hash is none.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Problem> {
        let exists = hash.is_some();
        let hash = hash.map_or_else(|| Arc::clone(&self.nobody), Arc::from);
        let matches = self.in_turn(move || verify(password.as_bytes(), &hash)).await?;
        Ok(matches && exists)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let Ok(_admitted) = self.admission.try_acquire() else {
            return Err(Problem::new(Code::Overloaded, "too many logins at the moment; try again shortly"));
        };
        let lost = |_| Problem::internal("a password's hashing was lost");
        let turn: OwnedSemaphorePermit = Arc::clone(&self.turns).acquire_owned().await.map_err(lost_turn)?;
        // The turn goes along: a caller who hangs up does not stop the hashing, and must not make room for another.
        let done = spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.map_err(lost)?
    }
}

fn lost_turn(_closed: tokio::sync::AcquireError) -> Problem {
    Problem::internal("the queue for passwords is closed")
}

fn argon2() -> Result<Argon2<'static>, Problem> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Result<String, Problem> {
    let hash = argon2()?
        .hash_password(password)
        .map_err(|error| Problem::internal(format!("not hashed: {error}")))?;
    Ok(hash.to_string())
}

fn verify(password: &[u8], hash: &str) -> Result<bool, Problem> {
    use argon2::password_hash::Error;
    let broken = |error: &dyn std::fmt::Display| {
        Problem::internal(format!("a stored password hash is broken: {error}"))
    };
    let hash = PasswordHash::new(hash).map_err(|error| broken(&error))?;
    match argon2()?.verify_password(password, &hash) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(broken(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_verifies() {
        let passwords = Passwords::new(1).unwrap();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse".into()).await.unwrap());
        let cases = [
            ("correct horse", Some(hash.clone()), true),
            ("Correct horse", Some(hash.clone()), false),
            ("", Some(hash), false),
            ("correct horse", None, false),
        ];
        for (password, hash, expected) in cases {
            assert_eq!(passwords.verify(password.into(), hash).await, Ok(expected), "{password}");
        }
        let broken = passwords.verify("x".into(), Some("$argon2id$".into())).await.unwrap_err();
        assert_eq!(broken.code(), Code::InternalError);
    }

    #[tokio::test]
    async fn who_comes_when_the_queue_is_full_is_refused_at_once() {
        let passwords = Passwords::new(1).unwrap();
        let queue = passwords.admission.try_acquire_many(u32::try_from(1 + WAITING_MAX).unwrap()).unwrap();
        let refused = passwords.verify("password".into(), None).await.unwrap_err();
        assert_eq!(refused.code(), Code::Overloaded);
        drop(queue);
        assert_eq!(passwords.verify("password".into(), None).await, Ok(false));
    }

    #[tokio::test]
    async fn caller_who_hangs_up_keeps_the_turn_until_the_hash_is_done() {
        let passwords = Passwords::new(1).unwrap();
        let (release, wait) = std::sync::mpsc::channel::<()>();
        {
            let mut hashing = std::pin::pin!(passwords.in_turn(move || Ok(wait.recv().is_ok())));
            let first =
                std::future::poll_fn(|context| std::task::Poll::Ready(hashing.as_mut().poll(context))).await;
            assert!(first.is_pending());
        }
        assert_eq!(passwords.turns.available_permits(), 0);
        release.send(()).unwrap();
        let _turn = passwords.turns.acquire().await.unwrap();
    }
}
