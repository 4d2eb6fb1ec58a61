//! The accounts as a pure state machine of the same form as a concert: users, roles, and sessions.

mod apply;
mod checks;
mod command;
mod decide;
mod event;
mod form;
mod invariants;
mod rejection;
mod state;

pub use checks::{check_email, check_password, check_username};
pub use command::{AccountsCommand, NewPassword};
pub use decide::AccountsDecided;
pub use event::{AccountsEvent, EndReason, FamilyId, NewSession, TokenHash};
pub use rejection::AccountsRejection;
pub use state::{Accounts, User};
