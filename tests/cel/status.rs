//! The life of a request: phases, the assignment, and what is written once.

use serde_json::{Map, Value, json};
use team_operator::api::{AssignmentState, Phase, Reason};

use crate::shared::{accepts, refuses, request, schema, step};

const EDGE: &str = "a request does not go from its phase to that one";
const FINISHED: &str = "finished is true only in a terminal phase";
const STAYS: &str = "what is finished stays finished";
const SETTLED: &str = "a request ends only when its assignment is gone, or goes on for another request";
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
fn a_request_is_finished_only_in_a_terminal_phase_and_stays_so() {
    let schema = schema("ElevationRequest");
    for phase in Phase::ALL {
        let right = request(&json!({ "phase": phase, "finished": phase.is_terminal() }));
        accepts(&schema, &right, None);
        let (yes, no) = (
            json!({ "phase": phase, "finished": true }),
            json!({ "phase": phase, "finished": false }),
        );
        // Not finished while the journal does not have it.
        accepts(&schema, &request(&no), None);
        if phase.is_terminal() {
            step(&schema, &no, &yes, None);
            step(&schema, &yes, &no, Some(STAYS));
        } else {
            refuses(&schema, &request(&yes), None, FINISHED);
        }
    }
    refuses(&schema, &request(&json!({ "finished": true })), None, FINISHED);
    accepts(&schema, &request(&json!({ "phase": "Pending" })), None);
}

#[test]
fn the_ways_out_of_access_are_those_of_the_product() {
    let schema = schema("ElevationRequest");
    for (from, to, taken) in [
        (Phase::Approved, Phase::Ended, true),
        (Phase::Approved, Phase::Revoked, true),
        (Phase::Active, Phase::Ended, true),
        (Phase::Active, Phase::Revoked, true),
        (Phase::Active, Phase::Failed, false),
        (Phase::Active, Phase::Cancelled, false),
        (Phase::Pending, Phase::Ended, false),
        (Phase::Pending, Phase::Active, false),
        (Phase::Revoking, Phase::Active, false),
        (Phase::Ended, Phase::Revoked, false),
    ] {
        let (old, new) = (in_phase(Some(from)), in_phase(Some(to)));
        step(&schema, &old, &new, (!taken).then_some(EDGE));
    }
}

/// An assignment as a request shows it.
fn assignment(state: AssignmentState, gone: bool) -> Value {
    let mut assignment = json!({ "name": "111122223333-databaseadmin-0a", "state": state });
    if gone {
        assignment["goneTime"] = json!("2026-12-01T11:00:00Z");
    }
    assignment
}

#[test]
fn a_request_with_an_assignment_ends_only_when_that_is_gone() {
    let schema = schema("ElevationRequest");
    for phase in Phase::ALL {
        accepts(&schema, &request(&in_phase(Some(phase))), None);
        for state in AssignmentState::ALL {
            for gone in [true, false] {
                let mut status = in_phase(Some(phase));
                status["assignment"] = assignment(state, gone);
                let status = request(&status);
                if phase.is_terminal() && !gone {
                    refuses(&schema, &status, None, SETTLED);
                } else {
                    accepts(&schema, &status, None);
                }
            }
        }
    }
}

#[test]
fn the_state_of_an_assignment_goes_where_it_has_to() {
    let schema = schema("ElevationRequest");
    for old in AssignmentState::ALL {
        for new in AssignmentState::ALL {
            let status = |state| json!({ "assignment": assignment(state, false) });
            step(&schema, &status(old), &status(new), None);
        }
    }
}

#[test]
fn every_rule_about_steps_yields_to_the_denial_of_a_forged_status() {
    let schema = schema("ElevationRequest");
    let denied = |reason: Reason| {
        let mut status = in_phase(Some(Phase::Denied));
        status["reason"] = json!(reason);
        status["assignment"] = assignment(AssignmentState::Present, false);
        status
    };
    for old in std::iter::once(None).chain(Phase::ALL.map(Some)) {
        let mut before = in_phase(old);
        before["assignment"] = assignment(AssignmentState::Present, true);
        step(&schema, &before, &denied(Reason::SealBroken), None);
        step(&schema, &before, &denied(Reason::NotEligible), Some(SETTLED));
    }
    let mut other = in_phase(Some(Phase::Revoked));
    other["reason"] = json!(Reason::SealBroken);
    step(&schema, &in_phase(Some(Phase::Ended)), &other, Some(EDGE));
    let mut unfinished = denied(Reason::SealBroken);
    unfinished["finished"] = json!(false);
    step(&schema, &denied(Reason::SealBroken), &unfinished, None);
}

#[test]
fn what_happened_is_added_to_and_never_changed() {
    const KEPT: &str = "what happened is kept as it was told";
    let schema = schema("ElevationRequest");
    let entry = |sequence: i64, message: &str| {
        json!({
            "sequence": sequence, "time": "2026-12-01T09:00:00Z", "phase": "Pending",
            "reason": "AwaitingApproval", "message": message,
        })
    };
    let status = |history: &[Value]| json!({ "phase": "Pending", "finished": false, "history": history });
    let (one, two) = (entry(1, "a"), entry(2, "b"));
    let both = status(&[one.clone(), two.clone()]);
    step(&schema, &status(&[]), &both, None);
    step(&schema, &status(std::slice::from_ref(&one)), &both, None);
    step(&schema, &both, &both, None);
    step(&schema, &both, &status(std::slice::from_ref(&one)), Some(KEPT));
    step(&schema, &both, &status(&[two.clone(), one.clone()]), Some(KEPT));
    step(&schema, &both, &status(&[one.clone(), entry(2, "c")]), Some(KEPT));
    step(
        &schema,
        &both,
        &json!({ "phase": "Pending", "finished": false }),
        Some(KEPT),
    );
    let forged = json!({
        "phase": "Denied", "finished": true, "reason": "SealBroken", "history": [entry(17, "forged")],
    });
    step(&schema, &both, &forged, None);
}

/// Each field that is written once: where it is, a value and another one.
fn written_once() -> Vec<(&'static str, Value, Value)> {
    let requester = |id: &str| json!({ "userId": id, "userName": "alice" });
    let access = |duration: &str| {
        json!({
            "instanceArn": "arn", "accountId": "111122223333", "accountName": "orders", "ouPath": "Root",
            "permissionSetArn": "arn",
            "permissionSetName": "DatabaseAdmin", "sessionDuration": "1h", "duration": duration,
        })
    };
    let (nine, ten) = (json!("2026-12-01T09:00:00Z"), json!("2026-12-01T10:00:00Z"));
    let ending =
        |reason: Reason| json!({ "reason": reason, "message": "It is over.", "requestedTime": nine });
    vec![
        ("requester", requester("1"), requester("2")),
        ("access", access("2h"), access("3h")),
        ("review.deadline", nine.clone(), ten.clone()),
        ("window.notAfter", nine.clone(), ten.clone()),
        ("window.startTime", nine.clone(), ten.clone()),
        ("window.endTime", nine.clone(), ten),
        ("ending", ending(Reason::EndReached), ending(Reason::AccessLost)),
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
        Some((parent, _)) => json!({ parent: fields }),
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
        json!({ "assignment": assignment(AssignmentState::Creating, false) }),
    ] {
        let expected = "what was recorded is kept: requester, access, review, window, assignment, ending";
        step(&schema, &kept, &json!({}), Some(expected));
        step(&schema, &json!({}), &kept, None);
    }
}
