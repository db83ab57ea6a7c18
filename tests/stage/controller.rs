//! The controller with what it needs around it.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use identity_center_sandbox::{Options, OrganizationFile, RunningSandbox};
use serde_json::{Value, json};
use team_operator::runtime::SystemClock;
use team_operator_control_plane::{ControlPlane, Program};

use super::objects::{api_of, apply};
use super::roles::bindings;
use super::wait::until;

/// The namespace that the manifests put the controller in.
pub const CONTROLLER_NAMESPACE: &str = "team-operator-system";

/// Installs as people do: with what the program prints. Then the roles are bound, and these rules applied.
pub async fn install(plane: &ControlPlane, rules: &[Value]) {
    let mut manifests = Command::new(env!("CARGO_BIN_EXE_team-operator"));
    let printed = manifests.arg("manifests").stdin(Stdio::null()).output().unwrap();
    assert!(
        printed.status.success(),
        "{}",
        String::from_utf8_lossy(&printed.stderr)
    );
    let mut kubectl = plane.kubectl(ControlPlane::admin_name()).unwrap();
    kubectl
        .args(["apply", "--server-side", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let applied = tokio::task::spawn_blocking(move || {
        let mut kubectl = kubectl.spawn().unwrap();
        kubectl.stdin.take().unwrap().write_all(&printed.stdout).unwrap();
        kubectl.wait().unwrap()
    });
    assert!(applied.await.unwrap().success(), "the manifests were not applied");
    let admin = plane.admin().unwrap();
    for object in bindings().iter().chain(rules) {
        until("our kinds are served", async || apply(&admin, object).await.ok()).await;
    }
}

/// The sandbox for AWS, with this organization.
pub async fn identity_center(organization: &str) -> RunningSandbox {
    let organization = OrganizationFile::parse(organization).unwrap_or_else(|error| panic!("{error}"));
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        organization,
        data: None,
        clock: Arc::new(SystemClock),
    };
    let started = RunningSandbox::start(options).await;
    started.unwrap_or_else(|error| panic!("{error}"))
}

/// The controller's own program as its own service account, with this Identity Center for AWS and these options.
pub async fn program(
    plane: &ControlPlane,
    sandbox: &RunningSandbox,
    log: &Path,
    options: impl IntoIterator<Item = &str>,
) -> Program {
    let token = plane
        .service_account_token(CONTROLLER_NAMESPACE, "team-operator")
        .await
        .unwrap();
    let kubeconfig = plane.kubeconfig_with_token(&token).unwrap();
    let journal = plane.log_folder().unwrap().join("journal.jsonl");
    let mut arguments: Vec<OsString> = vec!["run".into(), "--kubeconfig".into(), kubeconfig.into()];
    arguments.extend([
        "--journal".into(),
        journal.into(),
        "--health-listen=127.0.0.1:0".into(),
    ]);
    arguments.extend(options.into_iter().map(OsString::from));
    let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
    Program {
        name: "team-operator",
        path: env!("CARGO_BIN_EXE_team-operator").into(),
        arguments,
        environment: vec![
            variable("AWS_ENDPOINT_URL", &sandbox.endpoint()),
            variable("AWS_REGION", "eu-central-1"),
            variable("AWS_ACCESS_KEY_ID", "sandbox"),
            variable("AWS_SECRET_ACCESS_KEY", "sandbox"),
            variable("NO_COLOR", "1"),
        ],
        log: log.to_owned(),
    }
}

/// Whether the controller has proven the admission policies and told so.
pub async fn is_guarded(admin: &kube::Client) -> bool {
    let settings =
        json!({ "apiVersion": "team-operator.io/v1alpha1", "kind": "TeamSettings", "metadata": {} });
    let Ok(settings) = api_of(admin, &settings).get("default").await else {
        return false;
    };
    let conditions = settings.data["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "GuardIntact" && condition["status"] == "True")
}
