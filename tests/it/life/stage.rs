//! Where lives are played: a control plane with everything installed, an Identity Center in a box, and the controller as a
//! process of its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};
use team_operator::admission::Installation;
use team_operator::runtime::SystemClock;
use team_operator::sandbox::{self, Change, LogEntry, OrganizationFile, RunningSandbox, Script, World};
use team_operator_control_plane::{ControlPlane, Options, Program, Supervised};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::support::{CONTROLLER_NAMESPACE, api_of, apply, bindings, eventually, people, until};

/// The delays of the controller, on a scale of seconds.
const DELAYS: &[&str] = &[
    "--poll=1s",
    "--lookup-retry=1s",
    "--retry-first=1s",
    "--retry-longest=3s",
    "--create-settles-after=4s",
    "--sighting-interval=1s",
    "--drift-confirmation=2s",
    "--removal-echo=5s",
    "--approved-holder=5s",
    "--disappearance-grace=4s",
    "--recheck-interval=5s",
    "--fresh-facts=3s",
    "--grant-slack=60s",
    "--overdue-after=2s",
    "--reappearance-check=3s",
    "--review-lifetime=20s",
    "--guard-interval=2s",
    "--policy-status-interval=3s",
    "--retention-interval=1s",
    "--sweep-interval=3s",
    "--ends-soon-notice=2s",
    "--longest-wait=5s",
    "--lease-duration=4s",
    "--lease-renew-interval=1s",
];

/// How many accounts there are: each scene has one of its own.
const ACCOUNTS: usize = 60;

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
    /// The stage that lives share which leave policies, settings and processes alone.
    pub async fn shared() -> &'static Stage {
        static STAGE: OnceCell<Stage> = OnceCell::const_new();
        // The sandbox must outlive the test that came first.
        let open = async || tokio::task::spawn_blocking(|| runtime().block_on(Stage::open())).await.unwrap();
        STAGE.get_or_init(open).await
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
        let options = Options { people: people(), controller_manager: true, ..Options::default() };
        let plane = ControlPlane::start_own(options).await.unwrap_or_else(|error| panic!("{error}"));
        let admin = plane.admin().unwrap();
        for object in Installation::default().manifests().iter().chain(&bindings()) {
            apply(&admin, object).await.unwrap_or_else(|error| panic!("{error}"));
        }
        for object in [settings(), eligibility_policy(), approver_policy()] {
            until("our kinds are served", async || apply(&admin, &object).await.ok()).await;
        }
        let organization = OrganizationFile::parse(&organization()).unwrap_or_else(|error| panic!("{error}"));
        let options = sandbox::Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            organization,
            data: None,
            clock: Arc::new(SystemClock),
        };
        let sandbox = RunningSandbox::start(options).await.unwrap_or_else(|error| panic!("{error}"));
        let folder = plane.log_folder().unwrap().to_owned();
        let (controllers, starts) = (Mutex::default(), AtomicUsize::new(0));
        let (accounts, namespaces) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Stage { plane, sandbox, controllers, folder, accounts, namespaces, starts }
    }

    pub async fn start_controller(&self, _options: &[&str]) {
        use team_operator::ports::*;
        let token = self.plane.service_account_token(CONTROLLER_NAMESPACE, "team-operator").await.unwrap();
        let client = self.plane.client_with_token(&token).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let aws = team_operator::aws::Aws::connect(team_operator::aws::AwsSettings {
            region: Some("eu-central-1".into()),
            endpoint_url: Some(self.sandbox.endpoint()),
            budget: team_operator::aws::BudgetSettings { sso_admin_rate: 100.0, identity_store_rate: 100.0, ..Default::default() }, credentials: Some(aws_credential_types::provider::SharedCredentialsProvider::new(aws_credential_types::Credentials::new("sandbox","sandbox",None,None,"tests"))),
            ..Default::default()
        }, clock.clone()).await.unwrap();
        let key = team_operator::admission::load_or_create(client.clone(), CONTROLLER_NAMESPACE).await.unwrap();
        let aws = Arc::new(aws);
        #[derive(Debug)] struct Lead; impl Leadership for Lead { fn lease(&self)->team_operator::domain::Lease { team_operator::domain::Lease::Held } }
        let s = chrono::TimeDelta::seconds;
        let timings = team_operator::domain::Timings { poll: s(1), lookup_retry: s(1), retry_first: s(1), retry_longest: s(3), create_settles_after: s(4), sighting_interval: s(1), drift_confirmation: s(2), removal_echo: s(5), approved_holder: s(20), disappearance_grace: s(4), recheck_interval: s(5), fresh_facts: s(20), grant_slack: s(60), overdue_after: s(2), reappearance_check: s(3), review_lifetime: s(20), clock_skew: s(30) };
        let d = std::time::Duration::from_secs;
        let outside = team_operator::reconcile::Outside { directory: aws.clone(), organization: aws.clone(), permission_sets: aws.clone(), assignments: aws.clone(), instance: aws.clone(), clock, aws_clock: aws.clone(), api_server_clock: aws.clone(), leadership: Arc::new(Lead) };
        let controller = team_operator::reconcile::Controller::new(team_operator::reconcile::Parts {
            client: client.clone(), outside,
            settings: team_operator::reconcile::Settings { identity_center: team_operator::domain::IdentityCenter { instance_arn: aws.instance().arn.clone(), delegated_administrator: false }, timings, delays: team_operator::reconcile::Delays { guard_interval: d(2), policy_status_interval: d(3), retention_interval: d(1), sweep_interval: d(3), ends_soon_notice: d(2), longest_wait: d(5) }, concurrency: 16, namespace: CONTROLLER_NAMESPACE.into() },
            guard: team_operator::admission::Guard::new(client, Installation::default(), key.clone()), key,
            audit: Box::new(std::fs::File::create(self.audit_log()).unwrap()), reporter: "team-operator".into(),
        });
        tokio::spawn(controller.run(std::future::pending()));
    }

    /// Waits until the controller has proven the admission policies and told so.
    pub async fn until_the_guard_is_intact(&self) {
        let admin = self.plane.admin().unwrap();
        let objects = api_of(&admin, &settings());
        let intact = async || {
            let settings = objects.get("default").await.ok()?;
            let conditions = settings.data["status"]["conditions"].as_array()?.clone();
            conditions.into_iter().find(|c| c["type"] == "GuardIntact" && c["status"] == "True")
        };
        let looked = tokio::time::timeout(std::time::Duration::from_secs(60), async {
            until("the guard is intact", intact).await
        });
        drop(looked.await.unwrap_or_else(|_| panic!("the guard is not intact: {}", self.logs())));
    }

    /// What all controllers said.
    pub fn logs(&self) -> String {
        let controllers = self.controllers.lock().unwrap();
        controllers.iter().map(|controller| controller.log()).collect::<Vec<_>>().join("\n--- next process\n")
    }

    /// The audit log of all controllers.
    pub fn audit_log(&self) -> PathBuf {
        self.folder.join("audit.jsonl")
    }

    /// The audit lines about one request.
    pub fn audited(&self, uid: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.audit_log()).unwrap_or_default();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["request"]["uid"] == uid || line["object"]["metadata"]["uid"] == uid).collect()
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
        self.sandbox.with(|world, now| world.change(&change, now)).unwrap();
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

/// A runtime that lasts as long as the tests.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap())
}

fn account_id(number: usize) -> String {
    format!("{:012}", 100_000_000_000 + number)
}

/// The settings of these lives.
pub fn settings() -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "TeamSettings",
        "metadata": { "name": "default" },
        "spec": {
            "maxRequestDuration": "9h",
            "ticketNumber": { "requirement": "NotRequired" },
            "comments": "NotRequired",
        },
    })
}

/// Engineers may ask for everything, and `Waived` needs no approval.
fn eligibility_policy() -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "EligibilityPolicy",
        "metadata": { "name": "engineers" },
        "spec": {
            "subjects": [{ "kind": "Group", "name": "Engineers" }],
            "organizationalUnits": [{ "id": "ou-ab12-test0001" }],
            "permissionSets": ["DatabaseAdmin", "ReadOnlyAccess"],
            "maxDuration": "8h",
        },
    })
}

/// One of the leads approves.
fn approver_policy() -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "ApproverPolicy",
        "metadata": { "name": "leads" },
        "spec": {
            "organizationalUnits": [{ "id": "ou-ab12-test0001" }],
            "stages": [{
                "name": "lead",
                "approvers": [{ "kind": "Group", "name": "Leads" }],
                "approvalsRequired": 1,
            }],
        },
    })
}

fn organization() -> String {
    let accounts: Vec<Value> =
        (0..ACCOUNTS).map(|number| json!({ "id": account_id(number), "name": format!("account-{number}") })).collect();
    let people = ["alice", "bob", "carol", "erin", "mallory"].map(|name| format!("{name}@example.com"));
    let users: Vec<Value> = people.iter().map(|name| json!({ "userName": name, "email": name })).collect();
    json!({
        "region": "eu-central-1",
        "managementAccount": { "id": "999999999999", "name": "management" },
        "organizationalUnits": [{ "name": "Test", "id": "ou-ab12-test0001", "accounts": accounts }],
        "users": users,
        "groups": [
            { "name": "Engineers", "members": ["alice@example.com", "bob@example.com"] },
            { "name": "Leads", "members": ["bob@example.com", "carol@example.com"] },
            { "name": "Security", "members": ["carol@example.com", "erin@example.com"] },
        ],
        "permissionSets": [
            { "name": "DatabaseAdmin", "sessionDuration": "PT1H" },
            { "name": "ReadOnlyAccess", "sessionDuration": "PT1H" },
            { "name": "Waived", "sessionDuration": "PT1H" },
        ],
        "settings": {
            "operationTime": "300ms",
            "listLag": "300ms",
            "membershipLag": "0s",
            "conflictWindow": "200ms",
            "throttling": false,
        },
    })
    .to_string()
}
