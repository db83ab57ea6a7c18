//! More that somebody can do: whole replacements, dry runs, the other kinds.

use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use team_operator::api::{GROUP, VERSION};

use super::actor::{Actor, parsed, request};
use super::cluster::Ground;
use super::expect::Answer;
use crate::stage::{apply, until};

impl Actor {
    /// Asks in the own name, for show: everything is checked and nothing is stored.
    pub async fn tries(&self, change: impl FnOnce(&mut Value)) -> Answer {
        let mut object = request(&self.name);
        change(&mut object);
        let answer = self.requests().create(&for_show(), &parsed(object)).await;
        answer.map(|object| json!(object))
    }

    /// Creates an object of a kind without namespaces, for show.
    pub async fn tries_shared(&self, kind: &str, object: Value) -> Answer {
        let answer = self
            .cluster_scoped(kind)
            .create(&for_show(), &parsed(object))
            .await;
        answer.map(|object| json!(object))
    }

    /// Puts a whole request in place of another.
    pub async fn replaces(&self, object: Value) -> Answer {
        let object = parsed(object);
        let name = object.metadata.name.clone().unwrap();
        let answer = self
            .requests()
            .replace(&name, &PostParams::default(), &object)
            .await;
        answer.map(|object| json!(object))
    }

    /// Applies a request from the server's side, as Git tools do.
    pub async fn applies(&self, name: &str, mut object: Value) -> Answer {
        object["metadata"] = json!({ "name": name });
        let params = PatchParams::apply("git");
        let answer = self.requests().patch(name, &params, &Patch::Apply(object)).await;
        answer.map(|object| json!(object))
    }

    /// Changes a request by JSON patch.
    pub async fn patches_by_json(&self, name: &str, operations: Value) -> Answer {
        let patch: Patch<()> = Patch::Json(serde_json::from_value(operations).unwrap());
        let answer = self.requests().patch(name, &PatchParams::default(), &patch).await;
        answer.map(|object| json!(object))
    }

    /// Deletes every request of the namespace, as `kubectl delete er --all` does.
    pub async fn deletes_all(&self) -> Answer {
        let answer = self
            .requests()
            .delete_collection(&DeleteParams::default(), &ListParams::default())
            .await;
        answer.map(|_| Value::Null)
    }

    /// Creates a review: "what may I ask for?"
    pub async fn reviews(&self, spec: Value) -> Answer {
        let object = json!({
            "apiVersion": format!("{GROUP}/{VERSION}"),
            "kind": "EligibilityReview",
            "metadata": { "generateName": "review-" },
            "spec": spec,
        });
        let answer = self
            .namespaced("EligibilityReview")
            .create(&PostParams::default(), &parsed(object))
            .await;
        answer.map(|object| json!(object))
    }
}

impl Ground {
    /// Gives everybody here rights that our roles do not give, so that what refuses is the policy and not RBAC.
    pub async fn lets_everybody(&self, verbs: &[&str]) {
        let metadata = json!({ "name": "more", "namespace": self.namespace });
        let api_version = "rbac.authorization.k8s.io/v1";
        let role = json!({
            "apiVersion": api_version,
            "kind": "Role",
            "metadata": metadata,
            "rules": [{ "apiGroups": [GROUP], "resources": ["elevationrequests"], "verbs": verbs }],
        });
        let binding = json!({
            "apiVersion": api_version,
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "more" },
            "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "team-requester" }],
        });
        for object in [role, binding] {
            apply(&self.master().client, &object).await.unwrap();
        }
        until("RBAC knows the new rights", async || {
            self.carol().may(verbs.last().unwrap()).await.then_some(())
        })
        .await;
    }

    /// A request of Alice's that is over.
    pub async fn finished_request(&self) -> String {
        let name = self.new_request().await;
        let status = json!({ "phase": "Denied", "finished": true });
        self.controller().patches_status(&name, status).await.unwrap();
        name
    }
}

impl Actor {
    /// Whether RBAC lets this person do this to requests here.
    async fn may(&self, verb: &str) -> bool {
        let review: DynamicObject = parsed(json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "metadata": {},
            "spec": { "resourceAttributes": {
                "namespace": self.namespace, "verb": verb, "group": GROUP, "resource": "elevationrequests",
            } },
        }));
        let kind = kube::core::GroupVersionKind::gvk("authorization.k8s.io", "v1", "SelfSubjectAccessReview");
        let api: kube::Api<DynamicObject> =
            kube::Api::all_with(self.client.clone(), &kube::core::ApiResource::from_gvk(&kind));
        let answer = api.create(&PostParams::default(), &review).await.unwrap();
        answer.data["status"]["allowed"] == true
    }
}

/// An `ApproverPolicy` that is complete and allowed.
pub fn approver_policy(name: &str) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": "ApproverPolicy",
        "metadata": { "name": name },
        "spec": {
            "accounts": ["111122223333"],
            "stages": [{ "name": "lead", "approvers": [{ "kind": "Group", "name": "Leads" }] }],
        },
    })
}

/// An `EligibilityPolicy` that is complete and allowed.
pub fn eligibility_policy(name: &str) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": "EligibilityPolicy",
        "metadata": { "name": name },
        "spec": {
            "subjects": [{ "kind": "Group", "name": "TEAM-Users" }],
            "accounts": ["111122223333"],
            "permissionSets": ["DatabaseAdmin"],
            "maxDuration": "8h",
        },
    })
}

/// An `AccountAssignment` that request-1 of a namespace has claimed, as its first write finds it.
pub fn account_assignment(name: &str, namespace: &str) -> Value {
    let time = "2026-12-01T09:00:00Z";
    json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": "AccountAssignment",
        "metadata": { "name": name },
        "spec": {
            "instanceArn": "arn:aws:sso:::instance/ssoins-1",
            "userId": "u-alice",
            "accountId": "111122223333",
            "permissionSetArn": "arn:aws:sso:::permissionSet/ssoins-1/ps-1",
            "userName": "alice",
            "accountName": "orders",
            "permissionSetName": "DatabaseAdmin",
        },
        "status": {
            "sequence": 1,
            "state": "Absent",
            "stateTime": time,
            "claims": [{
                "request": { "namespace": namespace, "name": "request-1", "uid": "r-1" },
                "from": time,
                "duration": "2h",
                "notAfter": "2026-12-01T11:15:00Z",
                "admittedUntil": "2026-12-01T09:01:00Z",
            }],
            "until": "2026-12-01T09:16:00Z",
            "requests": format!("{namespace}/request-1"),
        },
    })
}

fn for_show() -> PostParams {
    PostParams {
        dry_run: true,
        ..PostParams::default()
    }
}
