//! From the program's manifests to the charts.

use serde_json::json;
use team_operator::admission::Installation;

use super::helm::{CONTROLLER, DEFINITIONS, chart, helm, kubectl_with, rendered};
use super::installed::Ground;
use crate::stage::{CONTROLLER_NAMESPACE, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_manifests_installed_becomes_a_release_with_access_live() {
    let ground = Ground::fresh().await;
    let manifests = Installation::default().manifests();
    // The definitions take a moment to be served.
    until("the manifests are applied", async || {
        kubectl_with(&ground.plane, &["apply", "--server-side"], &manifests).ok()
    })
    .await;
    // A Deployment that somebody wrote for themselves, and what else people bring.
    let values = ground.values("own.yaml", |_| ());
    let own = rendered(
        CONTROLLER,
        CONTROLLER_NAMESPACE,
        &["-f", values.to_str().unwrap()],
    )
    .unwrap();
    let kinds = ["Deployment", "TeamSettings", "Namespace"];
    let mut own: Vec<_> = own
        .into_iter()
        .filter(|object| kinds.contains(&object["kind"].as_str().unwrap()))
        .collect();
    for object in &mut own {
        object["metadata"]["labels"] = json!({});
        object["metadata"]["annotations"] = json!({});
    }
    until("what people bring is applied", async || {
        kubectl_with(&ground.plane, &["apply", "--server-side"], &own).ok()
    })
    .await;
    let pod = ground.pod().await;
    ground.add_policies().await;
    ground.until_guarded(&pod).await;
    let name = ground.alice_has_access(0, &pod).await;

    let definitions = chart(DEFINITIONS);
    let controller = chart(CONTROLLER);
    let (definitions, controller) = (definitions.to_str().unwrap(), controller.to_str().unwrap());
    let refused = helm(
        &ground.plane,
        &["install", DEFINITIONS, definitions, "-n", CONTROLLER_NAMESPACE],
    );
    assert!(
        refused
            .unwrap_err()
            .contains("cannot be imported into the current release")
    );
    let take = [
        "-n",
        CONTROLLER_NAMESPACE,
        "--take-ownership",
        "--force-conflicts",
    ];
    ground.helm(&[&["install", DEFINITIONS, definitions], &take[..]].concat());
    let with_values = ["-f", values.to_str().unwrap()];
    ground.helm(&[&["install", CONTROLLER, controller], &take[..], &with_values].concat());

    // What the chart's Deployment starts goes on where the other was. Both would listen on one port of this machine.
    pod.stop().await;
    let after = ground.pod().await;
    after.says("leads").await;
    ground.until_guarded(&after).await;
    ground.alice_cancels(&name).await;
    ground.is(&name, "Revoked", &after).await;
    assert!(!ground.has_access(0));
}
