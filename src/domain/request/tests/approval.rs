//! Pending: who has to approve, and what counts.

use crate::api::{Approval, ConditionStatus, ConditionType, Phase, Reason, ReviewDecision, Verdict};
use crate::domain::facts::Enabled;
use crate::domain::fixtures::{World, approvers, minute, policy, request, stage, unit, user};
use crate::domain::snapshot::{Guard, SettingsFact};

fn verdicts(world: &World) -> &[Verdict] {
    &world.status().review.as_ref().unwrap().verdicts
}

fn verdict(world: &World) -> Reason {
    verdicts(world).last().unwrap().reason
}

fn two_stages() -> World {
    request().with(|world| {
        let stages = vec![stage("lead", "Leads", 1), stage("security", "Security", 2)];
        world.snapshot.approver_policies.all[0].spec.stages = stages;
    })
}

#[test]
fn a_new_request_waits_and_says_for_whom() {
    let world = request().check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(
        world.status().approvers,
        ["bob", "carol"],
        "not the requester, although a lead"
    );
    assert_eq!(world.status().reviewers, ["bob", "carol"]);
    assert!(world.status().message.as_ref().unwrap().contains("bob, carol"));
    let review = world.status().review.as_ref().unwrap();
    assert_eq!(review.deadline, Some(minute(180)));
    assert_eq!(review.progress.as_deref(), Some("0/1"));
    assert!(review.comment_required);
}

#[test]
fn without_the_need_of_approval_a_request_is_approved_at_once() {
    let mut world = request().without_approval();
    let decision = world.decide();
    let told = decision.transition.unwrap();
    assert_eq!(
        (told.from, told.to, told.reason),
        (None, Phase::Approved, Reason::ApprovalNotRequired)
    );
    world.request_pass();
    assert_eq!(
        world.status().reviewers,
        ["bob", "carol"],
        "somebody must be able to revoke"
    );
}

#[test]
fn one_approval_of_one_is_enough() {
    let mut world = request().approved_by("bob");
    world.request_pass();
    assert_eq!(world.status().phase, Some(Phase::Approved));
    assert_eq!(
        world.status().window.as_ref().unwrap().not_after,
        Some(minute(135))
    );
    assert_eq!(verdict(&world), Reason::Counted);
}

#[test]
fn stages_run_in_order_and_one_person_counts_in_one_stage_only() {
    let world = two_stages()
        .approved_by("bob")
        .check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(
        world.status().approvers,
        ["sam", "sue"],
        "bob is in both groups and has been counted"
    );
    let review = world.status().review.as_ref().unwrap();
    assert_eq!(
        (review.current_stage.as_deref(), review.progress.as_deref()),
        (Some("security"), Some("0/2"))
    );
    let world = world
        .approved_by("sam")
        .check(Phase::Pending, Reason::AwaitingApproval);
    world
        .approved_by("sue")
        .check(Phase::Active, Reason::AccessGranted);
}

#[test]
fn an_approval_for_a_later_stage_does_not_count_and_cannot_be_repeated() {
    let world = two_stages()
        .approved_by("sam")
        .check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(verdict(&world), Reason::NotAnApprover);
}

// case 16
#[test]
fn two_user_names_of_one_person_cannot_approve_themselves() {
    let mut world = request().approved_by("alice2");
    let mut alias = user("alice");
    alias.user_name = "alice2".to_owned();
    world.users.insert("alice2".to_owned(), alias);
    let world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(verdict(&world), Reason::IsRequester);
}

// case 9
#[test]
fn who_leaves_the_group_before_voting_is_not_counted_and_who_joins_is() {
    let mut world = request().approved_by("bob");
    world.groups.get_mut("Leads").unwrap().remove("bob");
    let mut world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(verdict(&world), Reason::NotAnApprover);
    world.groups.get_mut("Leads").unwrap().insert("dave".to_owned());
    world
        .approved_by("dave")
        .check(Phase::Active, Reason::AccessGranted);
}

// case 10
#[test]
fn without_people_who_could_approve_the_request_waits_and_heals() {
    let mut world = request().with(|world| {
        world.groups.remove("Leads");
    });
    world = world.check(Phase::Pending, Reason::NoApprovers);
    let approved = world
        .status()
        .conditions
        .iter()
        .find(|c| c.kind == ConditionType::Approved)
        .unwrap();
    assert_eq!(
        (approved.status, approved.reason),
        (ConditionStatus::False, Reason::NoApprovers)
    );
    world.groups.insert("Leads".to_owned(), ["bob".to_owned()].into());
    world.check(Phase::Pending, Reason::AwaitingApproval);
}

// case 10
#[test]
fn disabled_people_and_people_without_an_address_are_no_approvers() {
    let disabled = request().with(|world| {
        world.users.get_mut("bob").unwrap().enabled = Enabled::No;
    });
    assert_eq!(
        disabled
            .check(Phase::Pending, Reason::AwaitingApproval)
            .status()
            .approvers,
        ["carol"]
    );
    request()
        .with(|world| {
            world.settings().identity.attribute = crate::api::IdentityAttribute::Email;
            world.settings().identity.username_prefixes = vec![String::new()];
            world.users.get_mut("alice").unwrap().email = Some("alice".to_owned());
        })
        .check(Phase::Pending, Reason::NoApprovers);
}

#[test]
fn two_stages_that_share_too_few_people_are_out_of_reach() {
    let mut world = two_stages().with(|world| {
        world.groups.insert("Leads".to_owned(), ["bob".to_owned()].into());
        world
            .groups
            .insert("Security".to_owned(), ["bob".to_owned(), "sam".to_owned()].into());
    });
    world = world.check(Phase::Pending, Reason::NoApprovers);
    world.groups.get_mut("Security").unwrap().insert("sue".to_owned());
    world.check(Phase::Pending, Reason::AwaitingApproval);
}

#[test]
fn one_rejection_ends_the_request() {
    request()
        .rejected_by("carol")
        .check(Phase::Rejected, Reason::RejectedByReviewer);
}

#[test]
fn nobody_in_time_is_expired() {
    let mut world = request();
    world.until(minute(179));
    let mut world = world.check(Phase::Pending, Reason::AwaitingApproval);
    world.until(minute(180));
    world.check(Phase::Expired, Reason::RequestExpired);
}

// case 11
#[test]
fn everything_at_once_has_one_outcome_by_rank() {
    let all = || request().approved_by("bob").rejected_by("carol");
    let everything = || {
        let mut world = request();
        world.settle();
        for (approver, decision) in [
            ("bob", ReviewDecision::Approved),
            ("carol", ReviewDecision::Rejected),
        ] {
            world.snapshot.request.status.approvals.push(Approval {
                approver: approver.to_owned(),
                decision,
                comment: None,
            });
        }
        world.now = minute(181);
        world
    };
    let mut cancelled = everything();
    cancelled.snapshot.request.spec.cancelled = Some(true);
    cancelled.check(Phase::Cancelled, Reason::CancelledByRequester);
    let mut deleted = everything();
    deleted.snapshot.request.deleted_at = Some(minute(181));
    deleted.check(Phase::Cancelled, Reason::Deleted);
    everything().check(Phase::Rejected, Reason::RejectedByReviewer);
    let mut late = request();
    late.settle();
    late.now = minute(181);
    late.snapshot.request.status.approvals.push(Approval {
        approver: "bob".to_owned(),
        decision: ReviewDecision::Approved,
        comment: None,
    });
    late.check(Phase::Expired, Reason::RequestExpired);
    // Approved first and rejected afterwards: the approval stood when the rejection came.
    let world = all();
    assert_eq!(world.status().phase, Some(Phase::Active));
}

// case 12
#[test]
fn a_new_generation_of_the_policy_judges_anew() {
    let mut world = two_stages()
        .approved_by("bob")
        .check(Phase::Pending, Reason::AwaitingApproval);
    let changed = &mut world.snapshot.approver_policies.all[0];
    changed.generation = 2;
    changed.spec.stages = vec![stage("security", "Security", 1)];
    let world = world.check(Phase::Active, Reason::AccessGranted);
    assert_eq!(verdicts(&world)[0].policy_generation, Some(2));
    assert_eq!(verdicts(&world)[0].stage.as_deref(), Some("security"));
}

// case 12
#[test]
fn loosened_settings_do_not_waive_what_already_waits() {
    let mut world = request();
    world.settle();
    world
        .without_approval()
        .check(Phase::Pending, Reason::AwaitingApproval);
}

#[test]
fn the_nearest_policy_governs_and_equally_near_ones_conflict() {
    let mut world = request().with(|world| {
        let mut broad = approvers(vec![stage("root", "Security", 1)]);
        broad.accounts = vec![];
        broad.organizational_units = vec![unit("r-ab12", true)];
        world.snapshot.approver_policies.all.push(policy("all", broad));
    });
    world.settle();
    assert_eq!(
        world.status().review.as_ref().unwrap().policy.as_deref(),
        Some("production")
    );
    let other = approvers(vec![stage("other", "Security", 1)]);
    world.snapshot.approver_policies.all.push(policy("other", other));
    let mut world = world.check(Phase::Pending, Reason::PolicyConflict);
    let sets = vec![world.snapshot.request.spec.permission_set.clone()];
    world.snapshot.approver_policies.all[2].spec.permission_sets = Some(sets);
    let world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(
        world.status().review.as_ref().unwrap().policy.as_deref(),
        Some("other")
    );
}

#[test]
fn a_policy_that_disappears_keeps_its_place_for_the_grace() {
    let mut world = request().with(|world| {
        let mut broad = approvers(vec![stage("root", "Security", 1)]);
        broad.accounts = vec![];
        broad.organizational_units = vec![unit("r-ab12", true)];
        world.snapshot.approver_policies.all.push(policy("all", broad));
    });
    world.settle();
    world.snapshot.approver_policies.all[0].gone_since = Some(minute(1));
    world.now = minute(1);
    let mut world = world
        .approved_by("sam")
        .check(Phase::Pending, Reason::PolicyDisappeared);
    world.until(minute(15));
    assert_eq!(world.status().phase, Some(Phase::Pending));
    world.until(minute(17));
    world.check(Phase::Active, Reason::AccessGranted);
}

// A8 of the review: the process restarts while a tool deletes and creates the policy again.
#[test]
fn a_farther_policy_does_not_step_in_after_a_restart() {
    let mut world = request();
    world.settle();
    let mut broad = approvers(vec![stage("root", "Security", 1)]);
    broad.accounts = vec![];
    broad.organizational_units = vec![unit("r-ab12", true)];
    world.snapshot.approver_policies = crate::domain::Policies {
        known_since: minute(1),
        all: vec![policy("all", broad)],
    };
    world.now = minute(1);
    let mut world = world.approved_by("sam");
    world.until(minute(15));
    assert_eq!((world.status().phase, world.grants()), (Some(Phase::Pending), 0));
}

#[test]
fn an_entry_that_cannot_be_judged_has_no_verdict_and_keeps_the_request_waiting() {
    let mut world = request().approved_by("bob");
    world.aws = crate::domain::fixtures::Aws::Down;
    let mut world = world.check(Phase::Pending, Reason::LookupFailed);
    assert!(world.status().review.as_ref().unwrap().verdicts.is_empty());
    world.aws = crate::domain::fixtures::Aws::Works;
    world.check(Phase::Active, Reason::AccessGranted);
}

// case 25
#[test]
fn approvals_of_a_gap_never_count_and_earlier_ones_stand() {
    let mut world = two_stages().approved_by("bob");
    // One more, since sam's void approval cannot be repeated.
    world
        .groups
        .get_mut("Security")
        .unwrap()
        .insert("dave".to_owned());
    world = world.approved_by("sam");
    world.snapshot.guard = Guard::BrokenBefore("a policy was deleted".to_owned());
    let mut world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(verdicts(&world)[0].reason, Reason::Counted);
    assert_eq!(verdict(&world), Reason::GuardBroken);
    world.snapshot.guard = Guard::Intact;
    world.snapshot.approver_policies.all[0].generation = 2;
    let world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(verdicts(&world)[0].reason, Reason::Counted, "judged anew");
    assert_eq!(verdict(&world), Reason::GuardBroken, "never");
}

// case 25
#[test]
fn an_upgrade_voids_nothing_and_judges_nothing() {
    let mut world = request().approved_by("bob");
    world.snapshot.guard = Guard::Unproven("an upgrade is under way".to_owned());
    let mut world = world.check(Phase::Pending, Reason::GuardUnproven);
    assert!(verdicts(&world).is_empty());
    world.snapshot.guard = Guard::Intact;
    world.check(Phase::Active, Reason::AccessGranted);
}

// case 25
#[test]
fn a_request_from_a_gap_has_to_be_made_again() {
    let mut world = request();
    world.snapshot.guard = Guard::BrokenBefore("a policy was deleted".to_owned());
    world.check(Phase::Denied, Reason::GuardBroken);
}

// case 17
#[test]
fn without_settings_nothing_is_decided_and_the_deadline_goes_on() {
    let mut world = request();
    world.settle();
    world.snapshot.settings = SettingsFact::Missing {
        since: minute(1),
        on_eligibility_lost: None,
    };
    world.snapshot.request.status.approvals.push(Approval {
        approver: "bob".to_owned(),
        decision: ReviewDecision::Approved,
        comment: None,
    });
    world.until(minute(60));
    let mut world = world.check(Phase::Pending, Reason::SettingsMissing);
    world.until(minute(180));
    world.check(Phase::Expired, Reason::RequestExpired);
}
