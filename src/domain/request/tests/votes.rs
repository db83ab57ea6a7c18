//! What becomes of each vote: when it is judged, by what, and how long that holds.

use crate::api::{Approval, Phase, Reason, ReviewDecision};
use crate::domain::facts::Enabled;
use crate::domain::fixtures::{World, minute, request, stage, user};
use crate::domain::snapshot::{Guard, SettingsFact};

fn verdicts(world: &World) -> Vec<(&str, Reason)> {
    let review = world.status().review.as_ref().unwrap();
    let all = review.verdicts.iter();
    all.map(|verdict| (verdict.approver.as_str(), verdict.reason))
        .collect()
}

fn two_stages() -> World {
    request().with(|world| {
        let stages = vec![stage("lead", "Leads", 1), stage("security", "Security", 1)];
        world.snapshot.approver_policies.all[0].spec.stages = stages;
    })
}

/// alice under a name of hers that the request does not bear.
fn another_name(world: &mut World) {
    let mut alias = user("alice");
    alias.user_name = "alice2".to_owned();
    world.users.insert("alice2".to_owned(), alias);
}

#[test]
fn a_verdict_stands_when_the_approver_leaves_the_group_afterwards() {
    let mut world = two_stages()
        .approved_by("bob")
        .check(Phase::Pending, Reason::AwaitingApproval);
    world.groups.get_mut("Leads").unwrap().remove("bob");
    let world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(verdicts(&world), [("bob", Reason::Counted)]);
    world
        .approved_by("sam")
        .check(Phase::Active, Reason::AccessGranted);
}

#[test]
fn a_policy_made_again_judges_anew() {
    let mut world = two_stages()
        .approved_by("bob")
        .check(Phase::Pending, Reason::AwaitingApproval);
    world.groups.get_mut("Leads").unwrap().remove("bob");
    world.snapshot.approver_policies.all[0].uid = "uid-again".to_owned();
    let world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(verdicts(&world), [("bob", Reason::NotAnApprover)]);
}

#[test]
fn an_approval_after_the_deadline_is_not_judged() {
    let mut world = request();
    world.settle();
    world.snapshot.request.status.approvals.push(Approval {
        approver: "bob".to_owned(),
        decision: ReviewDecision::Approved,
        comment: None,
    });
    world.now = minute(180);
    let world = world.check(Phase::Expired, Reason::RequestExpired);
    assert_eq!(verdicts(&world), []);
}

#[test]
fn a_later_entry_waits_for_an_earlier_one_that_cannot_be_judged_yet() {
    let mut world = two_stages();
    world.users.get_mut("bob").unwrap().enabled = Enabled::Unrecognized;
    world = world
        .approved_by("bob")
        .approved_by("sam")
        .check(Phase::Pending, Reason::LookupFailed);
    assert_eq!(
        verdicts(&world),
        [],
        "for the stage of bob, sam is no approver: that would stay"
    );
    world.users.get_mut("bob").unwrap().enabled = Enabled::Yes;
    world.check(Phase::Active, Reason::AccessGranted);
}

#[test]
fn who_was_disabled_since_the_list_was_read_is_not_counted() {
    let mut world = request().approved_by("bob");
    world.users.get_mut("bob").unwrap().enabled = Enabled::No;
    let world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(verdicts(&world), [("bob", Reason::ApproverUnknown)]);
}

// case 16
#[test]
fn the_requester_by_another_name_cannot_reject_either() {
    let world = request()
        .with(another_name)
        .rejected_by("alice2")
        .check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(verdicts(&world), [("alice2", Reason::IsRequester)]);
}

#[test]
fn who_has_been_counted_for_one_stage_is_told_so_at_the_next() {
    let world = two_stages()
        .with(|world| {
            let mut alias = user("bob");
            alias.user_name = "bob2".to_owned();
            world.users.insert("bob2".to_owned(), alias);
            world
                .groups
                .get_mut("Security")
                .unwrap()
                .insert("bob2".to_owned());
        })
        .approved_by("bob")
        .approved_by("bob2")
        .check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(
        verdicts(&world),
        [("bob", Reason::Counted), ("bob2", Reason::AlreadyCounted)]
    );
}

#[test]
fn a_revocation_before_there_is_anything_to_revoke_ends_the_request_all_the_same() {
    let revocation = |world: &mut World| {
        world.snapshot.request.status.approvals.push(Approval {
            approver: "root".to_owned(),
            decision: ReviewDecision::Revoked,
            comment: Some("leaving".to_owned()),
        });
    };
    let pending = || {
        let mut world = request();
        world.settle();
        world
    };
    let approved = request()
        .with(|world| world.snapshot.request.spec.start_time = Some(minute(60)))
        .approved_by("bob")
        .check(Phase::Approved, Reason::AwaitingStart);
    for (world, phase) in [
        (request(), Phase::Denied),
        (pending(), Phase::Rejected),
        (approved, Phase::Revoked),
    ] {
        let world = world.with(revocation).check(phase, Reason::RevokedBySecurity);
        assert_eq!(
            world.status().message.as_deref(),
            Some("Revoked by root. Comment: \"leaving\".")
        );
    }
}

// case 25
#[test]
fn what_a_gap_let_in_is_void_before_anything_is_looked_up() {
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
    world.snapshot.guard = Guard::BrokenBefore("a policy was deleted".to_owned());
    world.snapshot.settings = SettingsFact::Missing {
        since: minute(0),
        on_eligibility_lost: None,
    };
    let world = world.check(Phase::Pending, Reason::SettingsMissing);
    assert_eq!(
        verdicts(&world),
        [("bob", Reason::GuardBroken), ("carol", Reason::GuardBroken)],
        "each once"
    );
}
