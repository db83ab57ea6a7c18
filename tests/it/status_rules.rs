//! The CEL rules of the status on the API server: they hold for every writer, and without the admission policies.

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use team_operator::api::Phase;

use crate::support::{Actor, Ground, allowed, cases, invalid};

const NO_SUCH_STEP: &str =
    "a request does not go from its phase to that one; a finished request stays as it is";
const FINISHED: &str = "finished is true in the terminal phases and only there";
const SETTLED: &str = "a request ends only when its assignment is None or Gone";
const FORWARD: &str = "the assignment only moves forward: None, Granting, Held, Removing, Gone";
const ONCE: &str = "written once: what is approved is what is granted, and what is recorded is kept";

/// The table of the product, written down a second time.
fn may_follow(from: Phase) -> &'static [Phase] {
    use Phase::{
        Active, Approved, Cancelled, Denied, Ended, Expired, Failed, Pending, Rejected, Revoked, Revoking,
    };
    match from {
        Pending => &[Approved, Denied, Rejected, Cancelled, Expired],
        Approved => &[Active, Revoking, Cancelled, Revoked, Denied, Failed],
        Active => &[Revoking],
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
            "accountId": "111122223333", "accountName": "orders", "ouPath": "Root/Prod", "permissionSetArn": "arn:1",
            "permissionSetName": "DatabaseAdmin", "sessionDuration": "1h", "duration": "2h",
        },
        "window": { "notAfter": time, "startTime": time, "endTime": time },
        "assignment": {
            "tuple": { "instanceArn": "arn:2", "userId": "u", "accountId": "111122223333", "permissionSetArn": "arn:1" },
            "state": "Granting", "origin": "Created", "baseline": { "present": false, "observedAt": time },
        },
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

    async fn finished_says_the_same_as_the_phase(ground: Ground) {
        let controller = &ground.controller();
        let name = ground.in_phase(Phase::Pending).await;
        invalid(would(controller, &name, json!({ "finished": true })).await, FINISHED);
        invalid(would(controller, &name, json!({ "phase": "Denied" })).await, FINISHED);
        invalid(would(controller, &name, json!({ "phase": "Approved", "finished": true })).await, FINISHED);
        let over = ground.in_phase(Phase::Expired).await;
        for finished in [json!(false), Value::Null] {
            invalid(would(controller, &over, json!({ "finished": finished })).await, FINISHED);
        }
    }

    async fn nothing_ends_while_something_of_ours_may_be_in_aws(ground: Ground) {
        let controller = &ground.controller();
        let name = ground.in_phase(Phase::Revoking).await;
        for (state, settled) in
            [("None", true), ("Granting", false), ("Held", false), ("Removing", false), ("Gone", true)]
        {
            let mut status = at(Phase::Ended);
            status["assignment"] = json!({ "state": state });
            let answer = would(controller, &name, status).await;
            if settled {
                allowed(answer);
            } else {
                invalid(answer, SETTLED);
            }
        }
    }

    async fn an_assignment_only_moves_forward(ground: Ground) {
        let controller = &ground.controller();
        let steps = [
            ("None", vec!["Granting", "Held"]),
            ("Granting", vec!["Held", "Removing"]),
            ("Held", vec!["Removing", "Gone"]),
            ("Removing", vec!["Gone"]),
            ("Gone", vec![]),
        ];
        let states = steps.clone().map(|(state, _)| state);
        for (from, next) in steps {
            let name = ground.in_phase(Phase::Approved).await;
            allowed(ground.controller().patches_status(&name, json!({ "assignment": { "state": from } })).await);
            for to in states {
                let answer = would(controller, &name, json!({ "assignment": { "state": to } })).await;
                if to == from || next.contains(&to) {
                    allowed(answer);
                } else {
                    invalid(answer, FORWARD);
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
            json!({ "assignment": { "tuple": { "userId": "u-mallory" } } }),
            json!({ "assignment": { "origin": "Standing" } }),
            json!({ "assignment": { "baseline": { "present": true } } }),
        ] {
            invalid(would(controller, &name, change).await, ONCE);
        }
        allowed(would(controller, &name, json!({ "review": { "progress": "1/1" }, "message": "done" })).await);
    }

    async fn what_is_written_once_is_never_taken_away(ground: Ground) {
        let controller = &ground.controller();
        let name = with_everything_recorded(&ground).await;
        let status = "what was recorded is kept: requester, access, review, window, assignment";
        for field in ["requester", "access", "review", "window", "assignment"] {
            invalid(would(controller, &name, json!({ field: null })).await, status);
        }
        for (parent, fields) in [
            ("review", vec!["deadline"]),
            ("window", vec!["notAfter", "startTime", "endTime"]),
            ("assignment", vec!["tuple", "origin", "baseline"]),
        ] {
            let told = format!("what was recorded is kept: {}", fields.join(", "));
            for field in fields {
                invalid(would(controller, &name, json!({ parent: { field: null } })).await, &told);
            }
        }
    }
}
