//! What is named in the record and then not sent, and what has to be known before anything is named.

use super::access::{approved, sibling};
use super::removal::granting;
use crate::api::{AssignmentState, ElevationRequestStatus, Operation, OperationOutcome, Phase, Reason};
use crate::domain::fixtures::{Aws, active, minute};
use crate::domain::snapshot::Sibling;
use crate::domain::window::after;
use crate::domain::{Action, Answer, Decision, record_answer};

#[test]
fn a_sibling_that_begins_to_remove_while_our_intent_is_stored_is_waited_for_too() {
    let mut world = approved();
    let removing = vec![sibling(AssignmentState::Removing, Phase::Revoking)];
    world.pass();
    world.siblings_at_the_last_look = Some(removing.clone());
    world.pass();
    world.siblings = removing;
    let mut world = world.check(Phase::Approved, Reason::AwaitingSibling);
    assert_eq!((world.grants(), world.state()), (0, AssignmentState::Granting));
    world.siblings = vec![sibling(AssignmentState::Gone, Phase::Ended)];
    world.check(Phase::Active, Reason::AccessGranted);
}

// What was named and not sent may have been seen by one that ended meanwhile and left the assignment to this request.
#[test]
fn a_create_that_was_held_back_still_answers_for_the_assignment() {
    let mut world = approved();
    world.pass();
    world.siblings_at_the_last_look = Some(vec![sibling(AssignmentState::Removing, Phase::Revoking)]);
    world.pass();
    assert_eq!(world.grants(), 0);
    let ours = Sibling::of(
        "uid-m",
        "orders/fix",
        &world.snapshot.request.spec,
        world.status(),
    );
    assert!(ours.takes_over());
    world.assigned = true;
    world.snapshot.request.spec.cancelled = Some(true);
    world.until(minute(10));
    let world = world.check(Phase::Cancelled, Reason::EndedByRequester);
    assert_eq!((world.revocations(), world.assigned), (1, false));
}

// Both look after both have stored: the smaller uid goes first, and both come to their end.
#[test]
fn two_that_hold_each_other_back_go_one_after_the_other() {
    let mut world = approved();
    world.pass();
    let mut other = sibling(AssignmentState::Granting, Phase::Approved);
    let never_sent = Operation {
        request_id: None,
        outcome: OperationOutcome::Failed,
        sent_time: None,
        last_seen_time: None,
        unanswered_time: None,
    };
    let named = Operation {
        outcome: OperationOutcome::Unknown,
        sent_time: Some(minute(0)),
        ..never_sent.clone()
    };
    let with_create = |other: &mut Sibling, create| other.assignment.as_mut().unwrap().create = Some(create);
    with_create(&mut other, named);
    world.siblings_at_the_last_look = Some(vec![other.clone()]);
    world.pass();
    with_create(&mut other, never_sent);
    for (uid, grants) in [("uid-a", 0), ("uid-z", 1)] {
        other.uid = uid.to_owned();
        world.siblings = vec![other.clone()];
        world.settle();
        assert_eq!(world.grants(), grants, "the other is {uid}");
    }
}

// Down across the end of a slow create, and AWS does not tell about it when the controller is back.
#[test]
fn a_create_that_nobody_tells_about_is_waited_for_as_if_it_had_just_been_seen() {
    let mut world = granting();
    world.now = minute(140);
    world.aws = Aws::Down;
    world.settle();
    assert_eq!(world.status().phase, Some(Phase::Revoking));
    world.until(minute(145));
    assert_eq!(world.revocations(), 0);
    world.until(minute(147));
    assert!(world.revocations() > 0, "and no longer than that");
}

// The answer was lost and the create repeated; the first one was held up on its way and lands after the removal.
#[test]
fn a_create_that_was_never_answered_is_looked_for_before_the_request_is_over() {
    let mut world = approved();
    world.aws = Aws::LosesAnswers;
    world.settle();
    world.aws = Aws::Works;
    world.until(minute(1));
    assert_eq!(world.grants(), 2);
    world.snapshot.request.spec.cancelled = Some(true);
    world.until(minute(3));
    assert_eq!(
        (world.status().phase, world.assigned),
        (Some(Phase::Revoking), false)
    );
    world.assigned = true;
    world.until(minute(6));
    let world = world.check(Phase::Revoked, Reason::EndedByRequester);
    assert_eq!((world.revocations(), world.assigned), (2, false));
}

#[test]
fn a_create_that_was_never_answered_long_ago_keeps_nobody_waiting() {
    let mut world = approved();
    world.aws = Aws::LosesAnswers;
    world.settle();
    world.aws = Aws::Works;
    world.until(minute(120));
    world.until(minute(121));
    world.check(Phase::Ended, Reason::EndReached);
}

// A sibling that takes the assignment over while our intent is stored keeps it.
#[test]
fn a_delete_is_held_back_for_one_that_took_over_meanwhile() {
    let mut world = active();
    world.now = minute(120);
    let heir = vec![sibling(AssignmentState::Held, Phase::Active)];
    world.siblings_at_the_last_look = Some(heir.clone());
    world.pass();
    let record = world.status().assignment.clone().unwrap();
    assert_eq!((record.delete, record.attempts), (None, None));
    world.siblings = heir;
    let world = world.check(Phase::Ended, Reason::EndReached);
    assert_eq!((world.revocations(), world.assigned), (0, true));
}

#[test]
fn the_intent_to_remove_names_the_call() {
    let mut world = active();
    world.now = minute(120);
    let Decision { action, status, .. } = world.pass();
    assert!(matches!(action, Some(Action::Revoke(_))));
    let assignment = status.assignment.unwrap();
    assert_eq!(
        (status.phase, assignment.state),
        (Some(Phase::Revoking), AssignmentState::Removing)
    );
    assert_eq!(assignment.delete.unwrap().sent_time, Some(minute(120)));
}

// The record may be old: a create that was under way then is asked about, and no delete goes beside it.
#[test]
fn a_create_that_may_be_under_way_is_asked_about_before_the_delete() {
    let mut world = granting();
    world.now = minute(140);
    let Decision { action, status, .. } = world.pass();
    assert_eq!((status.phase, action), (Some(Phase::Revoking), None));
    world.settle();
    assert_eq!(world.revocations(), 0);
}

#[test]
fn the_outcome_is_stored_before_the_finalizer_goes() {
    let mut world = active();
    world.now = minute(120);
    let mut passes = (0..100).map(|_| {
        let decision = world.pass();
        world.now = after(world.now, chrono::TimeDelta::seconds(5));
        decision
    });
    let last = passes.find(|decision| decision.action == Some(Action::RemoveFinalizer));
    let last = last.unwrap();
    assert_eq!(last.status.phase, Some(Phase::Ended));
    assert_eq!(
        last.status.assignment.as_ref().unwrap().state,
        AssignmentState::Gone
    );
}

#[test]
fn a_create_held_back_is_an_attempt_that_failed() {
    let mut status = ElevationRequestStatus {
        assignment: active().snapshot.request.status.assignment,
        ..ElevationRequestStatus::default()
    };
    status.assignment.as_mut().unwrap().create = Some(Operation {
        request_id: None,
        outcome: OperationOutcome::Unknown,
        sent_time: Some(minute(0)),
        last_seen_time: None,
        unanswered_time: None,
    });
    let status = record_answer(status, Answer::CreateWithheld, minute(1));
    assert_eq!(
        status.assignment.unwrap().create.unwrap().outcome,
        OperationOutcome::Failed
    );
}
