//! AWS keeps a create in progress for longer than anybody waits, and the access is revoked meanwhile.

use chrono::TimeDelta;
use serde_json::{Value, json};
use team_operator::ports::Clock as _;
use team_operator::runtime::SystemClock;

use super::scene::Scene;
use crate::support::eventually;

/// Longer than these tests' controller waits for a create without a final word (`--create-bound`), and as long again.
const LONG: TimeDelta = TimeDelta::seconds(12);

/// How long a delete may take to be sent again after AWS would take it.
const PROMPT: TimeDelta = TimeDelta::seconds(60);

/// Alice's request is approved, and AWS does not finish the create.
async fn create_is_stuck(scene: &Scene) -> String {
    scene.stage.trouble(json!({
        "on": { "operation": "CreateAccountAssignment", "account": scene.account },
        "times": 1,
        "effect": { "kind": "stuck" },
    }));
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&name, "Pending").await;
    scene.person("carol").decides(&name, "Approved").await.unwrap();
    eventually("AWS is at work on the create", async || {
        scene.calls("CreateAccountAssignment") == 1
    })
    .await;
    scene.record_is("DatabaseAdmin", "Creating").await;
    name
}

/// The deletes are refused for long, the request does not end, and when AWS has created the assignment it goes at once.
async fn goes_when_aws_lets_it(scene: &Scene, name: &str) -> Value {
    let deletes = || scene.stage.calls("DeleteAccountAssignment", &scene.account);
    eventually("AWS refuses deletes for long", async || {
        let all = deletes();
        let span = all
            .first()
            .zip(all.last())
            .map(|(first, last)| last.at - first.at);
        span.is_some_and(|span| span > LONG)
    })
    .await;
    assert!(deletes().iter().all(|entry| entry.outcome == "ConflictException"));
    let record = scene.record("DatabaseAdmin").await.unwrap();
    assert_eq!(record["status"]["state"], "Deleting", "{record}");
    let request = scene.read(name).await.unwrap();
    assert_eq!(request["status"]["phase"], "Revoking", "{request}");
    let finished = SystemClock.now();
    scene.stage.change(json!({ "change": "finish-stuck" }));
    assert!(scene.has("alice", "DatabaseAdmin"), "AWS carried the create out");
    let over = scene.is(name, "Revoked").await;
    assert!(!scene.has("alice", "DatabaseAdmin"));
    let taken = deletes().into_iter().find(|entry| entry.outcome == "ok").unwrap();
    assert!(taken.at - finished <= PROMPT, "{taken:?}");
    assert_eq!(scene.calls("CreateAccountAssignment"), 1);
    over
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_repeated_until_aws_takes_it() {
    let scene = Scene::alone().await;
    let name = create_is_stuck(&scene).await;
    scene.person("bob").decides(&name, "Revoked").await.unwrap();
    let over = goes_when_aws_lets_it(&scene, &name).await;
    assert_eq!(over["status"]["reason"], "RevokedByReviewer");
    assert!(
        over["status"]["window"]["startTime"].is_null(),
        "it was never confirmed"
    );
}

/// The successor knows no id of the create: it finds the create among those that AWS lists as in progress.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_successor_that_does_not_know_the_create_waits_for_it_too() {
    let scene = Scene::with_crashes().await;
    let name = create_is_stuck(&scene).await;
    scene.stage.kill_controllers().await;
    scene.person("bob").decides(&name, "Revoked").await.unwrap();
    scene.stage.start_controller(&[]).await;
    goes_when_aws_lets_it(&scene, &name).await;
    let searched = scene.stage.sandbox.with(|world, _| world.log(0));
    assert!(
        searched
            .iter()
            .any(|entry| entry.operation == "ListAccountAssignmentCreationStatus"),
        "AWS was asked for creates in progress"
    );
}
