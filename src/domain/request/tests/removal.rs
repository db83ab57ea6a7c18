//! From access to its end, whatever ends it.

use crate::api::{AssignmentOrigin, AssignmentState, OnEligibilityLost, Phase, Reason};
use crate::domain::facts::{OperationKind, OperationState, RequestId};
use crate::domain::fixtures::{Aws, World, active, minute, request};
use crate::domain::snapshot::{Clocks, Guard, Lease, SettingsFact};
use crate::domain::{Action, InstanceArn, due_from_memory};

pub(super) fn granting() -> World {
    let mut world = request().approved_by("bob");
    world.aws = Aws::Slow;
    let world = world.check(Phase::Approved, Reason::Granting);
    assert_eq!(world.state(), AssignmentState::Granting);
    world
}

#[test]
fn access_ends_at_its_end_and_is_confirmed_gone() {
    let mut world = active();
    world.until(minute(120));
    world.until(minute(122));
    let world = world.check(Phase::Ended, Reason::EndReached);
    assert!(!world.assigned && !world.snapshot.request.has_finalizer);
    assert_eq!((world.revocations(), world.state()), (1, AssignmentState::Gone));
    assert!(world.status().finished);
}

#[test]
fn whoever_may_ends_it_early_and_the_cause_is_recorded() {
    let end = |world: World, reason| {
        let mut world = world;
        world.until(minute(3));
        world.check(Phase::Revoked, reason)
    };
    end(active().cancelled(), Reason::EndedByRequester);
    end(active().revoked_by("carol"), Reason::RevokedByReviewer);
    end(active().revoked_by("root"), Reason::RevokedBySecurity);
    end(active().deleted(), Reason::Deleted);
}

// case 7
#[test]
fn a_delete_that_fails_for_an_hour_is_overdue_and_succeeds_in_the_end() {
    let mut world = active();
    world.settle();
    world.aws = Aws::Refuses;
    world.until(minute(180));
    assert_eq!(world.status().phase, Some(Phase::Revoking));
    let overdue = |world: &World| {
        world
            .last
            .as_ref()
            .unwrap()
            .alerts
            .iter()
            .any(|a| a.reason == Reason::RevocationOverdue)
    };
    assert!(overdue(&world) && world.revocations() > 10);
    assert!(world.status().message.as_ref().unwrap().contains("overdue"));
    world.aws = Aws::Works;
    world.until(minute(190));
    world.check(Phase::Ended, Reason::EndReached);
}

// case 15
#[test]
fn a_controller_that_was_down_across_the_end_records_the_true_end() {
    let mut world = active();
    world.now = minute(300);
    world.settle();
    world.until(minute(302));
    let world = world.check(Phase::Ended, Reason::EndReached);
    assert_eq!(
        world
            .status()
            .assignment
            .as_ref()
            .unwrap()
            .revoke_time
            .map(|at| at >= minute(300)),
        Some(true)
    );
}

// case 13
#[test]
fn lost_eligibility_revokes_or_is_kept_and_can_still_be_revoked() {
    let lose = |world: &mut World| {
        world.groups.get_mut("Engineers").unwrap().remove("alice");
    };
    let mut world = active().with(lose);
    world.until(minute(16));
    world.check(Phase::Revoked, Reason::EligibilityLost);
    let mut world = active().with(lose);
    world.settings().on_eligibility_lost = OnEligibilityLost::Keep;
    world.until(minute(16));
    let mut world = world
        .check(Phase::Active, Reason::AccessGranted)
        .revoked_by("root");
    world.until(minute(18));
    world.check(Phase::Revoked, Reason::RevokedBySecurity);
}

// case 17
#[test]
fn without_policies_and_settings_access_ends_on_time_with_keep_and_within_the_grace_with_revoke() {
    let take_away = |wish| {
        let mut world = active();
        world.snapshot.eligibility_policies.all[0].gone_since = Some(minute(1));
        world.snapshot.approver_policies.all[0].gone_since = Some(minute(1));
        world.snapshot.settings = SettingsFact::Missing {
            since: minute(1),
            on_eligibility_lost: Some(wish),
        };
        world.now = minute(1);
        world.settle();
        world
    };
    let mut keep = take_away(OnEligibilityLost::Keep);
    keep.until(minute(119));
    assert_eq!(keep.status().phase, Some(Phase::Active));
    keep.until(minute(122));
    keep.check(Phase::Ended, Reason::EndReached);
    let mut revoke = take_away(OnEligibilityLost::Revoke);
    revoke.until(minute(5));
    assert_eq!(revoke.status().phase, Some(Phase::Active));
    revoke.until(minute(8));
    revoke.check(Phase::Revoked, Reason::EligibilityLost);
}

// case 18
#[test]
fn a_deleted_request_is_revoked_before_its_finalizer_goes() {
    let mut world = active().deleted();
    world.aws = Aws::Refuses;
    world.until(minute(10));
    assert!(world.snapshot.request.has_finalizer);
    world.aws = Aws::Works;
    world.until(minute(20));
    let world = world.check(Phase::Revoked, Reason::Deleted);
    assert!(!world.snapshot.request.has_finalizer && !world.assigned);
}

// case 19
#[test]
fn a_person_deleted_or_renamed_is_removed_by_id() {
    let mut deleted = active();
    deleted.users.remove("alice");
    deleted.until(minute(17));
    let world = deleted.check(Phase::Revoked, Reason::EligibilityLost);
    let Some(Action::Revoke(tuple)) = world.actions.iter().find(|a| matches!(a, Action::Revoke(_))) else {
        unreachable!("{:?}", world.actions)
    };
    assert_eq!(tuple.user_id, "id-alice");
    let mut renamed = active();
    renamed.users.get_mut("alice").unwrap().user_name = "alice-married".to_owned();
    renamed.until(minute(17));
    renamed.check(Phase::Revoked, Reason::EligibilityLost);
}

// case 20
#[test]
fn cancelled_while_the_create_is_in_flight_it_is_removed_when_it_lands() {
    let mut world = granting();
    world.snapshot.request.spec.cancelled = Some(true);
    world.until(minute(2));
    assert_eq!(
        (world.status().phase, world.revocations()),
        (Some(Phase::Revoking), 0)
    );
    let create = world
        .status()
        .assignment
        .as_ref()
        .unwrap()
        .create
        .clone()
        .unwrap();
    let id = RequestId::new(create.request_id.unwrap());
    world
        .operations
        .insert((OperationKind::Creation, id), OperationState::Succeeded);
    world.assigned = true;
    world.aws = Aws::Works;
    world.until(minute(4));
    let world = world.check(Phase::Cancelled, Reason::EndedByRequester);
    assert!(!world.assigned && world.revocations() == 1);
}

// case 21
#[test]
fn a_create_whose_record_vanished_settles_before_anything_is_believed_gone() {
    let mut world = granting();
    world.snapshot.request.spec.cancelled = Some(true);
    world.operations.clear();
    world.aws = Aws::Works;
    world.until(minute(4));
    assert_eq!(
        (world.status().phase, world.revocations()),
        (Some(Phase::Revoking), 0)
    );
    world.assigned = true;
    world.until(minute(9));
    let world = world.check(Phase::Cancelled, Reason::EndedByRequester);
    assert!(!world.assigned);
}

#[test]
fn the_phase_at_the_end_tells_who_ended_what_was_never_held() {
    let finish = |change: fn(&mut World), phase, reason| {
        let mut world = granting().with(change);
        world.until(minute(1));
        world.aws = Aws::Works;
        world.operations.clear();
        world.until(minute(160));
        world.check(phase, reason);
    };
    finish(
        |w| w.snapshot.request.spec.cancelled = Some(true),
        Phase::Cancelled,
        Reason::EndedByRequester,
    );
    finish(
        |w| *w = std::mem::replace(w, request()).revoked_by("carol"),
        Phase::Revoked,
        Reason::RevokedByReviewer,
    );
    finish(
        |w| w.snapshot.guard = Guard::Unproven("?".to_owned()),
        Phase::Failed,
        Reason::GrantTimedOut,
    );
}

#[test]
fn an_intent_whose_check_fails_before_the_next_create_ends_as_denied() {
    let mut world = request().approved_by("bob");
    world.aws = Aws::Fails;
    world.settle();
    world.groups.get_mut("Engineers").unwrap().remove("alice");
    world.until(minute(3));
    world.aws = Aws::Works;
    world.until(minute(10));
    world.check(Phase::Denied, Reason::NotEligible);
}

// case 24
#[test]
fn with_another_instance_configured_nothing_is_believed_gone() {
    let mut world = active().cancelled();
    world.snapshot.identity_center.instance_arn = InstanceArn::new("another");
    world.until(minute(60));
    assert_eq!(
        (world.status().phase, world.state()),
        (Some(Phase::Revoking), AssignmentState::Removing)
    );
    assert_eq!(world.revocations(), 0);
    world.snapshot.identity_center.instance_arn = InstanceArn::new("instance");
    world.until(minute(62));
    world.check(Phase::Revoked, Reason::EndedByRequester);
}

#[test]
fn not_found_is_absence_only_when_the_instance_answers_and_the_account_is_gone() {
    let mut world = active().cancelled();
    world.instance_answers = false;
    world.until(minute(30));
    assert_eq!(world.state(), AssignmentState::Removing);
    world.instance_answers = true;
    world.account = None;
    world.until(minute(32));
    world.check(Phase::Revoked, Reason::EndedByRequester);
}

#[test]
fn removed_by_others_in_two_lists_is_not_put_back() {
    let mut world = active();
    world.assigned = false;
    world.now = minute(20);
    let world = world.check(Phase::Active, Reason::AccessGranted);
    let mut back = World {
        assigned: true,
        ..world
    };
    back.until(minute(23));
    let mut world = back.check(Phase::Active, Reason::AccessGranted);
    world.assigned = false;
    world.until(minute(45));
    let world = world.check(Phase::Revoked, Reason::RemovedExternally);
    assert_eq!(world.grants(), 1);
}

// case 23
#[test]
fn what_is_due_is_removed_from_memory_and_what_is_not_due_is_not() {
    let world = active();
    assert_eq!(due_from_memory(&world.snapshot, minute(119)), None);
    assert!(matches!(
        due_from_memory(&world.snapshot, minute(120)),
        Some(Action::Revoke(_))
    ));
    let mut standing = world;
    standing
        .snapshot
        .request
        .status
        .assignment
        .as_mut()
        .unwrap()
        .origin = Some(AssignmentOrigin::Standing);
    assert_eq!(due_from_memory(&standing.snapshot, minute(120)), None);
}

#[test]
fn revocation_needs_no_guard_lease_clock_settings_or_policy() {
    let mut world = active().cancelled();
    world.snapshot.guard = Guard::Broken("!".to_owned());
    world.snapshot.lease = Lease::Unsure("?".to_owned());
    world.snapshot.clocks = Clocks {
        api_server_ahead: Some(chrono::TimeDelta::hours(1)),
        aws_ahead: None,
    };
    world.snapshot.eligibility_policies.all.clear();
    world.snapshot.approver_policies.all.clear();
    world.snapshot.settings = SettingsFact::Missing {
        since: minute(0),
        on_eligibility_lost: None,
    };
    world.users.clear();
    world.until(minute(3));
    world.check(Phase::Revoked, Reason::EndedByRequester);
}

#[test]
fn ends_go_by_the_latest_clock() {
    let mut world = active();
    world.snapshot.clocks.aws_ahead = Some(chrono::TimeDelta::hours(2));
    world.pass();
    assert_eq!(world.status().phase, Some(Phase::Revoking));
}

// case 27
#[test]
fn thirty_two_votes_and_a_revocation() {
    let mut world = active();
    for number in 0..32 {
        world
            .snapshot
            .request
            .status
            .approvals
            .push(crate::api::Approval {
                approver: format!("voter{number}"),
                decision: crate::api::ReviewDecision::Rejected,
                comment: None,
            });
    }
    let mut world = world.revoked_by("root");
    world.until(minute(3));
    world.check(Phase::Revoked, Reason::RevokedBySecurity);
}
