//! The environment of end-to-end tests: a control plane with everything installed, the sandbox for AWS, and the controller
//! as a separate process.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use identity_center_sandbox::{Change, LogEntry, RunningSandbox, Script, World};
use kube::api::DeleteParams;
use serde_json::{Value, json};
use team_operator_control_plane::{ControlPlane, Options, Supervised};
use tokio::runtime::Runtime;
use tokio::sync::{MutexGuard, OnceCell};

use super::population::{ACCOUNTS, account_id, organization, rules};
use crate::stage::{
    CONTROLLER_NAMESPACE, api_of, apply, eventually, identity_center, install, is_guarded, program,
};
use crate::support::TELLING_PATIENCE;
use crate::support::{people, replace};

/// The delays of the controller, on a scale of seconds.
pub(crate) const DELAYS: &[&str] = &[
    "--poll-interval=1s",
    "--lookup-retry=1s",
    "--retry-min=1s",
    "--retry-max=3s",
    "--claim-lead=15s",
    "--admission-time=20s",
    "--presence-interval=5s",
    "--loss-confirmation=2s",
    "--show-after=3s",
    "--error-interval=5s",
    "--list-lag=2s",
    "--answer-time=3s",
    "--create-bound=20s",
    "--disappearance-grace=4s",
    "--recheck-interval=8s",
    "--fresh-fact-max-age=20s",
    "--grant-slack=30s",
    "--overdue-after=4s",
    "--review-lifetime=20s",
    "--guard-interval=3s",
    "--policy-status-interval=10s",
    "--retention-interval=2s",
    "--sweep-interval=30s",
    "--ends-soon-notice=15s",
    "--resync-interval=5s",
    "--lease-duration=4s",
    "--lease-renew-interval=1s",
    "--aws-sso-admin-rate=100",
    "--aws-identity-store-rate=100",
    "--aws-organizations-share=20",
];

/// Everything that a life needs.
pub struct Stage {
    pub plane: ControlPlane,
    pub sandbox: RunningSandbox,
    controllers: Mutex<Vec<Arc<Supervised>>>,
    folder: PathBuf,
    accounts: AtomicUsize,
    namespaces: AtomicUsize,
    starts: AtomicUsize,
}

impl Stage {
    /// The shared environment, for tests that change no policies, settings or processes.
    pub async fn shared() -> &'static Stage {
        static STAGE: OnceCell<Stage> = OnceCell::const_new();
        opened(&STAGE, Stage::open).await
    }

    /// The environment for people with the plugin, who wait for what becomes of each act: on the shared one, access that lives leave
    /// behind uses up the budget of AWS calls.
    pub async fn of_the_plugin() -> &'static Stage {
        static STAGE: OnceCell<Stage> = OnceCell::const_new();
        opened(&STAGE, Stage::open).await
    }

    /// The environment for a crowd of requests, which would keep all others waiting.
    pub async fn crowded() -> &'static Stage {
        static STAGE: OnceCell<Stage> = OnceCell::const_new();
        opened(&STAGE, Stage::open).await
    }

    /// The environment for tests that change policies, settings or the API server: one at a time, as long as the guard lasts.
    /// What the one before changed is put back.
    pub async fn alone() -> (&'static Stage, MutexGuard<'static, ()>) {
        static STAGE: OnceCell<Stage> = OnceCell::const_new();
        static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let turn = TURN.lock().await;
        let stage = opened(&STAGE, Stage::open).await;
        let admin = stage.plane.admin().unwrap();
        for object in rules() {
            replace(&admin, &object).await;
        }
        stage.until_the_guard_is_intact().await;
        (stage, turn)
    }

    /// The environment for tests that kill the controller: one at a time, with one controller that leads.
    pub async fn with_crashes() -> (&'static Stage, MutexGuard<'static, ()>) {
        static STAGE: OnceCell<Stage> = OnceCell::const_new();
        static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let turn = TURN.lock().await;
        let stage = opened(&STAGE, Stage::without_controller).await;
        if !stage.has_a_controller() {
            stage.start_controller(&[]).await;
        }
        stage.until_the_newest_controller_leads().await;
        stage.until_the_guard_is_intact().await;
        (stage, turn)
    }

    /// The environment for tests of the reporter, which tells of every channel: one at a time.
    pub async fn of_the_reporter() -> (&'static Stage, MutexGuard<'static, ()>) {
        static STAGE: OnceCell<Stage> = OnceCell::const_new();
        static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let turn = TURN.lock().await;
        (opened(&STAGE, Stage::open).await, turn)
    }

    /// A stage for one life alone.
    pub async fn open() -> Stage {
        let stage = Stage::without_controller().await;
        stage.start_controller(&[]).await;
        stage.until_the_guard_is_intact().await;
        stage
    }

    /// A stage on which no controller runs yet.
    pub async fn without_controller() -> Stage {
        let options = Options {
            people: people(),
            controller_manager: true,
            ..Options::default()
        };
        let plane = ControlPlane::start_own(options)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        install(&plane, &rules()).await;
        let sandbox = identity_center(&organization()).await;
        let folder = plane.log_folder().unwrap().to_owned();
        let (controllers, starts) = (Mutex::default(), AtomicUsize::new(0));
        let (accounts, namespaces) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Stage {
            plane,
            sandbox,
            controllers,
            folder,
            accounts,
            namespaces,
            starts,
        }
    }

    /// Starts one more controller, with these options after the usual ones.
    pub async fn start_controller(&self, options: &[&str]) -> Arc<Supervised> {
        let number = self.starts.fetch_add(1, Ordering::Relaxed);
        let log = self.folder.join(format!("team-operator-{number}.log"));
        let level = ["--log-level=info,team_operator=debug,kube_runtime=warn"];
        let all = level.iter().chain(DELAYS).chain(options).copied();
        let program = program(&self.plane, &self.sandbox, &log, all).await;
        let controller = Arc::new(self.plane.supervise(program).unwrap());
        self.controllers.lock().unwrap().push(Arc::clone(&controller));
        controller
    }

    /// Waits until the controller has proven the admission policies and told so.
    pub async fn until_the_guard_is_intact(&self) {
        let admin = self.plane.admin().unwrap();
        let intact = eventually("the guard is intact", async || is_guarded(&admin).await);
        let looked = tokio::time::timeout(TELLING_PATIENCE, intact).await;
        looked.unwrap_or_else(|_| panic!("the guard is not intact: {}", self.logs()));
    }

    /// The controller that was started last.
    pub fn controller(&self) -> Arc<Supervised> {
        Arc::clone(self.controllers.lock().unwrap().last().unwrap())
    }

    /// Kills every controller, at once and without a word; their lease stays until it has run out.
    pub fn kill_controllers_alone(&self) {
        for controller in self.controllers.lock().unwrap().iter() {
            controller.kill();
        }
    }

    /// Kills every controller, and takes their lease away too: waiting until it has run out shows only what the tests of the
    /// leadership and of takeovers show.
    pub async fn kill_controllers(&self) {
        self.kill_controllers_alone();
        let lease = json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": { "name": "team-operator", "namespace": CONTROLLER_NAMESPACE },
        });
        let leases = api_of(&self.plane.admin().unwrap(), &lease);
        drop(leases.delete("team-operator", &DeleteParams::default()).await);
    }

    fn has_a_controller(&self) -> bool {
        let controllers = self.controllers.lock().unwrap();
        controllers.last().is_some_and(|newest| newest.ended().is_none())
    }

    async fn until_the_newest_controller_leads(&self) {
        let newest = self.controller();
        eventually("the controller leads", async || {
            newest.log().contains("assignments are looked at")
        })
        .await;
    }

    /// What all controllers said.
    pub fn logs(&self) -> String {
        let controllers = self.controllers.lock().unwrap();
        controllers
            .iter()
            .map(|controller| controller.log())
            .collect::<Vec<_>>()
            .join("\n--- next process\n")
    }

    /// The journal of all controllers.
    pub fn journal(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    /// The lines of the journal about one request.
    pub fn told_of(&self, uid: &str) -> Vec<Value> {
        let lines = self.journal_lines().into_iter();
        lines
            .filter(|line| {
                line["entry"]["request"]["uid"] == uid || line["entry"]["object"]["metadata"]["uid"] == uid
            })
            .collect()
    }

    fn journal_lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.journal()).unwrap_or_default();
        // The last line may be in the middle of being written.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = whole.lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The states that a record came to, by the journal.
    pub fn record_steps(&self, record: &str) -> Vec<String> {
        let lines = self.journal_lines();
        let steps = lines.iter().filter(|line| {
            let of_record = matches!(line["kind"].as_str(), Some("RecordStep" | "RecordRemoval"));
            of_record && line["entry"]["assignment"]["name"] == record
        });
        let mut states: Vec<String> = steps
            .map(|line| {
                line["entry"]["status"]["state"]
                    .as_str()
                    .unwrap_or("removed")
                    .to_owned()
            })
            .collect();
        states.dedup();
        states
    }

    /// An account that nobody else uses.
    pub fn account(&self) -> String {
        let number = self.accounts.fetch_add(1, Ordering::Relaxed);
        assert!(number < ACCOUNTS, "there are more scenes than accounts");
        account_id(number)
    }

    /// A namespace of its own.
    pub async fn namespace(&self) -> String {
        let number = self.namespaces.fetch_add(1, Ordering::Relaxed);
        let name = format!("life-{number}");
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        apply(&self.plane.admin().unwrap(), &object).await.unwrap();
        name
    }

    /// Changes the organization.
    pub fn change(&self, change: Value) {
        let change: Change = serde_json::from_value(change).unwrap();
        self.sandbox
            .with(|world, now| world.change(&change, now))
            .unwrap();
    }

    /// Makes trouble; the number under which it can be ended.
    pub fn trouble(&self, script: Value) -> u64 {
        let script: Script = serde_json::from_value(script).unwrap();
        self.sandbox.with(|world, _| world.script(script))
    }

    /// Ends this trouble.
    pub fn peace(&self, trouble: u64) {
        self.sandbox.with(|world, _| world.remove_scripts(Some(trouble)));
    }

    /// Whether the user has the permission set in the account, in truth.
    pub fn has(&self, user: &str, permission_set: &str, account: &str) -> bool {
        let assigned = self.sandbox.with(World::assigned_by_name);
        assigned.iter().any(|row| {
            row["principal"] == user && row["permissionSet"] == permission_set && row["account"] == account
        })
    }

    /// What AWS was asked to do in the account by this operation.
    pub fn calls(&self, operation: &str, account: &str) -> Vec<LogEntry> {
        let mut log = self.sandbox.with(|world, _| world.log(0));
        log.retain(|entry| entry.operation == operation && entry.account.as_deref() == Some(account));
        log
    }
}

/// The stage in this cell. Whoever comes first opens it, on a runtime that outlives the first test: the sandbox runs there.
async fn opened<F>(cell: &'static OnceCell<Stage>, open: fn() -> F) -> &'static Stage
where
    F: Future<Output = Stage> + 'static,
{
    let open = async || {
        tokio::task::spawn_blocking(move || runtime().block_on(open()))
            .await
            .unwrap()
    };
    cell.get_or_init(open).await
}

/// A runtime that lasts as long as the tests.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    })
}
