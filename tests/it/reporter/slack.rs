//! A Slack that behaves: people by e-mail, messages with their threads, edits, and its ways to say no.

use std::collections::VecDeque;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::stage::Shared;

/// One call, as method and body.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    pub body: Value,
}

#[derive(Clone, Default)]
struct Workspace {
    calls: Shared<Vec<Call>>,
    /// Messages by their ts, with their channel.
    messages: Shared<Vec<(String, String)>>,
    troubles: Shared<VecDeque<Value>>,
}

/// A workspace at work.
pub struct Slack {
    workspace: Workspace,
    address: std::net::SocketAddr,
    task: JoinHandle<()>,
}

impl Slack {
    pub async fn start() -> Self {
        let workspace = Workspace::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new()
            .route("/api/{method}", post(answer))
            .with_state(workspace.clone());
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            workspace,
            address,
            task,
        }
    }

    pub fn option(&self) -> String {
        format!("--slack-api=http://{}/api", self.address)
    }

    /// The next calls of posts and edits end like this: the word of an error, or a number of seconds to wait.
    pub fn troubles(&self, troubles: &[Value]) {
        self.workspace
            .troubles
            .lock()
            .unwrap()
            .extend(troubles.iter().cloned());
    }

    /// Somebody deletes every message.
    pub fn forgets(&self) {
        self.workspace.messages.lock().unwrap().clear();
    }

    /// Calls of this method to this conversation.
    pub fn calls(&self, method: &str, conversation: &str) -> Vec<Value> {
        let calls = self.workspace.calls.lock().unwrap();
        let of = |call: &&Call| call.method == method && call.body["channel"] == conversation;
        calls.iter().filter(of).map(|call| call.body.clone()).collect()
    }
}

impl Drop for Slack {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(workspace): State<Workspace>, Path(method): Path<String>, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    if method == "users.lookupByEmail" {
        // `U-ALICE` for alice@example.com.
        let name = text
            .trim_start_matches("email=")
            .split('%')
            .next()
            .unwrap_or_default()
            .to_uppercase();
        return axum::Json(json!({ "ok": true, "user": { "id": format!("U{name}"), "deleted": false } }))
            .into_response();
    }
    let body: Value = serde_json::from_str(&text).unwrap();
    let trouble = workspace.troubles.lock().unwrap().pop_front();
    if let Some(seconds) = trouble.as_ref().and_then(Value::as_u64) {
        return (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", seconds.to_string())],
        )
            .into_response();
    }
    if let Some(error) = trouble.as_ref().and_then(Value::as_str) {
        return axum::Json(json!({ "ok": false, "error": error })).into_response();
    }
    let conversation = body["channel"].as_str().unwrap().to_owned();
    workspace.calls.lock().unwrap().push(Call {
        method: method.clone(),
        body: body.clone(),
    });
    let mut messages = workspace.messages.lock().unwrap();
    let exists = |ts: &Value| messages.iter().any(|(known, _)| ts == known.as_str());
    if method == "chat.update" {
        let found = exists(&body["ts"]);
        let error = json!({ "ok": false, "error": "message_not_found" });
        return axum::Json(if found {
            json!({ "ok": true, "ts": body["ts"] })
        } else {
            error
        })
        .into_response();
    }
    // A reply whose parent is gone becomes a message without a thread.
    let thread = Some(&body["thread_ts"]).filter(|ts| exists(ts)).cloned();
    let ts = format!("{}.0001", messages.len() + 1000);
    messages.push((ts.clone(), conversation.clone()));
    let mut message = json!({ "ts": ts });
    if let Some(thread) = thread {
        message["thread_ts"] = thread;
    }
    axum::Json(json!({ "ok": true, "channel": conversation, "ts": ts, "message": message })).into_response()
}
