//! What helm makes of the charts without a cluster: what the program prints, golden files, and refusals.

use std::path::Path;

use serde_json::{Value, json};
use team_operator::admission::Installation;

use super::helm::{CONTROLLER, DEFINITIONS, chart, ci_values, offline, rendered, required_values};

/// Kinds that are compared with what the program prints.
const GENERATED: [&str; 5] = [
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
];

fn options(values: &Path) -> [&str; 2] {
    ["-f", values.to_str().unwrap()]
}

/// The object without the labels and annotations that charts add.
fn plain(object: &Value) -> Value {
    let mut object = object.clone();
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.remove("labels");
    metadata.remove("annotations");
    object
}

/// By kind and name.
fn sorted(objects: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut objects: Vec<Value> = objects.into_iter().collect();
    let key = |object: &Value| (object["kind"].to_string(), object["metadata"]["name"].to_string());
    objects.sort_by_key(key);
    objects
}

#[track_caller]
fn are_the_same(ours: Vec<Value>, theirs: Vec<Value>) {
    let (ours, theirs) = (sorted(ours), sorted(theirs));
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
}

#[test]
fn both_charts_are_what_the_program_prints() {
    let namespace = ["--set", "stamping=enabled"];
    let installed = [
        rendered(DEFINITIONS, "team-operator-system", &namespace).unwrap(),
        rendered(CONTROLLER, "team-operator-system", &options(&required_values())).unwrap(),
    ];
    let is_generated = |object: &&Value| {
        let kind = object["kind"].as_str().unwrap();
        GENERATED.contains(&kind) || kind.contains("Admission") || kind == "CustomResourceDefinition"
    };
    let installed = installed
        .iter()
        .flatten()
        .filter(is_generated)
        .map(plain)
        .collect();
    // Helm makes the namespace by an option of its own.
    let printed = Installation::default().manifests();
    let printed = printed.into_iter().filter(|object| object["kind"] != "Namespace");
    are_the_same(installed, printed.collect());
}

#[test]
fn with_other_names_the_chart_is_what_the_program_prints_with_them() {
    let values = chart(DEFINITIONS).join("ci/names-values.yaml");
    let installed = rendered(DEFINITIONS, "anywhere", &options(&values)).unwrap();
    let writers = [
        "system:serviceaccount:argocd:argocd-application-controller",
        "o'neil\"@example.com",
    ];
    let installation = Installation::new("platform", "elevator")
        .and_then(|installation| installation.with_policy_writers(writers.map(str::to_owned).to_vec()))
        .unwrap();
    let printed = installation
        .validating_policies()
        .into_iter()
        .chain(installation.deletion_policies())
        .chain(team_operator::api::all_crds());
    for object in &installed {
        assert_eq!(object["metadata"]["labels"]["example.com/team"], "platform");
    }
    are_the_same(installed.iter().map(plain).collect(), printed.collect());
}

#[test]
fn everything_that_protects_requests_is_kept() {
    let all = rendered(
        DEFINITIONS,
        "team-operator-system",
        &["--set", "stamping=enabled"],
    )
    .unwrap();
    let settings = chart(CONTROLLER).join("ci/settings-values.yaml");
    let of_controller = rendered(CONTROLLER, "team-operator-system", &options(&settings)).unwrap();
    let kinds = ["TeamSettings", "Namespace"];
    let peoples = of_controller
        .iter()
        .filter(|object| kinds.contains(&object["kind"].as_str().unwrap()));
    let peoples: Vec<&Value> = peoples.collect();
    assert_eq!(peoples.len(), 3);
    for object in all.iter().chain(peoples) {
        let annotations = &object["metadata"]["annotations"];
        assert_eq!(
            annotations["helm.sh/resource-policy"], "keep",
            "{}",
            object["metadata"]["name"]
        );
        let options = annotations["argocd.argoproj.io/sync-options"].as_str().unwrap();
        assert!(
            options.contains("Delete=false") && options.contains("Prune="),
            "{options}"
        );
    }
}

#[test]
fn names_are_filled_in_only_where_the_cluster_serves_it_or_the_values_say_so() {
    let mutating = |options: &[&str]| {
        let objects = rendered(DEFINITIONS, "team-operator-system", options).unwrap();
        objects
            .iter()
            .any(|object| object["kind"] == "MutatingAdmissionPolicy")
    };
    let serves = [
        "--api-versions",
        "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy",
    ];
    assert!(!mutating(&["--kube-version", "1.33.1"]));
    assert!(mutating(&serves));
    assert!(mutating(&["--set", "stamping=enabled"]));
    assert!(!mutating(
        &[&serves[..], &["--set", "stamping=disabled"]].concat()
    ));
}

/// The object without what it takes from a file of the chart, after a look that it is the same there.
fn without_files(object: &Value) -> Value {
    let mut object = object.clone();
    let file = |name: &str| std::fs::read_to_string(chart(CONTROLLER).join("files").join(name)).unwrap();
    if object["kind"] == "PrometheusRule" {
        let alerts: Value = serde_saphyr::from_str(&file("alerts.yaml")).unwrap();
        assert_eq!(object["spec"]["groups"], alerts["groups"]);
        object["spec"] = json!("the groups of files/alerts.yaml");
    }
    if object["kind"] == "ConfigMap" {
        assert_eq!(object["data"]["team-operator.json"], file("dashboard.json"));
        object["data"] = json!("files/dashboard.json");
    }
    object
}

#[test]
fn the_rest_of_the_chart_is_as_the_golden_files_show() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/charts/golden");
    let update = std::env::var_os("UPDATE").is_some();
    for values in ci_values(CONTROLLER) {
        let objects = rendered(CONTROLLER, "team-operator-system", &options(&values)).unwrap();
        let is_written_here = |object: &&Value| !GENERATED[1..].contains(&object["kind"].as_str().unwrap());
        let objects: Vec<Value> = objects
            .iter()
            .filter(is_written_here)
            .map(without_files)
            .collect();
        let text = serde_saphyr::to_string_multiple(&objects).unwrap();
        let name = values
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .replace("-values", "");
        let file = golden.join(name);
        if update {
            std::fs::create_dir_all(&golden).unwrap();
            std::fs::write(&file, &text).unwrap();
        }
        assert!(
            std::fs::read_to_string(&file).is_ok_and(|before| before == text),
            "{} is not what helm renders: run UPDATE=1 cargo test --test it charts::rendering",
            file.display()
        );
    }
}

#[test]
fn one_replica_has_no_disruption_budget() {
    let budgets = |replicas: &str| {
        let required = required_values();
        let set = format!("replicas={replicas}");
        let objects = rendered(
            CONTROLLER,
            "a",
            &[&options(&required)[..], &["--set", &set]].concat(),
        )
        .unwrap();
        objects
            .iter()
            .filter(|object| object["kind"] == "PodDisruptionBudget")
            .count()
    };
    assert_eq!((budgets("1"), budgets("2")), (0, 1));
}

#[test]
fn helm_finds_no_fault_with_any_file_of_values() {
    for name in [DEFINITIONS, CONTROLLER] {
        for values in ci_values(name) {
            let folder = chart(name);
            let lint = [
                "lint",
                "--strict",
                folder.to_str().unwrap(),
                "-f",
                values.to_str().unwrap(),
            ];
            offline(&lint).unwrap_or_else(|error| panic!("{}: {error}", values.display()));
        }
    }
}

/// Values of the controller's chart, and what is said about them.
fn wrong_for_the_controller() -> Vec<(Value, &'static str)> {
    vec![
        (
            json!({ "replica": 1 }),
            "additional properties 'replica' not allowed",
        ),
        (
            json!({ "image": { "repo": "x" } }),
            "at '/image': additional properties 'repo' not allowed",
        ),
        (
            json!({ "image": { "repository": "" } }),
            "image.repository is empty: set it to where",
        ),
        (json!({ "image": { "digest": "latest" } }), "at '/image/digest'"),
        (json!({ "replicas": 0 }), "at '/replicas'"),
        (
            json!({ "ports": { "http": "web" } }),
            "at '/ports/http': got string, want integer",
        ),
        (json!({ "log": { "format": "xml" } }), "at '/log/format'"),
        (json!({ "extraArgs": ["-v"] }), "at '/extraArgs/0'"),
        (
            json!({ "extraArgs": ["--log-format=text"] }),
            "extraArgs has --log-format, which the chart sets: use log.format instead",
        ),
        (
            json!({ "extraEnv": [{ "name": "TEAM_OPERATOR_AWS_REGION", "value": "x" }] }),
            "extraEnv has TEAM_OPERATOR_AWS_REGION, which the chart sets: use aws.region instead",
        ),
        (
            json!({ "extraEnv": [{ "name": "POD_NAMESPACE", "value": "x" }] }),
            "extraEnv has POD_NAMESPACE, which the chart sets",
        ),
        (
            json!({ "requestNamespaces": ["here"] }),
            "requestNamespaces has here, where the controller runs",
        ),
        (
            json!({ "serviceMonitor": { "enabled": true }, "podMonitor": { "enabled": true } }),
            "would scrape each replica twice: choose one",
        ),
    ]
}

fn wrong_for_the_definitions() -> Vec<(Value, &'static str)> {
    vec![
        (
            json!({ "policies": [] }),
            "additional properties 'policies' not allowed",
        ),
        (
            json!({ "serviceAccount": { "name": "A" } }),
            "at '/serviceAccount/name'",
        ),
        (json!({ "policyWriters": [""] }), "at '/policyWriters/0'"),
        (json!({ "stamping": "maybe" }), "at '/stamping'"),
    ]
}

#[test]
fn wrong_values_are_refused_with_a_sentence_that_names_them() {
    let required = required_values();
    for (name, first, cases) in [
        (
            CONTROLLER,
            options(&required).to_vec(),
            wrong_for_the_controller(),
        ),
        (DEFINITIONS, vec![], wrong_for_the_definitions()),
    ] {
        for (set, sentence) in cases {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), set.to_string()).unwrap();
            let refused = rendered(name, "here", &[&first[..], &options(file.path())].concat()).unwrap_err();
            assert!(refused.contains(sentence), "{set} is refused with: {refused}");
        }
    }
}

#[test]
fn an_older_kubernetes_is_refused_with_the_version_that_is_needed() {
    for name in [DEFINITIONS, CONTROLLER] {
        let refused = rendered(name, "a", &["--kube-version", "1.32.9"]).unwrap_err();
        assert!(refused.contains("requires kubeVersion: >=1.33.0-0"), "{refused}");
        let required = required_values();
        let values = if name == CONTROLLER {
            options(&required).to_vec()
        } else {
            vec![]
        };
        let eks = ["--kube-version", "v1.33.1-eks-1234567"];
        rendered(name, "a", &[&values[..], &eks].concat()).unwrap();
    }
}
