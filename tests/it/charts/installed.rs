//! A cluster with both charts installed, the controller at work, and people.

use std::path::{Path, PathBuf};

use identity_center_sandbox::{RunningSandbox, World};
use serde_json::{Value, json};
use team_operator_control_plane::{ControlPlane, Options, Person};

use super::helm::{CONTROLLER, DEFINITIONS, chart, helm};
use super::pod::{Pod, test_values};
use crate::life::population::{account_id, organization, rules, settings};
use crate::life::stage::DELAYS;
use crate::stage::roles::bindings;
use crate::stage::{CONTROLLER_NAMESPACE, api_of, apply, identity_center, is_guarded, until};
use crate::support::TELLING_PATIENCE;
use crate::support::{Actor, people};

/// Where requests live; the chart makes it.
pub const REQUESTS: &str = "access-requests";

/// A control plane with nothing installed, and AWS.
pub struct Ground {
    pub plane: ControlPlane,
    pub sandbox: RunningSandbox,
    folder: tempfile::TempDir,
}

/// The same with both charts and one controller.
pub struct Installed {
    pub ground: Ground,
    pub pod: Pod,
}

impl Ground {
    pub async fn fresh() -> Self {
        Self::of(people(), &organization()).await
    }

    /// With these people in the cluster, and this organization in AWS.
    pub async fn of(people: Vec<Person>, organization: &str) -> Self {
        let options = Options {
            people,
            controller_manager: true,
            ..Options::default()
        };
        let plane = ControlPlane::start_own(options)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let sandbox = identity_center(organization).await;
        let folder = tempfile::tempdir().unwrap();
        Self {
            plane,
            sandbox,
            folder,
        }
    }

    /// A file with values for the chart of the controller: settings and a namespace for requests, changed as told.
    pub fn values(&self, name: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
        let mut values = test_values(DELAYS);
        values["teamSettings"] = json!({ "create": true, "spec": settings()["spec"] });
        values["requestNamespaces"] = json!([REQUESTS]);
        change(&mut values);
        let path = self.folder.path().join(name);
        std::fs::write(&path, values.to_string()).unwrap();
        path
    }

    /// helm, which has to succeed.
    #[track_caller]
    pub fn helm(&self, arguments: &[&str]) -> String {
        let said = helm(&self.plane, arguments);
        said.unwrap_or_else(|error| panic!("helm {arguments:?}: {error}"))
    }

    /// Installs the definitions and policies, as people do.
    pub fn install_definitions(&self) {
        let folder = chart(DEFINITIONS);
        let folder = folder.to_str().unwrap();
        self.helm(&[
            "install",
            DEFINITIONS,
            folder,
            "-n",
            CONTROLLER_NAMESPACE,
            "--create-namespace",
        ]);
    }

    /// `helm install` or `helm upgrade` of the controller's chart with these values; the notes.
    pub fn controller_chart(&self, command: &str, values: &Path) -> String {
        let folder = chart(CONTROLLER);
        let (folder, values) = (folder.to_str().unwrap(), values.to_str().unwrap());
        let install = [
            command,
            CONTROLLER,
            folder,
            "-n",
            CONTROLLER_NAMESPACE,
            "--create-namespace",
        ];
        self.helm(&[&install[..], &["-f", values]].concat())
    }

    /// One more replica of the controller.
    pub async fn pod(&self) -> Pod {
        Pod::start(&self.plane, &self.sandbox, CONTROLLER_NAMESPACE).await
    }

    /// Binds people's roles and applies policies, as platform teams do after the installation.
    pub async fn add_policies(&self) {
        let admin = self.plane.admin().unwrap();
        let policies = rules().into_iter().filter(|rule| rule["kind"] != "TeamSettings");
        for object in bindings().into_iter().chain(policies) {
            until("our kinds are served", async || apply(&admin, &object).await.ok()).await;
        }
    }

    pub async fn until_guarded(&self, pod: &Pod) {
        let admin = self.plane.admin().unwrap();
        let guarded = until("the guard is intact", async || {
            is_guarded(&admin).await.then_some(())
        });
        let guarded = tokio::time::timeout(TELLING_PATIENCE, guarded).await;
        guarded.unwrap_or_else(|_| panic!("the guard is not intact: {}", pod.warnings()));
    }

    pub fn person(&self, name: &str) -> Actor {
        let name = format!("{name}@example.com");
        let client = self.plane.client(&name).unwrap();
        let namespace = REQUESTS.to_owned();
        Actor {
            name,
            client,
            namespace,
        }
    }

    /// Alice asks for access to an account; the name of the request.
    pub async fn alice_asks(&self, account: usize) -> String {
        let alice = self.person("alice");
        let asked = until("the policies know their parameters", async || {
            alice
                .asks(|request| request["spec"]["accountId"] = json!(account_id(account)))
                .await
                .ok()
        });
        asked.await["metadata"]["name"].as_str().unwrap().to_owned()
    }

    /// Waits until the request is in the phase.
    pub async fn is(&self, name: &str, phase: &str, pod: &Pod) -> Value {
        let last = std::sync::Mutex::new(Value::Null);
        let reached = until(phase, async || {
            let request = self.read(name).await;
            last.lock().unwrap().clone_from(&request);
            (request["status"]["phase"] == phase).then_some(request)
        });
        let reached = tokio::time::timeout(TELLING_PATIENCE, reached).await;
        reached.unwrap_or_else(|_| {
            panic!(
                "{name} is not {phase}: {}\n{}",
                last.lock().unwrap(),
                pod.warnings()
            )
        })
    }

    /// The request as it is.
    pub async fn read(&self, name: &str) -> Value {
        let reference = json!({
            "apiVersion": "team-operator.io/v1alpha1",
            "kind": "ElevationRequest",
            "metadata": { "namespace": REQUESTS },
        });
        json!(
            api_of(&self.plane.admin().unwrap(), &reference)
                .get(name)
                .await
                .unwrap()
        )
    }

    /// Asks, is approved by Carol, and has the access.
    pub async fn alice_has_access(&self, account: usize, pod: &Pod) -> String {
        let name = self.alice_asks(account).await;
        self.is(&name, "Pending", pod).await;
        self.person("carol").decides(&name, "Approved").await.unwrap();
        self.is(&name, "Active", pod).await;
        assert!(self.has_access(account));
        name
    }

    /// Alice ends it herself.
    pub async fn alice_cancels(&self, name: &str) {
        let cancelled = json!({ "spec": { "cancelled": true } });
        self.person("alice").patches(name, cancelled).await.unwrap();
    }

    /// Whether Alice has access to the account, in truth.
    pub fn has_access(&self, account: usize) -> bool {
        let rows = self.sandbox.with(World::assigned_by_name);
        let account = account_id(account);
        rows.iter()
            .any(|row| row["principal"] == "alice@example.com" && row["account"] == account.as_str())
    }
}

impl Installed {
    /// Installed in the order of Helm, with people and policies, and the guard intact.
    pub async fn with_helm() -> Self {
        let ground = Ground::fresh().await;
        ground.install_definitions();
        ground.controller_chart("install", &ground.values("first.yaml", |_| ()));
        let pod = ground.pod().await;
        ground.add_policies().await;
        ground.until_guarded(&pod).await;
        Self { ground, pod }
    }
}
