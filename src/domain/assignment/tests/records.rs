//! Records that vanish, are forged, or are of another time.

use chrono::TimeDelta;

use crate::api::{AssignmentState, Phase, Reason};
use crate::domain::fixtures::{Aws, World, active, approved, minute};
use crate::domain::window::after;
use crate::domain::{Record, RecordSeal, Seen};

fn alerted(world: &World, reason: Reason) -> bool {
    world.alerts.iter().any(|alert| alert.reason == reason)
}

#[test]
fn a_record_that_vanishes_is_written_back_from_memory() {
    let mut world = active();
    let before = world.record().unwrap().clone();
    world.records.clear();
    world.until(minute(2));
    let after = world.record().unwrap();
    assert_eq!(
        (after.state(), &after.status.claims),
        (before.state(), &before.status.claims)
    );
    assert!(alerted(&world, Reason::RecordRestored));
    world.until(minute(125));
    assert!(!world.assigned);
    world.check(Phase::Ended, Reason::EndReached);
}

#[test]
fn a_record_that_vanishes_while_nobody_runs_is_rebuilt_from_sealed_requests() {
    let mut world = active();
    world.records.clear();
    world.restart();
    world.until(minute(2));
    assert_eq!(world.state(), AssignmentState::Present);
    assert!(alerted(&world, Reason::RecordRestored));
    world.until(minute(150));
    assert!(!world.assigned);
    world.check(Phase::Ended, Reason::EndReached);
}

// Until it is written back, what is remembered is what is: the end comes all the same.
#[test]
fn an_end_comes_while_a_lost_record_cannot_be_written_back() {
    for restarted in [false, true] {
        let mut world = active();
        world.records.clear();
        if restarted {
            world.restart();
        }
        world.writable = false;
        world.until(after(minute(120), TimeDelta::seconds(5)));
        assert!(!world.assigned, "restarted: {restarted}");
        world.writable = true;
        world.until(minute(150));
        world.check(Phase::Ended, Reason::EndReached);
    }
}

/// The record is another object, with a claim of another request alone.
fn replaced(seal: RecordSeal) -> World {
    let mut world = active();
    let mut claim = world.claim().clone();
    claim.request.uid = "uid-other".to_owned();
    (claim.start_time, claim.end_time) = (None, None);
    let stored = world.stored();
    let mut anew = Record::absent(stored.record.clone().unwrap().spec, minute(5));
    anew.status.claims.push(claim);
    stored.record = Some(anew);
    (stored.uid, stored.version, stored.seal) = ("anew".to_owned(), "1000".to_owned(), seal);
    world.versions_from(1000);
    world
}

// A lost record is made anew empty, and filled by the next write. What happens in between is kept.
#[test]
fn a_new_record_is_filled_with_what_is_remembered_and_what_came_meanwhile() {
    let mut world = replaced(RecordSeal::OfCreation);
    world.request_pass();
    assert_eq!(world.status().phase, Some(Phase::Active), "nothing is lost yet");
    world.until(minute(10));
    assert!(world.assigned);
    assert_eq!(world.state(), AssignmentState::Present);
    let claims = &world.record().unwrap().status.claims;
    let ended = claims
        .iter()
        .map(|claim| (claim.request.uid.as_str(), claim.ended.is_some()));
    let ended: Vec<_> = ended.collect();
    assert_eq!(
        ended,
        [("uid-m", false), ("uid-other", true)],
        "the other request does not exist"
    );
}

// Others wrote the new record before it was filled, and the request has been told that its access is lost: then it is removed.
#[test]
fn access_that_a_request_gave_up_is_removed_although_its_record_was_another() {
    let mut world = replaced(RecordSeal::Valid);
    world.request_pass();
    world.until(minute(10));
    assert!(!world.assigned);
    assert_eq!(world.state(), AssignmentState::Absent);
    world.check(Phase::Revoked, Reason::AccessLost);
}

#[test]
fn a_request_that_vanishes_ends_its_claim_although_it_was_read_before() {
    let mut world = active();
    world.assignment_pass();
    // Its finalizer was taken off by force, and another object is there under its name.
    world.snapshot.request.uid = "another".to_owned();
    world.assignment_pass();
    assert_ne!(world.state(), AssignmentState::Present);
    assert_eq!(world.revocations(), 1);
}

type Lie = fn(&mut World);

// L21: whatever is forged, nothing but what the sealed record of now would cause is asked of AWS.
#[test]
fn a_forged_record_moves_nothing() {
    let lies: [Lie; 5] = [
        |world| status(world).state = AssignmentState::Absent,
        |world| status(world).state = AssignmentState::Deleting,
        |world| status(world).claims.clear(),
        |world| status(world).claims[0].end_time = Some(minute(10_000)),
        |world| world.stored().record = None,
    ];
    for (index, lie) in lies.into_iter().enumerate() {
        for restarted in [false, true] {
            let mut world = active();
            lie(&mut world);
            let stored = world.stored();
            stored.seal = RecordSeal::Broken;
            stored.version = "1000".to_owned();
            world.versions_from(1000);
            if restarted {
                world.restart();
            }
            world.until(minute(60));
            assert!(world.assigned, "lie {index}, restarted {restarted}");
            assert_eq!(
                world.state(),
                AssignmentState::Present,
                "lie {index}, restarted {restarted}"
            );
            world.until(minute(150));
            assert!(!world.assigned, "lie {index}, restarted {restarted}");
        }
    }
}

fn status(world: &mut World) -> &mut crate::api::AccountAssignmentStatus {
    &mut world.stored().record.as_mut().unwrap().status
}

// Sequence 12: an old body that is written back looks old.
#[test]
fn an_old_version_that_is_played_back_is_not_believed() {
    let world = active();
    let old = world.record().unwrap().clone();
    let mut world = world.revoked_by("root");
    world.until(minute(1));
    assert!(!world.assigned);
    let calls = world.calls.len();
    let stored = world.stored();
    stored.record = Some(old);
    stored.version = "1000".to_owned();
    world.versions_from(1000);
    world.until(minute(100));
    assert_eq!(world.calls.len(), calls, "nothing is asked for what is over");
}

// §5: a `sequence` lower than this process has seen is of before, whatever its seal says.
#[test]
fn a_status_of_before_that_is_written_back_is_a_forged_one() {
    let mut world = active();
    let sequence = world.snapshot.request.status.sequence.unwrap();
    world.snapshot.request.status.sequence = Some(sequence - 1);
    world.assignment_pass();
    assert_eq!(
        world.record().unwrap().status.claims[0]
            .ended
            .as_ref()
            .unwrap()
            .reason,
        Reason::SealBroken
    );
    assert_eq!(world.revocations(), 1);
}

#[test]
fn a_forged_record_that_nobody_knows_is_told_and_never_acted_on() {
    let mut world = active();
    let mut record = world.stored().clone();
    record.seal = RecordSeal::Broken;
    let mut stranger = crate::domain::fixtures::request();
    stranger.records.insert(record.name.clone(), record);
    stranger.assigned = true;
    stranger.assignment_pass();
    assert!(alerted(&stranger, Reason::RecordBroken));
    assert_eq!(stranger.calls, []);
}

// Every create was refused, so there is nothing to delete: the end is stored, and what was forged is put right with it.
#[test]
fn an_end_with_nothing_to_delete_puts_a_forged_record_right() {
    let mut world = approved();
    world.aws = Aws::Refuses;
    world.until(minute(1));
    assert_eq!(world.state(), AssignmentState::Creating);
    status(&mut world).state = AssignmentState::Present;
    let stored = world.stored();
    stored.seal = RecordSeal::Broken;
    stored.version = "1000".to_owned();
    world.versions_from(1000);
    world.snapshot.request.spec.cancelled = Some(true);
    world.until(minute(5));
    assert_eq!((world.state(), world.revocations()), (AssignmentState::Absent, 0));
    world.check(Phase::Cancelled, Reason::CancelledByRequester);
}

// Between the look at the forged record and the write that puts it right, somebody removes it.
#[test]
fn a_forged_record_that_is_removed_while_it_is_put_right_is_made_anew() {
    let mut world = active();
    let mut forged = world.stored().clone();
    forged.seal = RecordSeal::Broken;
    forged.version = "1000".to_owned();
    world.versions_from(1000);
    world.snapshot.request.spec.cancelled = Some(true);
    let requests = vec![world.snapshot.request.clone()];
    world.machine.see(Seen {
        record: Some(forged),
        requests,
    });
    world.records.clear();
    world.assignment_pass();
    world.until(minute(5));
    assert!(!world.assigned);
    world.check(Phase::Revoked, Reason::EndedByRequester);
}

// The record is lost while AWS creates. The request waits until it is restored, and makes no new one.
#[test]
fn a_request_that_named_a_record_makes_no_new_one_while_that_is_lost() {
    let mut world = approved();
    world.aws = Aws::Slow;
    world.until(minute(1));
    let named = world.status().assignment.as_ref().unwrap();
    assert_eq!(named.state, AssignmentState::Creating);
    world.records.clear();
    world.request_pass();
    assert_eq!(world.records.len(), 0);
    world.snapshot.request.spec.cancelled = Some(true);
    world.request_pass();
    assert_eq!(
        (world.records.len(), world.status().phase),
        (0, Some(Phase::Approved))
    );
    world.assignment_pass();
    assert_eq!(world.state(), AssignmentState::Deleting);
}
