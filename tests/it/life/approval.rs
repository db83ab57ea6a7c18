//! From an applied request to access.

use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::scene::{Scene, in_seconds};

/// More lists than an access of forty seconds needs: two or three around the create and the delete, and one every two seconds.
const MANY_LISTS: usize = 35;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_approved_granted_at_its_start_and_removed_at_its_end() {
    let scene = Scene::shared().await;
    let name = scene.asks("alice", "DatabaseAdmin", "40s").await;
    let pending = scene.is(&name, "Pending").await;
    assert_eq!(
        pending["status"]["approvers"],
        json!(["bob@example.com", "carol@example.com"])
    );
    assert!(
        !scene.has("alice", "DatabaseAdmin"),
        "nothing is granted before it is approved"
    );
    scene.person("bob").decides(&name, "Approved").await.unwrap();
    let active = scene.is(&name, "Active").await;
    assert!(scene.has("alice", "DatabaseAdmin"));
    let record = scene.record("DatabaseAdmin").await.unwrap();
    assert_eq!(record["status"]["state"], "Present");
    assert_eq!(record["metadata"]["name"], active["status"]["assignment"]["name"]);
    assert_eq!(record["status"]["until"], active["status"]["window"]["endTime"]);
    scene.is(&name, "Ended").await;
    assert!(!scene.has("alice", "DatabaseAdmin"));
    let recorded = |request: &serde_json::Value| request["status"]["finished"] == true;
    let ended = scene.until(&name, "is recorded", recorded).await;
    assert_eq!(ended["status"]["reason"], "EndReached");
    let history = ended["status"]["history"].as_array().unwrap();
    assert_eq!(ended["status"]["recorded"], history.last().unwrap()["sequence"]);
    scene.is_let_go(&name).await;
    let lists = scene.calls("ListAccountAssignments");
    assert!(lists <= MANY_LISTS, "AWS was asked for {lists} lists");
    let end = ended["status"]["window"]["endTime"].as_str().unwrap();
    assert!(
        ended["status"]["assignment"]["goneTime"].as_str().unwrap() >= end,
        "no sooner than its end"
    );
    assert_eq!(ended["status"]["assignment"]["state"], "Absent");
    assert_eq!(ended["status"]["ending"]["reason"], "EndReached");
    scene.assert_calls(1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approval_by_merge_patch_of_one_unnamed_entry() {
    let scene = Scene::shared().await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&name, "Pending").await;
    let entry = json!({ "approvals": [{ "decision": "Approved", "comment": "fine" }] });
    scene.person("carol").patches_status(&name, entry).await.unwrap();
    let active = scene.is(&name, "Active").await;
    assert_eq!(active["status"]["approvals"][0]["approver"], "carol@example.com");
    assert_eq!(active["status"]["review"]["verdicts"][0]["counted"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approval_by_server_side_apply() {
    let scene = Scene::shared().await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&name, "Pending").await;
    let entry = json!({ "approvals": [{ "approver": "carol@example.com", "decision": "Approved" }] });
    scene.person("carol").applies_status(&name, entry).await.unwrap();
    scene.is(&name, "Active").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stages_in_their_order_and_nobody_counts_twice() {
    let scene = Scene::shared().await;
    scene
        .applies(&json!({
            "apiVersion": "team-operator.io/v1alpha1",
            "kind": "ApproverPolicy",
            "metadata": { "name": format!("two-stages-{}", scene.account) },
            "spec": {
                "accounts": [scene.account],
                "stages": [
                    { "name": "lead", "approvers": [{ "kind": "Group", "name": "Leads" }], "approvalsRequired": 1 },
                    { "name": "security", "approvers": [{ "kind": "User", "name": "mallory@example.com" }],
                      "approvalsRequired": 1 },
                ],
            },
        }))
        .await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    let awaits = |stage: &'static str| {
        move |request: &serde_json::Value| {
            request["status"]["review"]["currentStage"] == stage && request["status"]["phase"] == "Pending"
        }
    };
    scene.until(&name, "awaits the lead", awaits("lead")).await;
    scene.person("bob").decides(&name, "Approved").await.unwrap();
    let second = scene.until(&name, "awaits security", awaits("security")).await;
    assert_eq!(second["status"]["approvers"], json!(["mallory@example.com"]));
    assert!(!scene.has("alice", "DatabaseAdmin"), "one stage is not enough");
    scene.person("mallory").decides(&name, "Approved").await.unwrap();
    scene.is(&name, "Active").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_policy_asks_for_no_approval_access_comes_at_once() {
    let scene = Scene::shared().await;
    scene.waives().await;
    let name = scene.asks("alice", "Waived", "1h").await;
    let active = scene.is(&name, "Active").await;
    assert_eq!(active["status"]["eligibility"]["approvalRequired"], false);
    assert!(scene.has("alice", "Waived"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_in_the_future_is_waited_for() {
    let scene = Scene::shared().await;
    scene.waives().await;
    let start = in_seconds(40);
    let name = scene
        .asks_with("alice", "Waived", "1h", |request| {
            request["spec"]["startTime"] = json!(start);
        })
        .await;
    scene
        .until(&name, "awaits its start", |request| {
            request["status"]["reason"] == "AwaitingStart"
        })
        .await;
    assert!(!scene.has("alice", "Waived"));
    let active = scene.is(&name, "Active").await;
    assert!(active["status"]["window"]["startTime"].as_str().unwrap() >= start.as_str());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_policy_allows_is_denied_with_the_nearest_miss() {
    let scene = Scene::shared().await;
    let name = scene.asks("alice", "DatabaseAdmin", "8h30m").await;
    let denied = scene.is(&name, "Denied").await;
    let message = denied["status"]["message"].as_str().unwrap();
    assert!(
        message.contains("8h") && message.contains("engineers"),
        "{message}"
    );
    assert_eq!(scene.calls("CreateAccountAssignment"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_ends_the_request() {
    let scene = Scene::shared().await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&name, "Pending").await;
    scene.person("carol").decides(&name, "Rejected").await.unwrap();
    let rejected = scene.is(&name, "Rejected").await;
    assert_eq!(rejected["status"]["message"], "Rejected by carol@example.com.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_cancelled_while_pending_is_over() {
    let scene = Scene::shared().await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&name, "Pending").await;
    scene
        .person("alice")
        .patches(&name, json!({ "spec": { "cancelled": true } }))
        .await
        .unwrap();
    scene.is(&name, "Cancelled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_controller_did_is_told_in_events_and_in_the_journal() {
    let scene = Scene::shared().await;
    let name = scene.asks("alice", "DatabaseAdmin", "40s").await;
    scene.is(&name, "Pending").await;
    scene.person("carol").decides(&name, "Approved").await.unwrap();
    let ended = scene.is(&name, "Ended").await;
    let uid = ended["metadata"]["uid"].as_str().unwrap();
    // Revoking is shown only where AWS takes longer than a moment.
    let steps_of = |lines: Vec<serde_json::Value>| -> Vec<String> {
        let steps = lines
            .iter()
            .filter(|line| line["entry"]["step"]["stage"].is_null());
        let steps = steps.filter_map(|line| Some(line["entry"]["step"]["phase"].as_str()?.to_owned()));
        steps.filter(|step| step != "Revoking").collect()
    };
    // The line is written when the status is stored, and so a moment after it can be read.
    let steps = crate::support::until("the lines are there", async || {
        Some(steps_of(scene.stage.told_of(uid))).filter(|steps| steps.len() >= 4)
    })
    .await;
    assert_eq!(steps, ["Pending", "Approved", "Active", "Ended"]);
    let record = ended["status"]["assignment"]["name"].as_str().unwrap();
    let steps = crate::support::until("the lines of the record are there", async || {
        Some(scene.stage.record_steps(record)).filter(|steps| steps.last().is_some_and(|to| to == "Absent"))
    })
    .await;
    assert_eq!(steps, ["Absent", "Creating", "Present", "Deleting", "Absent"]);
    let lines = scene.stage.told_of(uid);
    let approved = lines
        .iter()
        .find(|line| line["entry"]["step"]["phase"] == "Approved")
        .unwrap();
    assert_eq!(approved["entry"]["step"]["by"], "carol@example.com");
    let facts = &approved["facts"];
    assert_eq!(facts["approverPolicy"]["name"], "leads");
    assert_eq!(facts["verdicts"][0]["entry"]["approver"], "carol@example.com");
    assert_eq!(facts["verdicts"][0]["counted"], true);
    let events = crate::support::api_of(
        &scene.admin(),
        &json!({ "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": { "namespace": scene.namespace } }),
    );
    let reasons = crate::support::until("the Events are there", async || {
        let listed = events.list(&kube::api::ListParams::default()).await.ok()?;
        let of_ours = listed
            .items
            .iter()
            .filter(|event| event.data["regarding"]["uid"] == uid);
        let reasons: Vec<String> = of_ours
            .map(|event| event.data["reason"].as_str().unwrap_or_default().to_owned())
            .collect();
        reasons.contains(&"EndReached".to_owned()).then_some(reasons)
    })
    .await;
    for reason in [
        "AwaitingApproval",
        "ApprovalsComplete",
        "AccessGranted",
        "AccessEndsSoon",
    ] {
        assert!(
            reasons.contains(&reason.to_owned()),
            "{reason} is not among {reasons:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_wait_sees_that_a_request_is_settled() {
    let scene = Scene::shared().await;
    scene.waives().await;
    let name = scene.asks("alice", "Waived", "1h").await;
    let mut kubectl = scene.stage.plane.kubectl("alice@example.com").unwrap();
    kubectl.args([
        "wait",
        "-n",
        &scene.namespace,
        &format!("er/{name}"),
        "--for=condition=Settled",
        "--timeout=2m",
    ]);
    let output = tokio::task::spawn_blocking(move || kubectl.output())
        .await
        .unwrap()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(scene.is(&name, "Active").await["status"]["phase"], "Active");
}

/// `kubectl get aa` is the list of who has what now, and until when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_sees_who_has_what_and_until_when() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let record = scene.record_is("DatabaseAdmin", "Present").await;
    let mut kubectl = scene.stage.plane.kubectl("audrey@example.com").unwrap();
    kubectl.args(["get", "aa", record["metadata"]["name"].as_str().unwrap()]);
    let output = tokio::task::spawn_blocking(move || kubectl.output());
    let output = output.await.unwrap().unwrap();
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines[0],
        [
            "NAME",
            "USER",
            "ACCOUNT",
            "PERMISSION",
            "SET",
            "STATE",
            "UNTIL",
            "REQUESTS",
            "AGE"
        ],
        "{table}"
    );
    let request = format!("{}/{name}", scene.namespace);
    let end = record["status"]["claims"][0]["endTime"].as_str().unwrap();
    let account = record["spec"]["accountName"].as_str().unwrap();
    let expected = [
        "alice@example.com",
        account,
        "DatabaseAdmin",
        "Present",
        end,
        &request,
    ];
    assert_eq!(lines[1][1..7], expected, "{table}");
}

/// The patch that the messages of a Pending request tell people to make, made by the letter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_cannot_approve_themselves_under_any_policy() {
    let scene = Scene::shared().await;
    let name = scene.asks("bob", "DatabaseAdmin", "1h").await;
    let pending = scene.is(&name, "Pending").await;
    assert_eq!(
        pending["status"]["approvers"],
        json!(["carol@example.com"]),
        "bob is a lead, and asks"
    );
    let refusal = scene
        .person("bob")
        .decides(&name, "Approved")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refusal.contains("own request") || refusal.contains("requester"),
        "{refusal}"
    );
    let params = PatchParams::default();
    let forged = Patch::Merge(json!({ "status": { "phase": "Approved" } }));
    assert!(
        scene
            .person("bob")
            .requests()
            .patch_status(&name, &params, &forged)
            .await
            .is_err()
    );
}
