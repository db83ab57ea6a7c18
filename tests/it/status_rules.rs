//! The CEL rules of the status on the API server: they hold for every writer, and without the admission policies.

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use team_operator::api::Phase;

use crate::support::{Actor, Ground, allowed, cases, invalid};

const NO_SUCH_STEP: &str =
    "a request does not go from its phase to that one; a finished request stays as it is";
const FINISHED: &str = "finished is true only in a terminal phase";
const STAYS: &str = "what is finished stays finished";
const SETTLED: &str = "a request ends only when its assignment is gone, or goes on for another request";
const ONCE: &str = "written once: what is approved is what is granted, and what is recorded is kept";

/// A record of an assignment, by its name.
const RECORD: &str = "111122223333-databaseadmin-0a";

/// The table of the product, written down a second time.
fn may_follow(from: Phase) -> &'static [Phase] {
    use Phase::{
        Active, Approved, Cancelled, Denied, Ended, Expired, Failed, Pending, Rejected, Revoked, Revoking,
    };
    match from {
        Pending => &[Approved, Denied, Rejected, Cancelled, Expired],
        Approved => &[Active, Revoking, Ended, Cancelled, Revoked, Denied, Failed],
        Active => &[Revoking, Ended, Revoked],
        Revoking => &[Ended, Revoked, Cancelled, Denied, Failed],
        _ => &[],
    }
}

/// The phases that a request may be given first.
const FIRST: [Phase; 5] = [
    Phase::Pending,
    Phase::Approved,
    Phase::Denied,
    Phase::Cancelled,
    Phase::Expired,
];

/// Whether the server would take this status, without storing it.
async fn would(controller: &Actor, name: &str, status: Value) -> Result<Value, kube::Error> {
    let params = PatchParams {
        dry_run: true,
        ..PatchParams::default()
    };
    let patch = Patch::Merge(json!({ "status": status }));
    let answer = controller.requests().patch_status(name, &params, &patch).await;
    answer.map(|object| json!(object))
}

fn at(phase: Phase) -> Value {
    json!({ "phase": phase, "finished": phase.is_terminal() })
}

/// A request with everything that is written once.
async fn with_everything_recorded(ground: &Ground) -> String {
    let name = ground.in_phase(Phase::Approved).await;
    let time = "2026-12-01T09:00:00Z";
    let status = json!({
        "access": {
            "instanceArn": "arn:2", "accountId": "111122223333", "accountName": "orders", "ouPath": "Root/Prod",
            "permissionSetArn": "arn:1", "permissionSetName": "DatabaseAdmin", "sessionDuration": "1h", "duration": "2h",
        },
        "window": { "notAfter": time, "startTime": time, "endTime": time },
        "assignment": { "name": RECORD, "state": "Creating" },
        "ending": { "reason": "EndReached", "message": "It is over.", "requestedTime": time },
    });
    allowed(ground.controller().patches_status(&name, status).await);
    name
}

cases! {
    async fn every_step_of_the_table_is_taken_and_no_other(ground: Ground) {
        let controller = &ground.controller();
        for from in Phase::ALL {
            let name = ground.in_phase(from).await;
            for to in Phase::ALL.into_iter().filter(|to| *to != from) {
                let answer = would(controller, &name, at(to)).await;
                if may_follow(from).contains(&to) {
                    allowed(answer);
                } else {
                    invalid(answer, NO_SUCH_STEP);
                }
            }
            invalid(would(controller, &name, json!({ "phase": null, "finished": null })).await, NO_SUCH_STEP);
        }
    }

    async fn a_request_begins_in_one_of_five_phases(ground: Ground) {
        let controller = &ground.controller();
        let name = ground.new_request().await;
        for phase in Phase::ALL {
            let answer = would(controller, &name, at(phase)).await;
            if FIRST.contains(&phase) {
                allowed(answer);
            } else {
                invalid(answer, NO_SUCH_STEP);
            }
        }
    }

    async fn a_request_is_finished_only_in_a_terminal_phase_and_stays_so(ground: Ground) {
        let controller = &ground.controller();
        let name = ground.in_phase(Phase::Pending).await;
        invalid(would(controller, &name, json!({ "finished": true })).await, FINISHED);
        allowed(would(controller, &name, json!({ "phase": "Denied" })).await);
        invalid(would(controller, &name, json!({ "phase": "Approved", "finished": true })).await, FINISHED);
        let over = ground.in_phase(Phase::Expired).await;
        for finished in [json!(false), Value::Null] {
            invalid(would(controller, &over, json!({ "finished": finished })).await, STAYS);
        }
    }

    async fn nothing_ends_while_something_of_ours_may_be_in_aws(ground: Ground) {
        let controller = &ground.controller();
        for from in [Phase::Approved, Phase::Active, Phase::Revoking] {
            let name = ground.in_phase(from).await;
            for to in may_follow(from).iter().filter(|to| to.is_terminal()) {
                for state in ["Absent", "Creating", "Present", "Deleting"] {
                    let mut status = at(*to);
                    status["assignment"] = json!({ "name": RECORD, "state": state });
                    invalid(would(controller, &name, status.clone()).await, SETTLED);
                    status["assignment"]["goneTime"] = json!("2026-12-01T11:00:00Z");
                    allowed(would(controller, &name, status).await);
                }
            }
        }
    }

    async fn an_assignment_is_shown_in_whatever_state_it_is(ground: Ground) {
        let controller = &ground.controller();
        let name = ground.in_phase(Phase::Approved).await;
        for from in ["Absent", "Creating", "Present", "Deleting"] {
            let shown = |state: &str| json!({ "assignment": { "name": RECORD, "state": state } });
            allowed(controller.patches_status(&name, shown(from)).await);
            for to in ["Absent", "Creating", "Present", "Deleting"] {
                allowed(would(controller, &name, shown(to)).await);
            }
        }
    }

    async fn a_forged_status_is_denied_wherever_it_says_it_is(ground: Ground) {
        let controller = &ground.controller();
        for from in Phase::ALL {
            let name = ground.in_phase(from).await;
            let mut denied = at(Phase::Denied);
            denied["assignment"] = json!({ "name": RECORD, "state": "Present" });
            for (reason, refusal) in [("NotEligible", Some(SETTLED)), ("SealBroken", None)] {
                denied["reason"] = json!(reason);
                let answer = would(controller, &name, denied.clone()).await;
                match refusal {
                    Some(sentence) => invalid(answer, sentence),
                    None => drop(allowed(answer)),
                }
            }
        }
    }

    async fn what_is_written_once_is_never_another(ground: Ground) {
        let controller = &ground.controller();
        let name = with_everything_recorded(&ground).await;
        let later = "2026-12-01T10:00:00Z";
        for change in [
            json!({ "requester": { "userId": "u-mallory" } }),
            json!({ "access": { "duration": "9h" } }),
            json!({ "access": { "permissionSetArn": "arn:9" } }),
            json!({ "review": { "deadline": later } }),
            json!({ "window": { "notAfter": later } }),
            json!({ "window": { "startTime": later } }),
            json!({ "window": { "endTime": later } }),
            json!({ "access": { "instanceArn": "arn:9" } }),
            json!({ "ending": { "reason": "AccessLost" } }),
            json!({ "ending": { "requestedTime": later } }),
        ] {
            invalid(would(controller, &name, change).await, ONCE);
        }
        allowed(would(controller, &name, json!({ "review": { "progress": "1/1" }, "message": "done" })).await);
    }

    async fn what_happened_is_added_to_and_never_changed(ground: Ground) {
        const KEPT: &str = "what happened is kept as it was told";
        let controller = &ground.controller();
        let name = ground.in_phase(Phase::Approved).await;
        // As large as an entry may be, in every place: the rule must be affordable.
        let entry = |sequence: i64| json!({
            "sequence": sequence, "time": "2026-12-01T09:00:00Z", "phase": "Pending", "reason": "AwaitingApproval",
            "message": "m".repeat(1024), "stage": "s".repeat(63), "by": "b".repeat(256),
        });
        let mut history: Vec<Value> = (1..=15).map(entry).collect();
        allowed(controller.patches_status(&name, json!({ "history": history })).await);
        history.push(entry(16));
        allowed(controller.patches_status(&name, json!({ "history": history })).await);
        for place in 0..history.len() {
            let mut changed = history.clone();
            changed[place]["by"] = json!("mallory@example.com");
            invalid(would(controller, &name, json!({ "history": changed })).await, KEPT);
            changed.remove(place);
            invalid(would(controller, &name, json!({ "history": changed })).await, KEPT);
        }
        invalid(would(controller, &name, json!({ "history": null })).await, KEPT);
        let mut denied = at(Phase::Denied);
        denied["history"] = json!([entry(17)]);
        invalid(would(controller, &name, denied.clone()).await, KEPT);
        denied["reason"] = json!("SealBroken");
        allowed(would(controller, &name, denied).await);
    }

    async fn what_is_written_once_is_never_taken_away(ground: Ground) {
        let controller = &ground.controller();
        let name = with_everything_recorded(&ground).await;
        let status = "what was recorded is kept: requester, access, review, window, assignment, ending";
        for field in ["requester", "access", "review", "window", "assignment", "ending"] {
            invalid(would(controller, &name, json!({ field: null })).await, status);
        }
        for (parent, fields) in [
            ("review", vec!["deadline"]),
            ("window", vec!["notAfter", "startTime", "endTime"]),
        ] {
            let told = format!("what was recorded is kept: {}", fields.join(", "));
            for field in fields {
                invalid(would(controller, &name, json!({ parent: { field: null } })).await, &told);
            }
        }
    }
}
