//! The rights of the controller: it writes everything in a status except decisions of people.

use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicy;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use team_operator::admission::{SealCheck, SealKey};
use team_operator::api::{ElevationRequest, ElevationRequestStatus, Phase, all_crds};

use crate::support::{Cluster, FINALIZER, World, allowed, cases, forbidden, invalid, pending_status, until};

const NO_DECISIONS: &str = "the controller does not write decisions";

/// A status as the controller writes it once access is held: every field that there is.
fn full_status() -> Value {
    let time = "2026-12-01T09:00:00Z";
    let verdict = json!({
        "approver": "bob@example.com", "decision": "Approved", "userId": "u-bob", "policyUid": "p-2",
        "policyGeneration": 3, "stage": "lead", "counted": true, "reason": "Counted", "time": time,
    });
    let condition = |kind: &str, reason: &str| {
        json!({
            "type": kind, "status": "True", "observedGeneration": 1, "lastTransitionTime": time, "reason": reason,
            "message": "a sentence",
        })
    };
    json!({
        "observedGeneration": 1,
        "phase": "Active",
        "finished": false,
        "sequence": 4,
        "reason": "AccessGranted",
        "message": "until 11:00",
        "requester": { "userId": "u-alice", "userName": "alice", "email": "alice@example.com" },
        "access": {
            "instanceArn": "arn:aws:sso:::instance/ssoins-1", "accountId": "111122223333", "accountName": "orders",
            "ouPath": "Root/Prod", "permissionSetArn": "arn:aws:sso:::permissionSet/ssoins-1/ps-1", "permissionSetName": "DatabaseAdmin",
            "sessionDuration": "1h", "duration": "2h",
        },
        "eligibility": { "policy": "orders", "uid": "p-1", "generation": 2, "approvalRequired": true },
        "review": {
            "policy": "production", "uid": "p-2", "generation": 3, "deadline": time, "progress": "1/1",
            "commentRequired": true, "currentStage": "lead",
            "stages": [{ "name": "lead", "approvalsRequired": 1, "approvalsCounted": 1 }],
            "verdicts": [verdict],
        },
        "approvers": ["carol@example.com"],
        "reviewers": ["bob@example.com", "carol@example.com"],
        "window": { "notAfter": time, "startTime": time, "endTime": time },
        "assignment": {
            "name": "111122223333-databaseadmin-0a", "state": "Present", "possibleFrom": time, "goneTime": time,
            "credentialsExpiryTime": time, "lastError": "throttled",
        },
        "ending": {
            "reason": "EndedByRequester", "message": "Ended by the requester.", "by": "alice@example.com",
            "requestedTime": time,
        },
        "history": [{
            "sequence": 1, "time": time, "phase": "Pending", "reason": "StageCompleted", "message": "Stage lead is complete.",
            "stage": "lead", "by": "bob@example.com",
        }],
        "recorded": 1,
        "conditions": [
            condition("Eligible", "AccessGranted"), condition("Approved", "ApprovalsComplete"),
            condition("Granted", "AccessGranted"), condition("Settled", "AccessGranted"),
        ],
    })
}

/// The object with this status, sealed, as it is about to be written.
fn sealed(key: &SealKey, object: &Value, status: &Value) -> Value {
    let mut about = object.clone();
    about["status"] = status.clone();
    let mut status = status.clone();
    status["seal"] = json!(key.seal(&about));
    status
}

cases! {
    async fn one_write_of_the_controller_fills_every_field_and_reads_back_equal(ground: Ground) {
        let name = ground.new_request().await;
        ground.moves(&name, Phase::Pending).await;
        ground.moves(&name, Phase::Approved).await;
        let mut status = full_status();
        status["seal"] = json!("v1:00");
        let typed: ElevationRequestStatus = serde_json::from_value(status.clone()).unwrap();
        let mut written = json!(typed);
        written.as_object_mut().unwrap().remove("approvals");
        assert_eq!(written, status, "the types know every field");
        let schema = &all_crds()[0]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"];
        for field in schema["properties"].as_object().unwrap().keys().filter(|f| *f != "approvals") {
            assert!(!written[field].is_null(), "{field} is missing here");
        }
        let requests: Api<ElevationRequest> = Api::namespaced(ground.controller().client, &ground.namespace);
        let patch = Patch::Merge(json!({ "status": written }));
        requests.patch_status(&name, &PatchParams::default(), &patch).await.unwrap();
        let read = requests.get(&name).await.unwrap();
        assert_eq!(read.status, Some(typed));
    }

    async fn the_seal_holds_through_the_server_and_through_what_people_add(ground: Ground) {
        let key = SealKey::generate().unwrap();
        let controller = ground.controller();
        let name = ground.in_phase(Phase::Approved).await;
        let object = allowed(controller.reads(&name).await);
        assert_eq!(key.check(&object), SealCheck::Broken, "sealed with another key");
        let mut status = full_status();
        for written in ["requester", "eligibility", "review"] {
            status[written] = object["status"][written].clone();
        }
        let status = sealed(&key, &object, &status);
        let answer = allowed(controller.patches_status(&name, status).await);
        assert_eq!(key.check(&answer), SealCheck::Valid, "in the answer of the write");
        allowed(ground.bob().decides(&name, "Revoked").await);
        allowed(ground.erin().decides(&name, "Revoked").await);
        allowed(ground.alice().patches(&name, json!({ "metadata": { "labels": { "team": "orders" } } })).await);
        let read = allowed(controller.reads(&name).await);
        assert_eq!(read["status"]["approvals"].as_array().unwrap().len(), 2);
        assert_eq!(key.check(&read), SealCheck::Valid, "after people added to it");
        let forged = ground.master().patches_status(&name, json!({ "seal": "v1:00" })).await;
        forbidden(forged, "people write only status.approvals");
        assert_eq!(key.check(&allowed(controller.reads(&name).await)), SealCheck::Valid);
        allowed(controller.patches_status(&name, json!({ "message": "unsealed" })).await);
        assert_eq!(key.check(&allowed(controller.reads(&name).await)), SealCheck::Broken);
    }

    async fn a_request_that_nobody_has_looked_at_has_no_seal_to_have(ground: Ground) {
        let key = SealKey::generate().unwrap();
        let name = ground.new_request().await;
        assert_eq!(key.check(&allowed(ground.controller().reads(&name).await)), SealCheck::Unsealed);
    }

    async fn the_controller_decides_in_nobodys_name(ground: Ground) {
        let controller = ground.controller();
        let status = |s: &mut Value| {
            s["approvers"] = json!(["bob@example.com", controller.name]);
            s["reviewers"] = s["approvers"].clone();
        };
        let pending = ground.pending(status).await;
        let active = ground.in_phase(Phase::Active).await;
        for approver in [controller.name.as_str(), "bob@example.com", ""] {
            for (name, decision) in [(&pending, "Approved"), (&pending, "Rejected"), (&active, "Revoked")] {
                let entry = json!({ "approver": approver, "decision": decision, "comment": "yes" });
                forbidden(controller.appends(name, entry.clone()).await, NO_DECISIONS);
                let list = json!({ "approvals": [entry] });
                forbidden(controller.patches_status(name, list.clone()).await, NO_DECISIONS);
                forbidden(controller.applies_status(name, list).await, NO_DECISIONS);
            }
        }
    }

    async fn the_controller_asks_for_nothing(ground: Ground) {
        let controller = ground.controller();
        let told = format!("a request is made by a person, and {} is a machine: log in as yourself", controller.name);
        forbidden(controller.asks(|_| ()).await, &told);
        forbidden(controller.asks(|r| r["spec"]["requester"] = json!("bob@example.com")).await, &told);
    }

    async fn the_controller_sets_and_removes_its_finalizer(ground: Ground) {
        let name = ground.in_phase(Phase::Approved).await;
        for finalizers in [json!([FINALIZER]), json!([])] {
            let metadata = json!({ "metadata": { "finalizers": finalizers } });
            allowed(ground.controller().patches(&name, metadata).await);
        }
        allowed(ground.controller().patches(&name, json!({ "metadata": { "finalizers": [FINALIZER] } })).await);
        for who in [ground.alice(), ground.root(), ground.master()] {
            let answer = who.patches(&name, json!({ "metadata": { "finalizers": null } })).await;
            forbidden(answer, "only the controller sets or removes finalizers");
        }
        let held = allowed(ground.controller().reads(&name).await);
        assert_eq!(held["metadata"]["finalizers"], json!([FINALIZER]));
    }

    async fn the_controller_does_not_change_what_was_asked_for(ground: Ground) {
        let name = ground.in_phase(Phase::Approved).await;
        let change = json!({ "spec": { "accountId": "999999999999" } });
        invalid(ground.controller().patches(&name, change).await, "accountId cannot be changed");
        let cancel = json!({ "spec": { "cancelled": true } });
        forbidden(ground.controller().patches(&name, cancel).await, "only alice@example.com may change this request");
    }

    async fn the_controller_writes_neither_policies_nor_the_rules_above_it(ground: Ground) {
        let controller = ground.controller();
        for kind in ["EligibilityPolicy", "ApproverPolicy", "TeamSettings"] {
            let patch = Patch::Merge(json!({ "spec": {} }));
            let answer = controller.cluster_scoped(kind).patch("default", &PatchParams::default(), &patch).await;
            forbidden(answer.map(|o| json!(o)), "cannot patch resource");
        }
        let rules: Api<ValidatingAdmissionPolicy> = Api::all(controller.client.clone());
        let only_asking = DeleteParams { dry_run: true, ..DeleteParams::default() };
        let answer = rules.delete("team-operator-decisions", &only_asking).await;
        forbidden(answer.map(|_| Value::Null), "cannot delete resource");
    }

    /// What a mutation matches is refused for some seconds after an API server restart. Two writes that a mutation would
    /// change show that none matches the controller.
    async fn no_mutation_touches_what_the_controller_writes(ground: Ground) {
        let name = ground.request_in("Pending").await;
        allowed(ground.bob().decides(&name, "Approved").await);
        let unnamed = json!({ "approvals": [{ "decision": "Revoked" }] });
        let answer = ground.controller().patches_status(&name, unnamed.clone()).await;
        invalid(answer, "a recorded decision stays as it is, in its place");
        let answer = ground.controller().patches(&name, json!({ "status": unnamed })).await;
        let request = allowed(answer);
        assert!(request["metadata"]["annotations"].is_null(), "marked as misdirected: {request}");
        assert_eq!(request["status"]["approvals"].as_array().map(Vec::len), Some(1), "and dropped, as always");
    }
}

/// After an API server restart the mutations are not ready for some seconds, and what they match is refused.
#[tokio::test]
async fn the_controller_writes_at_once_after_a_restart_of_the_api_server() {
    let Some(cluster) = Cluster::start(World::Stamping).await else {
        return println!("skipped: no cluster here applies mutations");
    };
    let cluster = Box::leak(Box::new(cluster));
    if cluster.plane.is_external() {
        println!("skipped: an existing cluster is not restarted");
        return;
    }
    let ground = cluster.ground().await;
    let name = ground.pending(|_| ()).await;
    let controller = ground.controller();
    cluster.plane.restart_api_server().await.unwrap();
    allowed(
        controller
            .patches_status(&name, json!({ "message": "still here" }))
            .await,
    );
    allowed(
        controller
            .patches(&name, json!({ "metadata": { "finalizers": [FINALIZER] } }))
            .await,
    );
    allowed(
        controller
            .patches(&name, json!({ "metadata": { "finalizers": null } }))
            .await,
    );
    let mut approved = pending_status();
    approved["phase"] = json!("Approved");
    allowed(controller.patches_status(&name, approved).await);
    let bob = ground.bob();
    until("people can write again", async || {
        bob.decides(&name, "Revoked").await.ok()
    })
    .await;
}
