//! What is removed while nothing can be written.

use chrono::TimeDelta;

use crate::api::{Assignment, AssignmentOrigin, AssignmentState, Operation, OperationOutcome, Phase};
use crate::domain::fixtures::{World, active, minute};
use crate::domain::snapshot::SealCheck;
use crate::domain::window::after;
use crate::domain::{Action, InstanceArn, Question, due_from_memory};

use super::access::sibling;

fn assignment(world: &mut World) -> &mut Assignment {
    world.snapshot.request.status.assignment.as_mut().unwrap()
}

fn operation(outcome: OperationOutcome) -> Operation {
    Operation {
        request_id: Some("op".to_owned()),
        outcome,
        sent_time: Some(minute(120)),
        last_seen_time: None,
        unanswered_time: None,
    }
}

/// Whether something is removed from memory, at a minute of the life of access that ends at minute 120.
fn is_due(change: impl FnOnce(&mut World), minutes: i64) -> bool {
    let world = active().with(change);
    match due_from_memory(&world.snapshot, minute(minutes)) {
        Some(Action::Revoke(tuple)) => {
            assert_eq!(tuple.user_id, "id-alice");
            true
        }
        Some(other) => unreachable!("{other:?}"),
        None => false,
    }
}

#[test]
fn what_we_asked_for_or_took_over_is_removed_at_its_end_and_nothing_else() {
    use AssignmentOrigin::{Created, Inherited, Standing};
    use AssignmentState::{Gone, Granting, Held, None, Removing};
    // State, origin and whether a create was asked for; whether it is removed.
    let table = [
        (Held, Created, true, true),
        (Granting, Created, true, true),
        (Granting, Created, false, false),
        (Removing, Created, true, true),
        (Held, Inherited, false, true),
        (Held, Inherited, true, true),
        (Held, Standing, false, false),
        (Held, Standing, true, false),
        (Gone, Created, true, false),
        (None, Created, true, false),
    ];
    for (state, origin, asked, due) in table {
        let change = |world: &mut World| {
            let assignment = assignment(world);
            assignment.state = state;
            assignment.origin = Some(origin);
            if !asked {
                assignment.create = Option::None;
            }
        };
        assert_eq!(is_due(change, 120), due, "{state:?}, {origin:?}, asked {asked}");
        assert!(!is_due(change, 119), "{state:?}, {origin:?}, asked {asked}");
    }
}

#[test]
fn the_end_is_that_of_the_window_by_the_latest_clock() {
    let not_confirmed = |world: &mut World| {
        world.snapshot.request.status.window.as_mut().unwrap().end_time = None;
    };
    assert!(!is_due(not_confirmed, 134));
    assert!(is_due(not_confirmed, 135));
    let ahead = |world: &mut World| world.snapshot.clocks.aws_ahead = Some(TimeDelta::minutes(10));
    assert!(!is_due(ahead, 109));
    assert!(is_due(ahead, 110));
}

#[test]
fn nothing_is_removed_by_a_forged_record_in_another_instance_or_from_an_heir() {
    assert!(!is_due(
        |world| world.snapshot.request.seal = SealCheck::Broken,
        120
    ));
    assert!(!is_due(
        |world| world.snapshot.identity_center.instance_arn = InstanceArn::new("another"),
        120
    ));
    let shared = |world: &mut World| {
        world.siblings = vec![sibling(AssignmentState::Held, Phase::Active)];
        world.now = minute(120);
        world.answer(&Question::Siblings);
    };
    assert!(!is_due(shared, 120));
}

#[test]
fn a_delete_is_repeated_when_it_may_not_have_worked_and_not_before() {
    use OperationOutcome::{Failed, InProgress, Succeeded, Unknown};
    // The outcomes of create and delete, both sent at minute 120; after how many seconds the delete is repeated.
    let table = [
        (Succeeded, Succeeded, None),
        (Succeeded, Failed, Some(10)),
        (Succeeded, Unknown, Some(10)),
        (Succeeded, InProgress, Some(360)),
        // What is created after the delete stays.
        (InProgress, Succeeded, Some(10)),
    ];
    for (create, delete, repeated_after) in table {
        let world = active().with(|world| {
            let assignment = assignment(world);
            assignment.create = Some(operation(create));
            assignment.delete = Some(operation(delete));
            assignment.attempts = Some(1);
        });
        let is_due = |seconds: &i64| {
            let now = after(minute(120), TimeDelta::seconds(*seconds));
            due_from_memory(&world.snapshot, now).is_some()
        };
        let first = (0..600).find(is_due);
        assert_eq!(first, repeated_after, "{create:?}, {delete:?}");
    }
}
