//! `/sandbox/…`: looking into the world and changing it, for people and scripts.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::changes::{Change, ChangeError};
use super::faults::Script;
use super::settings::Settings;
use super::shared::Shared;
use super::world::World;

const HELP: &str = r#"identity-center-sandbox: IAM Identity Center on this machine. AWS clients talk to / ; people and scripts to /sandbox/… (JSON):

GET    /sandbox/organization     everything with its ids and ARNs, as it is now
GET    /sandbox/assignments      what is assigned now, in truth (lists of the AWS API may lag behind)
GET    /sandbox/operations       every create and delete with its times and how it ended
GET    /sandbox/log?after=N      every call with its time and outcome, from number N+1
POST   /sandbox/changes          one change or a list of them (all are made, or none), for instance
       {"change":"put-user","userName":"alice","email":"a@example.com","enabled":false}
       {"change":"remove-user","userName":"alice"}        {"change":"put-user","userName":"alice","renameTo":"al"}
       {"change":"put-group","name":"Admins","members":["alice"]}       {"change":"remove-group","name":"Admins"}
       {"change":"add-member","group":"Admins","userName":"bob"}        {"change":"remove-member", …}
       {"change":"put-unit","name":"Production","parent":"Root"}        {"change":"remove-unit","unit":"Root/Old"}
       {"change":"put-account","id":"111122223333","unit":"Root/Production","state":"SUSPENDED","name":"orders"}
       {"change":"remove-account","id":"111122223333"}
       {"change":"put-permission-set","name":"Admin","sessionDuration":"PT1H"} {"change":"remove-permission-set", …}
       {"change":"put-assignment","account":"111122223333","permissionSet":"Admin","user":"alice"}
       {"change":"remove-assignment", …}   {"change":"finish-stuck"}   {"change":"forget-operations"}
GET    /sandbox/settings         how awkward it is;  PATCH with the fields to change, for instance
       {"operationTime":"10s","conflictWindow":"2s","listLag":"3s","emptyPageEvery":2,"deleteMissing":"fails-later"}
GET    /sandbox/faults           the scripts that wait for calls;  POST adds one;  DELETE removes all
DELETE /sandbox/faults/ID        removes one
       {"on":{"operation":"CreateAccountAssignment","account":"111122223333"},"times":2,
        "effect":{"kind":"fail","reason":"role-quota"}}
       kinds: refuse (code: an AWS error code, kms-access-denied, kms-disabled, kms-not-found, kms-throttled,
       signature-expired, too-many-outstanding; message, reason, retryAfterSeconds, status), fail (reason: role-quota,
       policy-missing, principal-not-found, internal, entitlement-missing, or any text), stuck, vanish, lag (time),
       twice, lost (applied: true|false), hold (applied), slow (time), unavailable (applied), html (applied)
GET    /sandbox/held             the requests held back;  POST /sandbox/held/ID/release lets one go on
"#;

type Sandbox = Arc<Shared>;

/// The routes under `/sandbox`.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sandbox", get(help))
        .route("/sandbox/", get(help))
        .route("/sandbox/organization", get(organization))
        .route("/sandbox/assignments", get(assignments))
        .route("/sandbox/operations", get(operations))
        .route("/sandbox/log", get(log))
        .route("/sandbox/changes", post(change))
        .route("/sandbox/settings", get(settings).patch(patch_settings))
        .route(
            "/sandbox/faults",
            get(faults).post(add_fault).delete(remove_faults),
        )
        .route("/sandbox/faults/{id}", delete(remove_fault))
        .route("/sandbox/held", get(held))
        .route("/sandbox/held/{id}/release", post(release))
}

async fn help() -> &'static str {
    HELP
}

async fn organization(State(shared): State<Sandbox>) -> Json<Value> {
    Json(shared.with(|world, _| world.summary()))
}

async fn assignments(State(shared): State<Sandbox>) -> Json<Value> {
    Json(shared.with(|world, now| json!(world.assigned_by_name(now))))
}

async fn operations(State(shared): State<Sandbox>) -> Json<Value> {
    Json(shared.with(|world, now| {
        world.settle(now);
        json!(world.operations)
    }))
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn log(State(shared): State<Sandbox>, Query(After { after }): Query<After>) -> Json<Value> {
    Json(shared.with(|world, _| json!(world.log(after))))
}

async fn change(State(shared): State<Sandbox>, Json(body): Json<Value>) -> Response {
    let list = if body.is_array() { body } else { json!([body]) };
    let changes: Vec<Change> = match serde_json::from_value(list) {
        Ok(changes) => changes,
        Err(error) => return refused(&error.to_string()),
    };
    let made = shared.with_saved(|world, now| {
        let mut copy = world.clone(); // all or nothing
        changes.iter().try_for_each(|change| copy.change(change, now))?;
        *world = copy;
        Ok::<_, ChangeError>(())
    });
    match made {
        Ok(()) => Json(json!({"made": changes.len()})).into_response(),
        Err(error) => refused(&error.to_string()),
    }
}

async fn settings(State(shared): State<Sandbox>) -> Json<Value> {
    Json(shared.with(|world, _| json!(world.settings)))
}

async fn patch_settings(State(shared): State<Sandbox>, Json(patch): Json<Value>) -> Response {
    let Value::Object(patch) = patch else {
        return refused("send an object with the settings to change; GET /sandbox/settings shows them all");
    };
    let patched = shared.with_saved(|world, _| {
        let mut merged = json!(world.settings);
        patch.into_iter().for_each(|(name, value)| merged[name] = value);
        world.settings = serde_json::from_value::<Settings>(merged)?;
        Ok::<_, serde_json::Error>(json!(world.settings))
    });
    patched.map_or_else(
        |error| refused(&error.to_string()),
        |settings| Json(settings).into_response(),
    )
}

async fn faults(State(shared): State<Sandbox>) -> Json<Value> {
    Json(shared.with(|world, _| json!(world.scripts())))
}

async fn add_fault(State(shared): State<Sandbox>, Json(body): Json<Value>) -> Response {
    match serde_json::from_value::<Script>(body) {
        Ok(script) => Json(json!({"id": shared.with_saved(|world, _| world.script(script))})).into_response(),
        Err(error) => refused(&error.to_string()),
    }
}

async fn remove_faults(State(shared): State<Sandbox>) -> StatusCode {
    shared.with_saved(|world, _| world.remove_scripts(None));
    StatusCode::NO_CONTENT
}

async fn remove_fault(State(shared): State<Sandbox>, Path(id): Path<u64>) -> StatusCode {
    shared.with_saved(|world, _| world.remove_scripts(Some(id)));
    StatusCode::NO_CONTENT
}

async fn held(State(shared): State<Sandbox>) -> Json<Value> {
    Json(shared.with(|world, _| json!(world.held())))
}

async fn release(State(shared): State<Sandbox>, Path(id): Path<u64>) -> Response {
    if shared.release(id) {
        return StatusCode::NO_CONTENT.into_response();
    }
    refused(&format!(
        "no request {id} is held; GET /sandbox/held shows those that are"
    ))
}

fn refused(sentence: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": sentence}))).into_response()
}

impl World {
    /// Everything with its ids, for scripts that need them.
    pub fn summary(&self) -> Value {
        let users = self.users.iter().filter(|user| !user.deleted);
        let groups = self.groups.iter().filter(|group| !group.deleted);
        let units: Vec<Value> = self
            .units
            .iter()
            .map(|unit| json!({"id": unit.id, "path": self.unit_path(unit)}))
            .collect();
        json!({
            "instanceArn": self.ids.instance_arn(),
            "identityStoreId": self.ids.identity_store_id(),
            "region": self.region,
            "managementAccount": self.ids.management_account,
            "users": users.collect::<Vec<_>>(),
            "groups": groups
                .map(|group| json!({
                    "id": group.id,
                    "name": group.name,
                    "members": group.members.iter().filter(|(_, there)| there.is()).map(|(id, _)| id).collect::<Vec<_>>(),
                }))
                .collect::<Vec<_>>(),
            "units": units,
            "accounts": self.accounts.values().collect::<Vec<_>>(),
            "permissionSets": self.permission_sets,
        })
    }

    /// What is assigned at `now`, in truth, with the names people know: an object an assignment, with `account`,
    /// `permissionSet` and who has it.
    pub fn assigned_by_name(&mut self, now: DateTime<Utc>) -> Vec<Value> {
        self.settle(now);
        let name = |id: &str| {
            let user = self
                .users
                .iter()
                .find(|user| user.id == id)
                .map(|user| &user.user_name);
            user.or_else(|| {
                self.groups
                    .iter()
                    .find(|group| group.id == id)
                    .map(|group| &group.name)
            })
        };
        let set = |arn: &str| {
            self.permission_sets
                .iter()
                .find(|set| set.arn == arn)
                .map(|set| &set.name)
        };
        self.assigned()
            .iter()
            .map(|row| {
                json!({
                    "account": row.account_id,
                    "permissionSet": set(&row.permission_set_arn),
                    "permissionSetArn": row.permission_set_arn,
                    "principalType": row.principal_type,
                    "principal": name(&row.principal_id),
                    "principalId": row.principal_id,
                })
            })
            .collect()
    }
}
