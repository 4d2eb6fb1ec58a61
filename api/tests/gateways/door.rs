//! A door at which calls wait until it is opened, and which says how many of them there are.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use tokio::sync::watch;

/// Lets nobody in until it is opened; then it refuses everybody.
pub(crate) struct Door {
    pub(crate) url: String,
    crowd: Arc<watch::Sender<Crowd>>,
}

/// Who is at the door.
#[derive(Default)]
struct Crowd {
    opened: bool,
    waiting: usize,
    /// The most that waited at a time.
    most: usize,
    came: usize,
}

impl Door {
    pub(crate) async fn start() -> Self {
        Self::beside(Router::new()).await
    }

    /// For everybody who does not go to one of these routes.
    pub(crate) async fn beside(routes: Router) -> Self {
        let crowd = Arc::new(watch::Sender::new(Crowd::default()));
        let everywhere = routes.merge(Router::new().fallback(wait).with_state(Arc::clone(&crowd)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, everywhere).await });
        Self { url, crowd }
    }

    /// Waits until so many wait at the door.
    pub(crate) async fn waiting_become(&self, count: usize) {
        self.crowd.subscribe().wait_for(|crowd| crowd.waiting >= count).await.unwrap();
    }

    pub(crate) fn open(&self) {
        self.crowd.send_modify(|crowd| crowd.opened = true);
    }

    /// The most that waited at a time.
    pub(crate) fn most(&self) -> usize {
        self.crowd.borrow().most
    }

    /// All that came.
    pub(crate) fn came(&self) -> usize {
        self.crowd.borrow().came
    }
}

async fn wait(State(crowd): State<Arc<watch::Sender<Crowd>>>) -> StatusCode {
    crowd.send_modify(|crowd| {
        crowd.came += 1;
        crowd.waiting += 1;
        crowd.most = crowd.most.max(crowd.waiting);
    });
    crowd.subscribe().wait_for(|crowd| crowd.opened).await.unwrap();
    crowd.send_modify(|crowd| crowd.waiting -= 1);
    StatusCode::SERVICE_UNAVAILABLE
}
