//! What `team-operator manifests` prints, in the hands of kubectl.

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use team_operator::admission::Installation;
use team_operator_control_plane::{ControlPlane, MutatingAdmission, Options};

/// Runs the program itself, without the variables of whoever runs the tests.
fn manifests(options: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_team-operator");
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TEAM_OPERATOR_")) {
        command.env_remove(name);
    }
    command.arg("manifests").args(options).output().unwrap()
}

fn printed(options: &[&str]) -> Vec<u8> {
    let output = manifests(options);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// kubectl with a text on its standard input, as behind a pipe.
fn kubectl(plane: &ControlPlane, arguments: &[&str], input: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), input).unwrap();
    let mut command = plane.kubectl(ControlPlane::admin_name()).unwrap();
    let output = command
        .args(arguments)
        .args(["-f", "-"])
        .stdin(file.reopen().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "kubectl {arguments:?} says:\n{text}");
    String::from_utf8(output.stdout).unwrap()
}

async fn fresh(mutating_admission: MutatingAdmission) -> ControlPlane {
    let options = Options {
        mutating_admission,
        ..Options::default()
    };
    ControlPlane::start_own(options).await.unwrap()
}

/// Applies twice, as an upgrade to the same version would: nothing is refused, and the second changes nothing.
fn applies_twice(plane: &ControlPlane, text: &[u8], objects: usize) {
    let apply = ["apply", "--server-side"];
    let first = kubectl(plane, &apply, text);
    assert_eq!(first.lines().count(), objects, "{first}");
    let versions = || {
        kubectl(
            plane,
            &["get", "-o", "jsonpath={.items[*].metadata.generation}"],
            text,
        )
    };
    let before = versions();
    let second = kubectl(plane, &apply, text);
    assert_eq!(second.lines().count(), objects, "{second}");
    assert_eq!(versions(), before, "the second time changed something");
}

#[tokio::test]
async fn one_pipe_installs_everything_on_a_fresh_cluster_and_may_be_repeated() {
    let plane = fresh(MutatingAdmission::Stamping).await;
    let stamping = plane.mutating_admission() == Some(MutatingAdmission::Stamping);
    let text = printed(if stamping { &[] } else { &["--stamping=false"] });
    let installation = Installation::default().with_stamping(stamping);
    applies_twice(&plane, &text, installation.manifests().len());
}

#[tokio::test]
async fn without_stamping_it_installs_where_mutating_policies_are_unknown() {
    let plane = fresh(MutatingAdmission::NotServed).await;
    let options = [
        "--stamping=false",
        "--namespace=platform",
        "--service-account=elevator",
    ];
    let installation = Installation::new("platform", "elevator")
        .unwrap()
        .with_stamping(false);
    applies_twice(&plane, &printed(&options), installation.manifests().len());
}

#[tokio::test]
async fn kubectl_reads_what_the_program_means() {
    // kubectl's YAML is older than ours: `on` and `0123` must come through as words.
    let plane = fresh(MutatingAdmission::NotServed).await;
    let writers = ["on", "0123", "o'neil\"@example.com"];
    let mut options = vec!["--stamping=false".to_owned()];
    options.extend(writers.map(|writer| format!("--policy-writer={writer}")));
    let text = printed(&options.iter().map(String::as_str).collect::<Vec<_>>());
    let dry_run = ["create", "--dry-run=client", "--validate=false", "-o", "json"];
    let read = kubectl(&plane, &dry_run, &text);
    let read: Vec<Value> = serde_json::Deserializer::from_str(&read)
        .into_iter::<Value>()
        .flat_map(|value| match value.unwrap() {
            Value::Object(list) if list["kind"] == "List" => list["items"].as_array().unwrap().clone(),
            one => vec![one],
        })
        .collect();
    let expected = Installation::default()
        .with_stamping(false)
        .with_policy_writers(writers.map(str::to_owned).to_vec())
        .unwrap()
        .manifests();
    assert_eq!(read, expected);
}

#[test]
fn a_name_that_cannot_be_used_is_refused_with_a_sentence() {
    let output = manifests(&["--namespace=Platform"]);
    assert!(!output.status.success() && output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("the namespace \"Platform\" is no Kubernetes name"),
        "{said}"
    );
}
