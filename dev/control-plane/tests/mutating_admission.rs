//! What an API server really does about mutating policies, in each of the three worlds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Client;
use kube::api::{Api, ObjectMeta, PostParams};
use serde_json::{Value, json};
use team_operator_control_plane::{ControlPlane, MutatingAdmission, Options};

const ADMISSION: &str = "/apis/admissionregistration.k8s.io/v1";
/// Policies act about a second after they were written.
const SOON: Duration = Duration::from_secs(30);
const CONFIG_MAPS: &str = "configmaps";

async fn create(admin: &Client, kind: &str, object: &Value) -> Result<Value, kube::Error> {
    let request =
        http::Request::post(format!("{ADMISSION}/{kind}")).header("Content-Type", "application/json");
    admin
        .request(request.body(object.to_string().into_bytes()).unwrap())
        .await
}

fn on_created_config_maps() -> Value {
    let rule = json!({"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": [CONFIG_MAPS]});
    json!({"resourceRules": [rule]})
}

/// A policy that stamps config maps, if anything does.
async fn stamp(admin: &Client) -> Result<(), kube::Error> {
    let stamp = r#"Object{metadata: Object.metadata{labels: {"stamped": "yes"}}}"#;
    let mutation = json!({"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": stamp}});
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": "stamp"},
        "spec": {
            "matchConstraints": on_created_config_maps(),
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "mutations": [mutation],
        },
    });
    create(admin, "mutatingadmissionpolicies", &policy).await?;
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": "stamp"},
        "spec": {"policyName": "stamp"},
    });
    create(admin, "mutatingadmissionpolicybindings", &binding).await?;
    Ok(())
}

/// A policy that refuses config maps called `probe`, to see when policies written before it must be in force.
async fn refuse_probes(admin: &Client) {
    let validation = json!({"expression": "object.metadata.name != 'probe'", "message": "no probes"});
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "refuse-probes"},
        "spec": {"matchConstraints": on_created_config_maps(), "validations": [validation]},
    });
    create(admin, "validatingadmissionpolicies", &policy)
        .await
        .unwrap();
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "refuse-probes"},
        "spec": {"policyName": "refuse-probes", "validationActions": ["Deny"]},
    });
    create(admin, "validatingadmissionpolicybindings", &binding)
        .await
        .unwrap();
}

async fn try_config_map(admin: &Client, name: &str) -> Result<ConfigMap, kube::Error> {
    let metadata = ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    };
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let object = ConfigMap {
        metadata,
        ..ConfigMap::default()
    };
    Api::namespaced(admin.clone(), "default")
        .create(&dry_run, &object)
        .await
}

/// Finds out by trying.
async fn observe(admin: &Client) -> MutatingAdmission {
    let kinds = admin
        .list_api_group_resources("admissionregistration.k8s.io/v1")
        .await
        .unwrap();
    let served = kinds
        .resources
        .iter()
        .any(|kind| kind.name.starts_with("mutatingadmissionpolic"));
    let stamped = stamp(admin).await;
    assert_eq!(stamped.is_ok(), served, "{stamped:?}");
    refuse_probes(admin).await;
    let start = Instant::now();
    while try_config_map(admin, "probe").await.is_ok() {
        assert!(start.elapsed() < SOON, "a validating policy does not act");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The mutating policy may still be a moment behind the validating one.
    let start = Instant::now();
    let patience = if served {
        Duration::from_secs(3)
    } else {
        Duration::ZERO
    };
    loop {
        let labels = try_config_map(admin, "ordinary")
            .await
            .unwrap()
            .metadata
            .labels
            .unwrap_or_default();
        match (labels.contains_key("stamped"), served) {
            (true, _) => return MutatingAdmission::Stamping,
            (false, false) => return MutatingAdmission::NotServed,
            (false, true) if start.elapsed() > patience => return MutatingAdmission::Inert,
            (false, true) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn check(wanted: MutatingAdmission) {
    let options = Options {
        mutating_admission: wanted,
        ..Options::default()
    };
    let control_plane = ControlPlane::start_own(options).await.unwrap();
    let observed = observe(&control_plane.admin().unwrap()).await;
    assert_eq!(control_plane.mutating_admission(), Some(observed));
    let version = control_plane.kubernetes_version().unwrap();
    let expected = if version.has_mutating_admission() {
        wanted
    } else {
        MutatingAdmission::NotServed
    };
    assert_eq!(observed, expected);
}

#[tokio::test]
async fn stamping_policies_change_objects() {
    check(MutatingAdmission::Stamping).await;
}

#[tokio::test]
async fn inert_policies_are_accepted_and_change_nothing() {
    check(MutatingAdmission::Inert).await;
}

#[tokio::test]
async fn policies_that_are_not_served_are_refused() {
    check(MutatingAdmission::NotServed).await;
}
