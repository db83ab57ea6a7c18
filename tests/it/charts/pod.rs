//! A Pod of the chart's Deployment, as a process: its arguments and variables, its service account's token, its port.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use identity_center_sandbox::RunningSandbox;
use serde_json::{Value, json};
use team_operator_control_plane::{ControlPlane, Program, Supervised};

use super::helm::kubectl;
use crate::stage::until;

/// A running controller that was started as the Deployment says.
pub struct Pod {
    container: Value,
    process: Supervised,
}

/// The Deployment of an installation, as the API server has it.
pub fn deployment(plane: &ControlPlane, namespace: &str) -> Value {
    let arguments = [
        "get",
        "deployment",
        "team-operator",
        "-o",
        "json",
        "-n",
        namespace,
    ];
    serde_json::from_str(&kubectl(plane, &arguments).unwrap()).unwrap()
}

impl Pod {
    /// Starts one more replica of the Deployment. What the kubelet and the cloud would add is added: the address of the API
    /// server with the token of the service account, and AWS's credentials.
    pub async fn start(plane: &ControlPlane, sandbox: &RunningSandbox, namespace: &str) -> Self {
        static STARTS: AtomicUsize = AtomicUsize::new(0);
        let spec = deployment(plane, namespace)["spec"]["template"]["spec"].clone();
        let account = spec["serviceAccountName"].as_str().unwrap();
        let token = plane.service_account_token(namespace, account).await.unwrap();
        let container = spec["containers"][0].clone();
        let arguments = container["args"].as_array().unwrap();
        let mut environment = vec![
            (
                "KUBECONFIG".into(),
                plane.kubeconfig_with_token(&token).unwrap().into(),
            ),
            ("AWS_ENDPOINT_URL".into(), sandbox.endpoint().into()),
            ("AWS_REGION".into(), "eu-central-1".into()),
            ("AWS_ACCESS_KEY_ID".into(), "sandbox".into()),
            ("AWS_SECRET_ACCESS_KEY".into(), "sandbox".into()),
        ];
        environment.extend(variables(&container, namespace));
        let number = STARTS.fetch_add(1, Ordering::Relaxed);
        let program = Program {
            name: "team-operator",
            path: env!("CARGO_BIN_EXE_team-operator").into(),
            arguments: arguments
                .iter()
                .map(|argument| argument.as_str().unwrap().into())
                .collect(),
            environment,
            log: plane.log_folder().unwrap().join(format!("pod-{number}.log")),
        };
        let process = plane.supervise(program).unwrap();
        Self { container, process }
    }

    /// The answer to a probe of the container, once there is one.
    pub async fn answers(&self, probe: &str) -> String {
        let path = self.container[probe]["httpGet"]["path"].as_str().unwrap();
        let port = &self.container["ports"][0];
        assert_eq!(self.container[probe]["httpGet"]["port"], port["name"]);
        let port = u16::try_from(port["containerPort"].as_u64().unwrap()).unwrap();
        until("the probe is answered", async || {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
            let request = format!("GET {path} HTTP/1.1\r\nhost: probe\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).ok()?;
            Some(answer)
        })
        .await
    }

    /// Waits until an answer to the readiness probe has these words; the answer.
    pub async fn says(&self, words: &str) -> String {
        let told = until(words, async || {
            Some(self.answers("readinessProbe").await).filter(|answer| answer.contains(words))
        });
        let told = tokio::time::timeout(std::time::Duration::from_secs(50), told).await;
        if let Ok(answer) = told {
            return answer;
        }
        panic!(
            "never said: {words}\n{}\n{}",
            self.answers("readinessProbe").await,
            self.warnings()
        )
    }

    /// Ends it as the kubelet does, and waits until it has ended.
    pub async fn stop(&self) {
        assert!(self.process.signal("TERM"));
        until("the controller ends", async || self.process.ended()).await;
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// What it has warned of.
    pub fn warnings(&self) -> String {
        let log = self.process.log();
        let is_warning = |line: &&str| line.contains("WARN") || line.contains("ERROR");
        log.lines().filter(is_warning).collect::<Vec<_>>().join("\n")
    }
}

fn variables(container: &Value, namespace: &str) -> Vec<(OsString, OsString)> {
    let entries = container["env"].as_array().unwrap().iter();
    let variable = |entry: &Value| -> (OsString, OsString) {
        let value = match entry["valueFrom"]["fieldRef"]["fieldPath"].as_str() {
            Some("metadata.namespace") => namespace,
            Some(other) => panic!("the kubelet is not imitated for {other}"),
            None => entry["value"].as_str().unwrap_or_default(),
        };
        (entry["name"].as_str().unwrap().into(), value.into())
    };
    entries.map(variable).collect()
}

/// A port that nothing listens on now.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The values that differ from the defaults in these tests: a port of its own, and delays on a scale of seconds.
pub fn test_values(delays: &[&str]) -> Value {
    json!({
        "image": { "repository": "registry.example.com/team-operator" },
        "ports": { "http": free_port() },
        "extraArgs": delays,
        // No node runs the Job; the tests of the uninstallation run what it says.
        "uninstallCheck": { "enabled": false },
    })
}
