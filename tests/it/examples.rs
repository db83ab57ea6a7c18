//! Every file in `examples/` does what its first lines say, with kubectl, as the person it is written for.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Ground, World, allowed, apply, cases, eventually, settings};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// Runs kubectl as a person in the namespace of the test.
fn kubectl(ground: &Ground, person: &str, arguments: &[&str]) -> Output {
    let mut command = ground.cluster.plane.kubectl(person).unwrap();
    command
        .arg("--namespace")
        .arg(&ground.namespace)
        .args(arguments)
        .output()
        .unwrap()
}

/// What kubectl printed when it did what it was told.
#[track_caller]
fn done(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "kubectl refused: {error}");
    assert!(
        !error.contains("unknown field"),
        "the example has a field that the API does not know: {error}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Creates the example request as Alice and publishes it as the controller would.
async fn published_request(ground: &Ground, phase: &str) -> String {
    let path = example("request.yaml");
    let created = done(&kubectl(
        ground,
        "alice@example.com",
        &["create", "-o", "name", "-f", path.to_str().unwrap()],
    ));
    let name = created.trim().rsplit('/').next().unwrap().to_owned();
    assert!(name.starts_with("orders-database-"), "{name}");
    let people = ["bob@example.com", "carol@example.com"];
    let status = json!({ "phase": phase, "approvers": people, "reviewers": people, "review": { "commentRequired": true } });
    allowed(ground.controller().patches_status(&name, status).await);
    name
}

async fn decision_of(ground: &Ground, name: &str, approver: &str) -> Option<String> {
    let request = allowed(ground.alice().reads(name).await);
    let entries = request["status"]["approvals"].as_array().unwrap().clone();
    let entry = entries.into_iter().find(|entry| entry["approver"] == approver)?;
    entry["decision"].as_str().map(str::to_owned)
}

fn patch_status(ground: &Ground, person: &str, name: &str, kind: &str, file: &str) -> Output {
    let (kind, file) = (format!("--type={kind}"), example(file));
    let arguments = [
        "patch",
        "er",
        name,
        "--subresource=status",
        &kind,
        "--patch-file",
        file.to_str().unwrap(),
    ];
    kubectl(ground, person, &arguments)
}

cases! {
    async fn the_example_request_is_created_under_a_name_of_its_own(ground: Ground) {
        let first = published_request(&ground, "Pending").await;
        let second = published_request(&ground, "Pending").await;
        assert_ne!(first, second);
        let row = done(&kubectl(&ground, "alice@example.com", &["get", "er", &first, "--no-headers"]));
        let columns: Vec<_> = row.split_whitespace().collect();
        assert_eq!(columns[1..5], ["alice@example.com", "111122223333", "DatabaseAdmin", "Pending"], "{row}");
    }

    async fn the_example_review_is_created(ground: Ground) {
        let path = example("eligibility-review.yaml");
        let created = done(&kubectl(&ground, "alice@example.com", &["create", "-o", "name", "-f", path.to_str().unwrap()]));
        assert!(created.contains("may-i-"), "{created}");
    }

    async fn the_example_json_patch_approves(ground: Ground) {
        let name = published_request(&ground, "Pending").await;
        done(&patch_status(&ground, "bob@example.com", &name, "json", "approve-json-patch.yaml"));
        assert_eq!(decision_of(&ground, &name, "bob@example.com").await.as_deref(), Some("Approved"));
    }

    async fn the_example_apply_approves(ground: Ground) {
        let name = published_request(&ground, "Pending").await;
        let text = std::fs::read_to_string(example("approve-apply.yaml")).unwrap().replace("name: NAME", &format!("name: {name}"));
        let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let path = file.path().to_str().unwrap();
        let arguments = ["apply", "--server-side", "--subresource=status", "--field-manager=bob", "-f", path];
        done(&kubectl(&ground, "bob@example.com", &arguments));
        assert_eq!(decision_of(&ground, &name, "bob@example.com").await.as_deref(), Some("Approved"));
    }

    async fn the_example_merge_patch_approves_where_names_are_stamped(ground: Ground) {
        let name = published_request(&ground, "Pending").await;
        let output = patch_status(&ground, "bob@example.com", &name, "merge", "approve-merge-patch.yaml");
        if ground.cluster.world == World::Stamping {
            done(&output);
            assert_eq!(decision_of(&ground, &name, "bob@example.com").await.as_deref(), Some("Approved"));
        } else {
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(error.contains("set approver to bob@example.com"), "{error}");
        }
    }

    async fn the_example_rejects(ground: Ground) {
        let name = published_request(&ground, "Pending").await;
        done(&patch_status(&ground, "bob@example.com", &name, "json", "reject.yaml"));
        assert_eq!(decision_of(&ground, &name, "bob@example.com").await.as_deref(), Some("Rejected"));
    }

    async fn the_example_revokes(ground: Ground) {
        let name = published_request(&ground, "Approved").await;
        done(&patch_status(&ground, "erin@example.com", &name, "json", "revoke.yaml"));
        assert_eq!(decision_of(&ground, &name, "erin@example.com").await.as_deref(), Some("Revoked"));
    }

    async fn the_example_cancels(ground: Ground) {
        let name = published_request(&ground, "Pending").await;
        let file = example("cancel.yaml");
        let arguments = ["patch", "er", &name, "--type=merge", "--patch-file", file.to_str().unwrap()];
        done(&kubectl(&ground, "alice@example.com", &arguments));
        assert_eq!(allowed(ground.alice().reads(&name).await)["spec"]["cancelled"], true);
    }

    /// Tools that compare a file with what is stored never find a difference in what people left out.
    async fn the_example_policies_are_stored_as_they_are_written(ground: Ground) {
        for file in ["eligibility-policy.yaml", "approver-policy.yaml", "approver-policy-reading.yaml"] {
            let path = example(file);
            done(&kubectl(&ground, "paul@example.com", &["apply", "-f", path.to_str().unwrap()]));
            let written: Value = serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let policies = ground.person("paul@example.com").cluster_scoped(written["kind"].as_str().unwrap());
            let stored = policies.get(written["metadata"]["name"].as_str().unwrap()).await.unwrap();
            assert_eq!(stored.data["spec"], written["spec"], "{file}");
        }
    }

    async fn the_example_bindings_are_applied(ground: Ground) {
        let mut command = ground.cluster.plane.kubectl(&ground.master().name).unwrap();
        done(&command.arg("apply").arg("-f").arg(example("bindings.yaml")).output().unwrap());
    }
}

#[tokio::test]
async fn the_example_settings_are_written_by_a_policy_admin_and_act() {
    let Some(cluster) = crate::support::Cluster::shared(World::Stamping).await else {
        return println!("skipped: the existing cluster does not stamp");
    };
    let (ground, _alone) = cluster.alone().await;
    let path = example("settings.yaml");
    done(&kubectl(
        &ground,
        "paul@example.com",
        &[
            "apply",
            "--server-side",
            "--force-conflicts",
            "-f",
            path.to_str().unwrap(),
        ],
    ));
    published_request(&ground, "Pending").await;
    apply(&ground.master().client, &settings()).await.unwrap();
    eventually("the settings of the tests are back", async || {
        ground
            .alice()
            .asks(|r| r["spec"]["duration"] = json!("10h"))
            .await
            .is_err()
    })
    .await;
}

#[test]
fn the_example_organization_is_read_by_the_sandbox() {
    let text = std::fs::read_to_string(example("organization.yaml")).unwrap();
    identity_center_sandbox::OrganizationFile::parse(&text).unwrap();
}

#[test]
fn every_example_is_tried_here() {
    let me = concat!(include_str!("examples.rs"), include_str!("../policy_check.rs"));
    for entry in std::fs::read_dir(example("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_yaml = Path::new(&name)
            .extension()
            .is_some_and(|extension| extension == "yaml");
        assert!(
            !is_yaml || me.contains(&format!("{name}\"")),
            "examples/{name} is applied by no test"
        );
    }
}
