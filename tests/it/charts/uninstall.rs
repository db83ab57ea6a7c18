//! Uninstalling with access live.

use std::process::{Command, Output};

use serde_json::Value;

use super::helm::{CONTROLLER, DEFINITIONS, helm, kubectl, kubectl_with, rendered, required_values};
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

/// `team-operator uninstall` by the administrator.
async fn uninstalls(ground: &Ground, person: &str, options: &[&str]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_team-operator"));
    command
        .args(["uninstall", "--timeout=2m"])
        .args(options)
        .env("KUBECONFIG", ground.plane.kubeconfig(person).unwrap());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stdout) + &text(output.stderr))
    }
}

/// The condition Ready of the settings, which the controller writes.
async fn settings_are(ground: &Ground, reason: &str) {
    eventually(&format!("TeamSettings are {reason}"), async || {
        let path = "jsonpath={.status.conditions[?(@.type==\"Ready\")].reason}";
        kubectl(&ground.plane, &["get", "teamsettings", "default", "-o", path]).unwrap() == reason
    })
    .await;
}

fn administrator() -> &'static str {
    team_operator_control_plane::ControlPlane::admin_name()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uninstall_ends_all_access_grants_nothing_meanwhile_and_can_be_taken_back() {
    let Installed { ground, pod } = Installed::with_helm().await;
    let active = ground.alice_has_access(0, &pod).await;
    let pending = ground.alice_asks(1).await;
    ground.is(&pending, "Pending", &pod).await;

    let refused = uninstalls(&ground, "alice@example.com", &[]).await.unwrap_err();
    assert!(
        refused.contains("you may not") && refused.contains("revoke elevationrequests.team-operator.io"),
        "{refused}"
    );
    assert!(refused.contains("nothing was changed"), "{refused}");
    settings_are(&ground, "Valid").await;

    let said = uninstalls(&ground, administrator(), &[]).await.unwrap();
    assert!(said.contains("1 AccountAssignment is live or claimed"), "{said}");
    assert!(
        said.contains("helm uninstall team-operator --namespace team-operator-system"),
        "{said}"
    );
    assert!(!ground.has_access(0));
    for (name, phase) in [(&active, "Revoked"), (&pending, "Rejected")] {
        let request = ground.read(name).await;
        assert_eq!(request["status"]["phase"], phase);
        assert_eq!(
            request["metadata"]["finalizers"],
            Value::Null,
            "nobody would take it off"
        );
    }
    settings_are(&ground, "DeletionAllowed").await;
    let later = ground.alice_asks(2).await;
    eventually("the request says why it waits", async || {
        ground.read(&later).await["status"]["reason"] == "DeletionAllowed"
    })
    .await;
    assert_eq!(ground.read(&later).await["metadata"]["finalizers"], Value::Null);

    uninstalls(&ground, administrator(), &["--abort"]).await.unwrap();
    settings_are(&ground, "Valid").await;
    ground.is(&later, "Pending", &pod).await;
    ground.person("carol").decides(&later, "Approved").await.unwrap();
    ground.is(&later, "Active", &pod).await;

    // Without a controller nobody would end that.
    pod.stop().await;
    let refused = uninstalls(&ground, administrator(), &[]).await.unwrap_err();
    assert!(
        refused.contains("no controller leads that would end this access; nothing was changed"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_access_is_not_deleted_with_access_live_and_is_when_all_of_it_is_to_go() {
    let ground = Ground::fresh().await;
    ground.install_definitions();
    let values = ground.values("first.yaml", |values| {
        values["teamSettings"]["spec"]["requestNamespaces"] = serde_json::json!([REQUESTS]);
    });
    ground.controller_chart("install", &values);
    let pod = ground.pod().await;
    ground.add_policies().await;
    ground.until_guarded(&pod).await;
    let name = ground.alice_has_access(0, &pod).await;
    let delete = |what: &[&str]| kubectl(&ground.plane, &[&["delete", "--wait=false"], what].concat());
    for (what, sentence) in [
        (
            &["namespace", REQUESTS][..],
            "TeamSettings name this namespace as one of requests",
        ),
        (
            &["deployment", "team-operator", "-n", CONTROLLER_NAMESPACE],
            "needs team-operator to end access",
        ),
        (&["namespace", CONTROLLER_NAMESPACE], "this namespace holds what"),
    ] {
        let refused = delete(what).unwrap_err();
        assert!(refused.contains(sentence), "{refused}");
    }
    // All of it at once, as people take away what they applied: what protects goes, and what ends access stays.
    let manifests = team_operator::admission::Installation::default().manifests();
    let refused = kubectl_with(&ground.plane, &["delete", "--wait=false"], &manifests).unwrap_err();
    for what in [
        "deleting this definition deletes every",
        "needs team-operator to end access",
        "this namespace holds what",
    ] {
        assert!(refused.contains(what), "{refused}");
    }
    assert_eq!(ground.read(&name).await["status"]["phase"], "Active");

    let said = uninstalls(&ground, administrator(), &["--remove-everything"])
        .await
        .unwrap();
    assert!(said.contains("team-operator is removed"), "{said}");
    assert!(!ground.has_access(0));
    for kind in [
        "crd",
        "validatingadmissionpolicies",
        "clusterroles",
        "clusterrolebindings",
        "namespaces",
    ] {
        let all = names(&ground, kind);
        let ours: Vec<&String> = all
            .iter()
            .filter(|name| name.starts_with("team-") && !name.contains("control-plane"))
            .collect();
        assert!(ours.is_empty(), "{ours:?}");
    }
    assert!(
        names(&ground, "namespaces").contains(&REQUESTS.to_owned()),
        "the namespace of requests is people's"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn helm_removes_nothing_that_ends_access_while_there_is_some_and_the_next_installation_ends_what_is_left()
 {
    let Installed { ground, pod } = Installed::with_helm().await;
    let name = ground.alice_has_access(0, &pod).await;
    let refused = helm(
        &ground.plane,
        &["uninstall", CONTROLLER, "-n", CONTROLLER_NAMESPACE],
    )
    .unwrap_err();
    assert!(
        refused.contains("failed to delete release: team-operator"),
        "{refused}"
    );
    for kind in [
        "deployments",
        "serviceaccounts",
        "roles",
        "rolebindings",
        "clusterroles",
        "clusterrolebindings",
    ] {
        let named = names(&ground, kind);
        let is_ours = |name: &String| name == "team-operator" || name == "team-operator:team-operator-system";
        assert!(named.iter().any(is_ours), "{kind}: {named:?}");
    }

    // Somebody means it, with access live.
    let annotate = [
        "annotate",
        "teamsettings",
        "default",
        "team-operator.io/allow-deletion=true",
    ];
    kubectl(&ground.plane, &annotate).unwrap();
    let policies = names(&ground, "validatingadmissionpolicies");
    let definitions = names(&ground, "customresourcedefinitions");
    for release in [CONTROLLER, DEFINITIONS] {
        ground.helm(&["uninstall", release, "-n", CONTROLLER_NAMESPACE]);
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
    uninstalls(&ground, administrator(), &["--abort"]).await.unwrap();
    ground.alice_cancels(&name).await;
    ground.is(&name, "Revoked", &pod).await;
    assert!(!ground.has_access(0));
}
