//! Stands between our gateway and localstripe: writes down what is asked, does what Stripe documents and localstripe does not
//! do, and fails when it is told to.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use serde_json::json;

/// Known to Stripe, and not to localstripe.
const NOT_FOR_LOCALSTRIPE: &str = "automatic_payment_methods[";

/// A request, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) key: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) form: Vec<(String, String)>,
}

/// What happens to a request instead of being answered.
pub(crate) enum Trouble {
    /// It never arrives: this comes back.
    Answer(u16, String),
    /// It arrives and is done, but the answer is lost.
    LostAnswer,
}

/// A relay that runs.
#[derive(Clone)]
pub(crate) struct Relay {
    pub(crate) url: String,
    state: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    upstream: String,
    seen: Mutex<Vec<Seen>>,
    troubles: Mutex<VecDeque<Trouble>>,
    /// By idempotency key: what was asked first, and what was answered.
    answers: Mutex<HashMap<String, (Seen, Answer)>>,
}

type Answer = (u16, Bytes);

impl Relay {
    /// Passes on to `upstream`.
    pub(crate) async fn start(upstream: &str) -> Self {
        let state = Arc::new(Shared { upstream: upstream.to_owned(), ..Shared::default() });
        let router = Router::new().fallback(pass_on).with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// Lets the next request fail; several failures happen one after the other.
    pub(crate) fn fail_next(&self, trouble: Trouble) {
        self.state.troubles.lock().push_back(trouble);
    }

    /// Forgets every idempotency key, as Stripe does after a day.
    pub(crate) fn forget_keys(&self) {
        self.state.answers.lock().clear();
    }

    /// What was asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().clone()
    }

    /// What was posted to a path that ends like this.
    pub(crate) fn posted(&self, ending: &str) -> Vec<Seen> {
        let posted = |seen: &Seen| seen.method == Method::POST && seen.path.ends_with(ending);
        self.seen().into_iter().filter(posted).collect()
    }
}

async fn pass_on(State(state): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let seen = Seen {
        method: head.method,
        path: head.uri.path_and_query().unwrap().to_string(),
        key: header(&head.headers, "idempotency-key"),
        authorization: header(&head.headers, "authorization"),
        form: form_urlencoded::parse(&body).into_owned().collect(),
    };
    state.seen.lock().push(seen.clone());
    let trouble = state.troubles.lock().pop_front();
    if let Some(Trouble::Answer(status, body)) = trouble {
        return answered((status, body.into()));
    }
    let answer = match &seen.key {
        Some(key) => state.by_key(key, &seen).await,
        None => state.ask(&seen).await,
    };
    match trouble {
        Some(Trouble::LostAnswer) => answered((502, "the answer was lost".into())),
        _ => answered(answer),
    }
}

impl Shared {
    /// "Retries with the same key return the saved response", and other parameters an error.
    async fn by_key(&self, key: &str, seen: &Seen) -> Answer {
        let known = self.answers.lock().get(key).cloned();
        match known {
            Some((first, answer)) if first == *seen => answer,
            Some(_) => {
                let error = json!({"error": {"type": "idempotency_error", "message": "other parameters"}});
                (400, error.to_string().into())
            }
            None => {
                let answer = self.ask(seen).await;
                self.answers.lock().insert(key.to_owned(), (seen.clone(), answer.clone()));
                answer
            }
        }
    }

    async fn ask(&self, seen: &Seen) -> Answer {
        let url = format!("{}{}", self.upstream, seen.path);
        let authorization = seen.authorization.clone().unwrap_or_default();
        let known = |(name, _): &&(String, String)| !name.starts_with(NOT_FOR_LOCALSTRIPE);
        let form: Vec<(String, String)> = seen.form.iter().filter(known).cloned().collect();
        let is_get = seen.method == Method::GET;
        let asked = tokio::task::spawn_blocking(move || {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let mut response = if is_get {
                agent.get(url).header("Authorization", authorization).call().unwrap()
            } else {
                agent.post(url).header("Authorization", authorization).send_form(form).unwrap()
            };
            (response.status().as_u16(), response.body_mut().read_to_vec().unwrap().into())
        });
        asked.await.unwrap()
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().unwrap().to_owned())
}

fn answered((status, body): Answer) -> Response {
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}
