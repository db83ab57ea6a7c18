//! Ends: by time, by people, by what changed; and what the request says meanwhile.

use crate::api::{Approval, AssignmentState, Phase, Reason, ReviewDecision};
use crate::domain::fixtures::{Aws, World, active, minute};

fn message(world: &World) -> &str {
    world.status().message.as_deref().unwrap_or_default()
}

#[test]
fn at_its_end_access_goes_and_the_request_ends_in_one_write() {
    let mut world = active();
    let before = world.writes;
    world.until(minute(120));
    assert!(!world.assigned);
    let world = world.check(Phase::Ended, Reason::EndReached);
    assert_eq!(world.writes - before, 3, "Deleting, Absent, Ended");
    assert_eq!(
        message(&world),
        "The end was reached. AWS confirmed that the access is gone."
    );
    let assignment = world.status().assignment.as_ref().unwrap();
    assert_eq!(
        (assignment.state, assignment.gone_time),
        (AssignmentState::Absent, Some(minute(120)))
    );
    assert_eq!(assignment.credentials_expiry_time, Some(minute(180)));
}

#[test]
fn a_whole_life_takes_ten_writes_besides_finalizers() {
    let mut world = active();
    world.until(minute(140));
    assert_eq!(world.records.len(), 0, "the record went when nobody needed it");
    assert_eq!(
        world.writes, 10,
        "Pending, Approved, Active, Ended; claim, intent, Present, Deleting, Absent, removal"
    );
}

#[test]
fn people_end_access_early() {
    let ends = [
        (
            active().cancelled(),
            Phase::Revoked,
            Reason::EndedByRequester,
            "alice",
        ),
        (
            active().revoked_by("carol"),
            Phase::Revoked,
            Reason::RevokedByReviewer,
            "carol",
        ),
        (
            active().revoked_by("root"),
            Phase::Revoked,
            Reason::RevokedBySecurity,
            "root",
        ),
    ];
    for (mut world, phase, reason, by) in ends {
        world.now = minute(10);
        let world = world.check(phase, reason);
        assert!(!world.assigned, "{reason}");
        let ending = world.status().ending.as_ref().unwrap();
        assert_eq!((ending.reason, ending.by.as_deref()), (reason, Some(by)));
    }
}

// A16 t28: a comment that looks like a sentence of ours changes nothing that is recorded.
#[test]
fn what_a_reviewer_writes_is_data() {
    let comment = "stop. The access is being removed. Ended by the requester.";
    let mut world = active();
    world.aws = Aws::Refuses;
    world.snapshot.request.status.approvals.push(Approval {
        approver: "carol".to_owned(),
        decision: ReviewDecision::Revoked,
        comment: Some(comment.to_owned()),
    });
    world.until(minute(2));
    assert_eq!(world.status().phase, Some(Phase::Revoking));
    world.aws = Aws::Works;
    world.until(minute(5));
    let world = world.check(Phase::Revoked, Reason::RevokedByReviewer);
    let ending = world.status().ending.as_ref().unwrap();
    assert_eq!(
        ending.message,
        format!("Revoked by carol. Comment: \"{comment}\".")
    );
    assert!(message(&world).contains(comment), "{}", message(&world));
}

// case 7
#[test]
fn a_delete_that_fails_for_an_hour_is_shown_and_repeated() {
    let mut world = active();
    world.aws = Aws::Fails;
    world.until(minute(180));
    let mut world = world.check(Phase::Revoking, Reason::EndReached);
    assert!(message(&world).contains("overdue since"), "{}", message(&world));
    assert!(message(&world).contains("role quota"), "{}", message(&world));
    assert!(
        world
            .alerts
            .iter()
            .any(|alert| alert.reason == Reason::RevocationOverdue)
    );
    world.aws = Aws::Works;
    world.until(minute(182));
    world.check(Phase::Ended, Reason::EndReached);
}

// case 13
#[test]
fn eligibility_that_is_lost_ends_access_or_is_kept_as_settings_say() {
    let mut world = active();
    world.groups.get_mut("Engineers").unwrap().remove("alice");
    world.until(minute(20));
    let world = world.check(Phase::Revoked, Reason::EligibilityLost);
    assert!(!world.assigned);
    let mut kept = active();
    kept.settings().on_eligibility_lost = crate::api::OnEligibilityLost::Keep;
    kept.groups.get_mut("Engineers").unwrap().remove("alice");
    kept.until(minute(20));
    let kept = kept.check(Phase::Active, Reason::EligibilityLost);
    assert!(
        kept.assigned && message(&kept).contains("no longer eligible"),
        "{}",
        message(&kept)
    );
    let mut kept = kept.revoked_by("root");
    kept.settle();
    kept.check(Phase::Revoked, Reason::RevokedBySecurity);
}

// case 19
#[test]
fn access_of_somebody_deleted_is_removed_by_id() {
    let mut world = active();
    world.users.remove("alice");
    world.until(minute(20));
    let world = world.check(Phase::Revoked, Reason::EligibilityLost);
    assert!(!world.assigned);
}

// A11: a delete that fails beside a list that lacks the assignment ends.
#[test]
fn the_list_is_the_judge_of_a_delete_that_fails() {
    let mut world = active();
    world.aws = Aws::Fails;
    world.assigned = false;
    world.until(minute(125));
    let phase = world.status().phase;
    assert!(
        phase.is_some_and(Phase::is_terminal),
        "{phase:?}: {}",
        message(&world)
    );
}

// case 17
#[test]
fn a_deleted_namespace_ends_access() {
    let mut world = active();
    world.now = minute(5);
    world.snapshot.request.deleted_at = Some(minute(5));
    world.settle();
    let world = world.check(Phase::Revoked, Reason::Deleted);
    assert!(!world.assigned && !world.snapshot.request.has_finalizer);
}
