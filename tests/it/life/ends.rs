//! How access ends: early, late, shared, and when everything around it goes away.

use serde_json::{Value, json};

use super::population::settings;
use super::scene::Scene;
use crate::support::{api_of, delete_on_purpose, eventually};

async fn cancel(scene: &Scene, name: &str) {
    scene
        .person("alice")
        .patches(name, json!({ "spec": { "cancelled": true } }))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_requester_ends_it_early() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    cancel(&scene, &name).await;
    let revoked = scene.is(&name, "Revoked").await;
    assert_eq!(revoked["status"]["reason"], "EndedByRequester");
    assert!(!scene.has("alice", "DatabaseAdmin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reviewer_revokes_it() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    scene.person("bob").decides(&name, "Revoked").await.unwrap();
    assert_eq!(
        scene.is(&name, "Revoked").await["status"]["reason"],
        "RevokedByReviewer"
    );
    assert!(!scene.has("alice", "DatabaseAdmin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn security_revokes_it_by_the_verb() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    scene.person("erin").decides(&name, "Revoked").await.unwrap();
    assert_eq!(
        scene.is(&name, "Revoked").await["status"]["reason"],
        "RevokedBySecurity"
    );
    assert!(!scene.has("alice", "DatabaseAdmin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_overlap_the_first_end_removes_nothing() {
    let scene = Scene::shared().await;
    let first = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let second = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let record = scene.record("DatabaseAdmin").await.unwrap();
    assert_eq!(record["status"]["claims"].as_array().map(Vec::len), Some(2));
    cancel(&scene, &first).await;
    let over = scene.is(&first, "Revoked").await;
    assert!(scene.has("alice", "DatabaseAdmin"), "the second still holds it");
    let message = over["status"]["message"].as_str().unwrap();
    let keeper = format!("request {}/{second} keeps the same access until", scene.namespace);
    assert!(message.contains(&keeper), "{message}");
    assert_eq!(scene.calls("DeleteAccountAssignment"), 0);
    cancel(&scene, &second).await;
    scene.is(&second, "Revoked").await;
    assert!(!scene.has("alice", "DatabaseAdmin"));
    scene.assert_calls(1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn back_to_back_leaves_no_gap() {
    let scene = Scene::shared().await;
    scene.waives().await;
    // Long enough for the second to be approved before the end, also on a busy machine.
    let first = scene.asks("alice", "Waived", "75s").await;
    let active = scene.is(&first, "Active").await;
    let end = active["status"]["window"]["endTime"].clone();
    let second = scene
        .asks_with("alice", "Waived", "1h", |request| {
            request["spec"]["startTime"] = end;
        })
        .await;
    let awaits = |request: &Value| request["status"]["reason"] == "AwaitingStart";
    scene.until(&second, "awaits its start", awaits).await;
    scene.is(&second, "Active").await;
    scene.is(&first, "Ended").await;
    assert!(scene.has("alice", "Waived"));
    scene.assert_calls(1, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn standing_access_is_neither_created_nor_removed() {
    let scene = Scene::shared().await;
    let standing = json!({
        "change": "put-assignment", "account": scene.account, "permissionSet": "DatabaseAdmin", "user": "alice@example.com",
    });
    scene.stage.change(standing);
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&name, "Pending").await;
    scene.person("carol").decides(&name, "Approved").await.unwrap();
    let over = scene.is(&name, "Ended").await;
    assert!(scene.has("alice", "DatabaseAdmin"), "it was there before us");
    assert_eq!(over["status"]["reason"], "StandingAccess");
    let record = scene.record("DatabaseAdmin").await.unwrap();
    let name = record["metadata"]["name"].as_str().unwrap();
    scene.is_alarmed("StandingAccess", name).await;
    scene.assert_calls(0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_remove_is_noticed_and_not_put_back() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    scene.stage.change(json!({
        "change": "remove-assignment", "account": scene.account, "permissionSet": "DatabaseAdmin", "user": "alice@example.com",
    }));
    let over = scene.is(&name, "Revoked").await;
    assert_eq!(over["status"]["reason"], "AccessLost");
    let message = over["status"]["message"].as_str().unwrap();
    assert!(message.contains("CloudTrail"), "{message}");
    assert!(!message.contains("removed by"), "nobody is blamed: {message}");
    assert_eq!(scene.calls("CreateAccountAssignment"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_deleted_in_the_middle_goes_after_the_access() {
    let scene = Scene::shared().await;
    scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let namespace =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": scene.namespace } });
    let namespaces = api_of(&scene.admin(), &namespace);
    namespaces
        .delete(&scene.namespace, &kube::api::DeleteParams::default())
        .await
        .unwrap();
    eventually("the namespace is gone", async || {
        namespaces.get_opt(&scene.namespace).await.unwrap().is_none()
    })
    .await;
    assert!(
        !scene.has("alice", "DatabaseAdmin"),
        "the namespace went before the access"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_and_settings_deleted_in_the_middle_end_it_within_the_grace_and_never_later() {
    let scene = Scene::alone().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    for (kind, object) in [
        ("EligibilityPolicy", "engineers"),
        ("ApproverPolicy", "leads"),
        ("TeamSettings", "default"),
    ] {
        let object_of = json!({ "apiVersion": "team-operator.io/v1alpha1", "kind": kind, "metadata": { "name": object } });
        delete_on_purpose(&scene.admin(), &object_of).await.unwrap();
    }
    let over = scene.is(&name, "Revoked").await;
    assert_eq!(over["status"]["reason"], "EligibilityLost");
    assert!(!scene.has("alice", "DatabaseAdmin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_keep_access_lasts_to_its_end_without_policies_and_settings() {
    let scene = Scene::alone().await;
    let mut keep = settings();
    keep["spec"]["onEligibilityLost"] = json!("Keep");
    scene.applies_settings(&keep).await;
    let name = scene.has_access("alice", "DatabaseAdmin", "30s").await;
    for (kind, object) in [("EligibilityPolicy", "engineers"), ("TeamSettings", "default")] {
        let object_of = json!({ "apiVersion": "team-operator.io/v1alpha1", "kind": kind, "metadata": { "name": object } });
        delete_on_purpose(&scene.admin(), &object_of).await.unwrap();
    }
    let over = scene.is(&name, "Ended").await;
    assert_eq!(over["status"]["reason"], "EndReached");
    assert!(!scene.has("alice", "DatabaseAdmin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_approves_in_time_and_finished_requests_are_removed_when_settings_say_so() {
    let scene = Scene::alone().await;
    let mut short = settings();
    short["spec"]["requestExpiry"] = json!("3s");
    short["spec"]["retention"] = json!("4s");
    scene.applies_settings(&short).await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    let expired = scene.is(&name, "Expired").await;
    scene.is_gone(&name).await;
    let lines = scene.stage.told_of(expired["metadata"]["uid"].as_str().unwrap());
    let removed: Vec<&Value> = lines
        .iter()
        .filter(|line| line["kind"] == "RequestRemoval")
        .collect();
    // Before its finalizer went, and as it was when it was deleted.
    assert_eq!(removed.len(), 2, "{removed:#?}");
    for line in removed {
        let justification = &line["entry"]["object"]["spec"]["justification"];
        assert_eq!(justification, "restore of the orders table");
    }
}
