//! Uninstalling with access live.

use std::process::{Command, Output};

use serde_json::Value;

use super::helm::{CONTROLLER, DEFINITIONS, kubectl, rendered, required_values};
use super::installed::{Ground, Installed, REQUESTS};
use crate::stage::{CONTROLLER_NAMESPACE, eventually};

/// The names of all objects of a kind.
fn names(ground: &Ground, kind: &str) -> Vec<String> {
    let list = kubectl(&ground.plane, &["get", kind, "-A", "-o", "json"]).unwrap();
    let list: Value = serde_json::from_str(&list).unwrap();
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

/// What the Job of the chart says that runs before the uninstallation, with the rights that it would have.
async fn checked(ground: &Ground) -> Output {
    let account = check_job()["spec"]["template"]["spec"]["serviceAccountName"].clone();
    let account = account.as_str().unwrap();
    let token = ground
        .plane
        .service_account_token(CONTROLLER_NAMESPACE, account)
        .await
        .unwrap();
    run_check(ground, &token).await
}

fn check_job() -> Value {
    let values = required_values();
    let objects = rendered(
        CONTROLLER,
        CONTROLLER_NAMESPACE,
        &["-f", values.to_str().unwrap()],
    )
    .unwrap();
    let job = objects
        .into_iter()
        .find(|object| object["kind"] == "Job")
        .unwrap();
    assert_eq!(job["metadata"]["annotations"]["helm.sh/hook"], "pre-delete");
    job
}

async fn run_check(ground: &Ground, token: &str) -> Output {
    let job = check_job();
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let arguments = container["args"].as_array().unwrap().iter();
    let mut command = Command::new(env!("CARGO_BIN_EXE_team-operator"));
    command
        .args(arguments.map(|argument| argument.as_str().unwrap()))
        .env("KUBECONFIG", ground.plane.kubeconfig_with_token(token).unwrap());
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_check_before_an_uninstallation_fails_as_long_as_somebody_has_access() {
    let Installed { ground, pod } = Installed::with_helm().await;
    assert!(
        checked(&ground).await.status.success(),
        "nobody has asked for anything yet"
    );
    let name = ground.alice_has_access(0, &pod).await;
    let refused = checked(&ground).await;
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && said.contains("1 AccountAssignment is live or claimed: 100000000000-"),
        "{said}"
    );
    assert!(
        said.contains("(Present); without the controller nobody removes that access"),
        "{said}"
    );
    ground.alice_cancels(&name).await;
    ground.is(&name, "Revoked", &pod).await;
    eventually("nothing is left", async || {
        checked(&ground).await.status.success()
    })
    .await;

    // What cannot be read may be there.
    let refused = run_check(&ground, "not a token").await;
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && said.contains("nobody knows who has access"),
        "{said}"
    );
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
