//! While the assignment is being created: when it is there, when it is waited for, and when it is asked for again.

use chrono::TimeDelta;

use crate::api::AssignmentOrigin::{Created, Inherited};
use crate::api::OperationOutcome::{Failed, InProgress, Succeeded, Unknown, Vanished};
use crate::api::{AssignmentOrigin, Operation, OperationOutcome, Phase};
use crate::domain::facts::Fact;
use crate::domain::fixtures::{Aws, World, minute, request};
use crate::domain::window::after;
use crate::domain::{Action, Decision, Facts, Question, decide};

#[derive(Debug, PartialEq, Eq)]
enum Then {
    Active,
    Waits,
    Asks,
}

/// A create of minute 0, if there was one.
fn creating(
    origin: AssignmentOrigin,
    create: Option<(OperationOutcome, Option<&str>)>,
    listed: bool,
) -> World {
    let mut world = request().approved_by("bob");
    world.aws = Aws::Slow;
    let mut world = world.check(Phase::Approved, crate::api::Reason::Granting);
    let assignment = world.snapshot.request.status.assignment.as_mut().unwrap();
    assignment.origin = Some(origin);
    assignment.attempts = create.map(|_| 1);
    assignment.create = create.map(|(outcome, id)| Operation {
        request_id: id.map(str::to_owned),
        outcome,
        sent_time: Some(minute(0)),
        last_seen_time: None,
        unanswered_time: None,
    });
    world.assigned = listed;
    world
}

/// Decides where no operation can be read, and everything else can.
pub(super) fn decided(world: &mut World) -> Decision {
    decided_without(world, |question| matches!(question, Question::Operation(..)))
}

/// Decides where some of what is asked cannot be read.
pub(super) fn decided_without(world: &mut World, unread: fn(&Question) -> bool) -> Decision {
    world.snapshot.facts = Facts::default();
    world.snapshot.seen_siblings.clone_from(&world.siblings);
    for _ in 0..20 {
        let decision = decide(&world.snapshot, world.now);
        if decision.questions.is_empty() {
            return decision;
        }
        for question in decision.questions {
            let unanswered = "throttled".to_owned();
            let facts = &mut world.snapshot.facts;
            match question {
                Question::Operation(kind, id) if unread(&Question::Operation(kind, id.clone())) => {
                    facts.operations.insert((kind, id), Fact::Unknown(unanswered));
                }
                Question::Siblings if unread(&Question::Siblings) => {
                    facts.siblings = Some(Fact::Unknown(unanswered));
                }
                other => world.answer(&other),
            }
        }
    }
    unreachable!("questions without end")
}

#[test]
fn it_is_there_waited_for_or_asked_for_again_by_what_is_on_record_and_what_is_listed() {
    let id = Some("op");
    // Origin, the create on record, whether the assignment is listed, after how many seconds, and what happens then.
    let table = [
        (Inherited, None, true, 0, Then::Active),
        (Inherited, None, false, 0, Then::Asks),
        (Created, None, true, 0, Then::Asks),
        (Created, None, false, 0, Then::Asks),
        (Created, Some((InProgress, id)), true, 60, Then::Waits),
        (Created, Some((Unknown, id)), true, 60, Then::Waits),
        (Created, Some((Unknown, None)), true, 9, Then::Waits),
        (Created, Some((Unknown, None)), true, 10, Then::Asks),
        (Created, Some((Failed, id)), false, 9, Then::Waits),
        (Created, Some((Failed, id)), false, 10, Then::Asks),
        (Created, Some((Failed, id)), true, 10, Then::Asks),
        (Created, Some((Vanished, id)), true, 0, Then::Active),
        (Created, Some((Vanished, id)), false, 9, Then::Waits),
        (Created, Some((Vanished, id)), false, 10, Then::Asks),
        (Created, Some((Succeeded, id)), true, 0, Then::Active),
        (Created, Some((Succeeded, id)), false, 299, Then::Waits),
        (Created, Some((Succeeded, id)), false, 300, Then::Asks),
    ];
    for (origin, create, listed, seconds, then) in table {
        let mut world = creating(origin, create, listed);
        world.now = after(minute(0), TimeDelta::seconds(seconds));
        let decision = decided(&mut world);
        let story = format!("{origin:?}, {create:?}, listed {listed}, after {seconds} s");
        let found = match (decision.status.phase, decision.action) {
            (Some(Phase::Active), None) => Then::Active,
            (Some(Phase::Approved), Some(Action::Grant(_))) => Then::Asks,
            (Some(Phase::Approved), None) => Then::Waits,
            other => unreachable!("{story}: {other:?}"),
        };
        assert_eq!(found, then, "{story}");
    }
}

#[test]
fn only_a_create_that_was_never_answered_is_remembered_when_it_is_repeated() {
    let table = [
        (Some((Unknown, None)), Some(minute(0))),
        (Some((Failed, Some("op"))), None),
        (Some((Failed, None)), None),
        (Some((Vanished, Some("op"))), None),
        (None, None),
    ];
    for (create, remembered) in table {
        let mut world = creating(Created, create, false);
        world.now = minute(1);
        let decision = decided(&mut world);
        assert!(matches!(decision.action, Some(Action::Grant(_))), "{create:?}");
        let assignment = decision.status.assignment.unwrap();
        assert_eq!(assignment.unanswered_create_time, remembered, "{create:?}");
    }
}

#[test]
fn a_list_that_lags_is_waited_for_until_the_create_can_be_repeated_and_no_longer() {
    let mut world = creating(Created, Some((Succeeded, Some("op"))), false);
    for (seconds, wakes) in [(290, 295), (298, 300)] {
        world.now = after(minute(0), TimeDelta::seconds(seconds));
        let expected = after(minute(0), TimeDelta::seconds(wakes));
        assert_eq!(decided(&mut world).wake_at, Some(expected), "after {seconds} s");
    }
}

#[test]
fn a_create_that_was_taken_on_is_asked_about_for_as_long_as_nobody_tells_of_it() {
    let mut world = creating(Created, Some((Unknown, Some("op"))), false);
    for seconds in [0, 30, 60, 600] {
        world.now = after(minute(0), TimeDelta::seconds(seconds));
        let decision = decided(&mut world);
        assert_eq!(decision.action, None, "after {seconds} s");
        world.snapshot.request.status = decision.status;
    }
}
