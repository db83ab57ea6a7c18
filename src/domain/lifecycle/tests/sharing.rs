//! Several requests with one assignment: it goes with the last of them.

use super::access::sibling;
use crate::api::{AssignmentOrigin, AssignmentState, Phase, Reason};
use crate::domain::fixtures::{World, active, minute};

// case 5
#[test]
fn the_assignment_goes_with_its_last_holder() {
    let mut world = active();
    world.siblings = vec![sibling(AssignmentState::Held, Phase::Active)];
    world.until(minute(121));
    let world = world.check(Phase::Ended, Reason::EndReached);
    assert_eq!((world.revocations(), world.assigned), (0, true));
    assert_eq!(
        world.status().assignment.as_ref().unwrap().handed_to.as_deref(),
        Some("orders/other")
    );
}

// case 5
#[test]
fn back_to_back_requests_leave_no_gap_and_nobody_waits_longer_than_a_minute() {
    let mut world = active();
    let mut next = sibling(AssignmentState::None, Phase::Approved);
    next.assignment = None;
    world.siblings = vec![next];
    world.now = minute(120);
    world.settle();
    assert_eq!(
        (world.state(), world.revocations()),
        (AssignmentState::Held, 0),
        "a removal that has begun would make the next one wait for the gap"
    );
    let mut taken_over = World {
        siblings: vec![sibling(AssignmentState::Granting, Phase::Approved)],
        ..world
    };
    taken_over.settle();
    assert_eq!(
        (taken_over.state(), taken_over.revocations()),
        (AssignmentState::Gone, 0)
    );
    let mut alone = active();
    let mut never = sibling(AssignmentState::None, Phase::Approved);
    never.assignment = None;
    alone.siblings = vec![never];
    alone.until(minute(122));
    assert!(!alone.assigned);
}

#[test]
fn who_wishes_the_end_waits_for_no_successor() {
    let mut world = active();
    let mut next = sibling(AssignmentState::None, Phase::Approved);
    next.assignment = None;
    world.siblings = vec![next];
    world.now = minute(120);
    world.snapshot.request.spec.cancelled = Some(true);
    world.settle();
    assert!(!world.assigned);
}

// case 5
#[test]
fn two_that_end_at_once_delete_one_after_the_other() {
    let mut world = active();
    let mut other = sibling(AssignmentState::Removing, Phase::Revoking);
    world.siblings = vec![other.clone()];
    world.until(minute(121));
    assert_eq!(world.revocations(), 0, "the smaller uid goes first");
    other.uid = "uid-z".to_owned();
    world.siblings = vec![other];
    world.until(minute(122));
    assert!(!world.assigned);
}

#[test]
fn a_standing_sibling_holds_nothing() {
    let mut world = active();
    let mut standing = sibling(AssignmentState::Held, Phase::Active);
    standing.assignment.as_mut().unwrap().origin = Some(AssignmentOrigin::Standing);
    world.siblings = vec![standing];
    world.until(minute(122));
    assert!(!world.assigned);
}

// Handed to one that has asked for nothing, the assignment would stay when that one is cancelled before it asks.
#[test]
fn nothing_is_left_to_one_that_has_asked_for_nothing() {
    let mut world = active();
    let mut other = sibling(AssignmentState::Granting, Phase::Approved);
    other.assignment.as_mut().unwrap().create = None;
    world.siblings = vec![other];
    world.now = minute(120);
    world.settle();
    assert_eq!(
        (world.state(), world.revocations()),
        (AssignmentState::Removing, 0),
        "it may have looked before this one stored that it ends, and be about to ask"
    );
    world.until(minute(122));
    let world = world.check(Phase::Ended, Reason::EndReached);
    assert_eq!((world.revocations(), world.assigned), (1, false));
}
