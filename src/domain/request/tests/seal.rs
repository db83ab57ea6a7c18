//! Case 25: a status that somebody other than the controller wrote. Nothing in it is believed.

use crate::api::{AssignmentState, ClaimedAssignment, Phase, Reason};
use crate::domain::assignment::RecordSeal;
use crate::domain::fixtures::{World, active, approved, minute, request};
use crate::domain::snapshot::SealCheck;

/// A status that was changed by somebody else.
fn forged(mut world: World, change: impl FnOnce(&mut World)) -> World {
    change(&mut world);
    world.snapshot.request.seal = SealCheck::Broken;
    world
}

fn says(world: &mut World, state: AssignmentState) {
    world.snapshot.request.status.assignment = Some(ClaimedAssignment {
        name: "forged".to_owned(),
        state,
        possible_from: None,
        gone_time: Some(minute(0)),
        credentials_expiry_time: None,
        last_error: None,
    });
}

// A4 of the review: whatever the forged status says, the access ends.
#[test]
fn whatever_a_forged_status_says_the_claim_ends_and_the_request_is_denied() {
    let lies: [fn(&mut World); 6] = [
        |_| {},
        |world| says(world, AssignmentState::Absent),
        |world| world.snapshot.request.status.phase = Some(Phase::Revoking),
        |world| world.snapshot.request.status.phase = Some(Phase::Pending),
        |world| world.snapshot.request.status.assignment = None,
        |world| {
            world.snapshot.request.status.phase = Some(Phase::Ended);
            world.snapshot.request.status.finished = true;
        },
    ];
    for (index, lie) in lies.into_iter().enumerate() {
        let mut world = forged(active(), lie);
        world.until(minute(3));
        assert!(!world.assigned, "lie {index}");
        assert_eq!(
            world.claim().ended.as_ref().unwrap().reason,
            Reason::SealBroken,
            "lie {index}"
        );
        assert!(
            world
                .alerts
                .iter()
                .any(|alert| alert.reason == Reason::SealBroken),
            "lie {index}"
        );
        let phase = world.status().phase;
        assert!(
            matches!(phase, Some(Phase::Denied | Phase::Ended)),
            "lie {index}: {phase:?}"
        );
    }
}

// A5: a forged assignment on a request that never claimed anything has one answer.
#[test]
fn a_forged_status_without_a_claim_is_denied() {
    for state in AssignmentState::ALL {
        let mut pending = request();
        pending.settle();
        let world = forged(pending, |world| says(world, state));
        let world = world.check(Phase::Denied, Reason::SealBroken);
        assert_eq!(world.calls, []);
        let new = forged(request(), |world| says(world, state));
        new.check(Phase::Denied, Reason::SealBroken);
    }
}

// A13: a forged assignment never makes the controller delete somebody else's access.
#[test]
fn a_forged_name_of_somebody_else_is_never_acted_on() {
    let mut world = request();
    world.settle();
    world.assigned = true;
    let mut world = forged(world, |world| {
        let status = &mut world.snapshot.request.status;
        status.phase = Some(Phase::Active);
        status.requester.as_mut().unwrap().user_id = "id-of-the-break-glass-person".to_owned();
        says(world, AssignmentState::Present);
    });
    world.until(minute(30));
    assert_eq!((world.calls.len(), world.assigned), (0, true));
}

#[test]
fn a_finished_request_that_was_forged_is_listed() {
    let mut world = active().cancelled();
    world.until(minute(140));
    assert_eq!(
        (world.status().phase, world.records.len()),
        (Some(Phase::Revoked), 0)
    );
    world.assigned = true;
    let mut world = forged(world, |_| {});
    let alerts = world.decide().alerts;
    assert!(
        alerts
            .iter()
            .any(|alert| alert.reason == Reason::ReappearedAfterRemoval),
        "{alerts:?}"
    );
}

#[test]
fn a_finalizer_that_a_crash_left_on_goes_and_one_that_was_taken_off_comes_back() {
    let mut gone = active().cancelled();
    gone.until(minute(3));
    gone.snapshot.request.has_finalizer = true;
    gone.request_pass();
    assert!(!gone.snapshot.request.has_finalizer);
    let mut stripped = active();
    stripped.snapshot.request.has_finalizer = false;
    stripped.until(minute(20));
    assert!(stripped.snapshot.request.has_finalizer);
}

// Found by the simulation: a record that somebody made up was written back with the claim of a request, under our seal, and so
// believed from then on: what others had given went with it.
#[test]
fn a_forged_record_is_never_written_back_by_a_request() {
    let mut known = active();
    let mut record = known.stored().clone();
    record.seal = RecordSeal::Broken;
    for cancelled in [None, Some(true)] {
        let mut world = approved();
        world.records.insert(record.name.clone(), record.clone());
        world.snapshot.request.spec.cancelled = cancelled;
        world.request_pass();
        assert_eq!(world.records[&record.name], record, "cancelled: {cancelled:?}");
    }
}

#[test]
fn what_cannot_be_read_is_denied_without_an_alarm() {
    let mut world = request();
    world.snapshot.request.seal = SealCheck::Unreadable;
    let world = world.check(Phase::Denied, Reason::Unreadable);
    assert_eq!(world.alerts, []);
    let message = world.status().message.clone().unwrap();
    assert_eq!(
        message,
        "The request has a field that the controller cannot read, such as a time in an unusual form. Make a new request."
    );
    let mut world = active();
    world.snapshot.request.seal = SealCheck::Unreadable;
    world.until(minute(3));
    assert!(!world.assigned, "nothing is kept that nobody can read");
    assert_eq!(world.claim().ended.as_ref().unwrap().reason, Reason::Unreadable);
}
