//! The controller killed, stopped and started again: in each phase, and on either side of each call that changes AWS. The
//! sandbox holds calls back; nothing in the controller knows of these tests.

use serde_json::{Value, json};

use super::scene::{Scene, in_seconds};
use crate::support::eventually;

async fn cancel(scene: &Scene, name: &str) {
    let patch = json!({ "spec": { "cancelled": true } });
    scene.person("alice").patches(name, patch).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_every_phase_it_goes_on_where_it_was() {
    let scene = Scene::with_crashes().await;
    let name = scene.asks("alice", "DatabaseAdmin", "20s").await;
    scene.is(&name, "Pending").await;
    scene.stage.kill_controllers().await;
    scene.person("carol").decides(&name, "Approved").await.unwrap();
    scene.stage.start_controller(&[]).await;
    let active = scene.is(&name, "Active").await;
    let end = active["status"]["window"]["endTime"].clone();
    scene.stage.kill_controllers().await;
    let trouble = scene.stage.trouble(json!({
        "on": { "operation": "DeleteAccountAssignment", "account": scene.account },
        "effect": { "kind": "unavailable", "applied": false },
    }));
    scene.stage.start_controller(&[]).await;
    let revoking = scene.is(&name, "Revoking").await;
    assert_eq!(
        revoking["status"]["window"]["endTime"], end,
        "a restart makes access no longer"
    );
    scene.stage.kill_controllers().await;
    scene.stage.peace(trouble);
    scene.stage.start_controller(&[]).await;
    let ended = scene.is(&name, "Ended").await;
    assert_eq!(ended["status"]["reason"], "EndReached");
    assert!(!scene.has("alice", "DatabaseAdmin"));
    assert_eq!(scene.calls("CreateAccountAssignment"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_waits_for_a_start_it_waits_on() {
    let scene = Scene::with_crashes().await;
    scene.waives().await;
    let start = in_seconds(3600);
    let name = scene
        .asks_with("alice", "Waived", "1h", |request| {
            request["spec"]["startTime"] = json!(start);
        })
        .await;
    let approved = scene.is(&name, "Approved").await;
    scene.stage.kill_controllers().await;
    scene.stage.start_controller(&[]).await;
    let waits = scene.is(&name, "Approved").await;
    assert_eq!(waits["status"]["window"], approved["status"]["window"]);
    cancel(&scene, &name).await;
    scene.is(&name, "Cancelled").await;
    assert_eq!(scene.calls("CreateAccountAssignment"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn down_across_the_end_it_removes_at_the_restart_and_records_the_true_end() {
    let scene = Scene::with_crashes().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "30s").await;
    scene.stage.kill_controllers().await;
    let end = scene.read(&name).await.unwrap()["status"]["window"]["endTime"].clone();
    eventually("the end has passed", async || {
        use team_operator::ports::Clock as _;
        let end: chrono::DateTime<chrono::Utc> = end.as_str().unwrap().parse().unwrap();
        team_operator::runtime::SystemClock.now() > end
    })
    .await;
    assert!(
        scene.has("alice", "DatabaseAdmin"),
        "nobody is there to remove it"
    );
    scene.stage.start_controller(&[]).await;
    let ended = scene.is(&name, "Ended").await;
    assert_eq!(ended["status"]["window"]["endTime"], end);
    assert!(
        ended["status"]["assignment"]["goneTime"].as_str() > end.as_str(),
        "when it really went"
    );
    assert!(!scene.has("alice", "DatabaseAdmin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_a_create_takes_effect_and_cancelled_it_leaves_nothing_when_the_create_lands_late() {
    let scene = Scene::with_crashes().await;
    scene.waives().await;
    scene.hold("CreateAccountAssignment", false);
    let name = scene.asks("alice", "Waived", "1h").await;
    scene.a_call_is_held().await;
    scene.stage.kill_controllers().await;
    let intent = scene.record("Waived").await.unwrap();
    assert_eq!(
        intent["status"]["state"], "Creating",
        "the intent was stored first"
    );
    assert!(intent["status"]["create"]["outcome"].is_null());
    cancel(&scene, &name).await;
    scene.release_all();
    scene.stage.start_controller(&[]).await;
    let over = scene
        .until(&name, "is over", |request: &Value| {
            request["status"]["finished"] == true
        })
        .await;
    assert_eq!(over["status"]["phase"], "Cancelled");
    assert_eq!(over["status"]["assignment"]["state"], "Absent");
    assert!(
        !scene.has("alice", "Waived"),
        "the create that landed late was removed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_a_create_took_effect_it_finds_the_access_and_ends_it() {
    let scene = Scene::with_crashes().await;
    scene.waives().await;
    scene.hold("CreateAccountAssignment", true);
    let name = scene.asks("alice", "Waived", "1h").await;
    scene.a_call_is_held().await;
    scene.stage.kill_controllers().await;
    assert!(scene.has("alice", "Waived") || scene.calls("CreateAccountAssignment") == 1);
    scene.stage.start_controller(&[]).await;
    scene.is(&name, "Active").await;
    scene.release_all();
    cancel(&scene, &name).await;
    scene.is(&name, "Revoked").await;
    assert!(!scene.has("alice", "Waived"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_on_either_side_of_a_delete_it_ends_the_access_all_the_same() {
    let scene = Scene::with_crashes().await;
    scene.waives().await;
    for applied in [false, true] {
        let name = scene.asks("alice", "Waived", "1h").await;
        scene.is(&name, "Active").await;
        scene.hold("DeleteAccountAssignment", applied);
        cancel(&scene, &name).await;
        scene.a_call_is_held().await;
        scene.stage.kill_controllers().await;
        scene.stage.start_controller(&[]).await;
        scene.is(&name, "Revoked").await;
        scene.release_all();
        assert!(!scene.has("alice", "Waived"), "applied: {applied}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_leader_that_wakes_after_the_whole_life_of_a_request_sends_no_create_and_ends() {
    let scene = Scene::with_crashes().await;
    scene.waives().await;
    let old = scene.stage.controller();
    assert!(old.signal("STOP"));
    scene.stage.start_controller(&[]).await;
    let name = scene.asks("alice", "Waived", "5s").await;
    scene.is(&name, "Ended").await;
    assert!(old.signal("CONT"));
    eventually("the old leader has ended", async || old.ended().is_some()).await;
    assert!(!old.ended().unwrap().success(), "{}", old.log());
    assert!(old.log().contains("leadership lost"), "{}", old.log());
    assert_eq!(scene.calls("CreateAccountAssignment"), 1);
    assert!(!scene.has("alice", "Waived"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_another_instance_configured_nothing_is_believed_gone() {
    let scene = Scene::with_crashes().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "30s").await;
    scene.stage.kill_controllers().await;
    let another = "--identity-center-instance-arn=arn:aws:sso:::instance/ssoins-0000000000000000";
    let wrong = scene.stage.start_controller(&[another]).await;
    eventually("it says what is wrong", async || {
        wrong.log().contains("ssoins-0000000000000000")
    })
    .await;
    assert_eq!(scene.read(&name).await.unwrap()["status"]["phase"], "Active");
    assert!(scene.has("alice", "DatabaseAdmin"));
    scene.stage.kill_controllers().await;
    scene.stage.start_controller(&[]).await;
    scene.is(&name, "Ended").await;
    assert!(!scene.has("alice", "DatabaseAdmin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_it_finishes_gives_the_lease_back_and_the_next_one_leads_at_once() {
    let scene = Scene::with_crashes().await;
    let old = scene.stage.controller();
    assert!(old.signal("TERM"));
    eventually("it has ended", async || old.ended().is_some()).await;
    assert!(old.ended().unwrap().success(), "{}", old.log());
    scene.stage.start_controller(&[]).await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&name, "Pending").await;
}
