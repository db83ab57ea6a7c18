//! At a limit and just beyond it, and at which moment a request is checked against it.

use chrono::TimeDelta;

use crate::api::{AccountId, OnEligibilityLost, Phase, Reason, Requirement};
use crate::domain::facts::AccountState;
use crate::domain::fixtures::{Aws, World, active, approved, minute, request};
use crate::domain::snapshot::{Guard, SettingsFact};
use crate::domain::window::after;

const MANAGEMENT: &str = "999999999999";

fn second(minutes: i64, seconds: i64) -> crate::api::Timestamp {
    after(minute(minutes), TimeDelta::seconds(seconds))
}

/// Denied when it was new, without having waited.
#[track_caller]
fn denied_at_once(world: World, reason: Reason) {
    let world = world.check(Phase::Denied, reason);
    assert_eq!(world.transitions, [(None, Phase::Denied)]);
}

#[track_caller]
fn accepted(world: World) -> World {
    world.check(Phase::Pending, Reason::AwaitingApproval)
}

#[test]
fn a_request_may_last_as_long_as_settings_allow() {
    let lasting = |duration: &str| {
        request().with(|world| {
            world.snapshot.eligibility_policies.all[0].spec.max_duration = "24h".parse().unwrap();
            world.snapshot.request.spec.duration = duration.parse().unwrap();
        })
    };
    accepted(lasting("9h"));
    denied_at_once(lasting("9h1s"), Reason::DurationTooLong);
}

#[test]
fn a_start_may_lie_as_far_ahead_as_settings_allow() {
    let latest = 720 * 60;
    let starting = |at| request().with(|world| world.snapshot.request.spec.start_time = Some(at));
    accepted(starting(minute(latest)));
    denied_at_once(starting(second(latest, 1)), Reason::StartTooFarAhead);
}

#[test]
fn what_only_a_new_request_is_held_against_denies_no_request_that_waits() {
    let blank = |world: &mut World| world.snapshot.request.spec.justification = None;
    let no_ticket = |world: &mut World| world.snapshot.request.spec.ticket_number = None;
    denied_at_once(request().with(blank), Reason::JustificationMissing);
    denied_at_once(request().with(no_ticket), Reason::TicketInvalid);
    let mut waits = accepted(
        request()
            .with(|world| {
                let settings = world.settings();
                settings.justification = Requirement::NotRequired;
                settings.ticket_number.requirement = Requirement::NotRequired;
            })
            .with(blank)
            .with(no_ticket),
    );
    waits.settings().justification = Requirement::Required;
    waits.settings().ticket_number.requirement = Requirement::Required;
    accepted(waits);
}

#[test]
fn the_number_of_open_requests_matters_to_a_new_one_only() {
    let many = |name: Option<&'static str>| {
        move |world: &mut World| {
            for _ in 0..20 {
                world.snapshot.open_requests.add(name, "id-alice");
            }
        }
    };
    denied_at_once(request().with(many(None)), Reason::TooManyOpenRequests);
    accepted(accepted(request()).with(many(Some("alice"))));
    let unknown = |world: &mut World| world.users.clear();
    // Nobody is looked up for a person's surplus: or it would be told that Identity Center does not know her.
    let surplus = request().with(many(Some("alice"))).with(unknown);
    surplus.check(Phase::Denied, Reason::TooManyOpenRequests);
}

#[test]
fn the_management_account_is_out_of_reach_of_a_delegated_administrator_only() {
    let asked = |delegated, account: &str| {
        request().with(|world| {
            let id = AccountId::parse(account).unwrap();
            world.snapshot.identity_center.delegated_administrator = delegated;
            world.snapshot.request.spec.account_id = id.clone();
            world.account.as_mut().unwrap().id = id.clone();
            world.snapshot.eligibility_policies.all[0].spec.accounts = vec![id.clone()];
            world.snapshot.approver_policies.all[0].spec.accounts = vec![id];
        })
    };
    denied_at_once(asked(true, MANAGEMENT), Reason::ManagementAccount);
    accepted(asked(false, MANAGEMENT));
    accepted(asked(true, "111122223333"));
}

#[test]
fn an_account_that_is_not_active_denies_waits_or_stays_by_the_moment() {
    use AccountState::{Active, Closed, PendingActivation, PendingClosure, Suspended, Unrecognized};
    // What becomes of a request that is new, of one that starts, and of access that lasts.
    let (denied, revoked, waits) = (Some(Phase::Denied), Some(Phase::Revoked), None);
    let table = [
        (
            Active,
            Some(Phase::Pending),
            Some(Phase::Active),
            Some(Phase::Active),
        ),
        (Closed, denied, denied, revoked),
        (PendingClosure, denied, denied, revoked),
        (Suspended, denied, Some(Phase::Approved), Some(Phase::Active)),
        (
            PendingActivation,
            waits,
            Some(Phase::Approved),
            Some(Phase::Active),
        ),
        (Unrecognized, waits, Some(Phase::Approved), Some(Phase::Active)),
    ];
    for (state, new, starting, lasting) in table {
        let becomes = |world: World, end| {
            let mut world = world.with(|world| world.account.as_mut().unwrap().state = state);
            world.until(end);
            world.status().phase
        };
        assert_eq!(becomes(request(), minute(1)), new, "new, {state:?}");
        let approved = request()
            .with(|world| world.snapshot.request.spec.start_time = Some(minute(60)))
            .approved_by("bob")
            .check(Phase::Approved, Reason::AwaitingStart);
        assert_eq!(becomes(approved, minute(61)), starting, "starting, {state:?}");
        assert_eq!(becomes(active(), minute(20)), lasting, "lasting, {state:?}");
    }
}

#[test]
fn settings_that_are_missing_end_access_when_their_grace_is_over() {
    let mut world = active();
    world.snapshot.settings = SettingsFact::Missing {
        since: minute(1),
        on_eligibility_lost: Some(OnEligibilityLost::Revoke),
    };
    world.now = second(15, 59);
    let mut world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(world.wake_at(), minute(16));
    world.now = minute(16);
    world.check(Phase::Revoked, Reason::EligibilityLost);
}

#[test]
fn a_window_closes_to_the_second_whether_or_not_aws_was_asked() {
    let mut approved = approved();
    approved.snapshot.guard = Guard::Unproven("paused".to_owned());
    approved = approved.check(Phase::Approved, Reason::GuardUnproven);
    approved.now = second(134, 59);
    approved = approved.check(Phase::Approved, Reason::GuardUnproven);
    approved.now = minute(135);
    approved.check(Phase::Failed, Reason::GrantTimedOut);
    let mut granting = request().approved_by("bob");
    granting.aws = Aws::Slow;
    granting.until(second(134, 59));
    granting = granting.check(Phase::Approved, Reason::Granting);
    granting.until(minute(136));
    granting.check(Phase::Revoking, Reason::GrantTimedOut);
}

#[test]
fn clocks_may_be_half_a_minute_apart() {
    for (seconds, phase, reason) in [
        (30, Phase::Active, Reason::AccessGranted),
        (31, Phase::Approved, Reason::ClockSkew),
    ] {
        let mut world = request().approved_by("bob");
        world.snapshot.clocks.aws_ahead = Some(TimeDelta::seconds(seconds));
        world.check(phase, reason);
    }
}

#[test]
fn what_a_delegated_administrator_cannot_assign_is_denied_before_anybody_approves() {
    let provisioned = |delegated, at: &'static [&'static str]| {
        request().with(|world| {
            world.snapshot.identity_center.delegated_administrator = delegated;
            world.provisioned_in = at.iter().map(|id| AccountId::parse(*id).unwrap()).collect();
        })
    };
    let world = provisioned(true, &["111122223333", MANAGEMENT]);
    denied_at_once(world, Reason::ManagementAccount);
    accepted(provisioned(false, &["111122223333", MANAGEMENT]));
    accepted(provisioned(true, &["111122223333"]));
    let mut waits = accepted(provisioned(true, &[]));
    waits.provisioned_in = vec![AccountId::parse(MANAGEMENT).unwrap()];
    waits.now = minute(20); // what was known is too old
    let denied = waits.check(Phase::Denied, Reason::ManagementAccount);
    let message = denied.status().message.clone().unwrap();
    assert!(
        message.starts_with(
            "Permission set DatabaseAdmin is provisioned in the management account 999999999999"
        ),
        "{message}"
    );
    let mut has_access = active();
    has_access.snapshot.identity_center.delegated_administrator = true;
    has_access.provisioned_in = vec![AccountId::parse(MANAGEMENT).unwrap()];
    has_access.check(Phase::Active, Reason::AccessGranted);
}

#[test]
fn a_permission_set_in_other_letters_is_named_as_policies_name_it() {
    let spelled = |name: &'static str| {
        let world = request().with(|world| {
            world.snapshot.request.spec.permission_set = crate::api::PermissionSetName::parse(name).unwrap();
        });
        let world = world.check(Phase::Denied, Reason::PermissionSetUnknown);
        world.status().message.clone().unwrap()
    };
    assert_eq!(
        spelled("databaseadmin"),
        "Identity Center has no permission set databaseadmin. Policies name DatabaseAdmin: letters must be the same."
    );
    assert_eq!(spelled("Other"), "Identity Center has no permission set Other.");
}
