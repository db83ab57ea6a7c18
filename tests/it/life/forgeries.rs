//! Records that somebody deletes or forges who may write what the controller writes, but has not the key of the seal.

use kube::api::{Api, DeleteParams, DynamicObject, PostParams};
use serde_json::{Value, json};
use team_operator::api::AccountAssignmentSpec;
use team_operator::domain::record_name;

use super::scene::{Scene, in_seconds};
use crate::support::{account_assignment, eventually, until};

const SET: &str = "DatabaseAdmin";

fn name_of(record: &Value) -> String {
    record["metadata"]["name"].as_str().unwrap().to_owned()
}

async fn records(scene: &Scene) -> Api<DynamicObject> {
    scene.thief().await.cluster_scoped("AccountAssignment")
}

/// Takes the finalizer off and deletes the record.
async fn vanishes(scene: &Scene) {
    let records = records(scene).await;
    let name = name_of(&scene.record(SET).await.unwrap());
    until("the record is stripped and deleted", async || {
        let mut record = records.get(&name).await.ok()?;
        record.metadata.finalizers = None;
        let params = PostParams::default();
        records.replace(&name, &params, &record).await.ok()?;
        records.delete(&name, &DeleteParams::default()).await.ok()
    })
    .await;
}

/// Writes into the record what `change` makes of it.
async fn is_forged(scene: &Scene, change: impl Fn(&mut Value)) {
    let records = records(scene).await;
    let name = name_of(&scene.record(SET).await.unwrap());
    until("the forgery is stored", async || {
        let mut record = json!(records.get(&name).await.ok()?);
        change(&mut record);
        let record = serde_json::from_value(record).unwrap();
        records.replace(&name, &PostParams::default(), &record).await.ok()
    })
    .await;
}

/// A year more for everybody, as far as the record says.
fn with_a_later_end(record: &mut Value) {
    let later = in_seconds(365 * 24 * 3600);
    let claim = &mut record["status"]["claims"][0];
    for field in ["notAfter", "endTime", "admittedUntil"] {
        claim[field] = json!(later);
    }
}

/// The access ends at the time at which it was to end, and AWS was asked to create it once.
async fn ends_as_it_was_to(scene: &Scene, name: &str, end: &Value) {
    let ended = scene.is(name, "Ended").await;
    assert_eq!(ended["status"]["reason"], "EndReached", "{ended}");
    assert_eq!(&ended["status"]["window"]["endTime"], end);
    assert!(!scene.has("alice", SET));
    assert_eq!(scene.calls("CreateAccountAssignment"), 1);
}

async fn end_of(scene: &Scene, name: &str) -> Value {
    scene.read(name).await.unwrap()["status"]["window"]["endTime"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_vanishes_is_written_back_and_the_access_ends_at_its_end() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", SET, "20s").await;
    let (end, before) = (end_of(&scene, &name).await, scene.record(SET).await.unwrap());
    vanishes(&scene).await;
    let restored = scene
        .until_record(SET, "is restored", |record| {
            record["status"]["state"] == "Present" && record["metadata"]["uid"] != before["metadata"]["uid"]
        })
        .await;
    assert_eq!(restored["status"]["claims"], before["status"]["claims"]);
    assert_eq!(
        restored["metadata"]["finalizers"],
        before["metadata"]["finalizers"]
    );
    scene.is_alarmed("RecordRestored", &name_of(&before)).await;
    assert!(scene.has("alice", SET), "it is not removed for that");
    ends_as_it_was_to(&scene, &name, &end).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_vanishes_while_nobody_watches_is_rebuilt_from_its_request() {
    let scene = Scene::with_crashes().await;
    let name = scene.has_access("alice", SET, "25s").await;
    let end = end_of(&scene, &name).await;
    scene.stage.kill_controllers().await;
    vanishes(&scene).await;
    scene.stage.start_controller(&[]).await;
    let rebuilt = scene.record_is(SET, "Present").await;
    assert_eq!(rebuilt["status"]["claims"][0]["endTime"], end);
    scene.is_alarmed("RecordRestored", &name_of(&rebuilt)).await;
    ends_as_it_was_to(&scene, &name, &end).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_end_is_put_right_and_lengthens_nothing() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", SET, "30s").await;
    let end = end_of(&scene, &name).await;
    is_forged(&scene, with_a_later_end).await;
    let restored = scene
        .until_record(SET, "is put right", |record| {
            record["status"]["claims"][0]["endTime"] == end
        })
        .await;
    scene.is_alarmed("RecordRestored", &name_of(&restored)).await;
    ends_as_it_was_to(&scene, &name, &end).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_forged_while_nobody_watches_is_not_believed() {
    let scene = Scene::with_crashes().await;
    let forgeries: [fn(&mut Value); 3] = [
        with_a_later_end,
        |record| record["status"]["state"] = json!("Absent"),
        |record| record["status"]["claims"] = json!([]),
    ];
    for (forge, user) in forgeries.into_iter().zip(["alice", "bob", "mallory"]) {
        let scene = scene.with_another_account();
        let name = scene.has_access(user, SET, "20s").await;
        let end = end_of(&scene, &name).await;
        scene.stage.kill_controllers().await;
        is_forged(&scene, forge).await;
        scene.stage.start_controller(&[]).await;
        let ended = scene.is(&name, "Ended").await;
        assert_eq!(ended["status"]["window"]["endTime"], end);
        assert!(!scene.has(user, SET));
        assert_eq!(scene.calls("CreateAccountAssignment"), 1);
    }
}

/// A record that claims somebody's standing access for the controller, to have it removed; and one that claims what nobody
/// has, to have it created.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_record_that_no_request_knows_is_reported_and_never_acted_on() {
    let scene = Scene::shared().await;
    scene.stage.change(json!({
        "change": "put-assignment", "account": scene.account, "permissionSet": "ReadOnlyAccess", "user": "bob@example.com",
    }));
    let records = records(&scene).await;
    let summary = scene.stage.sandbox.with(|world, _| world.summary());
    for (user, set, state) in [
        ("bob@example.com", "ReadOnlyAccess", "Deleting"),
        ("mallory@example.com", "Waived", "Creating"),
    ] {
        let mut forged = account_assignment("name", &scene.namespace);
        let spec = spec(&summary, user, &scene.account, set);
        forged["metadata"]["name"] = json!(record_name(&spec));
        forged["spec"] = json!(spec);
        forged["status"]["state"] = json!(state);
        forged["status"]["seal"] = json!("v1:00");
        with_a_later_end(&mut forged);
        let object = serde_json::from_value(forged.clone()).unwrap();
        records.create(&PostParams::default(), &object).await.unwrap();
        scene.is_alarmed("RecordBroken", &name_of(&forged)).await;
    }
    // A whole life in the same account, and nothing happened to the others.
    let name = scene.has_access("alice", SET, "30s").await;
    scene.is(&name, "Ended").await;
    assert!(
        scene.has("bob", "ReadOnlyAccess"),
        "standing access is not removed"
    );
    assert!(!scene.has("mallory", "Waived"), "nothing is created");
    scene.assert_calls(1, 1);
}

fn spec(summary: &Value, user: &str, account: &str, set: &str) -> AccountAssignmentSpec {
    let found = |list: &str, field: &str, value: &str| {
        let all = summary[list].as_array().unwrap();
        all.iter().find(|one| one[field] == value).unwrap().clone()
    };
    let spec = json!({
        "instanceArn": summary["instanceArn"],
        "userId": found("users", "userName", user)["id"],
        "accountId": account,
        "permissionSetArn": found("permissionSets", "name", set)["arn"],
        "userName": user,
        "accountName": "account",
        "permissionSetName": set,
    });
    serde_json::from_value(spec).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_version_that_is_written_back_is_put_right_and_gives_nobody_access() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", SET, "1h").await;
    let old = scene.record_is(SET, "Present").await;
    let cancel = json!({ "spec": { "cancelled": true } });
    scene.person("alice").patches(&name, cancel).await.unwrap();
    scene.is(&name, "Revoked").await;
    let newest = scene.record_is(SET, "Absent").await;
    is_forged(&scene, |record| {
        record["status"] = old["status"].clone();
        record["metadata"]["finalizers"] = old["metadata"]["finalizers"].clone();
    })
    .await;
    let right = scene.record_is(SET, "Absent").await;
    assert_eq!(right["status"]["claims"], newest["status"]["claims"]);
    scene.is_alarmed("RecordRestored", &name_of(&newest)).await;
    assert!(!scene.has("alice", SET));
    scene.assert_calls(1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_whose_deletion_is_asked_for_goes_when_nobody_needs_it_any_more() {
    let scene = Scene::shared().await;
    let name = scene.has_access("alice", SET, "30s").await;
    let end = end_of(&scene, &name).await;
    let record = name_of(&scene.record(SET).await.unwrap());
    let records = records(&scene).await;
    records.delete(&record, &DeleteParams::default()).await.unwrap();
    let marked = scene.record(SET).await.unwrap();
    assert!(
        marked["metadata"]["deletionTimestamp"].is_string(),
        "the finalizer keeps it: {marked}"
    );
    ends_as_it_was_to(&scene, &name, &end).await;
    eventually("the record is gone", async || scene.record(SET).await.is_none()).await;
}
