//! From an approval to access: the start, the claim, the confirmation.

use crate::api::{AssignmentState, InstanceArn, Phase, Reason};
use crate::domain::facts::{AccountState, OperationKind, OperationState};
use crate::domain::fixtures::{Aws, World, active, approved, minute, request};
use crate::domain::snapshot::{Clocks, Guard, SettingsFact};

#[test]
fn between_an_approval_and_the_create_stand_three_writes() {
    let mut world = request();
    world.settle();
    let before = world.writes;
    let mut world = world.approved_by("bob");
    world.request_pass();
    assert_eq!(world.writes - before, 2, "Approved, and the claim");
    world.assignment_pass();
    assert_eq!(world.writes - before, 3, "and the intent");
    assert_eq!(world.grants(), 1);
    world.until(minute(1));
    world.check(Phase::Active, Reason::AccessGranted);
}

#[test]
fn access_is_active_once_aws_says_so_and_lists_it() {
    let world = active();
    let window = world.status().window.as_ref().unwrap();
    assert_eq!(
        (window.start_time, window.end_time),
        (Some(minute(0)), Some(minute(120)))
    );
    let assignment = world.status().assignment.as_ref().unwrap();
    assert_eq!(assignment.credentials_expiry_time, Some(minute(180)));
    assert_eq!(
        (assignment.state, world.state()),
        (AssignmentState::Present, AssignmentState::Present)
    );
    assert_eq!(world.grants(), 1);
}

#[test]
fn a_start_in_the_future_is_awaited_and_claimed_a_minute_before() {
    let mut world = request().with(|world| world.snapshot.request.spec.start_time = Some(minute(60)));
    world = world
        .approved_by("bob")
        .check(Phase::Approved, Reason::AwaitingStart);
    assert!(world.wake_at() <= minute(59));
    world.until(minute(58));
    assert_eq!(world.records.len(), 0);
    world.until(minute(59));
    assert_eq!((world.records.len(), world.grants()), (1, 0));
    world.until(minute(60));
    world.check(Phase::Active, Reason::AccessGranted);
}

// case 8
#[test]
fn a_create_that_fails_later_is_never_active() {
    let mut world = approved();
    world.aws = Aws::Fails;
    world.until(minute(134));
    assert!(world.grants() > 10, "it is tried again: {}", world.grants());
    assert!(world.status().message.as_ref().unwrap().contains("role quota"));
    let mut world = world.check(Phase::Approved, Reason::Granting);
    world.until(minute(136));
    let world = world.check(Phase::Failed, Reason::GrantTimedOut);
    assert!(
        world.status().message.as_ref().unwrap().contains("role quota"),
        "{:?}",
        world.status().message
    );
}

#[test]
fn success_without_a_listing_is_not_yet_access() {
    let mut world = approved();
    world.aws = Aws::Slow;
    world.settle();
    for state in world.operations.values_mut() {
        *state = OperationState::Succeeded;
    }
    world.until(minute(1));
    assert_eq!(world.status().phase, Some(Phase::Approved));
    world.assigned = true;
    world.until(minute(2));
    world.check(Phase::Active, Reason::AccessGranted);
}

// case 21
#[test]
fn a_create_without_an_answer_is_repeated_only_where_a_list_lacks_it() {
    let mut world = approved();
    world.aws = Aws::LosesAnswers;
    world.settle();
    let mut there = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(there.grants(), 1);
    there.until(minute(3));
    assert_eq!(there.grants(), 1);
    let mut world = approved();
    world.aws = Aws::LosesAnswers;
    world.assignment_pass();
    world.request_pass();
    world.assignment_pass();
    world.assigned = false;
    world.aws = Aws::Works;
    world.until(minute(1));
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(world.grants(), 2);
}

// case 22
#[test]
fn a_confirmation_two_hours_late_gives_no_longer_access() {
    let mut world = approved();
    world.aws = Aws::Slow;
    world.until(minute(130));
    assert_eq!(world.status().phase, Some(Phase::Approved));
    for state in world.operations.values_mut() {
        *state = OperationState::Succeeded;
    }
    world.assigned = true;
    world.until(minute(131));
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(
        world.status().window.as_ref().unwrap().end_time,
        Some(minute(135))
    );
}

// case 6
#[test]
fn standing_access_ends_the_request_and_is_never_touched() {
    let mut world = request().approved_by("bob");
    world.assigned = true;
    world.until(minute(2));
    let mut world = world.check(Phase::Ended, Reason::StandingAccess);
    assert!(
        world
            .alerts
            .iter()
            .any(|alert| alert.reason == Reason::StandingAccess)
    );
    world.until(minute(200));
    assert!(world.assigned && world.calls.is_empty(), "{:?}", world.calls);
    assert_eq!(world.records.len(), 0, "nobody needs the record any more");
}

type Obstacle = Box<dyn Fn(&mut World)>;

// case 26
#[test]
fn nothing_is_granted_without_guard_clocks_settings_or_facts() {
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
        assert_eq!(world.grants(), 0, "{reason}");
        world.until(minute(135));
        assert_eq!(world.grants(), 0, "{reason}");
        let reached = (world.status().phase, world.status().reason);
        assert_eq!(
            reached,
            (Some(Phase::Failed), Some(Reason::GrantTimedOut)),
            "{reason}"
        );
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

// A request that has claimed nothing ends at once; one whose claim is due leaves an ended claim behind.
#[test]
fn an_approved_request_ends_before_its_start_without_a_record() {
    type End = fn(World) -> World;
    let later = || request().with(|world| world.snapshot.request.spec.start_time = Some(minute(60)));
    let ends: [(End, Phase, Reason); 4] = [
        (World::cancelled, Phase::Cancelled, Reason::CancelledByRequester),
        (World::deleted, Phase::Cancelled, Reason::Deleted),
        (
            |world| world.revoked_by("carol"),
            Phase::Revoked,
            Reason::RevokedByReviewer,
        ),
        (
            |world| world.revoked_by("root"),
            Phase::Revoked,
            Reason::RevokedBySecurity,
        ),
    ];
    for (end, phase, reason) in ends {
        let world = end(later().approved_by("bob")).check(phase, reason);
        assert_eq!((world.records.len(), world.calls.len()), (0, 0), "{reason}");
    }
    let mut due = approved().with(|world| world.snapshot.request.spec.cancelled = Some(true));
    due.settle();
    let due = due.check(Phase::Cancelled, Reason::CancelledByRequester);
    assert!(due.claim().ended.is_some());
    assert_eq!(due.calls.len(), 0);
}

// Case 7 of the sequences: an admission that hung lands after its request was cancelled, and finds its turn taken.
#[test]
fn an_admission_that_lands_late_finds_its_turn_taken() {
    let mut world = approved().with(|world| world.snapshot.request.spec.cancelled = Some(true));
    let mut claim = active().claim().clone();
    claim.start_time = None;
    claim.end_time = None;
    world.settle();
    let record = world.stored().record.as_mut().unwrap();
    let before = record.clone();
    assert_eq!(
        record.admit(claim),
        crate::domain::assignment::Admission::HadItsTurn
    );
    assert_eq!(*record, before);
    world.until(minute(10));
    assert_eq!(world.calls, []);
}

#[test]
fn a_clock_stepping_backwards_neither_grants_again_nor_extends() {
    let mut world = active();
    world.set_clock(minute(-600));
    let mut world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(
        world.status().window.as_ref().unwrap().end_time,
        Some(minute(120))
    );
    world.snapshot.clocks = Clocks {
        api_server_ahead: Some(chrono::TimeDelta::minutes(721)),
        aws_ahead: None,
    };
    world.until(minute(-598));
    assert_eq!(
        (world.grants(), world.assigned),
        (1, false),
        "the API server's clock says that the end has come"
    );
}

// case 24, and A9 of the review: another instance that exists knows nobody of ours.
#[test]
fn what_another_instance_says_about_people_is_not_believed() {
    let mut world = active();
    world.snapshot.identity_center.instance_arn = InstanceArn::new("other");
    world.users.remove("alice");
    world.until(minute(100));
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert!(world.assigned);
    let mut pending = request();
    pending.settle();
    pending.snapshot.identity_center.instance_arn = InstanceArn::new("other");
    pending.users.remove("alice");
    pending.until(minute(30));
    pending.check(Phase::Pending, Reason::AnotherInstance);
}

#[test]
fn a_create_that_is_under_way_is_not_repeated() {
    let mut world = approved();
    world.aws = Aws::Slow;
    world.until(minute(15));
    assert_eq!(world.calls, [OperationKind::Creation]);
}
