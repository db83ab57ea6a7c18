//! What happens around requests: statuses of policies and settings, reviews, changes of policy, the guard, outages.

use kube::api::{DeleteParams, DynamicObject, PostParams};
use serde_json::{Value, json};

use super::population::settings;
use super::scene::Scene;
use crate::support::{api_of, apply, delete_on_purpose, eventually, until};

fn team(kind: &str, name: &str) -> Value {
    json!({ "apiVersion": "team-operator.io/v1alpha1", "kind": kind, "metadata": { "name": name } })
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"]["conditions"]
        .as_array()?
        .iter()
        .find(|condition| condition["type"] == kind)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_say_what_a_reader_of_their_files_cannot_see() {
    let scene = Scene::shared().await;
    let admin = scene.admin();
    let ready = async |kind: &str, name: &str| {
        let objects = api_of(&admin, &team(kind, name));
        until(&format!("{kind} {name} has a status"), async || {
            let object = json!(objects.get(name).await.ok()?);
            condition(&object, "Ready")
                .is_some_and(|ready| ready["status"] != "Unknown")
                .then_some(object)
        })
        .await
    };
    let engineers = ready("EligibilityPolicy", "engineers").await;
    assert_eq!(condition(&engineers, "Ready").unwrap()["status"], "True");
    assert_eq!(engineers["status"]["accounts"], 60);
    assert_eq!(engineers["status"]["organizationalUnits"][0]["path"], "Root/Test");
    assert_eq!(engineers["status"]["observedGeneration"], 1);
    let name = format!("typo-{}", scene.account);
    let mut typo = team("EligibilityPolicy", &name);
    typo["spec"] = json!({
        "subjects": [{ "kind": "Group", "name": "Enginers" }],
        "accounts": [scene.account],
        "permissionSets": ["ReadOnlyAccess"],
        "maxDuration": "1h",
    });
    scene.applies(&typo).await;
    let typo = ready("EligibilityPolicy", &name).await;
    let condition = condition(&typo, "Ready").unwrap();
    assert_eq!(
        (&condition["status"], &condition["reason"]),
        (&json!("False"), &json!("GroupNotFound"))
    );
    assert!(
        condition["message"].as_str().unwrap().contains("Enginers"),
        "{condition}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_answers_what_one_may_ask_for_and_is_removed() {
    let scene = Scene::shared().await;
    let alice = scene.person("alice");
    let reviews = alice.namespaced("EligibilityReview");
    let mut question = json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "EligibilityReview",
        "metadata": { "generateName": "may-i-" },
        "spec": {
            "requester": alice.name, "accountId": scene.account, "permissionSet": "DatabaseAdmin", "duration": "2h",
        },
    });
    let asked: DynamicObject = serde_json::from_value(question.take()).unwrap();
    let name = reviews
        .create(&PostParams::default(), &asked)
        .await
        .unwrap()
        .metadata
        .name
        .unwrap();
    let answered = until("the review is answered", async || {
        let review = reviews.get_opt(&name).await.ok()??;
        (review.data["status"]["complete"] == true).then_some(review)
    })
    .await;
    let status = &answered.data["status"];
    let message = status["message"].as_str().unwrap();
    assert!(
        message.starts_with("Allowed.") && message.contains("bob@example.com"),
        "{message}"
    );
    assert_eq!(status["entries"][0]["policy"], "engineers");
    assert_eq!(status["entries"][0]["stages"], json!(["lead"]));
    eventually("the review is removed", async || {
        reviews.get_opt(&name).await.is_ok_and(|review| review.is_none())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_of_somebody_who_left_the_group_is_taken_away() {
    let scene = Scene::shared().await;
    let name = scene.has_access("mallory", "DatabaseAdmin", "1h").await;
    scene.stage.change(
        json!({ "change": "remove-member", "group": "Engineers", "userName": "mallory@example.com" }),
    );
    let over = scene.is(&name, "Revoked").await;
    assert_eq!(over["status"]["reason"], "EligibilityLost");
    assert!(!scene.has("mallory", "DatabaseAdmin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_reacts_at_once_to_a_change_of_policy_and_settings() {
    let scene = Scene::alone().await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&name, "Pending").await;
    let objects = api_of(&scene.admin(), &team("EligibilityPolicy", "engineers"));
    let narrowed = json!({ "spec": { "maxDuration": "30m" } });
    objects
        .patch(
            "engineers",
            &kube::api::PatchParams::default(),
            &kube::api::Patch::Merge(narrowed),
        )
        .await
        .unwrap();
    let denied = scene.is(&name, "Denied").await;
    assert_eq!(denied["status"]["reason"], "NotEligible");
    let waits = scene.asks("alice", "DatabaseAdmin", "20m").await;
    scene.is(&waits, "Pending").await;
    delete_on_purpose(&scene.admin(), &settings()).await.unwrap();
    let missing = |request: &Value| request["status"]["reason"] == "SettingsMissing";
    scene
        .until(&waits, "says that settings are missing", missing)
        .await;
    apply(&scene.admin(), &settings()).await.unwrap();
    let awaits = |request: &Value| request["status"]["reason"] == "AwaitingApproval";
    scene.until(&waits, "awaits approval again", awaits).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_policy_is_missing_nothing_is_granted_and_what_was_written_then_never_counts() {
    let scene = Scene::alone().await;
    let held = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let waits = scene.asks("alice", "ReadOnlyAccess", "1h").await;
    scene.is(&waits, "Pending").await;
    let name = "team-operator-decisions";
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": { "name": name },
    });
    let bindings = api_of(&scene.admin(), &binding);
    let before = bindings.get(name).await.unwrap();
    bindings.delete(name, &DeleteParams::default()).await.unwrap();
    let guard = async |wanted: &str| {
        let objects = api_of(&scene.admin(), &settings());
        until(&format!("GuardIntact is {wanted}"), async || {
            let settings = json!(objects.get("default").await.ok()?);
            condition(&settings, "GuardIntact")
                .is_some_and(|c| c["status"] == wanted)
                .then_some(())
        })
        .await;
    };
    guard("False").await;
    // With the binding gone anybody may write anybody's name; the CRD's own rules still hold.
    let forged = json!({ "approver": "carol@example.com", "decision": "Approved" });
    eventually("the forgery is stored", async || {
        scene
            .person("mallory")
            .appends(&waits, forged.clone())
            .await
            .is_ok()
    })
    .await;
    // Revocation never waits.
    scene
        .person("alice")
        .patches(&held, json!({ "spec": { "cancelled": true } }))
        .await
        .unwrap();
    scene.is(&held, "Revoked").await;
    let mut again = before.clone();
    again.metadata = kube::api::ObjectMeta {
        name: before.metadata.name.clone(),
        ..Default::default()
    };
    bindings.create(&PostParams::default(), &again).await.unwrap();
    guard("True").await;
    let judged = |request: &Value| request["status"]["review"]["verdicts"][0]["reason"] == "GuardBroken";
    let request = scene.until(&waits, "has the forgery judged", judged).await;
    assert_eq!(request["status"]["phase"], "Pending");
    assert_eq!(request["status"]["review"]["verdicts"][0]["counted"], false);
    // Somebody else can still approve it.
    scene.person("bob").decides(&waits, "Approved").await.unwrap();
    scene.is(&waits, "Active").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_api_server_away_across_the_end_access_is_removed_on_time() {
    let scene = Scene::alone().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "30s").await;
    scene.stage.plane.stop_api_server().unwrap();
    eventually("the access is gone", async || {
        !scene.has("alice", "DatabaseAdmin")
    })
    .await;
    scene.stage.plane.restart_api_server().await.unwrap();
    let ended = scene.is(&name, "Ended").await;
    assert_eq!(ended["status"]["reason"], "EndReached");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_api_server_restarted_in_the_middle_of_a_grant_the_access_comes_once() {
    let scene = Scene::alone().await;
    scene.waives().await;
    scene.hold("CreateAccountAssignment", true);
    let name = scene.asks("alice", "Waived", "1h").await;
    // After the scene before this one the controller's watches may still be on their way back.
    scene.is(&name, "Approved").await;
    scene.a_call_is_held().await;
    scene.stage.plane.stop_api_server().unwrap();
    // AWS answers while nobody can write the answer down.
    scene.release_all();
    scene.stage.plane.restart_api_server().await.unwrap();
    scene.is(&name, "Active").await;
    assert!(scene.has("alice", "Waived"));
    assert_eq!(scene.calls("CreateAccountAssignment"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_aws_throttles_requests_wait_and_nothing_is_granted_twice_or_left() {
    let scene = Scene::shared().await;
    let throttled = |operation: &str, times: u32| {
        scene.stage.trouble(json!({
            "on": { "operation": operation, "account": scene.account },
            "times": times,
            "effect": { "kind": "refuse", "code": "ThrottlingException" },
        }))
    };
    throttled("ListAccountAssignments", 3);
    throttled("CreateAccountAssignment", 2);
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    // A call that was throttled was not carried out; the log has it all the same.
    assert_eq!(scene.calls("CreateAccountAssignment"), 3);
    throttled("DeleteAccountAssignment", 2);
    scene
        .person("alice")
        .patches(&name, json!({ "spec": { "cancelled": true } }))
        .await
        .unwrap();
    scene.is(&name, "Revoked").await;
    assert!(!scene.has("alice", "DatabaseAdmin"));
    assert_eq!(scene.calls("DeleteAccountAssignment"), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delete_that_fails_for_a_while_is_shown_as_overdue_and_succeeds_in_the_end() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let trouble = scene.stage.trouble(json!({
        "on": { "operation": "DeleteAccountAssignment", "account": scene.account },
        "effect": { "kind": "refuse", "code": "InternalServerException" },
    }));
    scene
        .person("alice")
        .patches(&name, json!({ "spec": { "cancelled": true } }))
        .await
        .unwrap();
    let overdue = |request: &Value| {
        request["status"]["message"]
            .as_str()
            .is_some_and(|message| message.contains("overdue since"))
    };
    let request = scene.until(&name, "is overdue", overdue).await;
    assert_eq!(request["status"]["phase"], "Revoking");
    assert!(scene.has("alice", "DatabaseAdmin"));
    scene.stage.peace(trouble);
    scene.is(&name, "Revoked").await;
    assert!(!scene.has("alice", "DatabaseAdmin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_that_aws_fails_later_is_never_active_until_it_succeeds() {
    let scene = Scene::shared().await;
    scene.waives().await;
    let trouble = scene.stage.trouble(json!({
        "on": { "operation": "CreateAccountAssignment", "account": scene.account },
        "effect": { "kind": "fail", "reason": "role-quota" },
    }));
    let name = scene.asks("alice", "Waived", "1h").await;
    let failing = |request: &Value| request["status"]["assignment"]["lastError"].is_string();
    let request = scene.until(&name, "shows the error", failing).await;
    assert_eq!(request["status"]["phase"], "Approved");
    scene.stage.peace(trouble);
    scene.is(&name, "Active").await;
    assert!(scene.has("alice", "Waived"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_forged_by_whoever_may_write_it_is_found_by_its_seal() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let thief = scene.thief().await;
    thief
        .patches_status(&name, json!({ "message": "all is well" }))
        .await
        .unwrap();
    let over = scene.is(&name, "Denied").await;
    assert_eq!(over["status"]["reason"], "SealBroken");
    assert!(!scene.has("alice", "DatabaseAdmin"));
}
