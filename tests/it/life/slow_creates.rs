//! AWS keeps a create in progress for longer than anybody waits, and the access is revoked meanwhile.

use chrono::TimeDelta;
use serde_json::{Value, json};
use team_operator::ports::Clock as _;
use team_operator::runtime::SystemClock;

use super::scene::Scene;

/// Longer than these tests' controller waits for a create without a final word (`--create-bound`).
const LONG: TimeDelta = TimeDelta::seconds(30);

/// How long a delete may take to be sent again after the create has landed.
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
    scene
        .eventually("AWS is at work on the create", async || {
            scene.calls("CreateAccountAssignment") == 1
        })
        .await;
    scene.record_is("DatabaseAdmin", "Creating").await;
    name
}

/// The delete is refused, the request does not end, and when AWS has created the assignment it goes at once.
async fn goes_when_aws_lets_it(scene: &Scene, name: &str) -> Value {
    let deletes = || scene.stage.calls("DeleteAccountAssignment", &scene.account);
    let lists = || scene.stage.calls("ListAccountAssignments", &scene.account);
    scene
        .eventually(
            "AWS refuses the delete, and is asked for long whether the create lands",
            async || {
                let (first, last) = (deletes().into_iter().next(), lists().into_iter().next_back());
                first
                    .zip(last)
                    .is_some_and(|(first, last)| last.at - first.at > LONG)
            },
        )
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
async fn a_revoked_create_that_lands_at_last_is_deleted_at_once() {
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
