//! The alerts: each can be read, names what there is, fires in a test of its own, and is explained.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::everything::{exposition, repository_file};
use super::exposition::families;
use super::queries::faults;

const RULES: &str = "charts/team-operator/files/alerts.yaml";
const TESTS: &str = "tests/metrics/alerts.test.yaml";

/// What the name of every alert begins with: one Prometheus has those of many programs.
pub const PREFIX: &str = "TeamOperator";

/// The rules.
pub fn rules() -> Vec<Value> {
    let document: Value = serde_saphyr::from_str(&repository_file(RULES)).unwrap();
    let groups = document["groups"].as_array().unwrap().iter();
    groups
        .flat_map(|group| group["rules"].as_array().unwrap().clone())
        .collect()
}

/// The name of an alert without the prefix of all.
pub fn name(rule: &Value) -> String {
    let name = rule["alert"].as_str().unwrap();
    name.strip_prefix(PREFIX)
        .unwrap_or_else(|| panic!("{name}"))
        .to_owned()
}

/// What promtool says to these arguments, in the root of the repository.
pub fn promtool(arguments: &[&str]) -> (bool, String) {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = PROGRAM.get_or_init(|| {
        let found = Command::new("bash")
            .arg("dev/promtool")
            .current_dir(root)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&found.stderr);
        assert!(found.status.success(), "bash dev/promtool: {said}");
        String::from_utf8(found.stdout).unwrap().trim().to_owned()
    });
    let answer = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output()
        .unwrap();
    let said = [answer.stdout, answer.stderr].concat();
    (
        answer.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn alerts_fire_when_they_should_also_when_the_process_is_dead() {
    let (good, said) = promtool(&["check", "rules", RULES]);
    assert!(good, "{said}");
    let (good, said) = promtool(&["test", "rules", TESTS]);
    assert!(good, "{said}");
}

#[test]
fn every_alert_fires_in_a_test() {
    let tests = repository_file(TESTS);
    for rule in rules() {
        let fires = format!("alertname=\"{PREFIX}{}\", alertstate=\"firing\"", name(&rule));
        assert!(tests.contains(&fires), "{fires}");
    }
}

#[test]
fn every_alert_names_what_there_is_and_says_what_to_do() {
    let known = families(&exposition());
    for rule in rules() {
        let (name, query) = (name(&rule), rule["expr"].as_str().unwrap());
        let found = faults(query, &known);
        assert!(found.is_empty(), "{name}: {found:?}");
        let severity = rule["labels"]["severity"].as_str();
        assert!(matches!(severity, Some("critical" | "warning")), "{name}");
        for part in ["summary", "description"] {
            let text = rule["annotations"][part].as_str().unwrap_or_default();
            assert!(text.ends_with('.'), "{name}: {part}");
        }
        let runbook = format!("docs/runbooks.md#{}", name.to_lowercase());
        assert_eq!(rule["annotations"]["runbook"], runbook.as_str(), "{name}");
    }
}
