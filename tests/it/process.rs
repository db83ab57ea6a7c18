//! The program itself, with its own cluster and the sandbox for AWS: start-up, reporting of what is missing, leading,
//! shutdown.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use identity_center_sandbox::{Options as SandboxOptions, OrganizationFile, RunningSandbox};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use team_operator::admission::Installation;
use team_operator::runtime::{LEASE_NAME, SystemClock};
use team_operator_control_plane::{ControlPlane, Options};

use crate::support::{CONTROLLER_NAMESPACE, apply, eventually, probe, until};

/// A running program, ended with this value.
struct Process {
    child: Child,
    log: Arc<Mutex<Vec<Value>>>,
    stderr: Arc<Mutex<String>>,
}

impl Process {
    fn start(kubeconfig: &Path, sandbox: &RunningSandbox, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_team-operator"))
            .env_clear()
            .env("AWS_ENDPOINT_URL", sandbox.endpoint())
            .env("AWS_ACCESS_KEY_ID", "sandbox")
            .env("AWS_SECRET_ACCESS_KEY", "sandbox")
            .arg("run")
            .args([
                "--aws-region=eu-central-1",
                "--health-listen=127.0.0.1:0",
                "--log-format=json",
            ])
            .args(["--lease-duration=3s", "--lease-renew-interval=1s"])
            .arg(format!("--kubeconfig={}", kubeconfig.display()))
            .args(options)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (log, stderr) = (
            Arc::<Mutex<Vec<Value>>>::default(),
            Arc::<Mutex<String>>::default(),
        );
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (kept, text) = (Arc::clone(&log), Arc::clone(&stderr));
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The sentence that a failure ends with is no log line.
                match serde_json::from_str(&line) {
                    Ok(value) => kept.lock().unwrap().push(value),
                    Err(_) => text.lock().unwrap().push_str(&line),
                }
            }
        });
        Self { child, log, stderr }
    }

    /// Waits for a line of the log whose message, or whose reason, has these words; the line.
    async fn logs(&self, what: &str, message: &str) -> Value {
        until(what, async || {
            let log = self.log.lock().unwrap();
            let says = |line: &&Value| {
                let texts = [&line["message"], &line["reason"]];
                let mut texts = texts.into_iter().filter_map(Value::as_str);
                texts.any(|text| text.contains(message))
            };
            log.iter().find(says).cloned()
        })
        .await
    }

    /// Status line and text of an answer to a probe.
    async fn probe(&self, path: &str) -> String {
        let line = self.logs("it serves probes", "serving /healthz").await;
        probe(line["address"].as_str().unwrap(), path)
    }

    async fn becomes_ready(&self) -> String {
        until("it becomes ready", async || {
            Some(self.probe("/readyz").await)
                .filter(|answer| answer.contains("200 OK") && answer.contains("leads"))
        })
        .await
    }

    fn is_asked_to_end(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    async fn ends(&mut self) -> ExitStatus {
        until("it ends", async || self.child.try_wait().unwrap()).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn sandbox() -> RunningSandbox {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/organization.yaml")).unwrap();
    let options = SandboxOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        organization: OrganizationFile::parse(&text).unwrap(),
        data: None,
        clock: Arc::new(SystemClock),
    };
    RunningSandbox::start(options).await.unwrap()
}

fn leases(plane: &ControlPlane) -> Api<Lease> {
    Api::namespaced(plane.admin().unwrap(), CONTROLLER_NAMESPACE)
}

async fn holder(plane: &ControlPlane) -> Option<String> {
    leases(plane)
        .get(LEASE_NAME)
        .await
        .unwrap()
        .spec
        .unwrap()
        .holder_identity
}

#[tokio::test]
async fn the_program_says_what_it_lacks_leads_and_ends_well() {
    let plane = ControlPlane::start_own(Options::default()).await.unwrap();
    let sandbox = sandbox().await;
    let admin = plane.kubeconfig(ControlPlane::admin_name()).unwrap();

    // Started before anything is installed.
    let mut process = Process::start(&admin, &sandbox, &["--lease-identity=first"]);
    process
        .logs("it says what is missing", "elevationrequests.team-operator.io")
        .await;
    assert!(process.probe("/healthz").await.contains("200 OK"));
    let answer = process.probe("/readyz").await;
    assert!(
        answer.contains("503") && answer.contains("team-operator manifests | kubectl apply"),
        "{answer}"
    );
    assert!(answer.contains("[-] leader: not started yet"), "{answer}");
    let stamping = plane.kubernetes_version().unwrap().has_mutating_admission();
    for object in Installation::default().with_stamping(stamping).manifests() {
        apply(&plane.admin().unwrap(), &object).await.unwrap();
    }
    // An administrator in place of the controller writes the lease only where the namespace lets people.
    let namespaces: Api<Namespace> = Api::all(plane.admin().unwrap());
    let lets = json!({ "metadata": { "annotations": { "team-operator.io/allow-deletion": "true" } } });
    namespaces
        .patch(CONTROLLER_NAMESPACE, &PatchParams::default(), &Patch::Merge(lets))
        .await
        .unwrap();
    let answer = process.becomes_ready().await;
    assert!(
        answer.contains("[+] leader: this replica, first, leads"),
        "{answer}"
    );
    // AWS is asked beside all that: nothing waits for it.
    eventually("AWS has answered", async || {
        let answer = process.probe("/readyz").await;
        answer.contains("[+] AWS: instance arn:aws:sso:::instance/")
    })
    .await;
    assert_eq!(holder(&plane).await.as_deref(), Some("first"));
    process.is_asked_to_end();
    assert_eq!(process.ends().await.code(), Some(0));
    assert_eq!(holder(&plane).await, None);

    // As the controller, with the rights that the manifests give it.
    let token = plane
        .service_account_token(CONTROLLER_NAMESPACE, "team-operator")
        .await
        .unwrap();
    let controller = plane.kubeconfig_with_token(&token).unwrap();
    let mut process = Process::start(&controller, &sandbox, &["--lease-identity=second"]);
    process.becomes_ready().await;
    eventually("somebody seizes the lease", async || {
        let mut lease = leases(&plane).get(LEASE_NAME).await.unwrap();
        lease.spec.as_mut().unwrap().holder_identity = Some("somebody".to_owned());
        leases(&plane)
            .replace(LEASE_NAME, &PostParams::default(), &lease)
            .await
            .is_ok()
    })
    .await;
    assert_eq!(process.ends().await.code(), Some(1));
    let sentence = "leadership lost: somebody holds the lease";
    eventually("it says why", async || {
        process.stderr.lock().unwrap().contains(sentence)
    })
    .await;
}

#[tokio::test]
async fn whatever_the_program_waits_for_it_ends_well_when_asked() {
    let plane = ControlPlane::start_own(Options::default()).await.unwrap();
    let sandbox = sandbox().await;
    let admin = plane.kubeconfig(ControlPlane::admin_name()).unwrap();
    let mut waiting = Process::start(&admin, &sandbox, &[]);
    waiting
        .logs("it waits for definitions", "waiting until the cluster serves")
        .await;
    waiting.is_asked_to_end();
    assert_eq!(waiting.ends().await.code(), Some(0));

    plane.stop_api_server().unwrap();
    let mut alone = Process::start(&admin, &sandbox, &[]);
    let line = alone
        .logs("it waits for the API server", "waiting until the API server")
        .await;
    assert!(line["reason"].as_str().unwrap().contains("refused"), "{line}");
    alone.is_asked_to_end();
    assert_eq!(alone.ends().await.code(), Some(0));
}
