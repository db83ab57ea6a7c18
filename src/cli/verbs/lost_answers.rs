//! Tests with an API server in memory that does what it is asked and loses its answers.

use std::sync::{Arc, Mutex};

use http::{Method, Request, Response};
use kube::client::Body;
use serde_json::{Value, json};

use super::create::create;
use super::decide::{Outcome, vote};
use super::requests::{Found, again, readable};
use super::stop::{Stopped, stop};
use crate::api::{AccountId, ElevationRequestSpec, HumanDuration, PermissionSetName, ReviewDecision};
use crate::cli::failure::Kind;
use crate::cli::session::Session;

/// One request in memory.
#[derive(Default)]
struct Server {
    object: Option<Value>,
    /// How many writes were carried out.
    writes: usize,
    /// How many answers to writes are still lost.
    loses: usize,
    /// What happens when a write was carried out.
    after_write: Option<fn(&mut Value)>,
}

impl Server {
    fn answer(&mut self, method: &Method, body: &[u8]) -> Result<(u16, Value), std::io::Error> {
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        if *method == Method::GET {
            return Ok(match &self.object {
                Some(object) => (200, object.clone()),
                None => (
                    404,
                    failed(
                        404,
                        "NotFound",
                        "elevationrequests.team-operator.io \"orders\" not found",
                    ),
                ),
            });
        }
        if *method == Method::POST && self.object.is_some() {
            return Ok((409, failed(409, "AlreadyExists", "it exists")));
        }
        match &mut self.object {
            None => {
                let mut object = sent;
                object["metadata"]["namespace"] = json!("access");
                object["metadata"]["uid"] = json!("u1");
                self.object = Some(object);
            }
            Some(object) => {
                // The last operation adds the entry; those before it are tests.
                let added = sent.as_array().unwrap().last().unwrap()["value"].clone();
                object["status"]["approvals"].as_array_mut().unwrap().push(added);
            }
        }
        self.writes += 1;
        if let (Some(after), Some(object)) = (self.after_write, &mut self.object) {
            after(object);
        }
        if self.loses > 0 {
            self.loses -= 1;
            return Err(std::io::Error::other("connection closed"));
        }
        Ok((200, self.object.clone().unwrap_or_default()))
    }
}

fn failed(code: u16, reason: &str, message: &str) -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message })
}

fn session(server: &Arc<Mutex<Server>>, person: &str) -> Session {
    let server = Arc::clone(server);
    let service = tower::service_fn(move |request: Request<Body>| {
        let server = Arc::clone(&server);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await.unwrap_or_default();
            let (code, answer) = server.lock().unwrap().answer(&parts.method, &body)?;
            let answer = Body::from(answer.to_string().into_bytes());
            Ok::<_, std::io::Error>(Response::builder().status(code).body(answer).unwrap())
        }
    });
    Session::played(kube::Client::new(service, "access"), person)
}

/// A request of Alice's that Bob may approve.
pub(super) fn pending() -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1", "kind": "ElevationRequest",
        "metadata": { "name": "orders", "namespace": "access", "uid": "u1" },
        "spec": { "requester": "alice", "accountId": "111122223333", "permissionSet": "Admin", "duration": "2h" },
        "status": {
            "phase": "Pending", "approvers": ["bob"], "approvals": [],
            "review": { "policy": "leads", "uid": "p1", "generation": 3, "currentStage": "lead" },
        },
    })
}

fn found(object: Value) -> Found {
    readable(serde_json::from_value(object).unwrap()).unwrap()
}

fn judge(object: &mut Value) {
    object["status"]["review"]["verdicts"] = json!([{
        "approver": "bob", "decision": "Approved", "policyUid": "p1", "policyGeneration": 3,
        "counted": true, "reason": "Counted", "time": "2026-12-01T09:00:00Z",
    }]);
}

#[tokio::test]
async fn a_vote_whose_answer_is_lost_is_recorded_once_and_is_success() {
    let server = Arc::new(Mutex::new(Server {
        object: Some(pending()),
        loses: 1,
        after_write: Some(judge),
        ..Server::default()
    }));
    let bob = session(&server, "bob");
    for _ in 0..2 {
        let seen = again(&bob, &found(pending())).await.unwrap();
        let outcome = vote(&bob, &seen, ReviewDecision::Approved, None).await.unwrap();
        assert!(matches!(outcome, Outcome::Counted(_)), "{outcome:?}");
        assert_eq!(
            server.lock().unwrap().writes,
            1,
            "and the same command again writes nothing"
        );
    }
}

#[tokio::test]
async fn a_request_that_was_replaced_under_its_name_is_not_decided() {
    let mut another = pending();
    another["metadata"]["uid"] = json!("u2");
    let server = Arc::new(Mutex::new(Server {
        object: Some(another),
        ..Server::default()
    }));
    let failure = stop(&session(&server, "bob"), &found(pending()), None)
        .await
        .unwrap_err();
    assert!(
        failure.to_string().contains("replaced under the same name"),
        "{failure}"
    );
    assert_eq!(server.lock().unwrap().writes, 0);
}

#[tokio::test]
async fn a_stop_follows_the_request_into_its_next_phase() {
    let approved = |object: &mut Value| {
        let revoked = object["status"]["approvals"]
            .as_array()
            .unwrap()
            .iter()
            .any(|e| e["decision"] == "Revoked");
        object["status"]["phase"] = json!(if revoked { "Revoking" } else { "Approved" });
    };
    let server = Arc::new(Mutex::new(Server {
        object: Some(pending()),
        after_write: Some(approved),
        ..Server::default()
    }));
    let outcome = stop(&session(&server, "bob"), &found(pending()), None)
        .await
        .unwrap();
    assert!(matches!(outcome, Stopped::ByPerson(_)), "{outcome:?}");
    assert_eq!(
        server.lock().unwrap().writes,
        2,
        "a Rejected that came too late, and a Revoked"
    );
}

#[tokio::test]
async fn a_request_whose_answer_is_lost_is_made_once() {
    let spec = ElevationRequestSpec {
        requester: Some("alice".to_owned()),
        account_id: AccountId::parse("111122223333").unwrap(),
        permission_set: PermissionSetName::parse("Admin").unwrap(),
        start_time: None,
        duration: HumanDuration::from_hours(2),
        ticket_number: None,
        justification: None,
        cancelled: None,
    };
    let server = Arc::new(Mutex::new(Server {
        loses: 1,
        ..Server::default()
    }));
    let alice = session(&server, "alice");
    create(&alice, "access", "orders", &spec).await.unwrap();
    create(&alice, "access", "orders", &spec).await.unwrap();
    assert_eq!(server.lock().unwrap().writes, 1);
    let other = ElevationRequestSpec {
        duration: HumanDuration::from_hours(3),
        ..spec
    };
    let failure = create(&alice, "access", "orders", &other).await.unwrap_err();
    assert_eq!(failure.kind, Kind::Refused);
}
