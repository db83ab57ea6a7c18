//! What builds, tests and publishes elsewhere is what runs here: the Dockerfile, the workflows, and the scripts in `ci/`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

fn yaml(file: &str) -> Value {
    serde_saphyr::from_str(&text(file)).unwrap()
}

/// The workflows with their file names.
fn workflows() -> Vec<(String, Value)> {
    let folder = std::fs::read_dir(root().join(".github/workflows")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let read = |name: String| (name.clone(), yaml(&format!(".github/workflows/{name}")));
    let workflows: Vec<_> = names.map(read).collect();
    assert!(workflows.len() >= 2, "the workflows are not read");
    workflows
}

/// Every step of a workflow.
fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    jobs.flat_map(|job| job["steps"].as_array().unwrap()).collect()
}

/// The commands that the workflows run.
fn runs(workflow: &Value) -> Vec<&str> {
    steps(workflow)
        .into_iter()
        .filter_map(|step| step["run"].as_str())
        .collect()
}

#[test]
fn every_command_of_a_workflow_is_one_script_of_this_repository() {
    for (file, workflow) in workflows() {
        let runs = runs(&workflow);
        assert!(!runs.is_empty(), "{file}");
        for run in runs {
            let script = run.split(' ').next().unwrap();
            assert!(script.starts_with("ci/") || script == ".ci/run", "{file}: {run}");
            assert!(
                !run.trim().contains(['\n', ';', '|', '&']),
                "{file}: {run} is more than one command"
            );
            let mode = std::fs::metadata(root().join(script))
                .unwrap()
                .permissions()
                .mode();
            assert!(mode & 0o111 != 0, "{file}: {script} cannot be executed");
        }
    }
}

#[test]
fn a_workflow_has_no_rights_that_no_job_names_and_pins_what_it_uses() {
    for (file, workflow) in workflows() {
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{file}");
        for job in workflow["jobs"].as_object().unwrap().values() {
            assert!(
                job["permissions"].is_object() && job["timeout-minutes"].is_u64(),
                "{file}"
            );
        }
        for step in steps(&workflow) {
            let Some((action, commit)) = step["uses"].as_str().and_then(|uses| uses.split_once('@')) else {
                continue;
            };
            assert!(
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{file}: {action}"
            );
            let keeps = &step["with"]["persist-credentials"];
            assert!(
                action != "actions/checkout" || keeps == false,
                "{file}: the token is left in the checkout"
            );
        }
    }
    let lines = [
        text(".github/workflows/tests.yaml"),
        text(".github/workflows/release.yaml"),
    ]
    .concat();
    for line in lines.lines().filter(|line| line.contains("uses: ")) {
        assert!(line.contains(" # v"), "say which version it is: {line}");
    }
}

#[test]
fn the_image_holds_what_the_releases_build_with_the_features_that_are_tested() {
    let build = text("ci/program");
    assert!(build.contains(
        "cargo build --locked --release --no-default-features --features controller,slack,webhook --bin team-operator"
    ));
    let manifest = text("Cargo.toml");
    assert!(
        manifest.contains("\ndefault = [\"controller\", \"cli\", \"slack\", \"webhook\"]\n"),
        "cargo test has not the image's features and the plugin's"
    );
    let image = text("Dockerfile");
    let commands = image
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("ci/"));
    assert_eq!(commands.collect::<Vec<_>>(), ["ci/program /program"]);
    assert!(
        text("ci/archive").contains("ci/program \""),
        "releases build another program"
    );
    let toolchain = text("rust-toolchain.toml");
    let version = toolchain
        .lines()
        .find_map(|line| line.strip_prefix("channel = "))
        .unwrap();
    assert!(image.contains(&format!("ARG RUST_VERSION={}\n", version.trim_matches('"'))));
}

#[test]
fn the_image_runs_as_the_chart_runs_it() {
    let image = text("Dockerfile");
    let deployment = text("charts/team-operator/templates/_helpers.tpl");
    assert!(image.contains("\nUSER 65532:65532\n"));
    assert!(deployment.contains("runAsUser: 65532\n") && deployment.contains("runAsGroup: 65532\n"));
    let port = &yaml("charts/team-operator/values.yaml")["ports"]["http"];
    assert!(image.contains(&format!("\nEXPOSE {port}\n")));
    assert!(image.ends_with("ENTRYPOINT [\"/usr/local/bin/team-operator\"]\nCMD [\"run\"]\n"));
}

#[test]
fn what_the_image_is_built_from_is_a_workspace_that_cargo_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let ignored = text(".dockerignore");
    let kept: Vec<&str> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    assert!(ignored.contains("\n*\n") && kept.contains(&"src"), "{kept:?}");
    for path in kept {
        let to = folder.path().join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let copied = Command::new("cp")
            .arg("-r")
            .arg(root().join(path))
            .arg(&to)
            .status()
            .unwrap();
        assert!(copied.success(), "{path} does not exist");
    }
    let read = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--locked",
            "--no-deps",
            "--format-version=1",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    assert!(folder.path().join("ci/program").exists());
}

/// A script of `ci/` with these arguments; what it printed, and on which of both.
fn said(script: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(root().join(script))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

#[test]
fn program_and_charts_have_one_version_and_a_tag_has_to_be_its() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(said("ci/version", &[]), Ok(version.to_owned()));
    assert_eq!(
        said("ci/version", &[&format!("v{version}")]),
        Ok(version.to_owned())
    );
    let refused = said("ci/version", &["v99.0.0"]).unwrap_err();
    assert!(
        refused.contains("the tag is v99.0.0, and Cargo.toml has version"),
        "{refused}"
    );
}

#[test]
fn every_script_says_what_it_is_called_without() {
    for script in [
        "ci/program",
        "ci/archive",
        "ci/charts",
        "ci/sbom",
        "ci/image",
        "ci/publish",
        "ci/book",
    ] {
        let refused = said(script, &[]).unwrap_err();
        assert!(refused.contains(": say "), "{script}: {refused}");
    }
}

/// The words of a k9s plugin that follow `kubectl team`, with k9s's variables filled in.
fn words_after_team(plugin: &Value) -> Vec<String> {
    let words = plugin["args"].as_array().unwrap().iter();
    let text: Vec<&str> = words.map(|word| word.as_str().unwrap()).collect();
    let line = if plugin["command"] == "kubectl" {
        text.join(" ")
    } else {
        let script = text[1].split('|').next().unwrap().replace("kubectl ", "");
        script
            .replace("\"$1\"", "$NAME")
            .replace("\"$2\"", "$NAMESPACE")
            .replace("\"$3\"", "$CONTEXT")
    };
    let line = line
        .replace("$NAMESPACE", "access-requests")
        .replace("$NAME", "orders")
        .replace("$CONTEXT", "none");
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    assert_eq!(words[0], "team", "{line}");
    words[1..].to_vec()
}

#[test]
fn the_plugins_for_k9s_have_the_fields_that_it_knows_and_commands_that_are_understood() {
    const FIELDS: [&str; 8] = [
        "shortCut",
        "description",
        "scopes",
        "command",
        "args",
        "background",
        "confirm",
        "dangerous",
    ];
    let file = yaml("docs/guides/k9s.yaml");
    let plugins = file["plugins"].as_object().unwrap();
    assert_eq!(plugins.len(), 4);
    for (name, plugin) in plugins {
        for field in plugin.as_object().unwrap().keys() {
            assert!(FIELDS.contains(&field.as_str()), "{name}: {field}");
        }
        let words = words_after_team(plugin);
        // There is no such context: what is understood fails there, with another code than wrong usage.
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-team"))
            .args(&words)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(6), "{name} {words:?}: {said}");
    }
}

#[test]
fn the_krew_manifest_has_the_form_that_krew_reads_once_a_release_has_filled_it_in() {
    const PLACEHOLDERS: [(&str, &str); 4] = [
        ("@VERSION@", env!("CARGO_PKG_VERSION")),
        ("@HOMEPAGE@", "https://example.com/team-operator"),
        (
            "@SHA256_AMD64@",
            "0000000000000000000000000000000000000000000000000000000000000001",
        ),
        (
            "@SHA256_ARM64@",
            "0000000000000000000000000000000000000000000000000000000000000002",
        ),
    ];
    let mut filled = text("packaging/plugins/team.yaml");
    for (placeholder, value) in PLACEHOLDERS {
        assert!(filled.contains(placeholder), "{placeholder}");
        filled = filled.replace(placeholder, value);
    }
    let manifest: Value = serde_saphyr::from_str(&filled).unwrap();
    assert_eq!(
        manifest["apiVersion"],
        "krew.googlecontainertools.github.com/v1alpha2"
    );
    assert_eq!(manifest["kind"], "Plugin");
    // Krew wants the name of the file, and makes `kubectl team` of it.
    assert_eq!(manifest["metadata"]["name"], "team");
    let spec = &manifest["spec"];
    assert_eq!(spec["version"], format!("v{}", env!("CARGO_PKG_VERSION")));
    let summary = spec["shortDescription"].as_str().unwrap();
    assert!(summary.len() <= 50 && !summary.ends_with('.'), "{summary}");
    let platforms = spec["platforms"].as_array().unwrap();
    assert_eq!(platforms.len(), 2);
    for (platform, architecture) in platforms.iter().zip(["amd64", "arm64"]) {
        let labels = &platform["selector"]["matchLabels"];
        assert_eq!(
            *labels,
            serde_json::json!({ "os": "linux", "arch": architecture })
        );
        let address = platform["uri"].as_str().unwrap();
        let archive = format!(
            "/kubectl-team-{}-linux-{architecture}.tar.gz",
            env!("CARGO_PKG_VERSION")
        );
        assert!(
            address.starts_with("https://") && address.ends_with(&archive),
            "{address}"
        );
        let digest = platform["sha256"].as_str().unwrap();
        assert!(digest.len() == 64 && !digest.contains('@'), "{digest}");
        assert_eq!(platform["bin"], "kubectl-team");
        let files = platform["files"].as_array().unwrap();
        let from: Vec<&str> = files.iter().map(|file| file["from"].as_str().unwrap()).collect();
        assert_eq!(
            from,
            ["kubectl-team", "LICENSE"],
            "Krew refuses an archive without its license"
        );
    }
}
