//! Who may ask for what.

use crate::api::{EligibilityPolicySpec, PermissionSetName, Phase, Reason, Subject, SubjectKind, Waiver};
use crate::domain::facts::{AccountState, Enabled};
use crate::domain::fixtures::{Aws, World, active, eligibility, group, minute, policy, request, unit, user};
use crate::domain::snapshot::{SealCheck, SettingsFact};

fn under_unit(id: &str, include_nested: bool) -> World {
    request().with(|world| {
        let spec = &mut world.snapshot.eligibility_policies.all[0].spec;
        spec.accounts = vec![];
        spec.organizational_units = vec![unit(id, include_nested)];
    })
}

fn change_policy(world: World, change: impl FnOnce(&mut EligibilityPolicySpec)) -> World {
    world.with(|world| change(&mut world.snapshot.eligibility_policies.all[0].spec))
}

// case 1
#[test]
fn attributes_are_never_mixed_across_policies() {
    let world = request().with(|world| {
        let mut other = eligibility("24h");
        other.accounts = vec![crate::api::AccountId::parse("444455556666").unwrap()];
        world.snapshot.eligibility_policies.all[0].spec.max_duration = "2h".parse().unwrap();
        world
            .snapshot
            .eligibility_policies
            .all
            .push(policy("elsewhere", other));
        world.settings().max_request_duration = "24h".parse().unwrap();
        world.snapshot.request.spec.duration = "10h".parse().unwrap();
    });
    let world = world.check(Phase::Denied, Reason::NotEligible);
    let message = world.status().message.clone().unwrap();
    assert!(
        message.contains("orders: it allows at most 2h, not 10h"),
        "{message}"
    );
    assert!(
        message.contains("elsewhere: it does not cover account"),
        "{message}"
    );
}

// case 2
#[test]
fn one_policy_that_waives_is_not_enough_unless_settings_say_so() {
    let two = || {
        request().with(|world| {
            let mut waives = eligibility("8h");
            waives.approval_required = false;
            world
                .snapshot
                .eligibility_policies
                .all
                .push(policy("waives", waives));
        })
    };
    two().check(Phase::Pending, Reason::AwaitingApproval);
    let mut any = two();
    any.settings().waiver = Waiver::WaiveIfAny;
    any.check(Phase::Active, Reason::AccessGranted);
}

// case 3
#[test]
fn a_unit_covers_the_accounts_in_it_and_those_below_its_children_only_when_nested() {
    let table = [
        ("ou-ab12-pay00001", true, true),
        ("ou-ab12-pay00001", false, true),
        ("ou-ab12-prod0001", true, true),
        ("ou-ab12-prod0001", false, false),
        ("r-ab12", true, true),
        ("r-ab12", false, false),
        ("ou-ab12-other001", true, false),
    ];
    for (id, include_nested, covered) in table {
        let mut world = under_unit(id, include_nested);
        world.settle();
        let expected = if covered { Phase::Pending } else { Phase::Denied };
        assert_eq!(world.status().phase, Some(expected), "{id}, {include_nested}");
    }
}

#[test]
fn each_attribute_of_a_policy_has_to_match() {
    let pending = |world: World| {
        world.check(Phase::Pending, Reason::AwaitingApproval);
    };
    let denied = |world: World, why: &str| {
        let world = world.check(Phase::Denied, Reason::NotEligible);
        let message = world.status().message.clone().unwrap();
        assert!(
            message.ends_with(&format!(" Nearest: orders: {why}.")),
            "{message}"
        );
    };
    let lasting =
        |duration: &str| change_policy(request(), |spec| spec.max_duration = duration.parse().unwrap());
    pending(lasting("2h"));
    denied(lasting("1h59m59s"), "it allows at most 1h59m59s, not 2h");
    let named = |name: &str| {
        let (kind, name) = (SubjectKind::User, name.to_owned());
        change_policy(request(), |spec| spec.subjects = vec![Subject { kind, name }])
    };
    pending(named("alice"));
    denied(named("bob"), "it does not name you or a group you are in");
    denied(
        change_policy(request(), |spec| {
            spec.permission_sets = vec![PermissionSetName::parse("ReadOnlyAccess").unwrap()];
        }),
        "it has the permission sets ReadOnlyAccess",
    );
}

#[test]
fn a_refusal_explains_the_three_nearest_policies_by_what_they_miss() {
    let world = request().with(|world| {
        let mut other_people = eligibility("8h");
        other_people.subjects = vec![group("Security")];
        let mut far = eligibility("1h");
        far.accounts = vec![];
        far.permission_sets = vec![PermissionSetName::parse("ReadOnlyAccess").unwrap()];
        let mut shorter_for_others = eligibility("1h");
        shorter_for_others.subjects = vec![group("Security")];
        let mut gone = policy("gone", eligibility("1h"));
        gone.gone_since = Some(minute(0));
        world.snapshot.eligibility_policies.all = vec![
            policy("e", shorter_for_others.clone()),
            policy("d", shorter_for_others),
            policy("far", far),
            policy("c", eligibility("90m")),
            policy("b", other_people),
            gone,
        ];
    });
    let world = world.check(Phase::Denied, Reason::NotEligible);
    let person = "it does not name you or a group you are in";
    assert_eq!(
        world.status().message.as_deref().unwrap(),
        format!(
            "No EligibilityPolicy alone matches you, the account, the permission set and the duration. Nearest: c: it \
             allows at most 1h30m, not 2h; b: {person}; d: it allows at most 1h, not 2h and {person}."
        )
    );
}

// case 4
#[test]
fn the_ceiling_of_the_settings_wins_over_a_policy_that_names_more() {
    let world = request().with(|world| {
        world.snapshot.eligibility_policies.all[0].spec.max_duration = "24h".parse().unwrap();
        world.snapshot.request.spec.duration = "12h".parse().unwrap();
    });
    let world = world.check(Phase::Denied, Reason::DurationTooLong);
    let message = world.status().message.clone().unwrap();
    assert!(message.contains("12h") && message.contains("9h"), "{message}");
}

#[test]
fn unknown_people_are_denied_and_unanswered_questions_are_not() {
    request()
        .by("nobody")
        .check(Phase::Denied, Reason::RequesterUnknown);
    let disabled = |world: &mut World| world.users.get_mut("alice").unwrap().enabled = Enabled::No;
    request()
        .with(disabled)
        .check(Phase::Denied, Reason::RequesterDisabled);
    let mut world = request();
    world.aws = Aws::Down;
    world.settle();
    assert_eq!(
        (world.status().phase, world.status().reason),
        (None, Some(Reason::LookupFailed))
    );
    world.until(minute(180));
    world.check(Phase::Expired, Reason::RequestExpired);
}

#[test]
fn accounts_that_are_gone_closed_or_out_of_reach_are_denied() {
    request()
        .with(|world| world.account = None)
        .check(Phase::Denied, Reason::AccountUnknown);
    let closed = |world: &mut World| world.account.as_mut().unwrap().state = AccountState::Closed;
    request()
        .with(closed)
        .check(Phase::Denied, Reason::AccountNotActive);
    let management = |world: &mut World| {
        world.snapshot.identity_center.delegated_administrator = true;
        let id = crate::api::AccountId::parse("999999999999").unwrap();
        world.snapshot.request.spec.account_id = id.clone();
        world.account.as_mut().unwrap().id = id;
    };
    request()
        .with(management)
        .check(Phase::Denied, Reason::ManagementAccount);
}

// case 14
#[test]
fn what_admission_would_refuse_is_denied_too() {
    let far = |world: &mut World| world.snapshot.request.spec.start_time = Some(minute(60 * 24 * 3650));
    request().with(far).check(Phase::Denied, Reason::StartTooFarAhead);
    let blank = |world: &mut World| world.snapshot.request.spec.justification = Some(" \u{2003}".to_owned());
    request()
        .with(blank)
        .check(Phase::Denied, Reason::JustificationMissing);
    let unicode = |world: &mut World| world.snapshot.request.spec.justification = Some("修復".to_owned());
    request()
        .with(unicode)
        .check(Phase::Pending, Reason::AwaitingApproval);
    let ticket = |world: &mut World| world.snapshot.request.spec.ticket_number = None;
    request().with(ticket).check(Phase::Denied, Reason::TicketInvalid);
    let past = |world: &mut World| world.snapshot.request.spec.start_time = Some(minute(-60));
    request()
        .with(past)
        .approved_by("bob")
        .check(Phase::Active, Reason::AccessGranted);
}

#[test]
fn too_many_open_requests_are_denied() {
    let open = |id: &str, count| {
        request().with(|world| {
            for _ in 0..count {
                world.snapshot.open_requests.add(None, id);
            }
        })
    };
    open("id-alice", 20).check(Phase::Denied, Reason::TooManyOpenRequests);
    open("id-alice", 19).check(Phase::Pending, Reason::AwaitingApproval);
    open("id-bob", 20).check(Phase::Pending, Reason::AwaitingApproval);
}

#[test]
fn no_longer_eligible_while_pending_is_denied() {
    let mut world = request();
    world.settle();
    world.groups.get_mut("Engineers").unwrap().remove("alice");
    world.check(Phase::Denied, Reason::NotEligible);
}

#[test]
fn a_policy_or_group_that_disappears_counts_after_the_grace() {
    let mut world = request();
    world.settle();
    world.snapshot.eligibility_policies.all[0].gone_since = Some(minute(1));
    world.now = minute(1);
    let mut world = world.check(Phase::Pending, Reason::PolicyDisappeared);
    world.until(minute(16));
    world.check(Phase::Denied, Reason::NotEligible);

    let mut world = request();
    world.settle();
    world.missing_groups.insert("Engineers".to_owned(), minute(1));
    world.now = minute(15);
    let mut world = world.check(Phase::Pending, Reason::GroupNotFound);
    world.until(minute(16));
    world.check(Phase::Denied, Reason::NotEligible);
}

#[test]
fn what_live_access_rests_on_alarms_at_once_when_it_disappears_and_when_it_is_back_no_more() {
    type Disappearance = fn(&mut World);
    let cases: [(Reason, Disappearance); 4] = [
        (Reason::PolicyDisappeared, |world| {
            world.snapshot.eligibility_policies.all[0].gone_since = Some(minute(1));
        }),
        (Reason::PolicyDisappeared, |world| {
            world.snapshot.approver_policies.all[0].gone_since = Some(minute(1));
        }),
        (Reason::GroupNotFound, |world| {
            world.missing_groups.insert("Engineers".to_owned(), minute(1));
        }),
        (Reason::SettingsMissing, |world| {
            world.snapshot.settings = SettingsFact::Missing {
                since: minute(1),
                on_eligibility_lost: None,
            };
        }),
    ];
    for (reason, disappear) in cases {
        let mut world = active();
        let before = world.snapshot.clone();
        disappear(&mut world);
        world.now = minute(2);
        world.settle();
        let told: Vec<Reason> = world.alerts.iter().map(|alert| alert.reason).collect();
        assert!(
            !told.is_empty() && told.iter().all(|one| *one == reason),
            "{told:?}"
        );
        let mut world = world.check(Phase::Active, Reason::AccessGranted);
        world.snapshot.eligibility_policies = before.eligibility_policies;
        world.snapshot.approver_policies = before.approver_policies;
        world.snapshot.settings = before.settings;
        world.missing_groups.clear();
        world.alerts.clear();
        world.until(minute(30));
        assert!(world.alerts.is_empty(), "{reason}: {:?}", world.alerts);
    }
}

#[test]
fn who_cannot_be_looked_up_does_not_hide_when_a_disappearance_counts() {
    let mut world = request();
    world.settle();
    world.snapshot.eligibility_policies.all[0].gone_since = Some(minute(1));
    world.missing_groups.insert("Engineers".to_owned(), minute(3));
    world.now = minute(3);
    let mut world = world.check(Phase::Pending, Reason::PolicyDisappeared);
    let wake_at = Some(world.wake_at());
    assert!(wake_at.is_some_and(|at| at <= minute(16)), "{wake_at:?}");
}

#[test]
fn a_policy_made_again_under_its_name_has_replaced_the_one_that_went() {
    let mut world = request();
    world.settle();
    world.snapshot.eligibility_policies.all[0].gone_since = Some(minute(1));
    let mut again = policy("orders", eligibility("8h"));
    again.uid = "uid-again".to_owned();
    world.snapshot.eligibility_policies.all.push(again);
    world.now = minute(1);
    world.check(Phase::Pending, Reason::AwaitingApproval);
}

// case 28
#[test]
fn a_recycled_user_name_gives_the_new_person_nothing() {
    let mut world = request();
    world.settle();
    let mut other = user("alice");
    other.id = crate::api::UserId::new("id-another-alice");
    world.users.get_mut("alice").unwrap().user_name = "alice-old".to_owned();
    world.users.insert("another".to_owned(), other);
    world
        .approved_by("bob")
        .check(Phase::Denied, Reason::RequesterUnknown);
}

// case 25
#[test]
fn a_forged_status_ends_a_request_without_access() {
    let mut world = request();
    world.settle();
    world.snapshot.request.status.phase = Some(Phase::Approved);
    world.snapshot.request.seal = SealCheck::Broken;
    let decision = world.pass();
    assert_eq!(decision.alerts[0].reason, Reason::SealBroken);
    let world = world.check(Phase::Denied, Reason::SealBroken);
    assert_eq!(
        world.transitions.last(),
        Some(&(Some(Phase::Approved), Phase::Denied))
    );
    assert_eq!(world.grants(), 0);
}

#[test]
fn cancelled_or_deleted_before_anything_was_looked_at_is_cancelled() {
    let mut world = request();
    world.snapshot.request.spec.cancelled = Some(true);
    world.check(Phase::Cancelled, Reason::CancelledByRequester);
    let mut world = request();
    world.snapshot.request.deleted_at = Some(minute(0));
    world.check(Phase::Cancelled, Reason::Deleted);
}

#[test]
fn an_unrelated_policy_changes_nothing_for_a_request() {
    let mut world = request();
    world.settle();
    let before = world.status().clone();
    let mut unrelated = eligibility("8h");
    unrelated.approval_required = false;
    unrelated.accounts = vec![crate::api::AccountId::parse("444455556666").unwrap()];
    world
        .snapshot
        .eligibility_policies
        .all
        .insert(0, policy("a", unrelated));
    world.settle();
    assert_eq!(*world.status(), before);
}
