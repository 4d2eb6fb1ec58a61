//! Who comes: an organizer, and any number of buyers.

use std::cell::OnceCell;
use std::collections::HashMap;

use boxoffice_engine::time::{Clock, SystemClock};
use hyper::header::HeaderValue;

use super::LoadtestError;
use super::history::Buyer;
use crate::config::Secret;
use crate::mint::Mint;

/// How long a token that we mint is good for, in seconds: longer than any load with its check. The contract allows a day.
const TOKEN_SECONDS: i64 = 4 * 3_600;

/// The buyers of one load.
pub(super) struct Crowd {
    people: People,
}

enum People {
    /// Everybody has a token of our own making. It is made when somebody comes for the first time.
    Minted { mint: Box<Minter>, tokens: Vec<OnceCell<HeaderValue>> },
    /// Everybody has an account.
    Registered { accounts: Vec<Account>, by_id: HashMap<String, Buyer> },
}

/// A buyer with an account.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) token: HeaderValue,
}

/// Mints the tokens of one load. Nobody has the same name in two loads: keys and tickets are counted by name.
pub(super) struct Minter {
    mint: Mint,
    run: String,
    now_seconds: i64,
}

impl Minter {
    pub(super) fn new(secret: &Secret, run: &str, clock: &SystemClock) -> Self {
        let mint = Mint::new(secret.reveal().as_bytes());
        Self { mint, run: run.to_owned(), now_seconds: clock.now().seconds() }
    }

    pub(super) fn organizer(&self) -> Result<HeaderValue, LoadtestError> {
        self.token(&format!("{}-organizer", self.run), "organizer")
    }

    fn buyer(&self, buyer: Buyer) -> String {
        format!("{}-{buyer}", self.run)
    }

    fn token(&self, subject: &str, role: &str) -> Result<HeaderValue, LoadtestError> {
        let token = self.mint.token(subject, role, self.now_seconds, self.now_seconds + TOKEN_SECONDS);
        bearer(&token.map_err(|error| LoadtestError(format!("no token can be signed: {error}")))?)
    }
}

/// What a token is sent as.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, LoadtestError> {
    let value = HeaderValue::try_from(format!("Bearer {token}"));
    let mut value =
        value.map_err(|_| LoadtestError("the box office answered a token that cannot be sent".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Crowd {
    pub(super) fn minted(mint: Minter, buyers: u32) -> Self {
        let tokens = (0..buyers).map(|_| OnceCell::new()).collect();
        Self { people: People::Minted { mint: Box::new(mint), tokens } }
    }

    pub(super) fn registered(accounts: Vec<Account>) -> Self {
        let by_id = (0..).zip(&accounts).map(|(buyer, account)| (account.id.clone(), buyer)).collect();
        Self { people: People::Registered { accounts, by_id } }
    }

    pub(super) fn len(&self) -> u32 {
        let len = match &self.people {
            People::Minted { tokens, .. } => tokens.len(),
            People::Registered { accounts, .. } => accounts.len(),
        };
        u32::try_from(len).unwrap_or(u32::MAX)
    }

    /// Whether they have accounts, and so get mail.
    pub(super) fn has_accounts(&self) -> bool {
        matches!(self.people, People::Registered { .. })
    }

    pub(super) fn token(&self, buyer: Buyer) -> Result<HeaderValue, LoadtestError> {
        match &self.people {
            People::Minted { mint, tokens } => {
                let place = &tokens[buyer as usize];
                if let Some(token) = place.get() {
                    return Ok(token.clone());
                }
                let token = mint.token(&mint.buyer(buyer), "customer")?;
                Ok(place.get_or_init(|| token).clone())
            }
            People::Registered { accounts, .. } => Ok(accounts[buyer as usize].token.clone()),
        }
    }

    /// Which buyer has this id.
    pub(super) fn buyer(&self, id: &str) -> Option<Buyer> {
        match &self.people {
            People::Minted { mint, tokens } => {
                let number: Buyer = id.strip_prefix(mint.run.as_str())?.strip_prefix('-')?.parse().ok()?;
                ((number as usize) < tokens.len()).then_some(number)
            }
            People::Registered { by_id, .. } => by_id.get(id).copied(),
        }
    }
}
