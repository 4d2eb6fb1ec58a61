//! What the office owes the world outside: payments to be taken and given back, mails to be sent.
//!
//! An errand follows from a committed event and is part of its concert's state until an event records that it is done. So a crash
//! between doing it and recording it makes it be done again, under the same key: whoever is called must be able to tell.

pub mod gateway;
pub mod notifier;

use std::future::Future;
use std::pin::Pin;

/// A call that leaves the process and may take its time.
pub type Call<T> = Pin<Box<dyn Future<Output = T> + Send>>;
