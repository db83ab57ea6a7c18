//! The controller's calls without the controller: the same ones, through the same clients, and nothing is decided.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use kube::Client;
use serde_json::{Value, json};
use team_operator::aws::{Aws, AwsSettings, BudgetSettings};
use team_operator::ports::{
    AccountId, AssignmentKey, Assignments as _, Attribute, CallOptions, Directory as _, GroupId,
    Organization as _, PermissionSetArn, PermissionSets as _, UserId,
};
use team_operator::runtime::SystemClock;

use crate::always_send::AlwaysSend;
use crate::audit::{Call, Kind};
use crate::population::{account_id, user_name};
use crate::rig::Rig;
use crate::sequence::Turn;

/// How many requests the controller works on at once, and how many ends, by default; so does what is bare.
pub const CONCURRENCY: usize = 16;

/// Who makes the calls.
pub struct Bare {
    client: Client,
    aws: Aws,
    user_ids: BTreeMap<String, String>,
    groups: Vec<GroupId>,
    /// The request that the turns were recorded of, and its account.
    recorded_of: (&'static str, String),
    looks: Looks,
}

/// Requests that are granted at once share looks of the guard; here so many looks are spread over all turns that ask for
/// one.
#[derive(Default)]
pub struct Looks {
    taken: usize,
    asked_for: usize,
    seen: AtomicUsize,
}

/// What the calls are about.
#[derive(Debug, Clone)]
pub struct Subject {
    pub name: String,
    pub user: usize,
    pub key: AssignmentKey,
}

/// The versions that writes rest on: of the request, and of the record with its uid.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    pub request: String,
    pub record: (String, String),
}

impl Bare {
    /// With the controller's own rights; the turns were recorded of the request `ordinary` in this account.
    pub async fn new(rig: &Rig, account: usize) -> Bare {
        let rates = 10_000.0;
        let settings = AwsSettings {
            region: Some("eu-central-1".into()),
            endpoint_url: Some(rig.sandbox.endpoint()),
            credentials: Some(SharedCredentialsProvider::new(Credentials::new(
                "bench", "bench", None, None, "bench",
            ))),
            budget: BudgetSettings {
                sso_admin_rate: rates,
                identity_store_rate: rates,
                organizations_share: 1000.0,
                outstanding: 1000,
                ..BudgetSettings::default()
            },
            ..AwsSettings::default()
        };
        let aws = Aws::connect(settings, Arc::new(SystemClock)).await.unwrap();
        aws.tree(&CallOptions::background()).await.unwrap();
        let summary = rig.sandbox.with(|world, _| world.summary());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let users = summary["users"].as_array().unwrap();
        let groups = summary["groups"].as_array().unwrap();
        Bare {
            client: rig.controllers_client().await,
            aws,
            user_ids: users
                .iter()
                .map(|user| (text(&user["userName"]), text(&user["id"])))
                .collect(),
            groups: groups
                .iter()
                .map(|group| GroupId::new(text(&group["id"])))
                .collect(),
            recorded_of: ("ordinary", account_id(account)),
            looks: Looks::default(),
        }
    }

    /// From now on so many looks are taken for so many turns that ask for one.
    pub fn share_looks(&mut self, taken: usize, asked_for: usize) {
        self.looks = Looks {
            taken,
            asked_for,
            seen: AtomicUsize::new(0),
        };
    }

    /// Somebody's assignment.
    pub fn subject(&self, rig: &Rig, name: String, user: usize, account: usize, set: &str) -> Subject {
        let key = AssignmentKey {
            instance_arn: self.aws.instance_arn().clone(),
            user_id: UserId::new(&self.user_ids[&user_name(user)]),
            account_id: AccountId::parse(account_id(account)).unwrap(),
            permission_set_arn: PermissionSetArn::new(rig.permission_set_arn(set)),
        };
        Subject { name, user, key }
    }

    /// Every call of these turns, about this request and its record, which have these versions now.
    pub async fn replay(&self, turns: &[Turn], subject: &Subject, mut versions: Versions) {
        for turn in turns {
            match turn {
                Turn::Reads { operations, calls } => {
                    let read = calls.iter().map(|call| self.read(call, subject).boxed());
                    join_all(self.questions(operations, subject).into_iter().chain(read)).await;
                }
                Turn::Look { shared, forgery } => {
                    let shared: &[Call] = if self.looks.is_due() { shared } else { &[] };
                    let all = shared.iter().chain(forgery);
                    join_all(all.map(|call| self.read(call, subject))).await;
                }
                Turn::Write(call) => {
                    let written = self.send(call, subject, &versions).await;
                    let written = written.unwrap_or_else(|error| panic!("{} was refused: {error}", call.uri));
                    versions.take(call.kind, &written);
                }
            }
        }
    }

    pub async fn create(&self, subject: &Subject) {
        let ask = subject.ask();
        self.aws
            .create(&ask, &subject.key, Arc::new(AlwaysSend))
            .await
            .unwrap();
    }

    pub async fn delete(&self, subject: &Subject) {
        let ask = CallOptions::revocation(subject.key.user_id.as_str());
        self.aws.delete(&ask, &subject.key).await.unwrap();
    }

    /// A call that stores nothing: what is forged is refused, and so it should be.
    async fn read(&self, call: &Call, subject: &Subject) {
        drop(self.send(call, subject, &Versions::default()).await);
    }

    async fn send(&self, call: &Call, subject: &Subject, versions: &Versions) -> Result<Value, kube::Error> {
        let (method, kind) = match (call.verb.as_str(), call.kind) {
            ("create", _) => ("POST", "application/json"),
            ("update", _) => ("PUT", "application/json"),
            ("patch", Kind::ForgedDecision) => ("PATCH", "application/json-patch+json"),
            ("patch", _) => ("PATCH", "application/merge-patch+json"),
            _ => ("GET", "application/json"),
        };
        let mut body = call.body.clone();
        match call.kind {
            Kind::Record => subject.adapt(&mut body, &versions.record),
            kind if kind.writes() => body["metadata"]["resourceVersion"] = json!(versions.request),
            _ => {}
        }
        let bytes = if body.is_null() {
            vec![]
        } else {
            serde_json::to_vec(&body).unwrap()
        };
        let request = http::Request::builder()
            .method(method)
            .uri(self.uri(call, subject));
        let request = request.header("content-type", kind).body(bytes).unwrap();
        self.client.request::<Value>(request).await
    }

    fn uri(&self, call: &Call, subject: &Subject) -> String {
        let (name, account) = &self.recorded_of;
        if call.resource == "accountassignments" {
            let (path, query) = call.uri.split_once('?').unwrap_or((&call.uri, ""));
            let (list, one) = path.split_once("/accountassignments").unwrap();
            let one = if one.is_empty() {
                String::new()
            } else {
                format!("/{}", subject.record())
            };
            return format!("{list}/accountassignments{one}?{query}");
        }
        call.uri
            .replace(
                &format!("/elevationrequests/{name}"),
                &format!("/elevationrequests/{}", subject.name),
            )
            .replace(account, subject.key.account_id.as_str())
    }

    /// Questions to AWS, each as the adapter asks it: some of its questions are two calls.
    fn questions<'a>(
        &'a self,
        operations: &BTreeMap<String, usize>,
        subject: &'a Subject,
    ) -> Vec<BoxFuture<'a, ()>> {
        let times = |operation: &str| operations.get(operation).copied().unwrap_or_default();
        let (names, users) = (times("GetUserId"), times("DescribeUser"));
        let AssignmentKey {
            user_id,
            account_id,
            permission_set_arn,
            ..
        } = &subject.key;
        let mut all: Vec<BoxFuture<'a, ()>> = vec![];
        let mut put = |times: usize, question: &dyn Fn() -> BoxFuture<'a, ()>| {
            all.extend((0..times).map(|_| question()));
        };
        let aws = &self.aws;
        let ask = move || subject.ask();
        put(names, &|| {
            let name = user_name(subject.user);
            async move {
                let ask = ask();
                let asked = aws.user_by_attribute(&ask, Attribute::UserName, &name);
                drop(asked.await.unwrap());
            }
            .boxed()
        });
        put(users.saturating_sub(names), &|| {
            async move { drop(aws.user(&ask(), user_id).await.unwrap()) }.boxed()
        });
        put(times("IsMemberInGroups"), &|| {
            async move { drop(aws.memberships(&ask(), user_id, &self.groups[..1]).await.unwrap()) }.boxed()
        });
        put(times("DescribeAccount"), &|| {
            async move { drop(aws.account(&ask(), account_id).await.unwrap()) }.boxed()
        });
        put(times("DescribePermissionSet"), &|| {
            async move { drop(aws.by_arn(&ask(), permission_set_arn).await.unwrap()) }.boxed()
        });
        put(times("ListAccountAssignments"), &|| {
            async move { drop(aws.list(&ask(), account_id, permission_set_arn).await.unwrap()) }.boxed()
        });
        put(times("GetGroupId"), &|| {
            async move { drop(aws.group_by_name(&ask(), "Engineers").await.unwrap()) }.boxed()
        });
        all
    }
}

impl Versions {
    fn take(&mut self, kind: Kind, written: &Value) {
        let text = |field: &str| written["metadata"][field].as_str().unwrap().to_owned();
        if kind == Kind::Record {
            self.record = (text("uid"), text("resourceVersion"));
        } else {
            self.request = text("resourceVersion");
        }
    }
}

impl Subject {
    /// The name of its record.
    pub fn record(&self) -> String {
        format!("{}-{}", self.key.account_id, self.name)
    }

    /// Makes a record of another assignment the one of this, written over this version; without one it is made anew.
    pub fn adapt(&self, record: &mut Value, (uid, version): &(String, String)) {
        let metadata = &mut record["metadata"];
        *metadata = json!({ "name": self.record(), "finalizers": metadata["finalizers"] });
        if !version.is_empty() {
            metadata["uid"] = json!(uid);
            metadata["resourceVersion"] = json!(version);
        }
        record["spec"]["accountId"] = json!(self.key.account_id);
        record["spec"]["userId"] = json!(self.key.user_id);
        record["spec"]["permissionSetArn"] = json!(self.key.permission_set_arn);
    }

    fn ask(&self) -> CallOptions {
        CallOptions::decision(self.key.user_id.as_str()).fresh()
    }
}

impl Looks {
    fn is_due(&self) -> bool {
        let seen = self.seen.fetch_add(1, Ordering::Relaxed);
        let share = |seen: usize| seen * self.taken / self.asked_for.max(1);
        share(seen + 1) > share(seen)
    }
}
