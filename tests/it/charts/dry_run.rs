//! Every file in `ci/`, in the eyes of a real API server: schemas, admission, pod security.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use team_operator_control_plane::{ControlPlane, Options};

use super::helm::{CONTROLLER, DEFINITIONS, chart, ci_values, helm, kubectl, kubectl_with};
use crate::stage::CONTROLLER_NAMESPACE;

/// Definitions of the Prometheus Operator's kinds, out of its own module.
fn monitoring_definitions() -> PathBuf {
    let module = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/charts/prometheus-operator");
    let output = Command::new("go")
        .args(["mod", "download", "-json"])
        .current_dir(module)
        .env("GOFLAGS", "-mod=readonly")
        .output()
        .unwrap_or_else(|error| panic!("the definitions of the Prometheus Operator need Go: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    let module: Value = serde_json::from_str(&said).unwrap_or(Value::Null);
    let folder = module["Dir"].as_str().unwrap_or_else(|| panic!("{said}"));
    PathBuf::from(folder).join("example/prometheus-operator-crd")
}

/// A cluster that serves all kinds that the charts can make.
async fn plane() -> ControlPlane {
    let plane = ControlPlane::start_own(Options::default()).await.unwrap();
    let folder = chart(DEFINITIONS);
    let install = [
        "install",
        DEFINITIONS,
        folder.to_str().unwrap(),
        "-n",
        CONTROLLER_NAMESPACE,
        "--create-namespace",
    ];
    helm(&plane, &install).unwrap();
    let definitions = monitoring_definitions();
    for kind in ["servicemonitors", "podmonitors", "prometheusrules"] {
        let file = definitions.join(format!("monitoring.coreos.com_{kind}.yaml"));
        kubectl(&plane, &["create", "-f", file.to_str().unwrap()]).unwrap();
    }
    let established = [
        "wait",
        "crd",
        "--all",
        "--for=condition=Established",
        "--timeout=60s",
    ];
    kubectl(&plane, &established).unwrap();
    plane
}

/// What helm makes of a chart for this cluster.
fn rendered(plane: &ControlPlane, name: &str, values: &Path) -> Vec<Value> {
    let folder = chart(name);
    let arguments = [
        "template",
        name,
        folder.to_str().unwrap(),
        "-n",
        CONTROLLER_NAMESPACE,
    ];
    let values = ["--dry-run=server", "-f", values.to_str().unwrap()];
    super::helm::documents(&helm(plane, &[&arguments[..], &values].concat()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_accepts_what_every_file_of_values_gives() {
    let plane = plane().await;
    let restricted = json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": { "name": "restricted", "labels": { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": { "name": "team-operator", "namespace": "restricted" },
    });
    kubectl_with(&plane, &["apply"], &[restricted, account]).unwrap();
    for name in [DEFINITIONS, CONTROLLER] {
        for values in ci_values(name) {
            let objects = rendered(&plane, name, &values);
            let dry_run = [
                "apply",
                "--server-side",
                "--force-conflicts",
                "--dry-run=server",
                "--validate=strict",
            ];
            let accepted = kubectl_with(&plane, &dry_run, &objects);
            let accepted = accepted.unwrap_or_else(|error| panic!("{}: {error}", values.display()));
            assert_eq!(
                accepted.lines().count(),
                objects.len(),
                "{}: {accepted}",
                values.display()
            );
            for deployment in objects
                .iter()
                .filter(|object| ["Deployment", "Job"].contains(&object["kind"].as_str().unwrap()))
            {
                passes_as_restricted(&plane, &deployment["spec"]["template"]);
            }
        }
    }
}

#[track_caller]
fn passes_as_restricted(plane: &ControlPlane, template: &Value) {
    let mut pod = template.clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("one");
    pod["metadata"]["namespace"] = json!("restricted");
    let create = ["create", "--dry-run=server", "--validate=strict"];
    kubectl_with(plane, &create, std::slice::from_ref(&pod)).unwrap();
    // The check itself works: what the standard forbids is refused.
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = json!(true);
    let refused = kubectl_with(plane, &create, &[pod]).unwrap_err();
    assert!(refused.contains("violates PodSecurity \"restricted"), "{refused}");
}
