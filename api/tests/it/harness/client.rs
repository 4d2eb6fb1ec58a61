//! A client of the HTTP API: one connection, perhaps one token.

use hyper::Method;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

use super::answer::Answer;
use super::box_office::Address;
use super::process::HANG;

/// Far above any answer of the tests.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// Somebody who calls. Clones share their connections.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    address: Address,
    /// The `sub` of the token.
    pub(crate) id: String,
    pub(crate) token: Option<String>,
}

/// A call that is not sent yet.
pub(crate) struct Call {
    client: Client,
    method: Method,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Client {
    pub(crate) fn new(address: Address) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(HANG))
            .allow_non_standard_methods(true);
        Self { agent: config.build().new_agent(), address, id: String::new(), token: None }
    }

    /// The same connections with another token.
    pub(crate) fn with_token(&self, id: &str, token: &str) -> Self {
        Self { id: id.to_owned(), token: Some(token.to_owned()), ..self.clone() }
    }

    /// Whose session this is: the shape that registering and logging in answer.
    #[track_caller]
    pub(crate) fn with_session(&self, session: &Value) -> Self {
        let id = session["user"]["id"].as_str().expect("a session has a user");
        self.with_token(id, session["token"].as_str().expect("a session has a token"))
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send()
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path).json(body).send()
    }

    #[track_caller]
    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path).json(body).send()
    }

    #[track_caller]
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PATCH, path).json(body).send()
    }

    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path).send()
    }

    /// A call below `/api`.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        self.call_at(method, &format!("/api{path}"))
    }

    /// A call anywhere: of a path from the root, or of a whole URL.
    pub(crate) fn call_at(&self, method: Method, target: &str) -> Call {
        let mut headers = Vec::new();
        if let Some(token) = &self.token {
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        Call { client: self.clone(), method, target: target.to_owned(), headers, body: None }
    }
}

impl Call {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn key(self, idempotency_key: &str) -> Self {
        self.header("idempotency-key", idempotency_key)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string())
    }

    pub(crate) fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        let call = format!("{} {}", self.method, self.target);
        self.attempt().unwrap_or_else(|error| panic!("{call}: {error}"))
    }

    /// Sends it. An error means that nobody knows what became of it.
    pub(crate) fn attempt(self) -> Result<Answer, ureq::Error> {
        let call = format!("{} {}", self.method, self.target);
        let address = self.client.address.lock().clone();
        let url = if self.target.starts_with('/') {
            format!("http://{address}{}", self.target)
        } else {
            self.target
        };
        let mut request = Request::builder().method(self.method).uri(url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = match self.body {
            Some(body) => self.client.agent.run(request.body(body)?)?,
            None => self.client.agent.run(request.body(())?)?,
        };
        let (head, body) = response.into_parts();
        let body = body.into_with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(Answer { call, status: head.status.as_u16(), headers: head.headers, body })
    }
}
