//! helm, and where the charts are.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use team_operator_control_plane::{ControlPlane, Tool};

/// The chart of definitions and admission policies, which is installed first.
pub const DEFINITIONS: &str = "team-operator-crds";
/// The chart of the controller.
pub const CONTROLLER: &str = "team-operator";

/// The folder of a chart.
pub fn chart(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("charts").join(name)
}

/// The files in `ci/` of a chart, by name: one for each of its optional parts.
pub fn ci_values(name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(chart(name).join("ci")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has no values for CI");
    files
}

/// The values that have no default.
pub fn required_values() -> PathBuf {
    chart(CONTROLLER).join("ci/default-values.yaml")
}

/// helm without a cluster.
pub fn offline(arguments: &[&str]) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let programs =
        team_operator_control_plane::build(&[Tool::Helm]).unwrap_or_else(|error| panic!("{error}"));
    let mut command = Command::new(&programs[0]);
    // The user's own plugins, repositories and clusters are not part of a test.
    for name in [
        "HELM_CACHE_HOME",
        "HELM_CONFIG_HOME",
        "HELM_DATA_HOME",
        "KUBECONFIG",
    ] {
        command.env(name, folder.path().join("none"));
    }
    said(command.args(arguments))
}

/// What a chart renders to for an installation in this namespace, without a cluster.
pub fn rendered(name: &str, namespace: &str, options: &[&str]) -> Result<Vec<Value>, String> {
    let folder = chart(name);
    let fixed = [
        "template",
        name,
        folder.to_str().unwrap(),
        "--namespace",
        namespace,
    ];
    let text = offline(&[&fixed, options].concat())?;
    Ok(documents(&text))
}

/// The objects in a YAML text.
pub fn documents(text: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).unwrap();
    documents
        .into_iter()
        .filter(|document| !document.is_null())
        .collect()
}

/// helm with the administrator's rights.
pub fn helm(plane: &ControlPlane, arguments: &[&str]) -> Result<String, String> {
    said(plane.helm(ControlPlane::admin_name()).unwrap().args(arguments))
}

/// kubectl with the administrator's rights.
pub fn kubectl(plane: &ControlPlane, arguments: &[&str]) -> Result<String, String> {
    said(plane.kubectl(ControlPlane::admin_name()).unwrap().args(arguments))
}

/// kubectl with objects on its standard input.
pub fn kubectl_with(plane: &ControlPlane, arguments: &[&str], objects: &[Value]) -> Result<String, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let lines: Vec<String> = objects.iter().map(Value::to_string).collect();
    std::fs::write(file.path(), lines.join("\n---\n")).unwrap();
    let mut command = plane.kubectl(ControlPlane::admin_name()).unwrap();
    said(
        command
            .args(arguments)
            .args(["-f", "-"])
            .stdin(file.reopen().unwrap()),
    )
}

/// Standard output of a program that succeeded, or standard error of one that did not.
fn said(command: &mut Command) -> Result<String, String> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    if status.success() {
        Ok(text(stdout))
    } else {
        Err(text(stderr))
    }
}
