//! Upgrades and rollbacks with a grant in flight, with a variant of this version: another message, and a field more.

use std::path::{Path, PathBuf};

use super::helm::{CONTROLLER, DEFINITIONS, chart};
use super::installed::{Ground, Installed};
use crate::stage::{CONTROLLER_NAMESPACE, eventually};

/// A copy of the chart of definitions as a later version could be.
fn later_version(folder: &Path) -> PathBuf {
    let copy = folder.join(DEFINITIONS);
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(chart(DEFINITIONS))
        .arg(&copy)
        .status();
    assert!(copied.unwrap().success());
    let policy = copy.join("templates/policies/policy-writers.yaml");
    edit(
        &policy,
        "is none of the policyWriters",
        "is not among the policyWriters",
    );
    edit(&copy.join("Chart.yaml"), "version: 0.1.0", "version: 0.2.0");
    let field = "              accountId:\n";
    let added = format!("              fieldOfALaterVersion:\n                type: string\n{field}");
    edit(&copy.join("templates/crds/elevationrequests.yaml"), field, &added);
    copy
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{} has no {from}", file.display());
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
}

async fn guard_is(ground: &Ground, status: &str) {
    eventually(&format!("GuardIntact is {status}"), async || {
        let path = "jsonpath={.status.conditions[?(@.type==\"GuardIntact\")].status}";
        let arguments = ["get", "teamsettings", "default", "-o", path];
        super::helm::kubectl(&ground.plane, &arguments).unwrap() == status
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_definitions_are_ahead_of_the_controller_access_stays_ends_and_is_not_given() {
    let Installed { ground, pod } = Installed::with_helm().await;
    let (first, second) = (
        ground.alice_has_access(0, &pod).await,
        ground.alice_has_access(1, &pod).await,
    );
    let folder = tempfile::tempdir().unwrap();
    let later = later_version(folder.path());
    ground.helm(&[
        "upgrade",
        DEFINITIONS,
        later.to_str().unwrap(),
        "-n",
        CONTROLLER_NAMESPACE,
    ]);
    guard_is(&ground, "Unknown").await;
    ground.alice_cancels(&first).await;
    ground.is(&first, "Revoked", &pod).await;
    assert!(!ground.has_access(0) && ground.has_access(1));
    let third = ground.alice_asks(2).await;
    eventually("the request says why it waits", async || {
        ground.read(&third).await["status"]["reason"] == "GuardUnproven"
    })
    .await;

    ground.helm(&["rollback", DEFINITIONS, "1", "-n", CONTROLLER_NAMESPACE]);
    guard_is(&ground, "True").await;
    ground.is(&third, "Pending", &pod).await;
    ground.person("carol").decides(&third, "Approved").await.unwrap();
    ground.is(&third, "Active", &pod).await;
    for (name, account) in [(second, 1), (third, 2)] {
        ground.alice_cancels(&name).await;
        ground.is(&name, "Revoked", &pod).await;
        assert!(!ground.has_access(account));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upgrade_and_rollback_of_the_controller_carry_a_grant_over() {
    let Installed { ground, pod } = Installed::with_helm().await;
    let name = ground.alice_has_access(0, &pod).await;
    let values = ground.values("second.yaml", |values| {
        values["log"] = serde_json::json!({ "format": "text" });
    });
    ground.controller_chart("upgrade", &values);
    let upgraded = ground.pod().await;
    let answer = upgraded.says("[+] leader").await;
    assert!(
        answer.starts_with("HTTP/1.1 200"),
        "a standby is ready, or the rollout would not go on: {answer}"
    );
    pod.stop().await;
    upgraded.says("leads").await;
    let other = ground.alice_has_access(1, &upgraded).await;

    ground.helm(&["rollback", CONTROLLER, "1", "-n", CONTROLLER_NAMESPACE]);
    let back = ground.pod().await;
    back.says("[+] leader").await;
    upgraded.stop().await;
    for (name, account) in [(name, 0), (other, 1)] {
        ground.alice_cancels(&name).await;
        ground.is(&name, "Revoked", &back).await;
        assert!(!ground.has_access(account));
    }
}
