//! Everything that runs: a control plane, the sandbox, and the controller.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::StreamExt as _;
use identity_center_sandbox::{LogEntry, RunningSandbox};
use kube::Client;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use team_operator_control_plane::{ControlPlane, Options, Supervised};

use crate::audit::AuditLog;
use crate::population::{APPROVER, PEOPLE, WAIVED, account_id, organization, people, rules, user_name};
use crate::stage::{
    CONTROLLER_NAMESPACE, api_of, apply, eventually, identity_center, install, is_guarded, program,
};

/// Where all requests are.
pub const NAMESPACE: &str = "bench";

/// How many calls of people are under way at once.
pub const PEOPLE_AT_ONCE: usize = 16;

/// No limits of AWS, and only the checks that requests cause. Everything else has its default.
const OPTIONS: [&str; 6] = [
    "--aws-sso-admin-rate=10000",
    "--aws-identity-store-rate=10000",
    "--aws-organizations-share=1000",
    "--aws-max-operations=1000",
    "--guard-interval=1h",
    "--recheck-interval=1h",
];

/// How old a fact may be on which a grant rests, by default.
const FRESH_FACTS: Duration = Duration::from_mins(1);

/// How long anything here may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_mins(15);

/// Everything that runs.
pub struct Rig {
    // Before the control plane, whose folder goes with it.
    controller: Option<Supervised>,
    pub plane: ControlPlane,
    pub sandbox: RunningSandbox,
    pub audit: AuditLog,
    pub admin: Client,
    approver: Client,
    requesters: Vec<Client>,
    starts: usize,
}

/// A request that somebody makes.
#[derive(Debug, Clone)]
pub struct Asked {
    pub name: String,
    pub user: usize,
    pub account: usize,
    pub permission_set: &'static str,
    pub duration: String,
    pub start: Option<DateTime<Utc>>,
}

impl Rig {
    /// A control plane with everything installed and an Identity Center with so many accounts.
    pub async fn open(accounts: usize) -> Rig {
        Self::open_in(&organization(accounts), &rules()).await
    }

    /// A control plane with everything installed, these policies, and this organization.
    pub async fn open_in(organization: &str, rules: &[Value]) -> Rig {
        let options = Options {
            people: people(),
            // In megabytes: a log that is put away in the middle would be half a log.
            api_server_arguments: vec!["--audit-log-maxsize=2000".to_owned()],
            ..Options::default()
        };
        let started = ControlPlane::start_own(options).await;
        let plane = started.unwrap_or_else(|error| panic!("{error}"));
        install(&plane, rules).await;
        let sandbox = identity_center(organization).await;
        let admin = plane.admin().unwrap();
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } });
        apply(&admin, &namespace).await.unwrap();
        let rig = Rig {
            controller: None,
            audit: AuditLog::new(plane.audit_log().unwrap()),
            approver: plane.client(APPROVER).unwrap(),
            requesters: (0..PEOPLE)
                .map(|number| plane.client(&user_name(number)).unwrap())
                .collect(),
            admin,
            plane,
            sandbox,
            starts: 0,
        };
        rig.policies_act().await;
        rig
    }

    /// Waits until the API server refuses a forged request: a controller that looks earlier waits for its next look.
    async fn policies_act(&self) {
        let asked = Asked {
            name: "forged".to_owned(),
            user: 1,
            account: 0,
            permission_set: WAIVED,
            duration: "1h".to_owned(),
            start: None,
        };
        let forged = serde_json::from_value(asked.object()).unwrap();
        let for_show = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let somebody_else = requests(&self.requesters[0]);
        eventually("the admission policies act", async || {
            let answer = somebody_else.create(&for_show, &forged).await;
            answer.is_err_and(|error| error.to_string().contains("team-operator-requests"))
        })
        .await;
    }

    /// Starts the controller, and waits until it looks at requests and has proven the admission policies.
    pub async fn start_controller(&mut self, options: &[&str]) {
        let all: Vec<&str> = OPTIONS.iter().chain(options).copied().collect();
        self.begin(&all).await;
        self.is_at_work().await;
    }

    /// The same with the defaults of production.
    pub async fn start_by_default(&mut self) {
        self.begin_by_default().await;
        self.is_at_work().await;
    }

    /// Starts the controller with the defaults of production, and waits for nothing.
    pub async fn begin_by_default(&mut self) {
        self.begin(&[]).await;
    }

    async fn begin(&mut self, options: &[&str]) {
        self.starts += 1;
        let folder = self.plane.log_folder().unwrap();
        let log = folder.join(format!("team-operator-{}.log", self.starts));
        let program = program(&self.plane, &self.sandbox, &log, options.iter().copied()).await;
        self.controller = Some(self.plane.supervise(program).unwrap());
    }

    async fn is_at_work(&self) {
        eventually("the controller leads", async || {
            let log = self.controller.as_ref().map(Supervised::log).unwrap_or_default();
            log.contains("assignments are looked at") && is_guarded(&self.admin).await
        })
        .await;
        self.is_quiet().await;
    }

    /// Asks the controller to end, and waits until it has.
    pub async fn end_controller(&mut self) {
        let controller = self.controller.take().unwrap();
        assert!(controller.signal("TERM"));
        eventually("the controller has ended", async || controller.ended().is_some()).await;
    }

    /// A client with a token of the controller's.
    pub async fn controllers_client(&self) -> Client {
        let token = self
            .plane
            .service_account_token(CONTROLLER_NAMESPACE, "team-operator");
        self.plane.client_with_token(&token.await.unwrap()).unwrap()
    }

    /// Waits until the API server has stored nothing for a while: what came before must not be in what is measured.
    pub async fn is_quiet(&self) {
        let mut before = 0;
        eventually("nobody writes", async || {
            tokio::time::sleep(Duration::from_secs(2)).await; // the while
            let calls = self.audit.since(before);
            before = self.audit.end();
            !calls.iter().any(|call| call.kind.writes())
        })
        .await;
    }

    /// Waits until nothing that was learnt when requests were opened counts as fresh: people approve later than that.
    pub async fn facts_grow_old(&self) {
        tokio::time::sleep(FRESH_FACTS + Duration::from_secs(1)).await;
    }

    /// Makes these requests.
    pub async fn ask(&self, all: &[Asked]) {
        let ask = |asked: Asked| async move {
            let objects = requests(&self.requesters[asked.user % PEOPLE]);
            let object = serde_json::from_value(asked.object()).unwrap();
            objects.create(&PostParams::default(), &object).await.unwrap();
        };
        at_once(all.to_vec(), PEOPLE_AT_ONCE, ask).await;
    }

    /// Approves this request; how it is then.
    pub async fn approve(&self, name: &str) -> DynamicObject {
        let entry = json!([{
            "op": "add", "path": "/status/approvals/-",
            "value": { "approver": APPROVER, "decision": "Approved", "comment": "I looked at it" },
        }]);
        let patch: Patch<()> = Patch::Json(serde_json::from_value(entry).unwrap());
        let objects = requests(&self.approver);
        let params = PatchParams::default();
        objects.patch_status(name, &params, &patch).await.unwrap()
    }

    /// Waits until so many requests are in the phase.
    pub async fn until(&self, phase: &str, number: usize) {
        let began = std::time::Instant::now();
        loop {
            let found = self.count(phase).await;
            if found >= number {
                return;
            }
            let log = self.controller.as_ref().map(Supervised::log).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(20).collect();
            assert!(
                began.elapsed() < PATIENCE,
                "only {found} of {number} are {phase}; the controller, newest first:\n{}",
                last.join("\n")
            );
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// How many requests are in the phase.
    pub async fn count(&self, phase: &str) -> usize {
        let selected = ListParams::default().fields(&format!("status.phase={phase}"));
        let listed = requests(&self.admin).list_metadata(&selected).await;
        listed.unwrap().items.len()
    }

    /// Waits until this request is in the phase; the request.
    pub async fn is(&self, name: &str, phase: &str) -> Value {
        let objects = requests(&self.admin);
        crate::stage::until(&format!("{name} is {phase}"), async || {
            let request = objects.get(name).await.ok()?;
            (request.data["status"]["phase"] == phase).then(|| json!(request))
        })
        .await
    }

    /// The record of the only assignment in the account.
    pub async fn record(&self, account: usize) -> Option<Value> {
        let listed = records(&self.admin).list(&ListParams::default()).await.unwrap();
        let id = account_id(account);
        let all = listed.items.into_iter().map(|record| json!(record));
        all.into_iter()
            .find(|record| record["spec"]["accountId"] == id.as_str())
    }

    /// Waits until nobody needs that record any more.
    pub async fn record_is_removed(&self, account: usize) {
        eventually("the record is removed", async || {
            self.record(account).await.is_none()
        })
        .await;
    }

    /// Waits until AWS was asked for this in so many accounts, after that entry of the sandbox's log; when, by account.
    pub async fn asked_of_aws(
        &self,
        operation: &str,
        permission_set: &str,
        after: u64,
        number: usize,
    ) -> HashMap<String, DateTime<Utc>> {
        let (arn, began) = (self.permission_set_arn(permission_set), std::time::Instant::now());
        loop {
            let mut first: HashMap<String, DateTime<Utc>> = HashMap::new();
            for entry in self.log(after) {
                let fits = entry.operation == operation && entry.permission_set.as_deref() == Some(&arn);
                if let Some(account) = entry.account.filter(|_| fits) {
                    first.entry(account).or_insert(entry.at);
                }
            }
            if first.len() >= number {
                return first;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{operation} came {} times of {number}",
                first.len()
            );
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// The sandbox's log after that entry.
    pub fn log(&self, after: u64) -> Vec<LogEntry> {
        self.sandbox.with(|world, _| world.log(after))
    }

    /// The number of the last entry of the sandbox's log.
    pub fn logged(&self) -> u64 {
        self.log(0).last().map_or(0, |entry| entry.number)
    }

    /// How long operations in AWS take.
    pub fn operations_take(&self, time: Duration) {
        self.sandbox.with(|world, _| world.settings.operation_time = time);
    }

    /// The ARN of a permission set.
    pub fn permission_set_arn(&self, name: &str) -> String {
        let summary = self.sandbox.with(|world, _| world.summary());
        let sets = summary["permissionSets"].as_array().unwrap();
        let found = sets.iter().find(|set| set["name"] == name).unwrap();
        found["arn"].as_str().unwrap().to_owned()
    }
}

/// Requests, in the eyes of this client.
pub fn requests(client: &Client) -> Api<DynamicObject> {
    let object = json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "ElevationRequest",
        "metadata": { "namespace": NAMESPACE },
    });
    api_of(client, &object)
}

/// Records, in the eyes of this client.
pub fn records(client: &Client) -> Api<DynamicObject> {
    let object =
        json!({ "apiVersion": "team-operator.io/v1alpha1", "kind": "AccountAssignment", "metadata": {} });
    api_of(client, &object)
}

impl Asked {
    fn object(&self) -> Value {
        let start = self.start.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
        let mut object = json!({
            "apiVersion": "team-operator.io/v1alpha1",
            "kind": "ElevationRequest",
            "metadata": { "name": self.name, "namespace": NAMESPACE },
            "spec": {
                "requester": user_name(self.user),
                "accountId": account_id(self.account),
                "permissionSet": self.permission_set,
                "duration": self.duration,
                "justification": "restore of the orders table",
            },
        });
        if let Some(start) = start {
            object["spec"]["startTime"] = json!(start);
        }
        object
    }
}

/// Does this with each, so many at once.
pub async fn at_once<T, F: Future<Output = ()>>(all: Vec<T>, at_once: usize, act: impl Fn(T) -> F) {
    futures::stream::iter(all).for_each_concurrent(at_once, act).await;
}
