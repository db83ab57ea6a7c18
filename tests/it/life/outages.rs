//! Ends while the API server is away, or takes no writes.

use chrono::{DateTime, TimeDelta, Utc};
use kube::api::DeleteParams;
use serde_json::{Value, json};
use team_operator::ports::Clock as _;
use team_operator::runtime::SystemClock;

use super::scene::Scene;
use crate::support::{api_of, caught, eventually};

/// How late an end may be asked for, whatever else is broken.
const LATEST: TimeDelta = TimeDelta::seconds(60);

fn end_of(request: &Value) -> DateTime<Utc> {
    request["status"]["window"]["endTime"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// The access goes no sooner than its end, no later than it may, and by one delete.
async fn is_deleted_once_at(scene: &Scene, end: DateTime<Utc>) {
    eventually("the access is gone", async || !scene.has("alice", "Waived")).await;
    let deletes = scene.stage.calls("DeleteAccountAssignment", &scene.account);
    assert_eq!(deletes.len(), 1, "{deletes:?}");
    let late = deletes[0].at - end;
    assert!(
        late >= TimeDelta::zero() && late <= LATEST,
        "{} s after the end",
        late.num_seconds()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_api_server_away_across_two_ends_the_later_one_deletes_once_and_on_time() {
    let scene = Scene::alone().await;
    scene.waives().await;
    let first = scene.asks("alice", "Waived", "30s").await;
    let first_end = end_of(&scene.is(&first, "Active").await);
    let second = scene.asks("alice", "Waived", "40s").await;
    let second_end = end_of(&scene.is(&second, "Active").await);
    scene.stage.plane.stop_api_server().unwrap();
    assert!(SystemClock.now() < first_end, "both ends are still to come");
    eventually("the first end has passed", async || {
        SystemClock.now() > first_end + TimeDelta::seconds(3)
    })
    .await;
    assert!(
        scene.has("alice", "Waived"),
        "the second request keeps the access"
    );
    is_deleted_once_at(&scene, second_end).await;
    scene.stage.plane.restart_api_server().await.unwrap();
    for name in [first, second] {
        let ended = scene.is(&name, "Ended").await;
        assert_eq!(ended["status"]["reason"], "EndReached");
    }
    scene.record_is("Waived", "Absent").await;
    scene.assert_calls(1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_that_was_read_goes_on_while_the_api_server_is_away() {
    let scene = Scene::alone().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let trouble = scene.stage.trouble(json!({
        "on": { "operation": "DeleteAccountAssignment", "account": scene.account },
        "effect": { "kind": "refuse", "code": "InternalServerException" },
    }));
    scene.person("bob").decides(&name, "Revoked").await.unwrap();
    eventually("a delete was refused", async || {
        scene.calls("DeleteAccountAssignment") > 0
    })
    .await;
    scene.stage.plane.stop_api_server().unwrap();
    scene.stage.peace(trouble);
    eventually("the access is gone", async || {
        !scene.has("alice", "DatabaseAdmin")
    })
    .await;
    scene.stage.plane.restart_api_server().await.unwrap();
    let revoked = scene.is(&name, "Revoked").await;
    assert_eq!(revoked["status"]["reason"], "RevokedByReviewer");
}

/// A policy of somebody else's that refuses every write of requests and records.
fn freeze() -> [Value; 2] {
    let named = |kind: &str, spec: Value| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": { "name": "freeze" }, "spec": spec,
        })
    };
    let rule = json!({
        "apiGroups": ["team-operator.io"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
        "resources": ["accountassignments", "elevationrequests", "elevationrequests/status"],
    });
    [
        named(
            "ValidatingAdmissionPolicy",
            json!({
                "failurePolicy": "Fail",
                "matchConstraints": { "resourceRules": [rule] },
                "validations": [{ "expression": "false", "message": "frozen" }],
            }),
        ),
        named(
            "ValidatingAdmissionPolicyBinding",
            json!({ "policyName": "freeze", "validationActions": ["Deny"] }),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_server_that_takes_no_writes_holds_up_no_end() {
    let scene = Scene::alone().await;
    scene.waives().await;
    let name = scene.asks("alice", "Waived", "25s").await;
    let end = end_of(&scene.is(&name, "Active").await);
    for object in freeze() {
        scene.applies(&object).await;
    }
    eventually("writes are refused", async || {
        let label = json!({ "metadata": { "labels": { "team": "orders" } } });
        let answer = scene.person("alice").patches(&name, label).await;
        answer.is_err_and(|error| error.to_string().contains("frozen"))
    })
    .await;
    let deleted = caught(is_deleted_once_at(&scene, end)).await;
    let shown = scene.read(&name).await.unwrap()["status"]["phase"].clone();
    for object in freeze() {
        let objects = api_of(&scene.admin(), &object);
        objects.delete("freeze", &DeleteParams::default()).await.unwrap();
    }
    if let Err(failure) = deleted {
        // The others must not fail with this one.
        std::panic::resume_unwind(failure);
    }
    assert_eq!(shown, "Active", "nothing could be written down");
    let ended = scene.is(&name, "Ended").await;
    assert_eq!(ended["status"]["reason"], "EndReached");
    scene.assert_calls(1, 1);
}
