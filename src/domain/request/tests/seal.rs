//! Case 25: a status that somebody other than the controller wrote.

use crate::api::{AssignmentState, Phase, Reason};
use crate::domain::fixtures::{Aws, World, active, minute, request};
use crate::domain::snapshot::SealCheck;

/// One pass over a status that was changed by somebody else.
fn forged(mut world: World) -> World {
    world.snapshot.request.seal = SealCheck::Broken;
    let decision = world.pass();
    let alert = &decision.alerts[0];
    assert_eq!(alert.reason, Reason::SealBroken);
    assert!(alert.sentence.starts_with("orders/fix "), "{}", alert.sentence);
    world
}

#[test]
fn a_forged_status_revokes_what_there_is() {
    let mut world = forged(active());
    assert_eq!(world.status().phase, Some(Phase::Revoking));
    world.until(minute(2));
    let world = world.check(Phase::Revoked, Reason::SealBroken);
    assert!(!world.assigned);
}

#[test]
fn a_finished_request_that_was_forged_is_listed() {
    let mut world = active().cancelled();
    world.until(minute(3));
    world.assigned = true;
    world.snapshot.request.seal = SealCheck::Broken;
    let decision = world.decide();
    assert!(
        decision
            .alerts
            .iter()
            .any(|alert| alert.reason == Reason::ReappearedAfterRemoval)
    );
    assert_eq!(decision.action, None);
}

#[test]
fn a_forged_status_whose_create_is_under_way_revokes_it() {
    let mut world = request().approved_by("bob");
    world.aws = Aws::Slow;
    let world = forged(world.check(Phase::Approved, Reason::Granting));
    assert_eq!(
        (world.status().phase, world.state()),
        (Some(Phase::Revoking), AssignmentState::Removing)
    );
}

// Nothing is left to remove, and no phase but this one follows.
#[test]
fn a_forged_status_without_its_assignment_is_revoked_all_the_same() {
    let mut world = active();
    world.snapshot.request.status.assignment = None;
    let world = forged(world);
    assert_eq!(world.status().phase, Some(Phase::Revoking));
}

#[test]
fn a_removal_goes_on_whoever_changed_its_status() {
    let mut world = active().cancelled();
    world.pass();
    assert_eq!(world.state(), AssignmentState::Removing);
    let world = forged(world);
    assert_eq!((world.revocations(), world.assigned), (1, false));
    assert_eq!(world.status().reason, Some(Reason::EndedByRequester));
}

#[test]
fn a_record_that_says_finished_and_still_holds_keeps_the_finalizer() {
    let mut world = active();
    world.snapshot.request.status.phase = Some(Phase::Ended);
    let world = forged(world);
    assert!(world.snapshot.request.has_finalizer);
    let mut gone = active().cancelled();
    gone.until(minute(3));
    gone.snapshot.request.has_finalizer = true;
    gone.pass();
    assert!(
        !gone.snapshot.request.has_finalizer,
        "one that a crash left on goes"
    );
}
