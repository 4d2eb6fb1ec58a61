//! The role of a box office on a slow disk, which times its refusals.
//!
//! It is put together of the same parts as `boxoffice serve` does it: none of them knows that it is measured.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use boxoffice_api::app::{App, Parts};
use boxoffice_api::auth::passwords::Passwords;
use boxoffice_api::auth::tokens::Tokens;
use boxoffice_api::config::Gateway;
use boxoffice_api::gateway::webhook::Webhooks;
use boxoffice_api::server::{self, Limits};
use boxoffice_api::views::Views;
use boxoffice_persistence::{Schedule, SledJournal};
use tokio::sync::Semaphore;

use super::timed::Timed;
use crate::http::{SECRET, listen};
use crate::journals::Preceded;
use crate::office;

/// The role, which is followed by its directory and by what the disk takes longer for each commit group, in milliseconds.
pub(crate) const SLOWED: &str = "--serve-slowed";

/// Serves until it is killed.
pub(crate) fn serve_slowed(data_dir: &Path, delay: Duration) {
    let journal = office::open_store(data_dir, Schedule::default());
    office::runtime().block_on(async {
        let (office, _) = office::open(Arc::new(slowed(journal, delay))).await;
        let app = App::new(Parts {
            office,
            tokens: Tokens::new(SECRET.as_bytes()),
            passwords: Passwords::new(1).expect("a password can be hashed"),
            rate_limit: None,
            webhooks: Webhooks::new(&Gateway::None),
            views: Views::default(),
            batches: Arc::new(Semaphore::new(1)),
        });
        let never = std::future::pending();
        server::serve(listen().await, Timed::new(app.application()), Limits::default(), never).await;
    });
}

/// The journal on a disk that takes so much longer for each commit group.
#[expect(clippy::disallowed_methods, reason = "so does a slow disk")]
fn slowed(journal: SledJournal, delay: Duration) -> Preceded {
    Preceded { journal: Box::new(journal), first: Box::new(move || std::thread::sleep(delay)) }
}
