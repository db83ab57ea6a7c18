//! Whole lives of a request on what the charts install.

use super::installed::{Ground, Installed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn installed_by_helm_the_controller_gives_and_removes_access_with_the_rights_of_the_chart() {
    let Installed { ground, pod } = Installed::with_helm().await;
    assert!(pod.answers("livenessProbe").await.starts_with("HTTP/1.1 200"));
    pod.says("HTTP/1.1 200").await; // a leader is ready when its watches are filled
    let name = ground.alice_has_access(0, &pod).await;
    ground.alice_cancels(&name).await;
    ground.is(&name, "Revoked", &pod).await;
    assert!(!ground.has_access(0));
    let log = pod.log();
    let refused = log.lines().find(|line| line.contains("forbidden"));
    assert_eq!(refused, None, "a right is missing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_notes_say_what_to_wait_for_and_what_is_missing() {
    let ground = Ground::fresh().await;
    let values = ground.values("bare.yaml", |values| {
        values["teamSettings"]["create"] = false.into();
    });
    let notes = ground.controller_chart("install", &values);
    assert!(notes.contains("install the chart team-operator-crds"), "{notes}");
    assert!(
        notes.contains("Nothing can be requested before there is a TeamSettings"),
        "{notes}"
    );
    assert!(
        notes.contains("kubectl wait teamsettings/default --for=condition=GuardIntact"),
        "{notes}"
    );
}
