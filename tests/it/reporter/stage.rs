//! One reporter, with what it needs around it.

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use team_operator::admission::reporter_manifests;
use team_operator_control_plane::{Program, Supervised};

use crate::life::Scene;
use crate::support::{api_of, apply, until};

/// The namespace of the reporter, its reports and the Secrets of channels.
pub const NAMESPACE: &str = "team-operator-reporter";

/// The delays of the reporter, on a scale of seconds.
const DELAYS: &[&str] = &[
    "--settle-time=1s",
    "--delivery-retry-min=1s",
    "--delivery-retry-max=2s",
    "--probe-interval=2s",
    "--lease-duration=3s",
    "--lease-renew-interval=1s",
    "--allow-destination=127.0.0.1",
    "--health-listen=127.0.0.1:0",
    "--log-level=info,team_operator=debug",
];

/// A scene in which one reporter may run.
pub struct Told {
    pub scene: Scene,
}

impl Told {
    /// Everything but the reporter; no channel of another test is left.
    pub async fn open() -> Self {
        let scene = Scene::with_reporter().await;
        let admin = scene.admin();
        for object in reporter_manifests(NAMESPACE).unwrap() {
            apply(&admin, &object).await.unwrap();
        }
        let channels = api_of(&admin, &channel("any", &json!({})));
        let (how, which) = (
            kube::api::DeleteParams::default(),
            kube::api::ListParams::default(),
        );
        drop(channels.delete_collection(&how, &which).await.unwrap());
        Self { scene }
    }

    /// Starts a reporter, with these options after the usual ones.
    pub async fn reporter(&self, options: &[String]) -> Supervised {
        static STARTS: AtomicUsize = AtomicUsize::new(0);
        let plane = &self.scene.stage.plane;
        let number = STARTS.fetch_add(1, Ordering::Relaxed);
        let token = plane.service_account_token(NAMESPACE, NAMESPACE).await.unwrap();
        let kubeconfig = plane.kubeconfig_with_token(&token).unwrap();
        let mut arguments: Vec<OsString> = vec!["report".into(), "--kubeconfig".into(), kubeconfig.into()];
        arguments.extend(DELAYS.iter().map(OsString::from));
        arguments.extend(options.iter().map(OsString::from));
        let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        let program = Program {
            name: "reporter",
            path: env!("CARGO_BIN_EXE_team-operator").into(),
            arguments,
            environment: vec![
                variable("AWS_ENDPOINT_URL", &self.scene.stage.sandbox.endpoint()),
                variable("AWS_REGION", "eu-central-1"),
                variable("AWS_ACCESS_KEY_ID", "sandbox"),
                variable("AWS_SECRET_ACCESS_KEY", "sandbox"),
                variable("NO_COLOR", "1"),
            ],
            log: plane.log_folder().unwrap().join(format!("reporter-{number}.log")),
        };
        plane.supervise(program).unwrap()
    }

    /// Creates a Secret of this type in the reporter's namespace.
    pub async fn secret(&self, name: &str, kind: &str, data: Value) {
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": name, "namespace": NAMESPACE },
            "type": kind,
            "stringData": data,
        });
        self.scene.applies(&secret).await;
    }

    /// Creates a channel that tells of this scene's namespace alone.
    pub async fn channel(&self, name: &str, mut spec: Value) {
        spec["match"] = json!({ "namespaces": [self.scene.namespace] });
        self.scene.applies(&channel(name, &spec)).await;
    }

    /// Asks for a test message, and gives the status once it was answered.
    pub async fn tested(&self, name: &str) -> Value {
        let reference = channel(name, &json!({}));
        let channels = api_of(&self.scene.admin(), &reference);
        let patch = json!({ "metadata": { "annotations": { "team-operator.io/test": "1" } } });
        let params = kube::api::PatchParams::default();
        channels
            .patch(name, &params, &kube::api::Patch::Merge(patch))
            .await
            .unwrap();
        until(&format!("the channel {name} was tested"), async || {
            let channel = channels.get(name).await.ok()?;
            let status = channel.data["status"].clone();
            (status["tested"] == "1").then_some(status)
        })
        .await
    }

    /// The reports of the scene's namespace.
    pub async fn reports(&self) -> Vec<Value> {
        let kind = json!({
            "apiVersion": "team-operator.io/v1alpha1",
            "kind": "RequestReport",
            "metadata": { "namespace": NAMESPACE },
        });
        let listed = api_of(&self.scene.admin(), &kind)
            .list(&kube::api::ListParams::default())
            .await
            .unwrap();
        let all = listed.items.into_iter().map(|report| json!(report));
        all.filter(|report| report["spec"]["namespace"] == self.scene.namespace.as_str())
            .collect()
    }
}

/// A NotificationChannel.
pub fn channel(name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "NotificationChannel",
        "metadata": { "name": name },
        "spec": spec,
    })
}

/// Every event.
pub fn every_event() -> Value {
    json!(team_operator::api::NotificationEvent::ALL)
}

/// Lists shared between a server and its test.
pub type Shared<T> = Arc<std::sync::Mutex<T>>;
