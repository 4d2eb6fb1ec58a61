//! A box office that is open: the binary, its store, and those who come to it.

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use serde_json::json;

use super::client::Client;
use super::process::{Ended, Process};
use super::setup::{ADMIN_PASSWORD, Setup};
use super::tokens;

/// `host:port`, shared with every client: it changes when the box office opens again.
pub(crate) type Address = Arc<Mutex<String>>;

/// A box office that is open.
pub(crate) struct BoxOffice {
    pub(crate) process: Process,
    setup: Setup,
    address: Address,
}

impl BoxOffice {
    /// One with a new store.
    #[track_caller]
    pub(crate) fn open() -> Self {
        Setup::new().open()
    }

    /// One with a new store that takes payments, of the simulated kind.
    #[track_caller]
    pub(crate) fn open_for_payment() -> Self {
        Setup::new().variable("BOXOFFICE_GATEWAY", "simulated").open()
    }

    /// One whose process has just said where it listens.
    pub(crate) fn listening(setup: Setup, process: Process, line: &str) -> Self {
        let (_, address) = line.split_once("listening on http://").expect("the line says where it listens");
        let address = address.split_whitespace().next().expect("an address").to_owned();
        Self { process, setup, address: Arc::new(Mutex::new(address)) }
    }

    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// `host:port` of now.
    pub(crate) fn address(&self) -> String {
        self.address.lock().clone()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGTERM, and what it ends with.
    #[track_caller]
    pub(crate) fn close(&mut self) -> Ended {
        self.process.signal("TERM");
        self.process.ended().cleanly()
    }

    /// Opens again on the same store, after its process has ended. Its clients find it.
    #[track_caller]
    pub(crate) fn reopen(&mut self) {
        let opened = self.setup.open();
        *self.address.lock() = opened.address();
        self.process = opened.process;
    }

    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.close();
        self.reopen();
    }

    #[track_caller]
    pub(crate) fn kill_and_reopen(&mut self) {
        self.kill();
        self.reopen();
    }

    /// Somebody without a token.
    pub(crate) fn guest(&self) -> Client {
        Client::new(Arc::clone(&self.address))
    }

    /// A customer whose token is minted with the secret: there is no account behind it.
    pub(crate) fn customer(&self, id: &str) -> Client {
        self.minted(id, "customer")
    }

    /// An organizer without an account.
    pub(crate) fn organizer(&self, id: &str) -> Client {
        self.minted(id, "organizer")
    }

    /// An admin without an account.
    pub(crate) fn admin(&self) -> Client {
        self.minted("the-admin", "admin")
    }

    fn minted(&self, id: &str, role: &str) -> Client {
        self.guest().with_token(id, &tokens::minted(&self.kid(), id, role))
    }

    /// What the tokens of this box office name their secret. All tests use one secret, so one login tells it to all of them.
    pub(crate) fn kid(&self) -> String {
        static KID: OnceLock<String> = OnceLock::new();
        KID.get_or_init(|| {
            let login = json!({"username": "admin", "password": ADMIN_PASSWORD});
            let session = self.guest().post("/auth/login", &login).is(200).json();
            let token = session["token"].as_str().expect("a token");
            tokens::header_of(token)["kid"].as_str().expect("a token names its secret").to_owned()
        })
        .clone()
    }
}
