//! Several policies at once: which of them a request rests on, and whose word about approval counts.

use chrono::TimeDelta;

use crate::api::{EligibilityPolicySpec, Phase, Reason, Waiver};
use crate::domain::fixtures::{World, eligibility, minute, policy, request};
use crate::domain::snapshot::{Policies, PolicyFact};
use crate::domain::window::after;

/// A world with nothing but policies that match, by name and whether each asks for approval.
fn under(waiver: Waiver, all: &[(&str, bool)]) -> World {
    request().with(|world| {
        world.settings().waiver = waiver;
        let matching = |(name, asks): &(&str, bool)| {
            let mut spec = eligibility("8h");
            spec.approval_required = *asks;
            policy(name, spec)
        };
        world.snapshot.eligibility_policies.all = all.iter().map(matching).collect();
    })
}

/// The last of them went a moment ago: it may come back, and may not.
fn the_last_one_gone(world: &mut World) {
    let last = world.snapshot.eligibility_policies.all.last_mut().unwrap();
    last.gone_since = Some(minute(0));
}

fn rests_on(world: &World) -> &str {
    &world.status().eligibility.as_ref().unwrap().policy
}

// case 2
#[test]
fn every_mixture_of_policies_about_approval_has_one_answer() {
    let (needed, waived) = (Phase::Pending, Phase::Active);
    let table: [(Waiver, &[bool], Phase); 8] = [
        (Waiver::Never, &[true], needed),
        (Waiver::Never, &[false], waived),
        (Waiver::Never, &[false, true], needed),
        (Waiver::Never, &[false, false], waived),
        (Waiver::WaiveIfAny, &[true], needed),
        (Waiver::WaiveIfAny, &[false], waived),
        (Waiver::WaiveIfAny, &[true, false], waived),
        (Waiver::WaiveIfAny, &[true, true], needed),
    ];
    for (waiver, asks, phase) in table {
        let all: Vec<(&str, bool)> = ["a", "b"].into_iter().zip(asks.iter().copied()).collect();
        let mut world = under(waiver, &all);
        world.settle();
        assert_eq!(world.status().phase, Some(phase), "{waiver:?}, {asks:?}");
    }
}

#[test]
fn a_policy_that_may_be_back_is_waited_for_only_where_its_word_would_change_the_answer() {
    let table = [
        (Waiver::Never, false, false, Some(Phase::Active)),
        (Waiver::Never, false, true, None),
        (Waiver::Never, true, false, Some(Phase::Pending)),
        (Waiver::WaiveIfAny, true, true, Some(Phase::Pending)),
        (Waiver::WaiveIfAny, true, false, None),
        (Waiver::WaiveIfAny, false, true, Some(Phase::Active)),
    ];
    for (waiver, stays, went, phase) in table {
        let mut world = under(waiver, &[("stays", stays), ("went", went)]).with(the_last_one_gone);
        world.settle();
        let story = format!("{waiver:?}, {stays}, {went}");
        assert_eq!(world.status().phase, phase, "{story}");
        if phase.is_none() {
            assert_eq!(world.status().reason, Some(Reason::PolicyDisappeared), "{story}");
        }
    }
}

#[test]
fn a_request_rests_on_the_first_policy_that_decided_about_approval() {
    let all = [("a", false), ("c", true), ("b", true)];
    let world = under(Waiver::Never, &all).check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(rests_on(&world), "b");
    let mut world = under(Waiver::WaiveIfAny, &[("a", true), ("b", false)]);
    world.settle();
    assert_eq!(rests_on(&world), "b");
}

#[test]
fn a_request_goes_on_resting_on_the_policy_that_it_rests_on() {
    let mut world = under(Waiver::Never, &[("b", true)]);
    world.settle();
    let first = policy("a", eligibility("8h"));
    world.snapshot.eligibility_policies.all.insert(0, first);
    let world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(rests_on(&world), "b");
}

#[test]
fn a_policy_that_went_and_never_matched_is_not_waited_for() {
    let world = under(Waiver::Never, &[("a", true)]).with(the_last_one_gone);
    world
        .with(|world| world.snapshot.request.spec.duration = "9h".parse().unwrap())
        .check(Phase::Denied, Reason::NotEligible);
}

/// Pending, resting on a policy; then the controller is started anew, at minute 1, and finds these policies.
fn restarted(policies: Vec<PolicyFact<EligibilityPolicySpec>>) -> World {
    let mut world = request();
    world.settle();
    world.snapshot.eligibility_policies = Policies {
        known_since: minute(1),
        all: policies,
    };
    world.now = minute(1);
    world
}

#[test]
fn a_policy_that_went_while_nobody_looked_counts_as_gone_since_the_start() {
    let mut unrelated = eligibility("8h");
    unrelated.accounts.clear();
    let mut world =
        restarted(vec![policy("unrelated", unrelated)]).check(Phase::Pending, Reason::PolicyDisappeared);
    world.now = after(minute(16), TimeDelta::seconds(-1));
    let mut world = world.check(Phase::Pending, Reason::PolicyDisappeared);
    world.now = minute(16);
    world.check(Phase::Denied, Reason::NotEligible);
}

#[test]
fn a_policy_that_was_narrowed_or_made_again_narrower_did_not_go() {
    let narrowed = || policy("orders", eligibility("1h"));
    restarted(vec![narrowed()]).check(Phase::Denied, Reason::NotEligible);
    let mut made_again = narrowed();
    made_again.uid = "uid-again".to_owned();
    restarted(vec![made_again]).check(Phase::Denied, Reason::NotEligible);
}
