//! What a request shows while it waits, and when it is looked at again.

use chrono::TimeDelta;

use crate::api::{Condition, ConditionStatus, ConditionType, Phase, Reason, Timestamp};
use crate::domain::fixtures::{Aws, World, active, group, minute, request, stage};
use crate::domain::snapshot::SealCheck;
use crate::domain::window::after;

fn second(minutes: i64, seconds: i64) -> Timestamp {
    after(minute(minutes), TimeDelta::seconds(seconds))
}

fn wake_at(world: &mut World) -> Timestamp {
    world.wake_at()
}

fn condition(world: &World, kind: ConditionType) -> Option<&Condition> {
    let conditions = &world.status().conditions;
    conditions.iter().find(|condition| condition.kind == kind)
}

fn progress(world: &World) -> Option<&str> {
    world.status().review.as_ref().unwrap().progress.as_deref()
}

#[test]
fn who_approves_is_told_when_credentials_last_twice_as_long_as_the_access() {
    for (duration, told) in [("30m", true), ("30m1s", false), ("2h", false)] {
        let mut world =
            request().with(|world| world.snapshot.request.spec.duration = duration.parse().unwrap());
        world.settle();
        let message = world.status().message.as_ref().unwrap();
        assert_eq!(message.contains("keep working for up to 1h"), told, "{message}");
    }
}

#[test]
fn a_request_that_waits_is_looked_at_when_its_facts_are_old_and_at_its_deadline() {
    let mut world = request();
    world.settle();
    assert_eq!(wake_at(&mut world), second(15, 1));
    world.now = minute(179);
    world.settle();
    assert_eq!(wake_at(&mut world), minute(180));
}

#[test]
fn delays_are_those_that_were_set() {
    let mut world = request();
    world.snapshot.timings.lookup_retry = TimeDelta::seconds(7);
    world.aws = Aws::Down;
    world.settle();
    assert_eq!(wake_at(&mut world), second(0, 7));
}

#[test]
fn an_end_is_awaited_until_it_comes_by_the_latest_clock() {
    let mut world = active();
    world.snapshot.clocks.aws_ahead = Some(TimeDelta::seconds(40));
    world.now = minute(110);
    world.settle();
    assert_eq!(wake_at(&mut world), second(119, 20));
}

#[test]
fn what_time_will_decide_is_waited_for_until_then() {
    let mut world = request();
    world.settle();
    world.snapshot.eligibility_policies.all[0].gone_since = Some(minute(1));
    world.now = minute(1);
    let mut world = world.check(Phase::Pending, Reason::PolicyDisappeared);
    assert_eq!(wake_at(&mut world), minute(16));
}

#[test]
fn a_stage_of_two_waits_for_the_one_who_is_left() {
    let world = request()
        .with(|world| {
            let stages = vec![stage("lead", "Leads", 2)];
            world.snapshot.approver_policies.all[0].spec.stages = stages;
        })
        .approved_by("bob")
        .check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(world.status().approvers, ["carol"]);
    assert_eq!(progress(&world), Some("1/2"));
}

#[test]
fn whoever_voted_too_early_is_not_awaited_any_more() {
    let world = request()
        .with(|world| {
            let stages = vec![stage("lead", "Leads", 1), stage("security", "Security", 1)];
            world.snapshot.approver_policies.all[0].spec.stages = stages;
        })
        .approved_by("sam")
        .approved_by("carol")
        .check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(world.status().approvers, ["bob", "sue"]);
}

#[test]
fn who_waits_in_vain_hears_how_many_are_asked_for_and_how_many_there_are() {
    let stages = |lead, security| {
        request().with(|world| {
            let stages = vec![
                stage("lead", "Leads", lead),
                stage("security", "Security", security),
            ];
            world.snapshot.approver_policies.all[0].spec.stages = stages;
        })
    };
    let check = |world: World, asked: usize, people: usize| {
        let world = world.check(Phase::Pending, Reason::NoApprovers);
        let message = world.status().message.as_ref().unwrap();
        let counts =
            format!("production asks for {asked} more, and {people} different people besides the requester");
        assert!(message.contains(&counts), "{message}");
    };
    // Each has enough people, and bob cannot count for both.
    check(stages(2, 3), 5, 4);
    // The second has too few alone: those of the first are no help.
    check(stages(2, 4), 4, 3);
    let waits = stages(1, 3).check(Phase::Pending, Reason::AwaitingApproval);
    check(waits.approved_by("bob"), 3, 2);
    // Neither of the last two lacks people alone, and carol is in the first only, which is satisfied.
    let mut three = stages(1, 2);
    let spec = &mut three.snapshot.approver_policies.all[0].spec;
    spec.stages.push(stage("audit", "Security", 2));
    check(three.approved_by("bob"), 4, 2);
}

// A group that is missing may be back in a moment.
#[test]
fn a_group_that_is_not_known_keeps_nobody_waiting_while_others_are_enough() {
    let with_another_group = |required| {
        request().with(|world| {
            let mut lead = stage("lead", "Leads", required);
            lead.approvers.push(group("Security"));
            world.snapshot.approver_policies.all[0].spec.stages = vec![lead];
        })
    };
    let all = ["bob", "carol", "sam", "sue"];
    let go = |world: &mut World| {
        world.missing_groups.insert("Security".to_owned(), minute(0));
    };
    let new = with_another_group(1)
        .with(go)
        .check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(
        new.status().reviewers,
        ["bob", "carol"],
        "as far as they are known"
    );
    let mut world = with_another_group(1);
    world.settle();
    assert_eq!(world.status().reviewers, all);
    let world = world.with(go).check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(world.status().approvers, ["bob", "carol"]);
    assert_eq!(world.status().reviewers, all, "who may revoke does not lose that");
    let mut world = with_another_group(3);
    world.settle();
    assert_eq!(world.status().approvers, all);
    let world = world.with(go).check(Phase::Pending, Reason::GroupNotFound);
    assert_eq!(world.status().approvers, all, "they may be enough in a moment");
}

#[test]
fn who_may_revoke_is_kept_up_to_date_until_the_start() {
    let mut world = request()
        .with(|world| world.snapshot.request.spec.start_time = Some(minute(60)))
        .approved_by("bob")
        .check(Phase::Approved, Reason::AwaitingStart);
    world.groups.get_mut("Leads").unwrap().insert("dave".to_owned());
    world.until(minute(20));
    assert_eq!(world.status().reviewers, ["bob", "carol", "dave"]);
}

#[test]
fn nobody_is_said_to_approve_a_request_that_was_never_looked_into() {
    let mut world = request();
    world.aws = Aws::Down;
    world.settle();
    assert_eq!(condition(&world, ConditionType::Approved), None);
    let mut world = request();
    world.settle();
    world.aws = Aws::Down;
    world.now = minute(20);
    world.settle();
    let approved = condition(&world, ConditionType::Approved).unwrap();
    assert_eq!(
        (approved.status, approved.reason),
        (ConditionStatus::Unknown, Reason::LookupFailed)
    );
}

#[test]
fn a_request_is_settled_while_access_lasts_and_when_it_is_over() {
    let settled = |world: &World| {
        let condition = condition(world, ConditionType::Settled).unwrap();
        (condition.status, condition.reason)
    };
    let pending = request().check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(
        settled(&pending),
        (ConditionStatus::False, Reason::AwaitingApproval)
    );
    let mut world = active();
    assert_eq!(settled(&world), (ConditionStatus::True, Reason::AccessGranted));
    world.aws = Aws::Refuses;
    world.until(second(120, 30));
    assert_eq!(settled(&world), (ConditionStatus::False, Reason::EndReached));
    world.until(minute(125));
    assert_eq!(
        settled(&world),
        (ConditionStatus::False, Reason::RevocationOverdue)
    );
    world.aws = Aws::Works;
    world.until(minute(140));
    let world = world.check(Phase::Ended, Reason::EndReached);
    assert_eq!(settled(&world), (ConditionStatus::True, Reason::EndReached));
    let mut forged = active().cancelled();
    forged.snapshot.request.seal = SealCheck::Broken;
    forged.until(minute(20));
    let forged = forged.check(Phase::Denied, Reason::SealBroken);
    assert_eq!(settled(&forged), (ConditionStatus::True, Reason::SealBroken));
}

#[test]
fn conditions_follow_the_generation_until_the_request_is_over() {
    let generation = |world: &World| {
        condition(world, ConditionType::Settled)
            .unwrap()
            .observed_generation
    };
    let mut world = active();
    world.snapshot.request.generation = 2;
    world.settle();
    assert_eq!(generation(&world), Some(2));
    world = world.cancelled();
    world.until(minute(3));
    let mut world = world.check(Phase::Revoked, Reason::EndedByRequester);
    world.snapshot.request.generation = 3;
    world.settle();
    assert_eq!(
        generation(&world),
        Some(2),
        "nothing is written about it any more"
    );
}
