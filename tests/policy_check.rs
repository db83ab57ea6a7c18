//! `team-operator check` and `team-operator snapshot`, as people and CI run them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use identity_center_sandbox::{Options, OrganizationFile, RunningSandbox};
use team_operator::runtime::SystemClock;

const ORGANIZATION: &str = "examples/organization.yaml";

/// The program, in the folder of the repository.
fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_team-operator"));
    command.args(words).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn checks(words: &[&str]) -> Output {
    let always = ["check", "--organization", ORGANIZATION];
    program(&[&always[..], words].concat()).output().unwrap()
}

fn printed(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

/// What is printed for these words, with the exit code. Which other files lie beside policies is no matter of this test.
fn told(words: &[&str]) -> String {
    const OTHERS: &str = "not checked, of other kinds: ";
    let output = checks(words);
    let code = output.status.code().unwrap();
    let mut text = format!("$ team-operator check {}\n", words.join(" "));
    for line in printed(&output).lines() {
        let shown = if line.starts_with(OTHERS) { OTHERS } else { line };
        writeln!(text, "{}", shown.trim_end()).unwrap();
    }
    write!(text, "[exit {code}]\n\n").unwrap();
    text
}

#[test]
fn findings_differences_and_answers_are_those_of_the_transcript() {
    let mut transcript = String::new();
    for words in [
        &["--policies", "examples", "--cases", "examples/cases.yaml"][..],
        &["--policies", "tests/policy_check/faults"],
        &[
            "--policies",
            "tests/policy_check/after",
            "--diff",
            "tests/policy_check/before",
        ],
        &[
            "--policies",
            "tests/policy_check/before",
            "--diff",
            "tests/policy_check/before",
        ],
        &[
            "--policies",
            "tests/policy_check/after",
            "--who",
            "orders",
            "ReadOnlyAccess",
        ],
        &[
            "--policies",
            "tests/policy_check/after",
            "--cases",
            "examples/cases.yaml",
            "--format",
            "github",
        ],
    ] {
        write!(transcript, "{}", told(words)).unwrap();
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy_check/transcript.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &transcript).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(transcript, expected, "UPDATE=1 rewrites {}", golden.display());
}

#[test]
fn the_examples_pass() {
    let output = checks(&[
        "--policies",
        "examples",
        "--cases",
        "examples/cases.yaml",
        "--strict",
    ]);
    assert!(output.status.success(), "{}", printed(&output));
}

#[test]
fn what_cannot_be_read_is_said_and_is_no_pass() {
    for (words, says) in [
        (&["--policies", "none"][..], "none cannot be read"),
        (
            &["--policies", "examples", "--cases", "none.yaml"],
            "none.yaml cannot be read",
        ),
        (
            &["--policies", "examples", "--who", "none", "DatabaseAdmin"],
            "no account \"none\"",
        ),
        (
            &["--policies", "examples", "--who", "orders", "None"],
            "no permission set \"None\"",
        ),
        (&["--policies", "examples", "--cases", ORGANIZATION], "partition"),
        (
            &["--policies", "examples", "--diff", "tests/policy_check/faults"],
            "--diff: ",
        ),
    ] {
        let output = checks(words);
        let text = printed(&output);
        assert!(
            output.status.code() == Some(2) && text.contains(says),
            "{words:?}: {text}"
        );
    }
}

#[test]
fn a_file_without_a_date_is_older_than_any_age() {
    let output = checks(&["--policies", "examples", "--max-age", "24h"]);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
}

/// A snapshot of the sandbox that serves the organization of the examples.
async fn snapshot(policies: &str) -> Output {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(ORGANIZATION)).unwrap();
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        organization: OrganizationFile::parse(&text).unwrap(),
        data: None,
        clock: Arc::new(SystemClock),
    };
    let sandbox = RunningSandbox::start(options).await.unwrap();
    let mut command = program(&[
        "snapshot",
        "--policies",
        policies,
        "--cases",
        "examples/cases.yaml",
    ]);
    command
        .env("AWS_ENDPOINT_URL", sandbox.endpoint())
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "sandbox")
        .env("AWS_SECRET_ACCESS_KEY", "sandbox")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("NO_PROXY", "127.0.0.1");
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    drop(sandbox);
    output
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_has_only_whom_policies_and_cases_name_and_the_same_is_decided_on_it() {
    let output = snapshot("examples").await;
    assert!(output.status.success(), "{}", printed(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let file: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    let groups: Vec<&str> = file["groups"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|group| group["name"].as_str())
        .collect();
    assert_eq!(groups, ["Developers", "Production-Leads", "Security"], "{text}");
    assert_eq!(
        file["permissionSets"].as_array().unwrap().len(),
        2,
        "BreakGlass is named nowhere: {text}"
    );
    assert!(
        file["observedTime"].is_string() && file["instanceArn"].is_string(),
        "{text}"
    );
    OrganizationFile::parse(&text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("organization.yaml");
    std::fs::write(&path, &text).unwrap();
    let path = path.to_str().unwrap();
    let check = |policies: &str, more: &[&str]| {
        let words = ["check", "--organization", path, "--policies", policies];
        program(&[&words[..], more].concat()).output().unwrap()
    };
    let same = check(
        "examples",
        &["--cases", "examples/cases.yaml", "--max-age", "1h", "--strict"],
    );
    assert!(same.status.success(), "{}", printed(&same));
    // Whom nobody looked for may be there.
    let unknown = check("tests/policy_check/faults/a.yaml", &[]);
    let text = printed(&unknown);
    assert!(
        text.contains("was made before group \"Developrs\" was named"),
        "{text}"
    );
    assert!(!text.contains("has no group"), "{text}");
}
