//! The record of an assignment on the server: the controller's alone, sealed, and one write a step.

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams, Preconditions};
use serde_json::{Value, json};
use team_operator::admission::SealKey;
use team_operator::api::{AccountAssignment, AssignmentState};
use team_operator::domain::RecordSeal;

use crate::support::{
    Actor, Answer, Ground, account_assignment, allowed, cases, forbidden, invalid, sentence,
};

const TIME: &str = "2026-12-01T09:00:00Z";
const FINALIZER: &str = "team-operator.io/assignment";
const CONTROLLERS_ALONE: &str = "AccountAssignments are the controller's record of what it did in AWS: nobody else creates, \
                                 changes or deletes them; to end";

/// A record that no other test here has, as its first write finds it.
fn absent(ground: &Ground) -> Value {
    account_assignment(
        &format!("111122223333-databaseadmin-{}", ground.namespace),
        &ground.namespace,
    )
}

/// Puts into a record every field that there is.
fn fill(record: &mut Value) {
    record["metadata"]["finalizers"] = json!([FINALIZER]);
    let status = &mut record["status"];
    status["state"] = json!("Present");
    status["baselineTime"] = json!(TIME);
    status["create"] = json!({ "sentTime": TIME, "outcome": { "result": "Succeeded", "time": TIME } });
    status["earlierCreatesUntil"] = json!("2026-12-01T09:20:00Z");
    status["lastError"] = json!({
        "time": TIME, "operation": "CreateAccountAssignment", "reason": "LookupFailed", "message": "later",
    });
    let claim = &mut status["claims"][0];
    claim["startTime"] = json!(TIME);
    claim["endTime"] = json!("2026-12-01T11:00:00Z");
    claim["ended"] = json!({
        "time": TIME, "reason": "CancelledByRequester", "message": "Cancelled.", "by": "alice@example.com",
    });
}

fn name_of(record: &Value) -> &str {
    record["metadata"]["name"].as_str().unwrap()
}

fn parsed(record: &Value) -> DynamicObject {
    serde_json::from_value(record.clone()).unwrap()
}

fn records(who: &Actor) -> Api<DynamicObject> {
    who.cluster_scoped("AccountAssignment")
}

async fn creates(who: &Actor, record: &Value, params: &PostParams) -> Answer {
    let answer = records(who).create(params, &parsed(record)).await;
    answer.map(|object| json!(object))
}

async fn replaces(who: &Actor, record: &Value, params: &PostParams) -> Answer {
    let answer = records(who)
        .replace(name_of(record), params, &parsed(record))
        .await;
    answer.map(|object| json!(object))
}

async fn deletes(who: &Actor, name: &str, params: &DeleteParams) -> Answer {
    let answer = records(who).delete(name, params).await;
    answer.map(|_| Value::Null)
}

async fn patches(who: &Actor, name: &str, patch: Value) -> Answer {
    let params = PatchParams::default();
    let answer = records(who).patch(name, &params, &Patch::Merge(patch)).await;
    answer.map(|object| json!(object))
}

/// A record of the controller's that is Present, with its finalizer.
async fn present(ground: &Ground) -> Value {
    let controller = &ground.controller();
    let mut record = allowed(creates(controller, &absent(ground), &PostParams::default()).await);
    record["status"]["state"] = json!("Present");
    record["metadata"]["finalizers"] = json!([FINALIZER]);
    allowed(replaces(controller, &record, &PostParams::default()).await)
}

/// The controller takes its finalizer off and removes the record.
async fn cleared(ground: &Ground, name: &str) {
    let controller = &ground.controller();
    let mut record = json!(records(controller).get(name).await.unwrap());
    record["metadata"]["finalizers"] = json!([]);
    allowed(replaces(controller, &record, &PostParams::default()).await);
    if records(controller).get_opt(name).await.unwrap().is_some() {
        allowed(deletes(controller, name, &DeleteParams::default()).await);
    }
    assert!(records(controller).get_opt(name).await.unwrap().is_none());
}

/// Those whom RBAC does not hold back: a cluster admin, the group above RBAC, and Kubernetes' own service accounts that
/// delete and change what others made.
fn with_every_right(ground: &Ground) -> Vec<Actor> {
    let of_kubernetes = |name: &str| ground.mighty(&format!("system:serviceaccount:kube-system:{name}"));
    vec![
        ground.root(),
        ground.master(),
        of_kubernetes("generic-garbage-collector"),
        of_kubernetes("namespace-controller"),
    ]
}

cases! {
    async fn the_seal_of_a_record_holds_through_the_server(ground: Ground) {
        let key = SealKey::generate().unwrap();
        let controller = &ground.controller();
        let mut first = absent(&ground);
        first["status"]["seal"] = json!(key.seal_record(&first, true));
        let mut record = allowed(creates(controller, &first, &PostParams::default()).await);
        assert_eq!(key.check_record(&record), RecordSeal::OfCreation, "in the answer of the write");
        let name = name_of(&record).to_owned();
        assert_eq!(key.check_record(&json!(records(controller).get(&name).await.unwrap())), RecordSeal::OfCreation);
        fill(&mut record);
        record["status"]["sequence"] = json!(2);
        record["status"]["seal"] = json!(key.seal_record(&record, false));
        let written = record["status"].clone();
        let record = allowed(replaces(controller, &record, &PostParams::default()).await);
        assert_eq!(record["status"], written, "every field is stored");
        assert_eq!(record["metadata"]["finalizers"], json!([FINALIZER]));
        assert_eq!(key.check_record(&record), RecordSeal::Valid);
        let typed: AccountAssignment = serde_json::from_value(record.clone()).unwrap();
        assert_eq!(typed.status.as_ref().map(|status| status.state), Some(AssignmentState::Present));
        assert_eq!(json!(typed)["status"], written, "the types know every field");
        cleared(&ground, &name).await;
    }

    async fn a_step_of_a_record_rests_on_the_version_that_was_read(ground: Ground) {
        let controller = &ground.controller();
        let old = allowed(creates(controller, &absent(&ground), &PostParams::default()).await);
        let name = name_of(&old);
        let again = creates(controller, &absent(&ground), &PostParams::default()).await;
        assert!(sentence(&again.unwrap_err()).contains("already exists"));
        let mut newer = old.clone();
        newer["status"]["sequence"] = json!(2);
        let newer = allowed(replaces(controller, &newer, &PostParams::default()).await);
        let conflict = replaces(controller, &old, &PostParams::default()).await.unwrap_err();
        assert!(matches!(&conflict, kube::Error::Api(status) if status.code == 409), "{conflict}");
        let only = |object: &Value| {
            let text = |field: &str| object["metadata"][field].as_str().map(ToOwned::to_owned);
            DeleteParams::default().preconditions(Preconditions { uid: text("uid"), resource_version: text("resourceVersion") })
        };
        let conflict = deletes(controller, name, &only(&old)).await.unwrap_err();
        assert!(matches!(&conflict, kube::Error::Api(status) if status.code == 409), "{conflict}");
        allowed(deletes(controller, name, &only(&newer)).await);
        assert!(records(controller).get_opt(name).await.unwrap().is_none());
    }

    async fn nobody_forges_a_record(ground: Ground) {
        let for_show = PostParams { dry_run: true, ..PostParams::default() };
        let forged = absent(&ground);
        for who in with_every_right(&ground) {
            for params in [&for_show, &PostParams::default()] {
                let answer = creates(&who, &forged, params).await;
                forbidden(answer, &format!("{CONTROLLERS_ALONE} access, revoke the request that claims it"));
            }
        }
        assert!(records(&ground.master()).get_opt(name_of(&forged)).await.unwrap().is_none());
    }

    async fn nobody_changes_a_record_nor_takes_its_finalizer_off(ground: Ground) {
        let record = present(&ground).await;
        let name = name_of(&record);
        let told = format!("{CONTROLLERS_ALONE} this access, revoke the requests that claim it: {}/request-1", ground.namespace);
        for who in with_every_right(&ground) {
            for change in [
                json!({ "status": { "state": "Absent" } }),
                json!({ "status": { "claims": [] } }),
                json!({ "status": { "seal": "v1:11" } }),
                json!({ "spec": { "userName": "mallory" } }),
                json!({ "metadata": { "finalizers": null } }),
                json!({ "metadata": { "labels": { "team": "orders" } } }),
            ] {
                forbidden(patches(&who, name, change).await, &told);
            }
            let mut forged = record.clone();
            forged["status"]["state"] = json!("Deleting");
            forbidden(replaces(&who, &forged, &PostParams::default()).await, &told);
        }
        assert_eq!(json!(records(&ground.master()).get(name).await.unwrap()), record);
        cleared(&ground, name).await;
    }

    async fn nobody_deletes_a_record(ground: Ground) {
        let record = present(&ground).await;
        let name = name_of(&record);
        let told = format!("{CONTROLLERS_ALONE} this access, revoke the requests that claim it: {}/request-1", ground.namespace);
        for who in with_every_right(&ground) {
            for params in [DeleteParams::default().dry_run(), DeleteParams::default()] {
                forbidden(deletes(&who, name, &params).await, &told);
            }
        }
        assert_eq!(json!(records(&ground.master()).get(name).await.unwrap()), record);
        cleared(&ground, name).await;
    }

    /// What the runbook says about a broken record: the guise clears it away, and writes nothing into it.
    async fn whoever_impersonates_the_controller_removes_a_record_and_writes_none(ground: Ground) {
        let record = present(&ground).await;
        let name = name_of(&record);
        let guise = ground.mighty(&ground.controller().name);
        let told = format!("{CONTROLLERS_ALONE} this access");
        forbidden(patches(&guise, name, json!({ "status": { "state": "Absent" } })).await, &told);
        forbidden(patches(&guise, name, json!({ "spec": { "userName": "mallory" } })).await, &told);
        let mut another = absent(&ground);
        another["metadata"]["name"] = json!(format!("{name}-forged"));
        let answer = creates(&guise, &another, &PostParams::default()).await;
        forbidden(answer, CONTROLLERS_ALONE);
        allowed(deletes(&guise, name, &DeleteParams::default()).await);
        allowed(patches(&guise, name, json!({ "metadata": { "finalizers": null } })).await);
        assert!(records(&ground.controller()).get_opt(name).await.unwrap().is_none());
    }

    /// Whoever has no right at all is held back by RBAC before any policy is asked.
    async fn people_have_no_right_to_write_a_record(ground: Ground) {
        let record = present(&ground).await;
        let name = name_of(&record);
        for who in ["alice@example.com", "bob@example.com", "erin@example.com", "audrey@example.com", "paul@example.com"] {
            let who = &ground.person(who);
            let answer = creates(who, &absent(&ground), &PostParams::default()).await;
            forbidden(answer, "cannot create resource \"accountassignments\"");
            let answer = replaces(who, &record, &PostParams::default()).await;
            forbidden(answer, "cannot update resource \"accountassignments\"");
            let answer = patches(who, name, json!({ "status": { "state": "Absent" } })).await;
            forbidden(answer, "cannot patch resource \"accountassignments\"");
            let answer = deletes(who, name, &DeleteParams::default()).await;
            forbidden(answer, "cannot delete resource \"accountassignments\"");
        }
        cleared(&ground, name).await;
    }

    async fn a_record_is_about_one_assignment_for_ever(ground: Ground) {
        let controller = &ground.controller();
        let record = present(&ground).await;
        for field in ["instanceArn", "userId", "accountId", "permissionSetArn"] {
            let mut other = record.clone();
            other["spec"][field] = json!("444455556666");
            let answer = replaces(controller, &other, &PostParams::default()).await;
            invalid(answer, &format!("{field} cannot be changed: another assignment is another record"));
        }
        cleared(&ground, name_of(&record)).await;
    }

    async fn a_record_has_no_status_of_its_own_to_write(ground: Ground) {
        let record = present(&ground).await;
        let name = name_of(&record);
        let patch = Patch::Merge(json!({ "status": { "state": "Absent" } }));
        for who in [ground.controller(), ground.master()] {
            let answer = records(&who).patch_status(name, &PatchParams::default(), &patch).await;
            let refused = answer.unwrap_err();
            let code = if who.name == ground.master().name { 404 } else { 403 };
            assert!(matches!(&refused, kube::Error::Api(status) if status.code == code), "{refused}");
        }
        cleared(&ground, name).await;
    }
}
