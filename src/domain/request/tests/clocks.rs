//! Clocks that are set, and clocks that disagree.

use chrono::TimeDelta;

use crate::api::{Phase, Reason};
use crate::domain::fixtures::{Aws, active, minute, request};
use crate::domain::snapshot::Clocks;
use crate::domain::window::after;

const DAY: i64 = 1440;

// A10 and B1 of the review: waits are counted by a clock that never steps, too.
#[test]
fn nothing_is_waited_for_until_a_clock_that_was_ahead_is_reached() {
    let mut world = active();
    world.aws = Aws::Refuses;
    world.set_clock(minute(120 + DAY));
    world.settle();
    assert_eq!(world.revocations(), 1);
    world.aws = Aws::Works;
    world.set_clock(minute(121));
    world.until(minute(124));
    world.check(Phase::Ended, Reason::EndReached);
}

#[test]
fn a_window_that_closes_by_another_clock_before_the_start_wakes_when_it_does() {
    let mut world = request().with(|world| world.snapshot.request.spec.start_time = Some(minute(90)));
    world.snapshot.clocks.api_server_ahead = Some(TimeDelta::minutes(60));
    let mut world = world
        .approved_by("bob")
        .check(Phase::Approved, Reason::AwaitingStart);
    // It starts at 90 and lasts two hours, with a quarter of an hour to spare.
    let closes = after(minute(90 + 120 + 15), TimeDelta::minutes(-60));
    let wake_at = world.wake_at();
    assert!(wake_at <= closes, "{wake_at}");
    world.now = closes;
    world.check(Phase::Failed, Reason::GrantTimedOut);
}

// Case 8 of the sequences: AWS's clock is a little ahead at a border between two claims.
#[test]
fn a_clock_within_tolerance_changes_no_end() {
    let mut world = active();
    world.snapshot.clocks = Clocks {
        aws_ahead: Some(TimeDelta::seconds(5)),
        api_server_ahead: None,
    };
    world.until(after(minute(120), TimeDelta::seconds(-1)));
    assert!(world.assigned);
    world.until(minute(120));
    assert!(!world.assigned);
}
