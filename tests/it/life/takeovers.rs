//! One process takes over from another: killed, stopped, or in the middle of a create.

use std::sync::Arc;

use serde_json::{Value, json};
use team_operator_control_plane::Supervised;

use super::scene::Scene;
use crate::support::eventually;

/// A process that wakes after its lease was taken ends and says why.
async fn ends_because_another_leads(old: &Arc<Supervised>) {
    assert!(old.signal("CONT"));
    eventually("the old leader has ended", async || old.ended().is_some()).await;
    assert!(!old.ended().unwrap().success(), "{}", old.log());
    assert!(old.log().contains("leadership lost"), "{}", old.log());
}

async fn leads(controller: &Arc<Supervised>) {
    eventually("the standby leads", async || {
        controller.log().contains("assignments are looked at")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_takes_over_from_a_killed_leader_and_ends_what_is_due() {
    let scene = Scene::with_crashes().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "20s").await;
    let old = scene.stage.controller();
    let standby = scene.stage.start_controller(&[]).await;
    eventually("it stands by", async || standby.log().contains("standby")).await;
    old.kill();
    leads(&standby).await;
    let ended = scene.is(&name, "Ended").await;
    assert_eq!(ended["status"]["reason"], "EndReached");
    assert!(!scene.has("alice", "DatabaseAdmin"));
    assert_eq!(scene.calls("CreateAccountAssignment"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_carried_out_while_the_old_leader_is_stopped_and_stays_so_when_it_wakes() {
    let scene = Scene::with_crashes().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let old = scene.stage.controller();
    assert!(old.signal("STOP"));
    scene.stage.start_controller(&[]).await;
    scene.person("bob").decides(&name, "Revoked").await.unwrap();
    scene.is(&name, "Revoked").await;
    assert!(!scene.has("alice", "DatabaseAdmin"));
    // Nothing is written any more once the journal has it.
    let is_finished = |request: &Value| request["status"]["finished"] == true;
    let over = scene.until(&name, "is finished", is_finished).await;
    ends_because_another_leads(&old).await;
    assert!(!scene.has("alice", "DatabaseAdmin"));
    assert_eq!(scene.read(&name).await.unwrap()["status"], over["status"]);
    assert_eq!(scene.calls("CreateAccountAssignment"), 1);
}

/// How many creates AWS accepted.
fn created(scene: &Scene) -> usize {
    let creates = scene.stage.calls("CreateAccountAssignment", &scene.account);
    creates.iter().filter(|entry| entry.outcome == "ok").count()
}

/// The old leader's create is on its way to AWS when the request is cancelled and a successor takes over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_of_a_stopped_leader_that_lands_after_the_takeover_is_removed() {
    let scene = Scene::with_crashes().await;
    scene.waives().await;
    scene.hold("CreateAccountAssignment", false);
    let name = scene.asks("alice", "Waived", "1h").await;
    scene.a_call_is_held().await;
    let old = scene.stage.controller();
    assert!(old.signal("STOP"));
    let cancel = json!({ "spec": { "cancelled": true } });
    scene.person("alice").patches(&name, cancel).await.unwrap();
    let new = scene.stage.start_controller(&[]).await;
    leads(&new).await;
    scene.record_is("Waived", "Deleting").await;
    scene.release_all();
    scene
        .eventually("the create has landed", async || created(&scene) == 1)
        .await;
    let over = scene
        .until(&name, "is over", |request: &Value| {
            request["status"]["finished"] == true
        })
        .await;
    assert_eq!(over["status"]["phase"], "Cancelled");
    assert!(!scene.has("alice", "Waived"));
    ends_because_another_leads(&old).await;
    assert!(!scene.has("alice", "Waived"), "the old leader creates nothing");
    assert_eq!(created(&scene), 1, "{}", scene.story_of(&name, &over));
}
