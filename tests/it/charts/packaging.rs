//! The packages of a release.

use std::process::Command;

use team_operator_control_plane::Tool;

use super::helm::{documents, offline};

const IMAGE: &str = "registry.example.com/platform/team-operator";

#[test]
fn packaged_charts_know_where_the_image_is_and_hold_no_files_for_ci() {
    let folder = tempfile::tempdir().unwrap();
    let programs = team_operator_control_plane::build(&[Tool::Helm]).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ci/charts");
    let output = Command::new(script)
        .arg(folder.path())
        .arg(IMAGE)
        .env("HELM", &programs[0])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let version = env!("CARGO_PKG_VERSION");
    for name in ["team-operator-crds", "team-operator"] {
        let package = folder.path().join(format!("{name}-{version}.tgz"));
        let package = package.to_str().unwrap();
        let text = offline(&["template", name, package, "--namespace", "team-operator-system"]).unwrap();
        assert!(!documents(&text).is_empty());
        let image = format!("{IMAGE}:{version}");
        assert_eq!(text.contains(&image), name == "team-operator");
        let listed = Command::new("tar").args(["tzf", package]).output().unwrap();
        let files = String::from_utf8(listed.stdout).unwrap();
        assert!(
            files.contains(&format!("{name}/LICENSE")) && !files.contains("/ci/"),
            "{files}"
        );
    }
}
