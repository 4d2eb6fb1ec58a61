//! Passwords: Argon2id, on threads of their own that rank low; one, unless somebody asks for more.
//!
//! A hash takes 19 MiB and tens of milliseconds by intention. A flood of logins therefore waits for itself, in a queue of its own, and
//! gets a part of what the bookings leave of the processors.

mod rest;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::problem::{Code, Problem};
use rest::Hashing;

/// OWASP's first choice for Argon2id.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Logins that may wait for their turn; at some 40 ms each, the last one waits for a few seconds, and for ten or twenty in a rush.
const WAITING_MAX: usize = 64;
/// When it is worth trying again where so many wait.
const RETRY_AFTER_SECONDS: u32 = 2;
/// How low the threads rank among the others: bookings come first.
const NICENESS: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// Hashes and verifies passwords. Its threads end when it is dropped.
#[derive(Debug)]
pub struct Passwords {
    queue: SyncSender<Job>,
    /// The hash of a password that nobody has.
    nobody: Arc<str>,
}

impl Passwords {
    /// With so many threads. It hashes once, so it takes some 40 ms.
    ///
    /// # Errors
    /// A 500, when there are no threads, no memory or no randomness for a hash.
    pub fn new(threads: usize) -> Result<Self, Problem> {
        let unguessable = uuid::Uuid::new_v4().to_string();
        let nobody = hash(unguessable.as_bytes())?.into();
        let (queue, jobs) = mpsc::sync_channel(WAITING_MAX);
        let shared = Arc::new((Mutex::new(jobs), Hashing::default()));
        for _ in 0..threads {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name("passwords".to_owned())
                .spawn(move || work(&shared.0, &shared.1))
                .map_err(|error| Problem::internal(format!("no thread for passwords: {error}")))?;
        }
        Ok(Self { queue, nobody })
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
        let (reply, done) = oneshot::channel();
        let job = Box::new(move || {
            // Who has hung up by now wants nothing any more, or hangs up before the end.
            if !reply.is_closed() {
                let _ = reply.send(work());
            }
        });
        self.queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                let detail = "too many logins at the moment; try again shortly";
                Problem::new(Code::Overloaded, detail).retry_after_seconds(RETRY_AFTER_SECONDS)
            }
            TrySendError::Disconnected(_) => Problem::internal("the threads for passwords have ended"),
        })?;
        done.await.map_err(|_| Problem::internal("a password's hashing was lost"))?
    }
}

/// What a thread for passwords does, until nobody can have any more to do.
fn work(jobs: &Mutex<Receiver<Job>>, hashing: &Hashing) {
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "passwords are hashed at the rank of everything else");
    }
    let mut thread = rest::Thread::current(hashing);
    loop {
        // Waiting for the next job is all that is done behind the lock.
        let Ok(job) = jobs.lock().recv() else { return };
        // Whoever waits for one that panics learns it from the way back, which is gone. The next ones want their turn.
        let _ = catch_unwind(AssertUnwindSafe(job));
        give_way(thread.rest());
    }
}

#[expect(clippy::disallowed_methods, reason = "it is not for anything that it waits, but for others")]
fn give_way(rest: Duration) {
    thread::sleep(rest);
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
    use std::future::poll_fn;
    use std::pin::{Pin, pin};
    use std::task::Poll;

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

    /// Hands some work in, and says whether it waits.
    async fn waits<T>(work: Pin<&mut impl Future<Output = Result<T, Problem>>>) -> bool {
        let mut work = work;
        poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_pending())).await
    }

    /// Keeps a thread busy until what it returns is dropped.
    async fn keep_busy(passwords: &Passwords) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel();
        let (begins, has_begun) = mpsc::channel();
        let mut work = pin!(passwords.in_turn(move || {
            begins.send(()).unwrap();
            Ok(released.recv().is_err())
        }));
        assert!(waits(work.as_mut()).await);
        // Whoever asked has not hung up before it has begun.
        has_begun.recv().unwrap();
        release
    }

    #[tokio::test]
    async fn who_comes_when_the_queue_is_full_is_refused_at_once() {
        let passwords = Passwords::new(1).unwrap();
        let busy = keep_busy(&passwords).await;
        let mut waiting: Vec<_> =
            (0..WAITING_MAX).map(|number| Box::pin(passwords.in_turn(move || Ok(number)))).collect();
        for work in &mut waiting {
            assert!(waits(work.as_mut()).await);
        }
        let refused = passwords.verify("password".into(), None).await.unwrap_err();
        assert_eq!(refused.code(), Code::Overloaded);
        drop(busy);
        for (number, work) in waiting.into_iter().enumerate() {
            assert_eq!(work.await, Ok(number));
        }
        assert_eq!(passwords.verify("password".into(), None).await, Ok(false));
    }

    #[tokio::test]
    async fn nothing_is_hashed_for_who_has_hung_up_before_their_turn() {
        let passwords = Passwords::new(1).unwrap();
        let busy = keep_busy(&passwords).await;
        let (done, was_done) = mpsc::channel();
        let given_up = passwords.in_turn(move || done.send(()).map_err(|_| Problem::internal("")));
        assert!(waits(pin!(given_up)).await);
        drop(busy);
        assert_eq!(passwords.in_turn(|| Ok("the next")).await, Ok("the next"));
        assert_eq!(was_done.recv(), Err(mpsc::RecvError), "it is gone, and was not done");
    }

    #[tokio::test]
    async fn hash_that_dies_is_a_failure_of_its_own() {
        let passwords = Passwords::new(1).unwrap();
        let died = passwords.in_turn::<()>(|| panic!("no memory")).await.unwrap_err();
        assert_eq!(died.code(), Code::InternalError);
        assert_eq!(passwords.in_turn(|| Ok("the next")).await, Ok("the next"));
    }
}
