//! A web server that takes what a webhook brings.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::stage::Shared;

/// The key that it checks nothing with: signatures are compared with the reference implementation in `python/`.
pub const SIGNING_KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How many messages it answers at once.
const PLACES: usize = 1000;

/// One message as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub id: String,
    pub kind: String,
    pub event: Value,
}

#[derive(Clone)]
struct Server {
    received: Shared<Vec<Received>>,
    answers: Shared<VecDeque<u16>>,
    answering: Arc<Semaphore>,
}

/// A receiver at work.
pub struct Receiver {
    server: Server,
    address: std::net::SocketAddr,
    task: JoinHandle<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        let server = Server {
            received: Shared::default(),
            answers: Shared::default(),
            answering: Arc::new(Semaphore::new(PLACES)),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().fallback(take).with_state(server.clone());
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            server,
            address,
            task,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next answers, in place of 204.
    pub fn answers(&self, statuses: &[u16]) {
        self.server.answers.lock().unwrap().extend(statuses);
    }

    /// Takes messages and does not answer, until it is let go on.
    pub fn holds_its_answers(&self) {
        self.server.answering.forget_permits(PLACES);
    }

    pub fn goes_on(&self) {
        self.server.answering.add_permits(PLACES);
    }

    pub fn received(&self) -> Vec<Received> {
        self.server.received.lock().unwrap().clone()
    }

    /// The kinds of what came, each message once.
    pub fn kinds(&self) -> Vec<String> {
        let mut seen = std::collections::BTreeSet::new();
        let received = self
            .received()
            .into_iter()
            .filter(|message| seen.insert(message.id.clone()));
        received.map(|message| message.kind).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    let event: Value = serde_json::from_slice(&body).unwrap_or(json!({}));
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    assert!(text("webhook-signature").starts_with("v1,"), "{headers:?}");
    assert_eq!(text("content-type"), "application/cloudevents+json");
    assert_eq!(
        text("webhook-id"),
        event["id"],
        "receivers know a message by either"
    );
    let received = Received {
        id: text("webhook-id"),
        kind: event["type"].as_str().unwrap_or_default().to_owned(),
        event,
    };
    server.received.lock().unwrap().push(received);
    drop(server.answering.acquire().await);
    let status = server.answers.lock().unwrap().pop_front().unwrap_or(204);
    (
        StatusCode::from_u16(status).unwrap(),
        [("location", "http://127.0.0.1:1/")],
    )
        .into_response()
}
