//! What the answer to a call adds to the record.

use chrono::TimeDelta;

use crate::api::{Assignment, Operation, OperationOutcome, Timestamp};
use crate::domain::facts::{FailureKind, OperationState, RequestId};
use crate::domain::fixtures::{active, minute};
use crate::domain::lifecycle::pass::Pass;
use crate::domain::window::after;
use crate::domain::{Answer, record_answer};

/// Named at minute 0 and not answered yet.
fn named() -> Operation {
    Operation {
        request_id: None,
        outcome: OperationOutcome::Unknown,
        sent_time: Some(minute(0)),
        last_seen_time: None,
        unanswered_time: None,
    }
}

/// What is on record after an answer at minute 1, with that many attempts named before.
fn recorded(attempts: i32, delete: Option<Operation>, answer: Answer) -> Assignment {
    let mut status = active().snapshot.request.status;
    let assignment = status.assignment.as_mut().unwrap();
    assignment.create = Some(named());
    assignment.delete = delete;
    assignment.attempts = Some(attempts);
    assignment.last_error = Some("an older one".to_owned());
    record_answer(status, answer, minute(1)).assignment.unwrap()
}

fn outcome(operation: Option<&Operation>) -> (OperationOutcome, Option<Timestamp>) {
    let operation = operation.unwrap();
    (operation.outcome, operation.last_seen_time)
}

#[test]
fn a_call_that_was_refused_has_failed_and_one_without_an_answer_has_not() {
    let sentence = || "no answer".to_owned();
    let failed = (OperationOutcome::Failed, Some(minute(1)));
    let unknown = (OperationOutcome::Unknown, None);
    for (uncertain, expected) in [(false, failed), (true, unknown)] {
        let create = Answer::CreateFailed {
            sentence: sentence(),
            uncertain,
        };
        let assignment = recorded(1, None, create);
        assert_eq!(outcome(assignment.create.as_ref()), expected);
        assert_eq!(assignment.last_error, Some(sentence()));
        let delete = Answer::DeleteFailed {
            sentence: sentence(),
            uncertain,
        };
        let assignment = recorded(1, Some(named()), delete);
        assert_eq!(outcome(assignment.delete.as_ref()), expected);
        assert_eq!(assignment.last_error, Some(sentence()));
    }
}

// A repetition from memory is sent without a record of its own: what is on record is the delete before it.
#[test]
fn what_becomes_of_a_repetition_says_nothing_about_a_delete_that_is_under_way() {
    for outcome in [OperationOutcome::Unknown, OperationOutcome::InProgress] {
        let open = Operation {
            request_id: Some("op".to_owned()),
            outcome,
            ..named()
        };
        for uncertain in [false, true] {
            let sentence = "conflict".to_owned();
            let assignment = recorded(
                1,
                Some(open.clone()),
                Answer::DeleteFailed { sentence, uncertain },
            );
            let seen = Operation {
                last_seen_time: Some(minute(1)),
                ..open.clone()
            };
            assert_eq!(
                assignment.delete,
                Some(seen),
                "{outcome:?}, uncertain {uncertain}"
            );
        }
    }
}

#[test]
fn an_accepted_call_has_a_name_and_clears_the_error_unless_it_failed_at_once() {
    let request = RequestId::new("op");
    let state = OperationState::Succeeded;
    let create = Answer::CreateAccepted {
        request: request.clone(),
        state,
    };
    let assignment = recorded(1, None, create);
    assert_eq!(assignment.last_error, None);
    let create = assignment.create.unwrap();
    assert_eq!(create.request_id.as_deref(), Some("op"));
    assert_eq!(
        (create.outcome, create.sent_time, create.last_seen_time),
        (OperationOutcome::Succeeded, Some(minute(0)), Some(minute(1)))
    );
    let state = OperationState::Failed {
        kind: FailureKind::RoleQuota,
        reason: "role quota".to_owned(),
    };
    let assignment = recorded(1, None, Answer::DeleteAccepted { request, state });
    assert_eq!(assignment.last_error.as_deref(), Some("role quota"));
    assert_eq!(
        outcome(assignment.delete.as_ref()),
        (OperationOutcome::Failed, Some(minute(1)))
    );
}

#[test]
fn what_was_held_back_was_no_attempt() {
    for (attempts, left) in [(1, None), (2, Some(1)), (3, Some(2))] {
        let before = Some(named());
        let assignment = recorded(attempts, Some(named()), Answer::DeleteHeldBack { before: None });
        assert_eq!((assignment.delete, assignment.attempts), (None, left));
        let assignment = recorded(attempts, None, Answer::CreateHeldBack { before });
        assert_eq!((assignment.create, assignment.attempts), (Some(named()), left));
    }
}

#[test]
fn a_time_that_has_not_come_yet_counts_from_now() {
    let second = |seconds| after(minute(0), TimeDelta::seconds(seconds));
    for (sent, counts) in [(29, 29), (30, 30), (31, 0)] {
        let world = active().with(|world| {
            let assignment = world.snapshot.request.status.assignment.as_mut().unwrap();
            assignment.create.as_mut().unwrap().sent_time = Some(second(sent));
        });
        let pass = Pass::new(&world.snapshot, minute(0));
        let create = pass.status.assignment.as_ref().unwrap().create.as_ref();
        assert_eq!(create.unwrap().sent_time, Some(second(counts)), "{sent} s ahead");
    }
}
