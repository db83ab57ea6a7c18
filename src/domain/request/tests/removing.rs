//! While the assignment is being removed: when it is gone, when it is waited for, and when the delete is sent again.

use std::time::Duration;

use chrono::TimeDelta;

use super::access::sibling;
use super::creating::{decided, decided_without};
use crate::api::OperationOutcome::{self, AlreadyGone, Failed, InProgress, Succeeded, Unknown, Vanished};
use crate::api::{AssignmentOrigin, AssignmentState, ElevationRequestStatus, Operation, Phase, Reason};
use crate::domain::facts::{OperationKind, OperationState, RequestId};
use crate::domain::fixtures::{Aws, World, active, minute, request};
use crate::domain::snapshot::Sibling;
use crate::domain::window::after;
use crate::domain::{Action, Decision, Facts, InstanceArn, Question, decide};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Gone,
    Waits,
    Asks,
}

type Record = Option<(OperationOutcome, Option<&'static str>)>;

/// Sent at minute 0.
fn operation(record: Record) -> Option<Operation> {
    record.map(|(outcome, id)| Operation {
        request_id: id.map(str::to_owned),
        outcome,
        sent_time: Some(minute(0)),
        last_seen_time: None,
        unanswered_time: None,
    })
}

/// Access that its requester ended at minute 0.
fn removing(create: Record, delete: Record, listed: bool) -> World {
    let mut world = active().cancelled();
    world.aws = Aws::Slow;
    world.pass();
    assert_eq!(world.state(), AssignmentState::Removing);
    let assignment = world.snapshot.request.status.assignment.as_mut().unwrap();
    assignment.create = operation(create);
    assignment.delete = operation(delete);
    assignment.attempts = delete.map(|_| 1);
    world.assigned = listed;
    world
}

fn then(world: &mut World, seconds: i64) -> Then {
    world.now = after(minute(0), TimeDelta::seconds(seconds));
    found(&decided(world))
}

fn found(decision: &Decision) -> Then {
    match (decision.status.phase, &decision.action) {
        (Some(Phase::Revoked), Some(Action::RemoveFinalizer)) => Then::Gone,
        (Some(Phase::Revoking), Some(Action::Revoke(_))) => Then::Asks,
        (Some(Phase::Revoking), None) => Then::Waits,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn it_is_gone_waited_for_or_asked_for_again_by_what_is_on_record_and_what_is_listed() {
    let id = Some("op");
    let (done, slow) = (Some((Succeeded, id)), Some((InProgress, id)));
    // The create and the delete on record, whether the assignment is listed, after how many seconds; what happens.
    let table = [
        (done, None, true, 0, Then::Asks),
        (done, None, false, 0, Then::Asks),
        (slow, None, true, 360, Then::Waits),
        (slow, done, false, 60, Then::Gone),
        (done, done, false, 0, Then::Gone),
        (done, done, true, 9, Then::Waits),
        (done, done, true, 10, Then::Asks),
        (done, Some((Vanished, id)), false, 299, Then::Waits),
        (done, Some((Vanished, id)), false, 300, Then::Gone),
        (done, Some((Vanished, id)), true, 10, Then::Asks),
        (done, Some((AlreadyGone, None)), false, 299, Then::Waits),
        (done, Some((AlreadyGone, None)), false, 300, Then::Gone),
        (None, Some((AlreadyGone, None)), false, 0, Then::Gone),
        (done, Some((AlreadyGone, None)), true, 10, Then::Asks),
        // Only a delete that succeeded shows that the create had taken effect before.
        (slow, Some((AlreadyGone, None)), false, 300, Then::Waits),
        (done, Some((Failed, id)), false, 9, Then::Waits),
        (done, Some((Failed, id)), false, 10, Then::Asks),
        (done, slow, false, 60, Then::Waits),
        (done, Some((Unknown, id)), false, 60, Then::Waits),
        (done, Some((Unknown, None)), false, 9, Then::Waits),
        (done, Some((Unknown, None)), false, 10, Then::Asks),
    ];
    for (create, delete, listed, seconds, expected) in table {
        let found = then(&mut removing(create, delete, listed), seconds);
        let story = format!("{create:?}, {delete:?}, listed {listed}, after {seconds} s");
        assert_eq!(found, expected, "{story}");
    }
}

// All controllers may have been down: a record of an open create says nothing about the time since.
#[test]
fn a_create_that_aws_does_not_tell_about_is_over_when_it_was_asked_in_vain_all_the_time() {
    let slow = Some((InProgress, Some("op")));
    // After how many seconds it is asked in vain, and when it is asked at last; what happens then.
    let minutes = |from: i64, to: i64| (from..=to).map(|minute| minute * 60).collect::<Vec<_>>();
    let with_a_gap = |to: i64, from: i64, end: i64| [minutes(25, to), minutes(from, end)].concat();
    let table = [
        (minutes(25, 30), 31 * 60 - 1, Then::Waits),
        (minutes(25, 30), 31 * 60, Then::Asks),
        (with_a_gap(27, 29, 30), 31 * 60, Then::Asks),
        (with_a_gap(27, 30, 35), 36 * 60 - 1, Then::Waits),
        (with_a_gap(27, 30, 35), 36 * 60, Then::Asks),
    ];
    for (asked, last, expected) in table {
        let mut world = removing(slow, None, true);
        for seconds in &asked {
            world.now = after(minute(0), TimeDelta::seconds(*seconds));
            let decision = decided(&mut world);
            assert_eq!(found(&decision), Then::Waits, "{asked:?}, at {seconds}");
            world.snapshot.request.status = decision.status;
        }
        assert_eq!(then(&mut world, last), expected, "{asked:?}, at {last}");
    }
}

#[test]
fn an_old_record_of_anothers_open_operation_is_asked_about() {
    let done = Some((Succeeded, Some("op")));
    let slow = || OperationState::InProgress {
        ask_again_in: Duration::from_secs(1),
    };
    // What AWS says about a create of minute 0, in minute 30; what happens to ours.
    let table = [
        (None, Then::Waits),
        (Some(slow()), Then::Waits),
        (Some(OperationState::Succeeded), Then::Asks),
    ];
    for (state, expected) in table {
        let mut world = removing(done, None, true);
        let mut other = sibling(AssignmentState::Removing, Phase::Revoking);
        other.uid = "uid-z".to_owned();
        other.assignment.as_mut().unwrap().create = operation(Some((InProgress, Some("other"))));
        world.siblings = vec![other];
        let story = format!("{state:?}");
        let found = match state {
            None => then(&mut world, 1800),
            Some(state) => {
                world
                    .operations
                    .insert((OperationKind::Creation, RequestId::new("other")), state);
                world.now = after(minute(0), TimeDelta::seconds(1800));
                found(&decided_without(&mut world, |_| false))
            }
        };
        assert_eq!(found, expected, "{story}");
    }
}

#[test]
fn where_nothing_was_asked_of_aws_nothing_is_deleted_unless_it_was_taken_over() {
    for (origin, expected) in [
        (AssignmentOrigin::Created, Then::Gone),
        (AssignmentOrigin::Inherited, Then::Asks),
    ] {
        let mut world = removing(None, None, true);
        let assignment = world.snapshot.request.status.assignment.as_mut().unwrap();
        assignment.origin = Some(origin);
        assert_eq!(then(&mut world, 0), expected, "{origin:?}");
    }
}

#[test]
fn one_that_is_about_to_ask_is_waited_for_a_minute() {
    let done = Some((Succeeded, Some("op")));
    let mut world = removing(done, None, true);
    let mut about_to_ask = sibling(AssignmentState::Granting, Phase::Approved);
    about_to_ask.assignment.as_mut().unwrap().create = None;
    world.siblings = vec![about_to_ask];
    assert_eq!(then(&mut world, 59), Then::Waits);
    assert_eq!(then(&mut world, 60), Then::Asks);
}

#[test]
fn others_who_cannot_be_read_keep_an_assignment_until_its_removal_is_overdue() {
    let done = Some((Succeeded, Some("op")));
    let mut world = removing(done, None, true);
    let mut without_siblings = |seconds| {
        world.now = after(minute(0), TimeDelta::seconds(seconds));
        found(&decided_without(&mut world, |question| {
            *question == Question::Siblings
        }))
    };
    assert_eq!(without_siblings(59), Then::Waits);
    assert_eq!(without_siblings(60), Then::Asks);
}

#[test]
fn the_last_message_says_who_ended_it_and_what_became_of_the_assignment_each_once() {
    let message = |mut world: World| {
        world.until(minute(3));
        world.status().message.clone().unwrap()
    };
    assert_eq!(
        message(active().cancelled()),
        "Ended by the requester. AWS confirmed that the assignment is gone."
    );
    let mut standing = request().approved_by("bob");
    standing.assigned = true;
    let standing = standing.check(Phase::Active, Reason::StandingAccess);
    assert_eq!(
        message(standing.cancelled()),
        "Ended by the requester. The requester had this access before: it remains."
    );
}

#[test]
fn a_create_that_was_never_answered_is_looked_for_until_it_cannot_come() {
    let done = Some((Succeeded, Some("op")));
    let mut world = removing(done, done, false);
    let assignment = world.snapshot.request.status.assignment.as_mut().unwrap();
    assignment.unanswered_create_time = Some(minute(0));
    assert_eq!(then(&mut world, 299), Then::Waits);
    let decision = decided(&mut world);
    assert_eq!(decision.wake_at, Some(minute(5)));
    let message = decision.status.message.unwrap();
    assert!(message.contains("a create that AWS never answered"), "{message}");
    assert_eq!(then(&mut world, 300), Then::Gone);
}

#[test]
fn with_its_account_an_assignment_is_gone_whatever_became_of_the_delete() {
    let (id, done) = (Some("op"), Some((Succeeded, Some("op"))));
    for delete in [Failed, InProgress, Unknown] {
        let mut world = removing(done, Some((delete, id)), true);
        world.account = None;
        assert_eq!(then(&mut world, 1), Then::Gone, "{delete:?}");
    }
}

#[test]
fn a_list_that_is_older_than_the_delete_is_asked_for_again_soon() {
    let done = Some((Succeeded, Some("op")));
    let mut world = removing(done, done, false);
    let second = |seconds| after(minute(0), TimeDelta::seconds(seconds));
    let assignment = world.snapshot.request.status.assignment.as_mut().unwrap();
    assignment.delete.as_mut().unwrap().sent_time = Some(second(21));
    world.now = second(20);
    decided(&mut world);
    let later = decide(&world.snapshot, second(70));
    assert_eq!(later.questions, []);
    assert_eq!(later.wake_at, Some(second(75)));
}

#[test]
fn a_removal_is_overdue_a_minute_after_it_is_due() {
    let mut world = active().cancelled();
    world.aws = Aws::Refuses;
    world.pass();
    let overdue = |world: &mut World, seconds| {
        world.now = after(minute(0), TimeDelta::seconds(seconds));
        let decision = decided(world);
        let alerts = decision.alerts.iter();
        alerts
            .filter(|alert| alert.reason == Reason::RevocationOverdue)
            .count()
            == 1
    };
    assert!(!overdue(&mut world, 59));
    assert!(overdue(&mut world, 60));
    world.snapshot.clocks.aws_ahead = Some(TimeDelta::seconds(40));
    assert!(!overdue(&mut world, 19));
    assert!(overdue(&mut world, 20), "by the latest clock");
    world.snapshot.identity_center.instance_arn = InstanceArn::new("another");
    assert!(overdue(&mut world, 20), "and where nothing can be done about it");
    let mut late = active();
    late.aws = Aws::Refuses;
    late.now = minute(300);
    late.pass();
    assert!(
        overdue(&mut late, 300 * 60),
        "since the end, not since it was noticed"
    );
}

#[test]
fn a_removal_that_nothing_can_be_done_about_is_looked_at_when_it_becomes_overdue() {
    let mut world = active().cancelled();
    world.aws = Aws::Slow;
    world.pass();
    world.snapshot.identity_center.instance_arn = InstanceArn::new("another");
    let second = |seconds| after(minute(0), TimeDelta::seconds(seconds));
    for (now, wakes) in [(20, 50), (45, 60), (60, 90)] {
        world.now = second(now);
        let decision = decided(&mut world);
        assert_eq!(decision.wake_at, Some(second(wakes)), "after {now} s");
        let error = decision.status.assignment.unwrap().last_error.unwrap();
        assert!(error.contains("and another is configured"), "{error}");
    }
}

// A list that was asked for together with the word about the delete may be the older of the two.
#[test]
fn the_list_is_asked_for_when_aws_has_told_of_the_delete() {
    let done = Some((Succeeded, Some("op")));
    let mut world = removing(done, Some((InProgress, Some("delete"))), true);
    world.snapshot.facts = Facts::default();
    let asked = decide(&world.snapshot, world.now).questions;
    let delete = Question::Operation(OperationKind::Deletion, RequestId::new("delete"));
    assert_eq!(asked, [delete]);
}

#[test]
fn an_end_looks_first_only_where_the_watch_shows_somebody_with_the_same_assignment() {
    let mut world = active();
    world.snapshot.request.spec.cancelled = Some(true);
    let request = &world.snapshot.request;
    let seen = |uid: &str, status: &ElevationRequestStatus| Sibling::of(uid, "o/x", &request.spec, status);
    let mut elsewhere = request.status.clone();
    let assignment = elsewhere.assignment.as_mut().unwrap();
    assignment.tuple.as_mut().unwrap().user_id = "another".to_owned();
    let alone = vec![seen(&request.uid, &request.status), seen("uid-a", &elsewhere)];
    let shared = vec![seen("uid-a", &request.status)];
    for (seen, asks) in [(alone, true), (shared, false)] {
        let mut snapshot = world.snapshot.clone();
        snapshot.facts = Facts::default();
        snapshot.seen_siblings = seen;
        let decision = decide(&snapshot, world.now);
        assert_eq!(decision.status.phase, Some(Phase::Revoking));
        assert_eq!(matches!(decision.action, Some(Action::Revoke(_))), asks);
    }
}
