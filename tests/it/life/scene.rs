//! One life: a namespace and an account of its own, and people who act in it.

use kube::api::{Api, DynamicObject};
use serde_json::{Value, json};
use tokio::sync::MutexGuard;

use super::stage::Stage;
use crate::support::TELLING_PATIENCE;
use crate::support::{Actor, api_of, apply, eventually, request, until};

/// Where one life is played.
pub struct Scene {
    pub stage: &'static Stage,
    pub namespace: String,
    pub account: String,
    _turn: Option<MutexGuard<'static, ()>>,
}

/// A moment so many seconds from now, as Kubernetes writes it.
pub fn in_seconds(seconds: i64) -> String {
    use team_operator::ports::Clock as _;
    let moment = team_operator::runtime::SystemClock.now() + chrono::TimeDelta::seconds(seconds);
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// For some seconds after its start an API server refuses what policies with parameters are about: it does not know their kind
/// yet.
fn has_just_started(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.message.contains("failed to configure policy"))
}

impl Scene {
    /// On the stage that all share which leave policies, settings and processes alone.
    pub async fn shared() -> Self {
        Scene::on(Stage::shared().await, None).await
    }

    /// On the stage that all share which use the plugin.
    pub async fn of_the_plugin() -> Self {
        Scene::on(Stage::of_the_plugin().await, None).await
    }

    /// With nobody else on the stage.
    pub async fn alone() -> Self {
        let (stage, turn) = Stage::alone().await;
        Scene::on(stage, Some(turn)).await
    }

    /// With no other test of the reporter on the stage.
    pub async fn with_reporter() -> Self {
        let (stage, turn) = Stage::of_the_reporter().await;
        Scene::on(stage, Some(turn)).await
    }

    /// With nobody else on the stage, and a controller that may be killed.
    pub async fn with_crashes() -> Self {
        let (stage, turn) = Stage::with_crashes().await;
        Scene::on(stage, Some(turn)).await
    }

    /// On a stage of its own, for a crowd of requests.
    pub async fn crowded() -> Self {
        Scene::on(Stage::crowded().await, None).await
    }

    /// The same people in the same namespace, with an account that nobody has used.
    pub fn with_another_account(&self) -> Self {
        Scene {
            stage: self.stage,
            namespace: self.namespace.clone(),
            account: self.stage.account(),
            _turn: None,
        }
    }

    async fn on(stage: &'static Stage, turn: Option<MutexGuard<'static, ()>>) -> Self {
        let (namespace, account) = (stage.namespace().await, stage.account());
        Scene {
            stage,
            namespace,
            account,
            _turn: turn,
        }
    }

    /// Looks until there is something, and gives it; says what was done about the scene's account when there never is.
    async fn told<T>(&self, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
        let looked = tokio::time::timeout(TELLING_PATIENCE, until(what, look));
        looked.await.unwrap_or_else(|_| {
            let story = self.story_of(&self.account, &Value::Null);
            panic!("waited in vain: {what}: {story}")
        })
    }

    /// Looks until it holds; says what was done about the scene's account when it never does.
    pub async fn eventually(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        self.told(what, async || holds().await.then_some(())).await;
    }

    /// Somebody by their short name.
    pub fn person(&self, name: &str) -> Actor {
        let name = format!("{name}@example.com");
        let client = self.stage.plane.client(&name).unwrap();
        Actor {
            name,
            client,
            namespace: self.namespace.clone(),
        }
    }

    /// The administrator of the cluster.
    pub fn admin(&self) -> kube::Client {
        self.stage.plane.admin().unwrap()
    }

    /// Asks for access that lasts as long; the name of the request.
    pub async fn asks(&self, who: &str, permission_set: &str, duration: &str) -> String {
        self.asks_with(who, permission_set, duration, |_| ()).await
    }

    /// The same with whatever `change` makes of the request.
    pub async fn asks_with(
        &self,
        who: &str,
        permission_set: &str,
        duration: &str,
        change: impl FnOnce(&mut Value),
    ) -> String {
        let who = self.person(who);
        let mut object = request(&who.name);
        object["spec"]["accountId"] = json!(self.account);
        object["spec"]["permissionSet"] = json!(permission_set);
        object["spec"]["duration"] = json!(duration);
        change(&mut object);
        let created = until("the API server has found what its policies rest on", async || {
            let created = who.creates(object.clone()).await;
            Some(created).filter(|created| !created.as_ref().is_err_and(has_just_started))
        });
        let created = created.await.unwrap();
        created["metadata"]["name"].as_str().unwrap().to_owned()
    }

    /// Asks, is approved by Carol, and has the access.
    pub async fn has_access(&self, who: &str, permission_set: &str, duration: &str) -> String {
        let name = self.asks(who, permission_set, duration).await;
        self.is(&name, "Pending").await;
        self.person("carol").decides(&name, "Approved").await.unwrap();
        self.is(&name, "Active").await;
        name
    }

    /// How many requests of the scene's namespace the controller has said nothing about yet.
    pub async fn undecided(&self) -> usize {
        let requests: Api<DynamicObject> = api_of(&self.admin(), &self.reference("any"));
        let listed = requests.list(&kube::api::ListParams::default()).await.unwrap();
        let is_new = |request: &&DynamicObject| request.data["status"]["phase"].is_null();
        listed.items.iter().filter(is_new).count()
    }

    /// The request as it is.
    pub async fn read(&self, name: &str) -> Option<Value> {
        let requests: Api<DynamicObject> = api_of(&self.admin(), &self.reference(name));
        requests
            .get_opt(name)
            .await
            .ok()
            .flatten()
            .map(|object| json!(object))
    }

    /// Waits until the request is in the phase; the request.
    pub async fn is(&self, name: &str, phase: &str) -> Value {
        self.until(name, phase, |request| request["status"]["phase"] == phase)
            .await
    }

    /// Waits until it holds of the request; the request.
    pub async fn until(&self, name: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let last = std::sync::Mutex::new(Value::Null);
        let looked = tokio::time::timeout(std::time::Duration::from_secs(90), async {
            loop {
                if let Some(request) = self.read(name).await {
                    if holds(&request) {
                        return request;
                    }
                    let finished = request["status"]["finished"] == true;
                    assert!(
                        !finished,
                        "{name} will never be {what}: {}",
                        self.story_of(name, &request["status"])
                    );
                    *last.lock().unwrap() = request["status"].clone();
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        });
        looked.await.unwrap_or_else(|_| {
            panic!(
                "waited in vain: {name} {what}: {}",
                self.story_of(name, &last.lock().unwrap())
            )
        })
    }

    /// What there is to know about a request when a test fails: its status, the controller's words about it, and what AWS
    /// was asked last.
    pub fn story_of(&self, name: &str, status: &Value) -> String {
        let logs = self.stage.logs();
        let is_about = |line: &&str| line.contains(name) || line.contains(&self.account);
        let of_interest: Vec<&str> = logs.lines().filter(is_about).collect();
        let calls = self.stage.sandbox.with(|world, _| world.log(0));
        let calls: Vec<String> = calls
            .iter()
            .rev()
            .filter(|call| call.account.as_deref() == Some(&self.account))
            .take(40)
            .map(|call| json!(call).to_string())
            .collect();
        let status = serde_json::to_string_pretty(status).unwrap();
        format!(
            "{status}\n{}\nAWS, newest first:\n{}",
            of_interest.join("\n"),
            calls.join("\n")
        )
    }

    /// The record of the scene's account and this permission set, as it is.
    pub async fn record(&self, permission_set: &str) -> Option<Value> {
        let kind =
            json!({ "apiVersion": "team-operator.io/v1alpha1", "kind": "AccountAssignment", "metadata": {} });
        let records = api_of(&self.admin(), &kind);
        let listed = records.list(&kube::api::ListParams::default()).await.ok()?;
        let of_ours = |record: &Value| {
            record["spec"]["accountId"] == self.account.as_str()
                && record["spec"]["permissionSetName"] == permission_set
        };
        listed.items.into_iter().map(|record| json!(record)).find(of_ours)
    }

    /// Waits until it holds of that record; the record.
    pub async fn until_record(
        &self,
        permission_set: &str,
        what: &str,
        holds: impl Fn(&Value) -> bool,
    ) -> Value {
        self.told(&format!("the record {what}"), async || {
            self.record(permission_set).await.filter(&holds)
        })
        .await
    }

    /// Waits until that record is in the state; the record.
    pub async fn record_is(&self, permission_set: &str, state: &str) -> Value {
        self.until_record(permission_set, &format!("is {state}"), |record| {
            record["status"]["state"] == state
        })
        .await
    }

    /// Waits until somebody was told of this about that object.
    pub async fn is_alarmed(&self, reason: &str, about: &str) {
        eventually(&format!("{reason} is told about {about}"), async || {
            let logs = self.stage.logs();
            let told = |line: &str| line.contains("ERROR") && line.contains(reason) && line.contains(about);
            logs.lines().any(told)
        })
        .await;
    }

    /// Somebody with a token of the controller's account: admission lets them write what it lets the controller write, and the
    /// key of the seal they do not have.
    pub async fn thief(&self) -> Actor {
        let plane = &self.stage.plane;
        let token = plane.service_account_token("team-operator-system", "team-operator");
        Actor {
            name: "thief".to_owned(),
            client: plane.client_with_token(&token.await.unwrap()).unwrap(),
            namespace: self.namespace.clone(),
        }
    }

    /// Waits until the finalizer is off: the last thing that is done about a request.
    pub async fn is_let_go(&self, name: &str) {
        until(&format!("{name} has no finalizer"), async || {
            let request = self.read(name).await?;
            request["metadata"]["finalizers"].is_null().then_some(())
        })
        .await;
    }

    /// Waits until the request is no longer there.
    pub async fn is_gone(&self, name: &str) {
        until(&format!("{name} is gone"), async || {
            self.read(name).await.is_none().then_some(())
        })
        .await;
    }

    /// Holds back the next call of this operation about the scene's account: before it takes effect, or after.
    pub fn hold(&self, operation: &str, applied: bool) {
        self.stage.trouble(json!({
            "on": { "operation": operation, "account": self.account },
            "times": 1,
            "effect": { "kind": "hold", "applied": applied },
        }));
    }

    /// Waits until a call is held back.
    pub async fn a_call_is_held(&self) {
        until("a call is held back", async || {
            let held = self.stage.sandbox.with(|world, _| world.held());
            (!held.is_empty()).then_some(())
        })
        .await;
    }

    /// Lets go whatever is held back.
    pub fn release_all(&self) {
        for held in self.stage.sandbox.with(|world, _| world.held()) {
            self.stage.sandbox.release(held);
        }
    }

    /// Whether somebody has the access in truth.
    pub fn has(&self, who: &str, permission_set: &str) -> bool {
        self.stage
            .has(&format!("{who}@example.com"), permission_set, &self.account)
    }

    /// How often AWS was asked to do this in the scene's account.
    pub fn calls(&self, operation: &str) -> usize {
        self.stage.calls(operation, &self.account).len()
    }

    /// AWS was asked for so many creates and deletes in the scene's account.
    pub fn assert_calls(&self, creates: usize, deletes: usize) {
        let calls = (
            self.calls("CreateAccountAssignment"),
            self.calls("DeleteAccountAssignment"),
        );
        assert_eq!(
            calls,
            (creates, deletes),
            "{}",
            self.story_of(&self.account, &Value::Null)
        );
    }

    /// Applies an object as the administrator.
    pub async fn applies(&self, object: &Value) {
        apply(&self.admin(), object).await.unwrap();
    }

    /// Applies settings, and waits until the controller says that it goes by them.
    pub async fn applies_settings(&self, object: &Value) {
        let applied = apply(&self.admin(), object).await.unwrap();
        let objects = api_of(&self.admin(), object);
        eventually("the controller goes by the settings", async || {
            let settings = objects.get("default").await.ok();
            let seen = settings.and_then(|settings| settings.data["status"]["observedGeneration"].as_i64());
            seen == applied.metadata.generation
        })
        .await;
    }

    /// An EligibilityPolicy of this scene's account alone, under which nobody has to approve `Waived`.
    pub async fn waives(&self) {
        self.applies(&json!({
            "apiVersion": "team-operator.io/v1alpha1",
            "kind": "EligibilityPolicy",
            "metadata": { "name": format!("waived-{}", self.account) },
            "spec": {
                "subjects": [{ "kind": "Group", "name": "Engineers" }],
                "accounts": [self.account],
                "permissionSets": ["Waived"],
                "maxDuration": "8h",
                "approvalRequired": false,
            },
        }))
        .await;
    }

    fn reference(&self, name: &str) -> Value {
        json!({
            "apiVersion": "team-operator.io/v1alpha1",
            "kind": "ElevationRequest",
            "metadata": { "name": name, "namespace": self.namespace },
        })
    }
}
