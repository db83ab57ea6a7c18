//! The orders in which GitOps tools apply the charts, replayed with kubectl. The tools themselves do not run here.

use serde_json::Value;

use super::helm::{CONTROLLER, DEFINITIONS, kubectl, kubectl_with, rendered};
use super::installed::Ground;
use crate::stage::{CONTROLLER_NAMESPACE, until};

/// Kinds in the order in which Helm, Argo CD and Flux apply those of one wave; all others come last, by name.
const KINDS: [&str; 12] = [
    "Namespace",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "ConfigMap",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Service",
    "Deployment",
];

const WAVE: &str = "argocd.argoproj.io/sync-wave";

fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap()
}

fn wave(object: &Value) -> i32 {
    let wave = object["metadata"]["annotations"][WAVE].as_str();
    wave.map_or(0, |wave| wave.parse().unwrap())
}

/// By wave, then by kind, then by name.
fn in_order(mut objects: Vec<Value>) -> Vec<Value> {
    objects.sort_by_key(|object| {
        let place = KINDS.iter().position(|known| *known == kind(object));
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        (
            wave(object),
            place.unwrap_or(KINDS.len()),
            kind(object).to_owned(),
            name,
        )
    });
    objects
}

/// What a tool that renders by itself gets: it knows the cluster's versions, and looks nothing up.
fn all(chart: &str, options: &[&str]) -> Vec<Value> {
    let serves = "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy";
    rendered(
        chart,
        CONTROLLER_NAMESPACE,
        &[options, &["--api-versions", serves]].concat(),
    )
    .unwrap()
}

fn applied(ground: &Ground, objects: &[Value]) -> Result<String, String> {
    kubectl_with(&ground.plane, &["apply", "--server-side"], objects)
}

fn create_namespace(ground: &Ground) {
    kubectl(&ground.plane, &["create", "namespace", CONTROLLER_NAMESPACE]).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_order_of_one_argo_cd_application_the_controller_starts_before_its_settings_and_works() {
    let ground = Ground::fresh().await;
    create_namespace(&ground);
    let values = ground.values("values.yaml", |_| ());
    let values = ["-f", values.to_str().unwrap()];
    let objects = in_order([all(DEFINITIONS, &[]), all(CONTROLLER, &values)].concat());
    let waves: Vec<i32> = objects.iter().map(wave).collect();
    assert_eq!((waves[0], waves[waves.len() - 1]), (-20, 0));
    let mut pod = None;
    // Each wave waits until the one before is healthy; within a wave each kind is applied by itself.
    for group in objects.chunk_by(|one, other| kind(one) == kind(other) && wave(one) == wave(other)) {
        applied(&ground, group).unwrap();
        if kind(&group[0]) == "CustomResourceDefinition" {
            let established = [
                "wait",
                "crd",
                "--all",
                "--for=condition=Established",
                "--timeout=30s",
            ];
            kubectl(&ground.plane, &established).unwrap();
        }
        if kind(&group[0]) == "Deployment" {
            pod = Some(ground.pod().await);
        }
    }
    let pod = pod.unwrap();
    ground.add_policies().await;
    ground.until_guarded(&pod).await;
    let name = ground.alice_has_access(0, &pod).await;
    // What is synchronized again stays as it is.
    let again = applied(&ground, &objects).unwrap();
    assert_eq!(again.lines().count(), objects.len());
    ground.alice_cancels(&name).await;
    ground.is(&name, "Revoked", &pod).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_that_is_applied_before_the_definitions_waits_and_goes_on_by_itself() {
    let ground = Ground::fresh().await;
    create_namespace(&ground);
    let values = ground.values("values.yaml", |_| ());
    let controller = in_order(all(CONTROLLER, &["-f", values.to_str().unwrap()]));
    let refused = applied(&ground, &controller).unwrap_err();
    assert!(
        refused.contains("no matches for kind \"TeamSettings\""),
        "{refused}"
    );
    let pod = ground.pod().await;
    let waiting = pod.says("[-] definitions: waiting").await;
    assert!(
        waiting.starts_with("HTTP/1.1 503") && waiting.contains("the chart team-operator-crds"),
        "{waiting}"
    );
    applied(&ground, &in_order(all(DEFINITIONS, &[]))).unwrap();
    // The retry of the tool.
    until("the controller's chart is applied", async || {
        applied(&ground, &controller).ok()
    })
    .await;
    ground.add_policies().await;
    ground.until_guarded(&pod).await;
    ground.alice_has_access(0, &pod).await;
}
