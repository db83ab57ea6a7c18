//! The sequences that broke earlier designs.

use std::time::Duration;

use chrono::TimeDelta;

use crate::api::{
    Approval, AssignmentState, Claim, ClaimRequest, CreateResult, Phase, Reason, RequestId, ReviewDecision,
};
use crate::domain::facts::{OperationKind, OperationState};
use crate::domain::fixtures::{Aws, World, active, approved, minute, request};
use crate::domain::snapshot::Lease;
use crate::domain::window::after;

/// Another request of the same person for the same access, with a claim that AWS confirmed.
pub(super) fn with_another(mut world: World, until: i64) -> World {
    let mut other = world.snapshot.request.clone();
    other.uid = "uid-other".to_owned();
    other.name = "other".to_owned();
    other.status.window.as_mut().unwrap().end_time = Some(minute(until));
    let claim = Claim {
        request: ClaimRequest {
            namespace: "orders".to_owned(),
            name: "other".to_owned(),
            uid: other.uid.clone(),
        },
        end_time: Some(minute(until)),
        not_after: minute(until),
        ..world.claim().clone()
    };
    let stored = world.stored();
    stored.record.as_mut().unwrap().status.claims.push(claim);
    stored.record = stored.record.clone().map(crate::domain::Record::next_version);
    stored.version = "1000".to_owned();
    world.versions_from(1000);
    world.others.push(other);
    world.assignment_pass();
    world
}

// Case 5: the first of two ends removes nothing; the last one does.
#[test]
fn the_first_of_two_ends_leaves_the_access_to_the_other_claim() {
    let mut world = with_another(active(), 180);
    world.until(minute(121));
    assert!(world.assigned);
    let status = world.status().clone();
    assert_eq!(status.phase, Some(Phase::Ended));
    let message = status.message.unwrap();
    assert!(
        message.contains("orders/other") && message.contains("revoke that request too"),
        "{message}"
    );
    world.until(minute(182));
    assert!(!world.assigned);
}

// A2 of the review: the API server is away across the ends of both.
#[test]
fn both_ends_come_while_the_api_server_is_away() {
    for readable in [true, false] {
        let mut world = with_another(active(), 130);
        world.writable = false;
        if !readable {
            world.lease = Lease::Unsure("the API server does not answer".to_owned());
        }
        world.until(minute(125));
        assert!(world.assigned, "the other claim still covers");
        world.until(minute(131));
        assert!(!world.assigned, "readable: {readable}");
    }
}

// A3: a stop that was seen goes on without the API server.
#[test]
fn a_revocation_goes_on_when_the_api_server_goes_away() {
    let mut world = active().revoked_by("carol");
    world.aws = Aws::Refuses;
    world.assignment_pass();
    world.writable = false;
    world.lease = Lease::Unsure("away".to_owned());
    world.aws = Aws::Works;
    world.until(minute(1));
    assert!(!world.assigned);
}

// No write may hold up an end.
#[test]
fn a_read_only_api_server_holds_up_no_end() {
    let mut world = active();
    world.writable = false;
    world.until(after(minute(120), TimeDelta::seconds(3)));
    assert!(!world.assigned);
    world.writable = true;
    world.until(minute(130));
    assert_eq!(world.state(), AssignmentState::Absent);
    // It was deleted ahead of its record, at its end: the claim ended by time.
    assert_eq!(world.claim().ended.as_ref().unwrap().reason, Reason::EndReached);
}

// What was added while a delete went ahead of its record loses the access, and nobody is blamed.
#[test]
fn a_deletion_that_went_ahead_stays_one() {
    let mut world = active();
    world.writable = false;
    world.until(after(minute(120), TimeDelta::seconds(5)));
    world.writable = true;
    let world = with_another(world, 180);
    let claims = &world.record().unwrap().status.claims;
    let other = claims
        .iter()
        .find(|claim| claim.request.uid == "uid-other")
        .unwrap();
    assert_eq!(other.ended.as_ref().unwrap().reason, Reason::AccessLost);
    assert_eq!(world.state(), AssignmentState::Absent);
}

// The same where the lease was lost meanwhile: whoever has it again finds the record as it was, and a claim that joined.
#[test]
fn a_deletion_that_went_ahead_without_the_lease_stays_one() {
    let mut world = active();
    world.lease = Lease::Unsure("the API server does not answer".to_owned());
    world.until(after(minute(120), TimeDelta::seconds(5)));
    assert!(!world.assigned);
    world.lease = Lease::Held;
    let world = with_another(world, 180);
    let claims = &world.record().unwrap().status.claims;
    let other = claims
        .iter()
        .find(|claim| claim.request.uid == "uid-other")
        .unwrap();
    assert_eq!(other.ended.as_ref().unwrap().reason, Reason::AccessLost);
    assert_eq!(world.state(), AssignmentState::Absent);
}

// A7 and the two-process story: AWS keeps the create in progress, and the revocation does not wait for it.
#[test]
fn a_revocation_waits_for_no_create() {
    let mut world = approved();
    world.aws = Aws::Slow;
    world.until(minute(1));
    world.assigned = true;
    world.snapshot.request.status.approvals.push(Approval {
        approver: "carol".to_owned(),
        decision: ReviewDecision::Revoked,
        comment: None,
    });
    world.aws = Aws::Works;
    world.until(after(minute(1), TimeDelta::seconds(30)));
    assert!(!world.assigned);
    assert_eq!(world.calls, [OperationKind::Creation, OperationKind::Deletion]);
    assert_eq!(
        world.state(),
        AssignmentState::Deleting,
        "the create may still land"
    );
}

// Sequence 1: create 1 loses its answer, create 2 succeeds, the end comes, the delete succeeds, create 1 lands.
#[test]
fn a_create_that_lands_after_the_delete_is_deleted_again() {
    let mut world = approved();
    world.aws = Aws::Down;
    world.request_pass();
    world.aws = Aws::Works;
    world.request_pass();
    world.aws = Aws::LosesAnswers;
    world.assignment_pass();
    world.assigned = false;
    world.aws = Aws::Works;
    world.until(minute(1));
    assert_eq!((world.status().phase, world.grants()), (Some(Phase::Active), 2));
    let mut world = world.cancelled();
    world.until(minute(3));
    assert!(!world.assigned);
    assert_eq!(world.state(), AssignmentState::Deleting);
    world.assigned = true;
    world.until(minute(5));
    assert!(!world.assigned, "the first create landed late, and was deleted");
    world.until(minute(30));
    assert_eq!(world.state(), AssignmentState::Absent);
}

// Sequence 2: the process was killed before it knew an id, and AWS is at work on it for an hour.
#[test]
fn a_create_without_an_id_is_searched_for_before_the_record_is_absent() {
    let mut world = approved();
    world.request_pass();
    world.aws = Aws::Slow;
    world.assignment_pass();
    world.restart();
    world.snapshot.request.spec.cancelled = Some(true);
    world.aws = Aws::Works;
    world.until(minute(60));
    assert_eq!(
        world.state(),
        AssignmentState::Deleting,
        "AWS still lists it as in progress"
    );
    world.assigned = true;
    for state in world.operations.values_mut() {
        *state = OperationState::Succeeded;
    }
    world.until(minute(65));
    assert_eq!((world.assigned, world.state()), (false, AssignmentState::Absent));
}

// AWS keeps a create in progress that is not the newest: it is searched for now and then, and not without a pause.
#[test]
fn an_earlier_create_in_progress_is_waited_for() {
    let mut world = approved();
    world.request_pass();
    world.aws = Aws::LosesAnswers;
    world.assignment_pass();
    world.assigned = false;
    world.aws = Aws::Works;
    world.until(minute(1));
    assert_eq!((world.status().phase, world.grants()), (Some(Phase::Active), 2));
    let first = (OperationKind::Creation, RequestId::new("first"));
    let in_progress = OperationState::InProgress {
        ask_again_in: Duration::from_secs(1),
    };
    world.operations.insert(first.clone(), in_progress);
    let mut world = world.cancelled();
    world.until(minute(40));
    assert_eq!(
        (world.assigned, world.state()),
        (false, AssignmentState::Deleting)
    );
    world.operations.insert(first, OperationState::Succeeded);
    world.until(minute(45));
    assert_eq!(world.state(), AssignmentState::Absent);
}

// A clock that is set ahead while a create has no answer brings the next one no earlier.
#[test]
fn a_clock_that_is_set_ahead_shortens_no_wait() {
    let mut world = approved();
    world.request_pass();
    world.aws = Aws::LosesAnswers;
    world.assignment_pass();
    world.assigned = false;
    world.aws = Aws::Works;
    let ahead = after(world.now, TimeDelta::seconds(50));
    world.set_clock(ahead);
    world.settle();
    assert_eq!(world.grants(), 1);
    world.until(after(ahead, TimeDelta::seconds(40)));
    assert_eq!(world.grants(), 2);
}

// Sequence 9: every create was refused, an administrator gives standing access meanwhile, our end comes.
#[test]
fn access_given_while_every_create_was_refused_is_standing() {
    let mut world = request().approved_by("bob");
    world.aws = Aws::Refuses;
    world.until(minute(10));
    assert!(world.grants() > 2);
    world.assigned = true;
    world.until(minute(200));
    assert!(world.assigned && world.revocations() == 0);
    world.check(Phase::Ended, Reason::StandingAccess);
}

// Sequence 13: the call waits in our own limiter between intent and signature.
#[test]
fn a_create_that_was_not_signed_in_time_is_known_not_to_have_been_sent() {
    let mut world = approved();
    world.aws = Aws::Withholds;
    world.until(minute(2));
    let record = world.record().unwrap();
    assert!(record.creates_certainly_failed() || record.status.create.is_some());
    let outcome = record
        .status
        .create
        .as_ref()
        .and_then(|create| create.outcome.as_ref());
    assert!(outcome.is_none_or(|outcome| outcome.result == CreateResult::NotSent));
    world.aws = Aws::Works;
    world.until(minute(5));
    world.check(Phase::Active, Reason::AccessGranted);
}

// A renewal asks the directory, proves the guard and writes the record: not each minute while AWS is at work for an hour.
#[test]
fn an_admission_is_renewed_the_more_rarely_the_longer_aws_is_at_work() {
    let mut world = approved();
    world.aws = Aws::Slow;
    let mut admissions = std::collections::BTreeSet::new();
    for minutes in 1..=60 {
        world.until(minute(minutes));
        assert!(world.claim().ended.is_none(), "minute {minutes}");
        admissions.insert(world.claim().admitted_until);
    }
    assert!((8..=20).contains(&admissions.len()), "{admissions:?}");
}
