//! What bears an approval out, and what does not.

use super::*;
use crate::api::{Approval, Phase};
use crate::domain::fixtures::{World, minute, request, stage};
use crate::domain::{Facts, Timings};

/// What makes a record bear nothing out.
type Change = fn(&mut ElevationRequestStatus);

/// The record of a request that bob approved.
fn record() -> ElevationRequestStatus {
    let world = request()
        .approved_by("bob")
        .check(Phase::Active, Reason::AccessGranted);
    world.status().clone()
}

fn verdict(status: &mut ElevationRequestStatus) -> &mut Verdict {
    &mut status.review.as_mut().unwrap().verdicts[0]
}

fn approved_by(status: &ElevationRequestStatus) -> Option<BTreeSet<String>> {
    match Approved::from_record(status)?.basis {
        Basis::People(people) => Some(people),
        Basis::Waived => unreachable!("approval was needed"),
    }
}

fn ids(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| format!("id-{name}")).collect()
}

#[test]
fn a_record_is_evidence_only_with_enough_counted_approvals_of_others_under_the_policy_it_names() {
    assert_eq!(approved_by(&record()), Some(ids(&["bob"])));
    let changes: [(&str, Change); 12] = [
        ("nobody asked", |status| status.requester = None),
        ("no stage", |status| {
            status.review.as_mut().unwrap().stages.clear();
        }),
        ("too few", |status| {
            status.review.as_mut().unwrap().stages[0].approvals_required = 2;
        }),
        ("not counted", |status| verdict(status).counted = false),
        ("a rejection", |status| {
            verdict(status).decision = ReviewDecision::Rejected;
        }),
        ("another policy", |status| {
            verdict(status).policy_uid = Some("uid-other".to_owned());
        }),
        ("another generation", |status| {
            verdict(status).policy_generation = Some(2);
        }),
        ("another stage", |status| {
            verdict(status).stage = Some("other".to_owned());
        }),
        ("nobody known", |status| verdict(status).user_id = None),
        ("nobody's entry", |status| status.approvals.clear()),
        ("an entry of another", |status| {
            status.approvals[0].approver = "mallory".to_owned();
        }),
        ("the requester", |status| {
            verdict(status).user_id = Some("id-alice".to_owned());
        }),
    ];
    for (what, change) in changes {
        let mut status = record();
        change(&mut status);
        assert_eq!(Approved::from_record(&status), None, "{what}");
    }
}

#[test]
fn more_approvals_than_a_stage_asks_for_are_evidence_too() {
    let mut status = record();
    let mut carol = verdict(&mut status).clone();
    carol.user_id = Some("id-carol".to_owned());
    status.review.as_mut().unwrap().verdicts.push(carol.clone());
    assert_eq!(
        approved_by(&status),
        Some(ids(&["bob"])),
        "one entry is one person's"
    );
    carol.approver = "carol".to_owned();
    let entry = Approval {
        approver: "carol".to_owned(),
        ..status.approvals[0].clone()
    };
    status.approvals.push(entry);
    *status.review.as_mut().unwrap().verdicts.last_mut().unwrap() = carol;
    assert_eq!(approved_by(&status), Some(ids(&["bob", "carol"])));
}

#[test]
fn one_person_bears_out_one_stage_only() {
    let two_stages = |world: &mut World| {
        let stages = vec![stage("lead", "Leads", 1), stage("security", "Security", 1)];
        world.snapshot.approver_policies.all[0].spec.stages = stages;
    };
    let world = request()
        .with(two_stages)
        .approved_by("bob")
        .approved_by("sam")
        .check(Phase::Active, Reason::AccessGranted);
    let mut status = world.status().clone();
    assert_eq!(approved_by(&status), Some(ids(&["bob", "sam"])));
    status.review.as_mut().unwrap().verdicts[1].user_id = Some("id-bob".to_owned());
    assert_eq!(Approved::from_record(&status), None);
}

#[test]
fn where_nobody_governs_an_approval_is_not_even_looked_into() {
    let mut status = record();
    status.review = None;
    let (facts, timings) = (Facts::default(), Timings::default());
    let reader = FactReader::new(&facts, &timings, minute(0));
    let judge = Judge {
        policy: None,
        identity: &IdentitySettings::default(),
        requester: "id-alice",
        guard: &Guard::Intact,
        too_late: false,
        reader: &reader,
    };
    assert_eq!(assess(&judge, &status), Assessment::empty(None));
    assert_eq!(reader.questions(), []);
}
