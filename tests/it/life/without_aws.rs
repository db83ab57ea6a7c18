//! A start while AWS is away.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::scene::Scene;
use crate::support::eventually;

/// How soon after its end access is asked to be removed, by a process that began without AWS.
const FIRST_TRY: TimeDelta = TimeDelta::seconds(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aws_that_is_away_at_the_start_delays_neither_the_lease_nor_the_first_try_of_a_removal() {
    let scene = Scene::with_crashes().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "30s").await;
    let request = scene.read(&name).await.unwrap();
    let end: DateTime<Utc> = request["status"]["window"]["endTime"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    scene.stage.kill_controllers().await;
    let away = scene.stage.trouble(json!({
        "on": {},
        "effect": { "kind": "refuse", "code": "InternalServerException" },
    }));

    let controller = scene.stage.start_controller(&[]).await;
    eventually("it has the lease, and is told of no instance", async || {
        let log = controller.log();
        log.contains("acquired the lease") && log.contains("AWS has not answered since the start")
    })
    .await;
    eventually("a delete was tried", async || {
        scene.calls("DeleteAccountAssignment") > 0
    })
    .await;
    let tries = scene.stage.calls("DeleteAccountAssignment", &scene.account);
    let late = tries[0].at - end;
    assert!(
        late >= TimeDelta::zero() && late <= FIRST_TRY,
        "{} s after the end",
        late.num_seconds()
    );
    assert!(scene.has("alice", "DatabaseAdmin"), "AWS refuses everything");

    scene.stage.peace(away);
    let ended = scene.is(&name, "Ended").await;
    assert_eq!(ended["status"]["reason"], "EndReached");
    assert!(!scene.has("alice", "DatabaseAdmin"));
    eventually("AWS has named the instance", async || {
        controller
            .log()
            .contains("AWS has named the instance of the records")
    })
    .await;
    let next = scene.has_access("alice", "ReadOnlyAccess", "1h").await;
    let cancel = json!({ "spec": { "cancelled": true } });
    scene.person("alice").patches(&next, cancel).await.unwrap();
    scene.is(&next, "Revoked").await;
}
