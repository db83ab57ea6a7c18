//! From an approval to access: the start, the grant, the confirmation.

use crate::api::{
    Assignment, AssignmentOrigin, AssignmentState, ElevationRequestStatus, OperationOutcome, Phase, Reason,
};
use crate::domain::facts::{AccountState, OperationKind, OperationState, RequestId};
use crate::domain::fixtures::{Aws, World, active, minute, request};
use crate::domain::snapshot::{Clocks, Guard, Lease, SettingsFact, Sibling};
use crate::domain::{Action, Decision, InstanceArn};

/// Approved at minute 0 while nothing could be granted; nothing was asked of AWS yet.
pub(super) fn approved() -> World {
    let mut world = request().approved_by("bob");
    world.snapshot.lease = Lease::Unsure("paused".to_owned());
    world.pass();
    assert_eq!(
        (world.status().phase, world.state()),
        (Some(Phase::Approved), AssignmentState::None)
    );
    world.snapshot.lease = Lease::Held;
    world
}

pub(super) fn sibling(state: AssignmentState, phase: Phase) -> Sibling {
    let mut other = active();
    let assignment = other.snapshot.request.status.assignment.as_mut().unwrap();
    assignment.state = state;
    let status = ElevationRequestStatus {
        phase: Some(phase),
        ..other.snapshot.request.status.clone()
    };
    Sibling::of("uid-a", "orders/other", &other.snapshot.request.spec, &status)
}

fn assignment(world: &World) -> &Assignment {
    world.status().assignment.as_ref().unwrap()
}

#[test]
fn the_finalizer_goes_on_first_and_the_intent_names_the_call() {
    let mut world = approved();
    let before = world.status().clone();
    let decision = world.pass();
    assert_eq!(
        (decision.action, decision.status),
        (Some(Action::SetFinalizer), before)
    );
    let Decision { action, status, .. } = world.pass();
    let Some(Action::Grant(grant)) = action else {
        unreachable!("{action:?}")
    };
    assert_eq!(grant.not_after, minute(135));
    assert_eq!(
        Some(&grant.tuple),
        status.assignment.as_ref().unwrap().tuple.as_ref()
    );
    assert_eq!(
        status.assignment.unwrap().create.unwrap().outcome,
        OperationOutcome::Unknown
    );
}

#[test]
fn an_approval_whose_start_has_come_is_stored_with_the_intent() {
    let mut world = request().approved_by("bob");
    let pending = world.status().clone();
    let decision = world.pass();
    assert_eq!(
        (decision.action, decision.status),
        (Some(Action::SetFinalizer), pending)
    );
    let decision = world.pass();
    assert!(matches!(decision.action, Some(Action::Grant(_))));
    assert_eq!(decision.status.phase, Some(Phase::Approved));
    let told = decision.transition.unwrap();
    assert_eq!(
        (told.reason, told.message.as_str()),
        (Reason::ApprovalsComplete, "Approved by bob.")
    );
    assert_eq!(told.counted, ["bob"]);
}

#[test]
fn access_is_active_once_aws_says_so_and_lists_it() {
    let world = active();
    assert_eq!(assignment(&world).origin, Some(AssignmentOrigin::Created));
    let window = world.status().window.as_ref().unwrap();
    assert_eq!(
        (window.start_time, window.end_time),
        (Some(minute(0)), Some(minute(120)))
    );
    assert_eq!(assignment(&world).credentials_expiry_time, Some(minute(180)));
    assert_eq!(world.grants(), 1);
}

#[test]
fn a_start_in_the_future_is_awaited() {
    let mut world = request().with(|world| world.snapshot.request.spec.start_time = Some(minute(60)));
    world = world
        .approved_by("bob")
        .check(Phase::Approved, Reason::AwaitingStart);
    assert_eq!(
        world.last.as_ref().unwrap().wake_at.map(|at| at <= minute(60)),
        Some(true)
    );
    world.until(minute(60));
    world.check(Phase::Active, Reason::AccessGranted);
}

// case 8
#[test]
fn a_create_that_fails_later_is_never_active() {
    let mut world = approved();
    world.aws = Aws::Fails;
    world.until(minute(134));
    assert!(world.grants() > 10, "it is tried again");
    assert!(world.status().message.as_ref().unwrap().contains("role quota"));
    let mut world = world.check(Phase::Approved, Reason::Granting);
    world.aws = Aws::Works;
    world.until(minute(150));
    world.check(Phase::Failed, Reason::GrantTimedOut);
}

#[test]
fn success_without_a_listing_is_not_yet_access() {
    let mut world = approved();
    world.aws = Aws::Slow;
    world.settle();
    let request = RequestId::new(format!("op-{}", world.actions.len()));
    world
        .operations
        .insert((OperationKind::Creation, request), OperationState::Succeeded);
    world = world.check(Phase::Approved, Reason::Granting);
    world.assigned = true;
    world.check(Phase::Active, Reason::AccessGranted);
}

// case 21
#[test]
fn a_create_without_an_answer_is_repeated_and_makes_no_double() {
    let mut world = approved();
    world.aws = Aws::LosesAnswers;
    let mut world = world.check(Phase::Approved, Reason::Granting);
    assert_eq!(world.grants(), 1);
    world.aws = Aws::Works;
    world.until(minute(1));
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(world.grants(), 2);
}

// case 21
#[test]
fn a_vanished_record_is_believed_only_with_a_listing() {
    let mut world = approved();
    world.aws = Aws::Slow;
    world.settle();
    world.operations.clear();
    world.aws = Aws::Works;
    world = world.check(Phase::Approved, Reason::Granting);
    world.assigned = true;
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(world.grants(), 1);
}

// case 22
#[test]
fn a_confirmation_two_hours_late_gives_no_longer_access() {
    let mut world = approved();
    world.aws = Aws::Slow;
    world.settle();
    let request = RequestId::new(format!("op-{}", world.actions.len()));
    world
        .operations
        .insert((OperationKind::Creation, request), OperationState::Succeeded);
    world.assigned = true;
    world.now = minute(120);
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(
        world.status().window.as_ref().unwrap().end_time,
        Some(minute(135))
    );
}

// case 6
#[test]
fn standing_access_is_neither_created_nor_removed() {
    let mut world = request().approved_by("bob");
    world.assigned = true;
    let mut world = world.check(Phase::Active, Reason::StandingAccess);
    let steps = [None, Some(Phase::Pending), Some(Phase::Approved)].into_iter();
    let next = [Phase::Pending, Phase::Approved, Phase::Active];
    assert_eq!(world.transitions, steps.zip(next).collect::<Vec<_>>());
    assert_eq!(assignment(&world).origin, Some(AssignmentOrigin::Standing));
    world.until(minute(121));
    let world = world.check(Phase::Ended, Reason::EndReached);
    assert!(world.assigned && world.grants() == 0 && world.revocations() == 0);
    assert!(world.status().message.as_ref().unwrap().contains("remains"));
}

#[test]
fn groups_through_which_the_person_has_the_same_access_are_shown() {
    let mut world = approved();
    world.assigned_groups = ["Engineers", "Security", "Unnamed"].map(str::to_owned).into();
    world
        .groups
        .insert("Unnamed".to_owned(), ["alice".to_owned()].into());
    let world = world.check(Phase::Active, Reason::AccessGranted);
    // Nobody's policy names the last one, and AWS lists ids.
    assert_eq!(assignment(&world).also_via_groups, ["Engineers", "Unnamed"]);
}

// case 5
#[test]
fn an_overlapping_grant_is_inherited_without_a_call() {
    let mut world = approved();
    world.assigned = true;
    world.siblings = vec![sibling(AssignmentState::Held, Phase::Active)];
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(assignment(&world).origin, Some(AssignmentOrigin::Inherited));
    assert_eq!(world.grants(), 0);
}

#[test]
fn who_finds_a_sibling_removing_waits_until_it_is_gone() {
    let mut world = approved();
    world.siblings = vec![sibling(AssignmentState::Removing, Phase::Revoking)];
    let mut world = world.check(Phase::Approved, Reason::AwaitingSibling);
    world.siblings = vec![sibling(AssignmentState::Gone, Phase::Ended)];
    world.check(Phase::Active, Reason::AccessGranted);
}

#[test]
fn what_is_listed_right_after_a_removal_of_ours_is_not_taken_for_standing() {
    let mut world = approved();
    world.assigned = true;
    let mut gone = sibling(AssignmentState::Gone, Phase::Ended);
    gone.assignment.as_mut().unwrap().revoke_time = Some(minute(-1));
    world.siblings = vec![gone];
    let mut world = world.check(Phase::Approved, Reason::AwaitingSibling);
    world.assigned = false;
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(assignment(&world).origin, Some(AssignmentOrigin::Created));
}

type Obstacle = Box<dyn Fn(&mut World)>;

// case 26
#[test]
fn nothing_is_granted_without_guard_lease_clocks_settings_or_facts() {
    let missing = SettingsFact::Missing {
        since: minute(0),
        on_eligibility_lost: None,
    };
    let ahead = Clocks {
        aws_ahead: Some(chrono::TimeDelta::seconds(31)),
        api_server_ahead: None,
    };
    let obstacles: Vec<(Reason, Obstacle)> = vec![
        (
            Reason::GuardUnproven,
            Box::new(|w| w.snapshot.guard = Guard::Unproven("?".to_owned())),
        ),
        (
            Reason::GuardBroken,
            Box::new(|w| w.snapshot.guard = Guard::Broken("!".to_owned())),
        ),
        (
            Reason::LeaseUnsure,
            Box::new(|w| w.snapshot.lease = Lease::Unsure("paused".to_owned())),
        ),
        (Reason::ClockSkew, Box::new(move |w| w.snapshot.clocks = ahead)),
        (
            Reason::SettingsMissing,
            Box::new(move |w| w.snapshot.settings = missing.clone()),
        ),
        (Reason::LookupFailed, Box::new(|w| w.aws = Aws::Down)),
        (
            Reason::AccountNotActive,
            Box::new(|w| w.account.as_mut().unwrap().state = AccountState::Suspended),
        ),
    ];
    for (reason, obstacle) in obstacles {
        let mut world = approved();
        obstacle(&mut world);
        let mut world = world.check(Phase::Approved, reason);
        assert_eq!(world.actions, [], "{reason}");
        world.until(minute(135));
        world.check(Phase::Failed, Reason::GrantTimedOut);
    }
}

#[test]
fn the_check_at_the_start_denies_who_is_no_longer_eligible() {
    let mut world = request().with(|world| world.snapshot.request.spec.start_time = Some(minute(60)));
    world = world
        .approved_by("bob")
        .check(Phase::Approved, Reason::AwaitingStart);
    world.groups.get_mut("Engineers").unwrap().remove("alice");
    world.until(minute(60));
    let world = world.check(Phase::Denied, Reason::NotEligible);
    assert_eq!(world.grants(), 0);
}

#[test]
fn approval_that_became_necessary_denies_at_the_start_and_complete_approvals_stand() {
    let later = |world: &mut World| world.snapshot.request.spec.start_time = Some(minute(60));
    let mut waived = request().without_approval().with(later);
    waived.settle();
    waived.settings().approval_workflow = crate::api::Requirement::Required;
    waived.until(minute(60));
    waived.check(Phase::Denied, Reason::ApprovalNowRequired);
    let mut approved = request().with(later).approved_by("bob");
    approved.settle();
    approved.snapshot.approver_policies.all.clear();
    approved.until(minute(60));
    approved.check(Phase::Active, Reason::AccessGranted);
}

#[test]
fn an_approved_request_without_an_intent_ends_without_a_call() {
    let later = || request().with(|world| world.snapshot.request.spec.start_time = Some(minute(60)));
    later()
        .approved_by("bob")
        .cancelled()
        .check(Phase::Cancelled, Reason::CancelledByRequester);
    later()
        .approved_by("bob")
        .deleted()
        .check(Phase::Cancelled, Reason::Deleted);
    later()
        .approved_by("bob")
        .revoked_by("carol")
        .check(Phase::Revoked, Reason::RevokedByReviewer);
    let world = later()
        .approved_by("bob")
        .revoked_by("root")
        .check(Phase::Revoked, Reason::RevokedBySecurity);
    assert_eq!(world.actions, []);
}

#[test]
fn a_clock_stepping_backwards_neither_grants_again_nor_extends() {
    let mut world = active();
    world.now = minute(-600);
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(
        world.status().window.as_ref().unwrap().end_time,
        Some(minute(120))
    );
    assert_eq!(world.grants(), 1);
}

#[test]
fn with_another_instance_configured_a_create_under_way_is_not_believed_forgotten() {
    let mut world = approved();
    world.aws = Aws::Slow;
    world.settle();
    let create = assignment(&world).create.clone();
    assert_eq!(
        create.as_ref().map(|create| create.outcome),
        Some(OperationOutcome::InProgress)
    );
    world.snapshot.identity_center.instance_arn = InstanceArn::new("other");
    world.operations.clear();
    world.settle();
    assert_eq!(assignment(&world).create, create);
}
