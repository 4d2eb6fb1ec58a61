//! What every request can reach.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boxoffice_engine::BoxOffice;
use boxoffice_engine::ids::{ConcertId, UserId};
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

use crate::auth::passwords::Passwords;
use crate::auth::rate_limit::RateLimit;
use crate::auth::tokens::Tokens;
use crate::gateway::webhook::Webhooks;
use crate::problem::Problem;
use crate::server::{Application, Peer};
use crate::views::Views;
use crate::{middleware, routes};

/// The parts of a running box office, as handlers see them.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// The engine.
    pub office: BoxOffice,
    /// Makes and verifies access tokens.
    pub tokens: Tokens,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// The pace of guesses, unless it is switched off.
    pub rate_limit: Option<RateLimit>,
    /// Tells genuine webhooks from forged ones.
    pub webhooks: Webhooks,
    /// What is told of concerts.
    pub views: Views,
    /// Places for batches under way.
    pub batches: Arc<Semaphore>,
}

impl App {
    /// An application of these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Everything that can be asked for over HTTP.
    pub fn application(self) -> impl Application {
        let router = middleware::with_fallbacks(routes::routes()).with_state(self.clone());
        Counter { app: self, router }
    }
}

/// Where requests come to: those of a rush are answered in front of all others.
#[derive(Clone)]
struct Counter {
    app: App,
    router: Router,
}

impl Application for Counter {
    fn answer(&self, request: Request, peer: Peer) -> BoxFuture<'static, Response> {
        routes::rush::answer(&self.app, request, |request| self.router.answer(request, peer))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Random bytes that nobody can guess.
///
/// # Errors
/// A 500, when the system has none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Problem::internal("the system has no randomness"))?;
    Ok(bytes)
}

/// A concert id drawn at random.
///
/// # Errors
/// A 500, when the system has no randomness.
pub fn random_concert_id() -> Result<ConcertId, Problem> {
    Ok(ConcertId::from_bits(u64::from_be_bytes(random_bytes()?)))
}

/// A user id drawn at random: 22 characters, which the engine keeps without allocating.
///
/// # Errors
/// A 500, when the system has no randomness.
pub fn random_user_id() -> Result<UserId, Problem> {
    let text = URL_SAFE_NO_PAD.encode(random_bytes::<16>()?);
    UserId::new(&text).map_err(|error| Problem::internal(error.to_string()))
}
