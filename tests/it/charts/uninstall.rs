//! Uninstalling with access live.

use serde_json::Value;

use super::helm::{CONTROLLER, DEFINITIONS, kubectl};
use super::installed::{Ground, Installed, REQUESTS};
use crate::stage::CONTROLLER_NAMESPACE;

/// The names of all objects of a kind.
fn names(ground: &Ground, kind: &str) -> Vec<String> {
    let list = kubectl(&ground.plane, &["get", kind, "-A", "-o", "json"]).unwrap();
    let list: Value = serde_json::from_str(&list).unwrap();
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uninstalling_with_access_live_loses_nothing_and_the_next_installation_ends_it() {
    let Installed { ground, pod } = Installed::with_helm().await;
    let name = ground.alice_has_access(0, &pod).await;
    let policies = names(&ground, "validatingadmissionpolicies");
    let definitions = names(&ground, "customresourcedefinitions");
    for release in [CONTROLLER, DEFINITIONS] {
        let said = ground.helm(&["uninstall", release, "-n", CONTROLLER_NAMESPACE]);
        assert!(said.contains("kept due to the resource policy"), "{said}");
    }
    pod.stop().await;

    assert_eq!(names(&ground, "validatingadmissionpolicies"), policies);
    assert_eq!(names(&ground, "customresourcedefinitions"), definitions);
    assert_eq!(names(&ground, "teamsettings"), ["default"]);
    assert!(names(&ground, "namespaces").contains(&REQUESTS.to_owned()));
    assert_eq!(names(&ground, "elevationrequests"), [name.as_str()]);
    assert_eq!(names(&ground, "accountassignments").len(), 1);
    assert!(names(&ground, "secrets").contains(&"team-operator-seal".to_owned()));
    assert!(ground.has_access(0), "nobody is there who could end it");
    let deployments = names(&ground, "deployments");
    assert!(deployments.is_empty(), "{deployments:?}");

    ground.helm(&[
        "install",
        DEFINITIONS,
        super::helm::chart(DEFINITIONS).to_str().unwrap(),
        "-n",
        CONTROLLER_NAMESPACE,
    ]);
    ground.controller_chart("install", &ground.values("again.yaml", |_| ()));
    let pod = ground.pod().await;
    ground.alice_cancels(&name).await;
    ground.is(&name, "Revoked", &pod).await;
    assert!(!ground.has_access(0));
}
