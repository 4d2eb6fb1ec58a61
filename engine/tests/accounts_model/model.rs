//! Accounts as naively as they can be told. It shares no code with the core but the word for a role.

use boxoffice_engine::caller::Role;

use crate::actions::{Action, Credential, DAY, EMAILS, Token, USERNAMES};

/// What the model expects of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Event,
    Nothing,
    Refused(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) username: &'static str,
    pub(crate) email: &'static str,
    pub(crate) password: u64,
    pub(crate) credential: u64,
    pub(crate) role: Role,
    pub(crate) tokens_valid_from: i64,
    pub(crate) created_at: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) user: usize,
    pub(crate) good: u64,
    pub(crate) expires_at: i64,
    pub(crate) ended: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// Milliseconds since the beginning of the history, which is a whole second.
    pub(crate) now: i64,
    pub(crate) events: u64,
    pub(crate) users: Vec<User>,
    /// All that ever were, in the order in which they began.
    pub(crate) sessions: Vec<Session>,
}

type Answer = Result<(), Expected>;

fn refuse_if(refused: bool, why: &'static str) -> Answer {
    if refused { Err(Expected::Refused(why)) } else { Ok(()) }
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl Model {
    /// What comes of an action, and the model after it. `token` is the number of a token or password made with it.
    pub(crate) fn act(&mut self, action: &Action, token: u64) -> Expected {
        let mut after = self.clone();
        after.events += 1;
        match after.try_to(action, token) {
            Ok(()) => {
                *self = after;
                Expected::Event
            }
            Err(expected) => expected,
        }
    }

    pub(crate) fn lives(&self, session: &Session) -> bool {
        !session.ended && self.now < session.expires_at
    }

    pub(crate) fn place_of_user(&self, nth: usize) -> usize {
        nth % (self.users.len() + 1)
    }

    pub(crate) fn place_of_family(&self, nth: usize) -> usize {
        // Mostly one of the latest, which are the ones that live.
        let latest = self.sessions.len().min(24);
        self.sessions.len() - latest + nth % (latest + 1)
    }

    /// Moves the clock as the action says, if it says so.
    pub(crate) fn move_clock(&mut self, action: &Action) {
        let target = match action {
            Action::Step(time) => Some(self.now + time),
            Action::StepToExpiry { family, near } => {
                let session = self.sessions.get(self.place_of_family(*family));
                session.map(|session| session.expires_at + near)
            }
            _ => None,
        };
        self.now = self.now.max(target.unwrap_or(0));
    }

    fn try_to(&mut self, action: &Action, token: u64) -> Answer {
        match action {
            // The clock is moved by the run.
            Action::Step(_) | Action::StepToExpiry { .. } | Action::Snapshot | Action::Restart => {
                Err(Expected::Nothing)
            }
            Action::Register { username, email, role, with_session } => {
                let (username, email) = (USERNAMES[*username], EMAILS[*email]);
                refuse_if(username == "a b" || email == "d@x", "invalid")?;
                refuse_if(self.users.iter().any(|user| same(user.username, username)), "username taken")?;
                refuse_if(self.users.iter().any(|user| same(user.email, email)), "email taken")?;
                self.users.push(User {
                    username,
                    email,
                    password: token,
                    credential: self.events,
                    role: *role,
                    tokens_valid_from: 0,
                    created_at: self.now,
                });
                if *with_session {
                    self.start_session(self.users.len() - 1, token);
                }
                Ok(())
            }
            Action::StartSession { user, credential } => {
                let place = self.place_of_user(*user);
                let known = self.users.get(place).is_some_and(|user| is_present(user, *credential));
                refuse_if(!known, "invalid credentials")?;
                self.start_session(place, token);
                Ok(())
            }
            Action::Refresh { family, token: presented } => {
                let place = self.place_of_family(*family);
                let Some(session) = self.sessions.get(place).filter(|session| self.lives(session)) else {
                    return Err(Expected::Refused("invalid token"));
                };
                if is_good(session, *presented) {
                    self.sessions[place].good = token;
                    self.sessions[place].expires_at = self.now + 30 * DAY;
                } else {
                    self.end_reused(place);
                }
                Ok(())
            }
            Action::EndSession { family, token: presented } => {
                let place = self.place_of_family(*family);
                let Some(session) = self.sessions.get(place).filter(|session| self.lives(session)) else {
                    return Err(Expected::Nothing);
                };
                if is_good(session, *presented) {
                    self.sessions[place].ended = true;
                } else {
                    self.end_reused(place);
                }
                Ok(())
            }
            Action::ChangeProfile { user, email, password } => {
                let place = self.place_of_user(*user);
                self.change_profile(place, email.map(|email| EMAILS[email]), *password, token)
            }
            Action::ChangeRole { by, user, role } => {
                refuse_if(*by != Role::Admin, "forbidden")?;
                let place = self.place_of_user(*user);
                let Some(user) = self.users.get(place) else {
                    return Err(Expected::Refused("user not found"));
                };
                let before = user.role;
                if before == *role {
                    return Err(Expected::Nothing);
                }
                let admins = self.users.iter().filter(|user| user.role == Role::Admin).count();
                refuse_if(before == Role::Admin && admins == 1, "last admin")?;
                self.users[place].role = *role;
                Ok(())
            }
        }
    }

    fn start_session(&mut self, user: usize, token: u64) {
        let living: Vec<_> = (0..self.sessions.len())
            .filter(|place| self.sessions[*place].user == user && self.lives(&self.sessions[*place]))
            .collect();
        if living.len() >= 32 {
            self.sessions[living[0]].ended = true;
        }
        let expires_at = self.now + 30 * DAY;
        self.sessions.push(Session { user, good: token, expires_at, ended: false });
    }

    fn end_reused(&mut self, place: usize) {
        self.sessions[place].ended = true;
        self.revoke_tokens(self.sessions[place].user);
    }

    /// What was issued in this second or before is not good any more.
    fn revoke_tokens(&mut self, user: usize) {
        let user = &mut self.users[user];
        // The latest that a token may be dated that is out by now.
        let latest = user.tokens_valid_from.max(self.now / 1_000);
        user.tokens_valid_from = latest + 1;
    }

    fn change_profile(
        &mut self,
        place: usize,
        email: Option<&'static str>,
        password: Option<Credential>,
        token: u64,
    ) -> Answer {
        refuse_if(place >= self.users.len(), "user not found")?;
        refuse_if(email == Some("d@x"), "invalid")?;
        let mut others = self.users.iter().enumerate().filter(|(other, _)| *other != place);
        let is_taken = email.is_some_and(|email| others.any(|(_, other)| same(other.email, email)));
        refuse_if(is_taken, "email taken")?;
        let wrong = password.is_some_and(|verified| !is_present(&self.users[place], verified));
        refuse_if(wrong, "invalid credentials")?;
        let user = &mut self.users[place];
        let before = user.email;
        user.email = email.unwrap_or(before);
        let same_address = user.email == before;
        if password.is_some() {
            user.password = token;
            user.credential = self.events;
            self.revoke_tokens(place);
            for session in self.sessions.iter_mut().filter(|session| session.user == place) {
                session.ended = true;
            }
        }
        if same_address && password.is_none() { Err(Expected::Nothing) } else { Ok(()) }
    }
}

pub(crate) fn is_present(user: &User, credential: Credential) -> bool {
    match credential {
        Credential::Present => true,
        Credential::Another(number) => user.credential == number,
    }
}

pub(crate) fn is_good(session: &Session, token: Token) -> bool {
    match token {
        Token::Good => true,
        Token::Another(number) => session.good == number,
    }
}
