//! Whose turn it is: what one request waits for before it changes an assignment that others share.

use chrono::TimeDelta;

use crate::api::AssignmentOrigin::{Created, Inherited, Standing};
use crate::api::AssignmentState::{self, Gone, Granting, Held, Removing};
use crate::api::OperationOutcome::{self, Failed, InProgress, Succeeded, Unknown, Vanished};
use crate::api::{AssignmentOrigin, Operation, Phase};
use crate::domain::fixtures::{World, active, minute};
use crate::domain::lifecycle::pass::Pass;
use crate::domain::lifecycle::siblings;
use crate::domain::snapshot::Sibling;
use crate::domain::window::after;

use super::access::sibling;

/// Sent at minute 0.
fn operation(outcome: OperationOutcome) -> Operation {
    Operation {
        request_id: None,
        outcome,
        sent_time: Some(minute(0)),
        last_seen_time: None,
        unanswered_time: None,
    }
}

fn other(
    uid: &str,
    state: AssignmentState,
    create: Option<OperationOutcome>,
    delete: Option<OperationOutcome>,
) -> Sibling {
    let mut other = sibling(state, Phase::Active);
    other.uid = uid.to_owned();
    let assignment = other.assignment.as_mut().unwrap();
    assignment.create = create.map(operation);
    assignment.delete = delete.map(operation);
    other
}

fn of_origin(mut other: Sibling, origin: AssignmentOrigin) -> Sibling {
    other.assignment.as_mut().unwrap().origin = Some(origin);
    other
}

fn in_phase(mut other: Sibling, phase: Phase) -> Sibling {
    other.phase = Some(phase);
    other
}

/// uid-m, which has asked for nothing yet.
fn about_to_ask() -> World {
    active().with(|world| {
        let assignment = world.snapshot.request.status.assignment.as_mut().unwrap();
        assignment.state = Granting;
        assignment.create = None;
    })
}

/// After this an operation of minute 0 can no longer take effect.
const SETTLED: i64 = 6;

#[test]
fn who_is_about_to_create_waits_for_removals_for_open_creates_and_for_smaller_uids() {
    let nothing = || other("uid-a", Granting, None, None);
    let table = [
        (other("uid-z", Removing, Some(Succeeded), None), 0, true),
        (other("uid-a", Held, Some(Succeeded), None), 0, false),
        (other("uid-a", Gone, Some(Succeeded), Some(Succeeded)), 0, false),
        (other("uid-z", Granting, Some(Unknown), None), 0, true),
        (other("uid-z", Granting, Some(InProgress), None), 0, true),
        (other("uid-z", Granting, Some(InProgress), None), SETTLED, false),
        (other("uid-a", Granting, Some(Succeeded), None), 0, false),
        (other("uid-a", Granting, Some(Failed), None), 0, false),
        (other("uid-a", Granting, Some(Vanished), None), 0, false),
        (other("uid-a", Held, Some(InProgress), None), 0, false),
        (nothing(), 0, true),
        (other("uid-z", Granting, None, None), 0, false),
        (of_origin(nothing(), Inherited), 0, false),
        (of_origin(nothing(), Standing), 0, false),
        (in_phase(nothing(), Phase::Revoking), 0, false),
    ];
    let world = about_to_ask();
    for (other, minutes, waits) in table {
        let pass = Pass::new(&world.snapshot, minute(minutes));
        let keeps = siblings::keeps_from_creating(&pass, &[&other]);
        assert_eq!(keeps.is_some(), waits, "{other:?}");
    }
}

#[test]
fn who_has_asked_goes_before_those_who_have_not() {
    let mut world = about_to_ask();
    let own = world.snapshot.request.status.assignment.as_mut().unwrap();
    own.create = Some(operation(Unknown));
    let other = other("uid-a", Granting, None, None);
    let waits = |minutes| {
        let pass = Pass::new(&world.snapshot, minute(minutes));
        siblings::keeps_from_creating(&pass, &[&other]).is_some()
    };
    assert!(!waits(0));
    assert!(waits(SETTLED), "what was asked so long ago was not heard");
}

#[test]
fn who_is_about_to_delete_waits_for_open_operations_of_removals_and_for_smaller_uids() {
    let table = [
        (other("uid-a", Removing, Some(Succeeded), None), 0, true),
        (other("uid-z", Removing, Some(Succeeded), None), 0, false),
        (other("uid-z", Removing, Some(Succeeded), Some(Unknown)), 0, true),
        (
            other("uid-z", Removing, Some(Succeeded), Some(InProgress)),
            0,
            true,
        ),
        (other("uid-z", Removing, Some(InProgress), None), 0, true),
        (
            other("uid-z", Removing, Some(InProgress), Some(InProgress)),
            SETTLED,
            false,
        ),
        (
            other("uid-a", Removing, Some(Succeeded), Some(Succeeded)),
            0,
            false,
        ),
        (other("uid-a", Removing, Some(Succeeded), Some(Failed)), 0, false),
        (other("uid-a", Held, Some(Succeeded), None), 0, false),
        (other("uid-a", Granting, Some(InProgress), None), 0, false),
    ];
    let world = active();
    for (other, minutes, waits) in table {
        let pass = Pass::new(&world.snapshot, minute(minutes));
        let keeps = siblings::keeps_from_deleting(&pass, &[&other]);
        assert_eq!(keeps.is_some(), waits, "{other:?}");
    }
}

#[test]
fn only_an_approved_request_whose_start_has_come_is_about_to_start() {
    let approved = |start: Option<i64>| {
        let mut other = sibling(Granting, Phase::Approved);
        other.assignment = None;
        other.start = start.map(minute);
        other
    };
    let table = [
        (approved(None), true),
        (approved(Some(10)), true),
        (approved(Some(11)), false),
        (in_phase(approved(None), Phase::Pending), false),
        (sibling(Granting, Phase::Approved), false),
    ];
    let world = active();
    for (other, starts) in table {
        let pass = Pass::new(&world.snapshot, minute(10));
        assert_eq!(siblings::is_about_to_start(&pass, &[&other]), starts, "{other:?}");
    }
}

#[test]
fn only_an_approved_request_that_has_asked_for_nothing_is_about_to_ask() {
    let nothing = || in_phase(other("uid-a", Granting, None, None), Phase::Approved);
    let table = [
        (nothing(), true),
        (in_phase(nothing(), Phase::Active), false),
        (in_phase(nothing(), Phase::Revoking), false),
        (of_origin(nothing(), Inherited), false),
        (sibling(Granting, Phase::Approved), false),
        (sibling(Removing, Phase::Approved), false),
    ];
    for (other, asks) in table {
        assert_eq!(siblings::is_about_to_ask(&[&other]), asks, "{other:?}");
    }
}

#[test]
fn the_echo_of_removals_lasts_until_that_of_the_last_one_is_over() {
    let gone = |origin, minutes| {
        let mut other = of_origin(other("uid-a", Gone, None, None), origin);
        other.assignment.as_mut().unwrap().revoke_time = Some(minute(minutes));
        other
    };
    let (first, last, standing) = (gone(Created, 0), gone(Inherited, 2), gone(Standing, 4));
    let world = active();
    let until = |now| {
        let pass = Pass::new(&world.snapshot, now);
        siblings::echo_until(&pass, &[&last, &first, &standing])
    };
    assert_eq!(until(minute(2)), Some(minute(12)));
    assert_eq!(until(after(minute(12), TimeDelta::seconds(-1))), Some(minute(12)));
    assert_eq!(until(minute(12)), None, "standing access is no echo");
}

#[test]
fn those_who_are_not_about_the_same_assignment_are_no_siblings_and_nobody_is_its_own() {
    let mut world = active();
    let own = sibling(Held, Phase::Active);
    let mut of_another = own.clone();
    of_another.about.as_mut().unwrap().0 = "id-bob".to_owned();
    let mut itself = own.clone();
    itself.uid = world.snapshot.request.uid.clone();
    world.siblings = vec![of_another, itself, own.clone()];
    world.answer(&crate::domain::Question::Siblings);
    let pass = Pass::new(&world.snapshot, world.now);
    let tuple = pass.tuple().unwrap();
    assert_eq!(siblings::of(&pass, &tuple).unwrap(), [&own]);
}
