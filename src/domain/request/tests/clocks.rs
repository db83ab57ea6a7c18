//! Clocks that are set, and clocks that disagree.

use chrono::TimeDelta;

use crate::api::{AssignmentState, OperationOutcome, Phase, Reason};
use crate::domain::fixtures::{Aws, World, active, minute, request};
use crate::domain::snapshot::Clocks;
use crate::domain::window::after;

const DAY: i64 = 1440;

#[test]
fn a_repetition_is_not_waited_for_until_a_clock_that_was_ahead_is_reached() {
    let mut world = active();
    world.aws = Aws::Refuses;
    world.now = minute(120 + DAY);
    world.settle();
    assert_eq!(world.revocations(), 1);
    world.aws = Aws::Works;
    world.now = minute(121);
    world.until(minute(123));
    world.check(Phase::Ended, Reason::EndReached);
}

#[test]
fn a_create_without_an_answer_settles_by_the_earliest_clock() {
    let mut world = request().approved_by("bob");
    world.aws = Aws::LosesAnswers;
    let mut world = world.check(Phase::Approved, Reason::Granting).cancelled();
    world.now = minute(DAY);
    world.snapshot.clocks = Clocks {
        api_server_ahead: Some(TimeDelta::minutes(-DAY)),
        aws_ahead: None,
    };
    world.settle();
    assert_eq!(
        (world.state(), world.revocations()),
        (AssignmentState::Removing, 0)
    );
    world.aws = Aws::Works;
    world.until(minute(DAY + 7));
    assert_eq!(world.revocations(), 1);
}

#[test]
fn a_window_that_closes_by_another_clock_before_the_start_wakes_when_it_does() {
    let mut world = request().with(|world| world.snapshot.request.spec.start_time = Some(minute(90)));
    world.snapshot.clocks.api_server_ahead = Some(TimeDelta::minutes(60));
    let mut world = world
        .approved_by("bob")
        .check(Phase::Approved, Reason::AwaitingStart);
    world.settle();
    // It starts at 90 and lasts two hours, with a quarter of an hour to spare.
    let closes = after(minute(90 + 120 + 15), TimeDelta::minutes(-60));
    let wake_at = world.last.as_ref().unwrap().wake_at.unwrap();
    assert!(wake_at <= closes, "{wake_at}");
    world.now = closes;
    world.check(Phase::Failed, Reason::GrantTimedOut);
}

#[test]
fn access_is_no_longer_for_a_clock_that_is_ahead_when_it_is_approved_and_confirmed() {
    let mut world = request();
    world.settle();
    let ahead = |world: &mut World, minutes: i64| {
        world.now = minute(minutes + 60);
        world.snapshot.clocks.aws_ahead = Some(TimeDelta::minutes(-60));
    };
    ahead(&mut world, 1);
    let mut world = world.approved_by("bob").check(Phase::Approved, Reason::ClockSkew);
    let window = |world: &World| world.status().window.clone().unwrap();
    assert_eq!(window(&world).not_after, Some(minute(1 + 120 + 15)));
    world.now = minute(2);
    world.snapshot.clocks = Clocks::default();
    world.aws = Aws::LosesAnswers;
    let mut world = world.check(Phase::Approved, Reason::Granting);
    world.aws = Aws::Works;
    let create = world
        .snapshot
        .request
        .status
        .assignment
        .as_mut()
        .unwrap()
        .create
        .as_mut();
    create.unwrap().outcome = OperationOutcome::Succeeded;
    ahead(&mut world, 3);
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(window(&world).end_time, Some(minute(3 + 120)));
}
