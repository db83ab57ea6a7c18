//! Deletes that are refused, lost, late, or follow lists that lag.

use chrono::TimeDelta;

use crate::api::{AssignmentState, InstanceArn, Phase, Reason};
use crate::domain::fixtures::{Aws, active, minute};
use crate::domain::snapshot::Lease;
use crate::domain::window::after;

#[test]
fn a_delete_whose_answer_was_lost_is_judged_by_the_list() {
    let mut world = active();
    world.aws = Aws::LosesAnswers;
    world.until(minute(121));
    assert_eq!(world.revocations(), 1);
    assert_eq!(world.state(), AssignmentState::Absent);
}

// Sequence 15.
#[test]
fn deletes_are_repeated_while_every_list_fails() {
    let mut world = active();
    world.aws = Aws::Refuses;
    world.until(minute(130));
    assert!(world.revocations() >= 10, "{}", world.revocations());
    world.aws = Aws::Works;
    world.until(minute(132));
    assert!(!world.assigned);
}

#[test]
fn a_delete_is_repeated_soon_while_aws_is_at_work_on_others_in_the_account() {
    let mut world = active();
    world.aws = Aws::Busy;
    world.until(minute(130));
    assert!(
        world.revocations() >= 100,
        "{} deletes in ten minutes, one every five seconds",
        world.revocations()
    );
    world.aws = Aws::Works;
    world.until(after(minute(130), TimeDelta::seconds(30)));
    assert!(!world.assigned);
}

#[test]
fn a_process_that_holds_the_lease_again_deletes_what_is_stored_as_deleting() {
    let mut world = active();
    world.aws = Aws::Down;
    world.until(minute(121));
    assert_eq!(world.state(), AssignmentState::Deleting);
    world.restart();
    world.aws = Aws::Works;
    world.until(minute(125));
    assert_eq!((world.assigned, world.state()), (false, AssignmentState::Absent));
}

#[test]
fn one_who_sees_another_lead_does_nothing() {
    let mut world = active();
    world.lease = Lease::HeldByAnother("other".to_owned());
    world.until(minute(200));
    assert!(world.assigned && world.revocations() == 0);
}

#[test]
fn an_isolated_process_deletes_at_the_end_and_forgets() {
    let mut world = active();
    world.lease = Lease::Unsure("isolated".to_owned());
    world.until(after(minute(120), TimeDelta::minutes(2)));
    assert!(!world.assigned);
    let calls = world.calls.len();
    world.assigned = true;
    world.until(minute(200));
    assert_eq!(world.calls.len(), calls, "whatever came later is not ours");
}

#[test]
fn access_that_aws_no_longer_lists_is_lost_after_two_lists_a_minute_apart() {
    let mut world = active();
    world.now = minute(10);
    world.assigned = false;
    world.until(after(minute(10), TimeDelta::seconds(50)));
    assert_eq!(world.status().phase, Some(Phase::Active), "one list may lag");
    world.until(minute(18));
    let mut world = world.check(Phase::Revoked, Reason::AccessLost);
    assert!(world.status().message.as_ref().unwrap().contains("CloudTrail"));
    assert!(
        world
            .alerts
            .iter()
            .any(|alert| alert.reason == Reason::AccessLost)
    );
    world.until(minute(100));
    assert_eq!(world.grants(), 1, "it is never put back");
}

#[test]
fn a_list_that_lags_once_takes_nothing_away() {
    let mut world = active();
    world.now = minute(10);
    world.assigned = false;
    world.settle();
    world.assigned = true;
    world.until(minute(30));
    assert!(world.assigned);
    world.check(Phase::Active, Reason::AccessGranted);
}

// Case 24: another instance is configured than recorded.
#[test]
fn with_another_instance_configured_ends_go_to_the_recorded_one_and_absence_is_not_believed() {
    let mut world = active();
    world.configure(InstanceArn::new("other"));
    world.until(minute(150));
    assert!(world.revocations() >= 1);
    assert_eq!(world.state(), AssignmentState::Deleting);
}

// Who gives up an instance is told that nothing was removed, not that AWS confirmed it.
#[test]
fn what_is_left_in_an_abandoned_instance_is_said_to_be_left() {
    let mut world = active();
    world.configure(InstanceArn::new("other"));
    world.machine.config.abandoned = Some(InstanceArn::new("instance"));
    world.until(minute(150));
    assert_eq!((world.revocations(), world.state()), (0, AssignmentState::Absent));
    let alerted = |alert: &crate::domain::Alert| alert.reason == Reason::RecordAbandoned;
    assert!(world.alerts.iter().any(alerted));
    let message = world.status().message.clone().unwrap();
    assert!(
        message.contains("abandoned") && !message.contains("confirmed"),
        "{message}"
    );
}

// The controller was away across the end: whoever reads the log learns how long the access lasted.
#[test]
fn an_end_that_was_missed_is_told() {
    let mut world = active();
    world.now = minute(240);
    world.settle();
    let alerts = world.alerts.iter();
    let late: Vec<_> = alerts
        .filter(|alert| alert.reason == Reason::RevocationOverdue)
        .collect();
    assert_eq!(late.len(), 1, "{late:?}");
    assert!(late[0].sentence.contains("is removed only now"), "{late:?}");
    assert!(!world.assigned);
}
