//! Somebody who does things in one namespace, with exactly the rights of their name.

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use team_operator::api::{GROUP, VERSION};

use super::expect::Answer;

/// Somebody at work in a namespace.
#[derive(Clone)]
pub struct Actor {
    pub name: String,
    pub client: kube::Client,
    pub namespace: String,
}

/// A request that every test may start from: complete and allowed, but for the requester's name.
pub fn request(requester: &str) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": "ElevationRequest",
        "metadata": { "generateName": "request-" },
        "spec": {
            "requester": requester,
            "accountId": "111122223333",
            "permissionSet": "DatabaseAdmin",
            "duration": "2h",
            "ticketNumber": "OPS-123",
            "justification": "restore of the orders table",
        },
    })
}

impl Actor {
    /// Requests in this actor's namespace.
    pub fn requests(&self) -> Api<DynamicObject> {
        self.namespaced("ElevationRequest")
    }

    /// Objects of one of our kinds in this actor's namespace.
    pub fn namespaced(&self, kind: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &resource(kind))
    }

    /// Objects of one of our kinds that live outside of namespaces.
    pub fn cluster_scoped(&self, kind: &str) -> Api<DynamicObject> {
        Api::all_with(self.client.clone(), &resource(kind))
    }

    /// Asks in the own name, with whatever `change` makes of the request.
    pub async fn asks(&self, change: impl FnOnce(&mut Value)) -> Answer {
        let mut object = request(&self.name);
        change(&mut object);
        self.creates(object).await
    }

    /// Creates exactly this request.
    pub async fn creates(&self, object: Value) -> Answer {
        value(
            self.requests()
                .create(&PostParams::default(), &parsed(object))
                .await,
        )
    }

    /// Changes a request by merge patch.
    pub async fn patches(&self, name: &str, patch: Value) -> Answer {
        value(
            self.requests()
                .patch(name, &PatchParams::default(), &Patch::Merge(patch))
                .await,
        )
    }

    /// Changes a request's status by merge patch.
    pub async fn patches_status(&self, name: &str, status: Value) -> Answer {
        let patch = Patch::Merge(json!({ "status": status }));
        value(
            self.requests()
                .patch_status(name, &PatchParams::default(), &patch)
                .await,
        )
    }

    /// Changes a request's status by JSON patch.
    pub async fn patches_status_by_json(&self, name: &str, operations: Value) -> Answer {
        let patch: Patch<()> = Patch::Json(serde_json::from_value(operations).unwrap());
        value(
            self.requests()
                .patch_status(name, &PatchParams::default(), &patch)
                .await,
        )
    }

    /// Applies a status from the server's side, with the own name as field manager.
    pub async fn applies_status(&self, name: &str, status: Value) -> Answer {
        let object = json!({
            "apiVersion": format!("{GROUP}/{VERSION}"),
            "kind": "ElevationRequest",
            "metadata": { "name": name },
            "status": status,
        });
        let params = PatchParams::apply(&self.name);
        value(
            self.requests()
                .patch_status(name, &params, &Patch::Apply(object))
                .await,
        )
    }

    /// Appends a decision in the form that works everywhere and at once with others.
    pub async fn decides(&self, name: &str, decision: &str) -> Answer {
        self.appends(
            name,
            json!({ "approver": self.name, "decision": decision, "comment": "I looked at it" }),
        )
        .await
    }

    /// Appends exactly this entry.
    pub async fn appends(&self, name: &str, entry: Value) -> Answer {
        let operations = json!([{ "op": "add", "path": "/status/approvals/-", "value": entry }]);
        self.patches_status_by_json(name, operations).await
    }

    /// Reads a request.
    pub async fn reads(&self, name: &str) -> Answer {
        value(self.requests().get(name).await)
    }

    /// Deletes a request.
    pub async fn deletes(&self, name: &str) -> Answer {
        self.requests()
            .delete(name, &DeleteParams::default())
            .await
            .map(|_| Value::Null)
    }
}

fn resource(kind: &str) -> ApiResource {
    let plural = match kind {
        "EligibilityPolicy" => "eligibilitypolicies",
        "ApproverPolicy" => "approverpolicies",
        "TeamSettings" => "teamsettings",
        "EligibilityReview" => "eligibilityreviews",
        "AccountAssignment" => "accountassignments",
        _ => "elevationrequests",
    };
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, VERSION, kind), plural)
}

/// An object as the client takes it.
pub(super) fn parsed(object: Value) -> DynamicObject {
    serde_json::from_value(object).unwrap()
}

fn value(answer: Result<DynamicObject, kube::Error>) -> Answer {
    answer.map(|object| json!(object))
}
