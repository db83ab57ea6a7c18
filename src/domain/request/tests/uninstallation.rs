//! While TeamSettings allow to delete what the controller needs: nothing new begins, and everything ends.

use crate::api::{Phase, Reason};
use crate::domain::fixtures::{World, active, approved, minute, request};

fn prepared(world: &mut World) {
    world.snapshot.deletion_allowed = true;
}

#[test]
fn a_new_request_waits_without_a_finalizer_until_settings_no_longer_allow_deletion() {
    let mut world = request().with(|world| {
        prepared(world);
        world.snapshot.request.has_finalizer = false;
    });
    world.settle();
    let status = world.status();
    assert_eq!(
        (status.phase, status.reason),
        (None, Some(Reason::DeletionAllowed))
    );
    assert!(!world.snapshot.request.has_finalizer, "nobody would take it off");
    world.snapshot.deletion_allowed = false;
    let world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert!(world.snapshot.request.has_finalizer);
}

#[test]
fn an_approved_request_claims_nothing() {
    let mut world = approved()
        .with(prepared)
        .check(Phase::Approved, Reason::DeletionAllowed);
    assert_eq!((world.records.len(), world.grants()), (0, 0));
    world.snapshot.deletion_allowed = false;
    world.check(Phase::Active, Reason::AccessGranted);
}

#[test]
fn access_stays_and_ends_as_ever() {
    let world = active()
        .with(prepared)
        .check(Phase::Active, Reason::AccessGranted);
    let mut world = world.revoked_by("root");
    world.now = minute(10);
    let world = world.check(Phase::Revoked, Reason::RevokedBySecurity);
    assert!(!world.assigned);
}
