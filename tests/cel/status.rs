//! The life of a request: phases, the assignment, and what is written once.

use serde_json::{Map, Value, json};
use team_operator::api::{AssignmentState, Phase};

use crate::shared::{accepts, refuses, request, schema, step};

const EDGE: &str = "a request does not go from its phase to that one";
const FINISHED: &str = "finished is true in the terminal phases and only there";
const SETTLED: &str = "a request ends only when its assignment is None or Gone";
const FORWARD: &str = "the assignment only moves forward";
const ONCE: &str = "written once: what is approved is what is granted";

fn in_phase(phase: Option<Phase>) -> Value {
    match phase {
        Some(phase) => json!({ "phase": phase, "finished": phase.is_terminal(), "approvals": [] }),
        None => json!({ "approvals": [] }),
    }
}

#[test]
fn the_phase_moves_along_its_edges_and_no_other_way() {
    let schema = schema("ElevationRequest");
    let phases: Vec<Option<Phase>> = std::iter::once(None).chain(Phase::ALL.map(Some)).collect();
    let mut pairs = 0;
    for &old in &phases {
        for &new in &phases {
            let next = match (old, new) {
                (None, None) => true,
                (None, Some(new)) => Phase::FIRST.contains(&new),
                (Some(_), None) => false,
                (Some(old), Some(new)) => old == new || old.next().contains(&new),
            };
            step(&schema, &in_phase(old), &in_phase(new), (!next).then_some(EDGE));
            pairs += 1;
        }
    }
    assert_eq!(pairs, 144);
}

#[test]
fn finished_says_the_same_as_the_phase() {
    let schema = schema("ElevationRequest");
    for phase in Phase::ALL {
        let right = request(&json!({ "phase": phase, "finished": phase.is_terminal() }));
        accepts(&schema, &right, None);
        let wrong = request(&json!({ "phase": phase, "finished": !phase.is_terminal() }));
        refuses(&schema, &wrong, None, FINISHED);
    }
    refuses(&schema, &request(&json!({ "finished": true })), None, FINISHED);
    refuses(&schema, &request(&json!({ "phase": "Denied" })), None, FINISHED);
    accepts(&schema, &request(&json!({ "phase": "Pending" })), None);
}

#[test]
fn a_request_ends_only_when_nothing_of_it_can_be_left() {
    let schema = schema("ElevationRequest");
    for phase in Phase::ALL {
        for state in AssignmentState::ALL {
            let mut status = in_phase(Some(phase));
            status["assignment"] = json!({ "state": state });
            let status = request(&status);
            if phase.is_terminal() && !state.is_settled() {
                refuses(&schema, &status, None, SETTLED);
            } else {
                accepts(&schema, &status, None);
            }
        }
    }
}

#[test]
fn the_assignment_moves_along_its_edges_and_no_other_way() {
    let schema = schema("ElevationRequest");
    for old in AssignmentState::ALL {
        for new in AssignmentState::ALL {
            let ok = old == new || old.next().contains(&new);
            let status = |state| json!({ "assignment": { "state": state } });
            step(&schema, &status(old), &status(new), (!ok).then_some(FORWARD));
        }
    }
}

/// Each field that is written once: where it is, a value and another one.
fn written_once() -> Vec<(&'static str, Value, Value)> {
    let requester = |id: &str| json!({ "userId": id, "userName": "alice" });
    let access = |duration: &str| {
        json!({
            "accountId": "111122223333", "accountName": "orders", "ouPath": "Root", "permissionSetArn": "arn",
            "permissionSetName": "DatabaseAdmin", "sessionDuration": "1h", "duration": duration,
        })
    };
    let tuple = |user: &str| json!({ "instanceArn": "arn", "userId": user, "accountId": "111122223333", "permissionSetArn": "arn" });
    let (nine, ten) = (json!("2026-12-01T09:00:00Z"), json!("2026-12-01T10:00:00Z"));
    let baseline = |present: bool| json!({ "present": present, "observedAt": nine });
    vec![
        ("requester", requester("1"), requester("2")),
        ("access", access("2h"), access("3h")),
        ("review.deadline", nine.clone(), ten.clone()),
        ("window.notAfter", nine.clone(), ten.clone()),
        ("window.startTime", nine.clone(), ten.clone()),
        ("window.endTime", nine.clone(), ten),
        ("assignment.tuple", tuple("1"), tuple("2")),
        ("assignment.origin", json!("Created"), json!("Standing")),
        ("assignment.baseline", baseline(false), baseline(true)),
    ]
}

/// A status with this one field, and what must stand beside it.
fn with(path: &str, value: Option<&Value>) -> Value {
    let fields: Map<String, Value> = value
        .map(|value| (path.rsplit('.').next().unwrap().to_owned(), value.clone()))
        .into_iter()
        .collect();
    match path.split_once('.') {
        None => Value::Object(fields),
        Some((parent, _)) => {
            let mut inner = Value::Object(fields);
            if parent == "assignment" {
                inner["state"] = json!("Granting");
            }
            json!({ parent: inner })
        }
    }
}

#[test]
fn what_is_written_once_appears_and_never_changes_or_goes() {
    let schema = schema("ElevationRequest");
    for (path, one, other) in written_once() {
        let (none, first, second) = (with(path, None), with(path, Some(&one)), with(path, Some(&other)));
        step(&schema, &none, &first, None);
        step(&schema, &first, &first, None);
        step(&schema, &first, &second, Some(ONCE));
        step(&schema, &first, &none, Some("what was recorded is kept: "));
    }
}

#[test]
fn what_holds_fields_that_are_written_once_is_kept_too() {
    let schema = schema("ElevationRequest");
    for kept in [
        json!({ "requester": { "userId": "1", "userName": "alice" } }),
        json!({ "review": {} }),
        json!({ "window": {} }),
        json!({ "assignment": { "state": "None" } }),
    ] {
        let expected = "what was recorded is kept: requester, access, review, window, assignment";
        step(&schema, &kept, &json!({}), Some(expected));
        step(&schema, &json!({}), &kept, None);
    }
}
