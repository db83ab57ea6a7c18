//! The commands of the guides, run as they are printed.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use team_operator_control_plane::{ControlPlane, Person, Tool};

use super::helm::kubectl;
use super::installed::Ground;
use super::pod::{Pod, test_values};
use crate::life::stage::DELAYS;
use crate::stage::eventually;

/// A fenced block of a guide.
struct Block {
    language: String,
    text: String,
}

fn guide(name: &str) -> Vec<Block> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let mut parts = text.split("\n```");
    parts.next();
    let block = |part: &str| {
        let (language, text) = part.split_once('\n')?;
        (!language.is_empty()).then(|| Block {
            language: language.to_owned(),
            text: text.to_owned(),
        })
    };
    parts.filter_map(block).collect()
}

/// The blocks that are to be run.
fn commands(guide: &[Block]) -> Vec<&str> {
    let blocks = guide.iter().filter(|block| block.language == "sh");
    blocks.map(|block| block.text.as_str()).collect()
}

/// Somebody at a shell with helm and kubectl, in a folder with what the repository has.
struct Shell<'a> {
    plane: &'a ControlPlane,
    folder: tempfile::TempDir,
}

impl<'a> Shell<'a> {
    fn new(plane: &'a ControlPlane) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["charts", "examples"] {
            symlink(repository.join(name), folder.path().join(name)).unwrap();
        }
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        let programs = team_operator_control_plane::build(&[Tool::Helm, Tool::Kubectl]).unwrap();
        for program in programs {
            symlink(
                &program,
                folder.path().join("bin").join(program.file_name().unwrap()),
            )
            .unwrap();
        }
        let program = Path::new(env!("CARGO_BIN_EXE_team-operator"));
        symlink(program, folder.path().join("bin/team-operator")).unwrap();
        Self { plane, folder }
    }

    #[track_caller]
    fn runs(&self, text: &str) {
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", text])
            .current_dir(self.folder.path())
            .env(
                "PATH",
                format!("{}:{path}", self.folder.path().join("bin").display()),
            )
            .env(
                "KUBECONFIG",
                self.plane.kubeconfig(ControlPlane::admin_name()).unwrap(),
            )
            .env("KUBECACHEDIR", self.folder.path().join("kubectl"));
        for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(name, self.folder.path().join("helm"));
        }
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(
            output.status.success(),
            "{text}\n{}",
            String::from_utf8_lossy(&said)
        );
    }
}

/// The values of the guide, with what a test has to have beside them.
fn values(blocks: &[Block]) -> Value {
    let printed = blocks.iter().find(|block| block.language == "yaml").unwrap();
    let mut values: Value = serde_saphyr::from_str(&printed.text).unwrap();
    assert!(values["image"]["repository"].is_string());
    for key in ["ports", "extraArgs", "uninstallCheck"] {
        values[key] = test_values(DELAYS)[key].clone();
    }
    values
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_the_guides_installs_gives_access_upgrades_and_leaves_nothing_behind() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let organization = std::fs::read_to_string(examples.join("organization.yaml")).unwrap();
    let people = vec![
        Person::new("alice@example.com", ["developers"]),
        Person::new("bob@example.com", ["developers", "leads"]),
        Person::new("erin@example.com", ["security"]),
    ];
    let ground = Ground::of(people, &organization).await;
    let shell = Shell::new(&ground.plane);
    let install = guide("install.md");
    std::fs::write(
        shell.folder.path().join("values.yaml"),
        values(&install).to_string(),
    )
    .unwrap();
    let blocks = commands(&install);
    assert_eq!(
        blocks.len(),
        2,
        "install.md has other blocks than this test knows"
    );
    shell.runs(blocks[0]);
    let pod = ground.pod().await;
    shell.runs(blocks[1]);

    let (alice, erin) = (ground.person("alice"), ground.person("erin"));
    let asked = alice.asks(|_| ()).await.unwrap();
    let name = asked["metadata"]["name"].as_str().unwrap().to_owned();
    ground.is(&name, "Pending", &pod).await;
    ground.person("bob").decides(&name, "Approved").await.unwrap();
    eventually("it is the turn of security", async || {
        erin.decides(&name, "Approved").await.is_ok()
    })
    .await;
    ground.is(&name, "Active", &pod).await;

    let upgrade = guide("upgrade.md");
    for block in commands(&upgrade) {
        shell.runs(block);
    }
    leaves_nothing(&ground, &shell, &pod).await;
}

async fn leaves_nothing(ground: &Ground, shell: &Shell<'_>, pod: &Pod) {
    let uninstall = guide("uninstall.md");
    let blocks = commands(&uninstall);
    assert!(
        blocks
            .iter()
            .any(|block| block.trim() == "team-operator uninstall"),
        "nobody ends the access"
    );
    for block in blocks {
        if block.contains("helm uninstall") {
            let assigned = ground
                .sandbox
                .with(identity_center_sandbox::World::assigned_by_name);
            let hers = assigned
                .iter()
                .find(|row| row["principal"] == "alice@example.com");
            assert_eq!(hers, None, "access is left");
            pod.stop().await;
        }
        shell.runs(block);
    }
    eventually("the namespace is gone", async || {
        kubectl(&ground.plane, &["get", "namespace", "team-operator-system"]).is_err()
    })
    .await;
    for kind in [
        "crd",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "clusterroles",
    ] {
        let left = kubectl(&ground.plane, &["get", kind, "-o", "name"]).unwrap();
        let ours: Vec<&str> = left.lines().filter(|line| line.contains("team-")).collect();
        let ours: Vec<&&str> = ours
            .iter()
            .filter(|line| !line.contains("control-plane"))
            .collect();
        assert!(ours.is_empty(), "{ours:?}");
    }
}
