//! What the history tells: each phase once, each stage once, and who caused it.

use crate::api::{Phase, Reason, ReviewDecision, SEQUENCE_AFTER_FORGERY};
use crate::domain::fixtures::{World, active, minute, request, stage};
use crate::domain::snapshot::SealCheck;

/// What was told, as place, phase, stage and person.
fn told(world: &World) -> Vec<(i64, Phase, &str, &str)> {
    let all = world.status().history.iter();
    let told = all.map(|entry| {
        let (stage, by) = (entry.stage.as_deref(), entry.by.as_deref());
        (
            entry.sequence,
            entry.phase,
            stage.unwrap_or_default(),
            by.unwrap_or_default(),
        )
    });
    told.collect()
}

#[test]
fn a_life_is_told_phase_by_phase() {
    let mut world = request();
    world.settle();
    let mut world = world.approved_by("bob");
    world.until(minute(200));
    assert_eq!(
        told(&world),
        [
            (1, Phase::Pending, "", "alice"),
            (2, Phase::Pending, "lead", "bob"),
            (3, Phase::Approved, "", "bob"),
            (4, Phase::Active, "", ""),
            (5, Phase::Ended, "", ""),
        ]
    );
    let last = world.status().history.last().unwrap();
    assert_eq!(Some(last.reason), world.status().reason);
    assert_eq!(Some(&last.message), world.status().message.as_ref());
}

#[test]
fn a_stage_is_told_when_it_is_first_completed_and_not_again() {
    let mut world = request();
    world.snapshot.approver_policies.all[0].spec.stages =
        vec![stage("first", "Leads", 1), stage("second", "Security", 1)];
    world.settle();
    let mut world = world.approved_by("bob");
    world.settle();
    let completed = |world: &World| {
        let stages = world
            .status()
            .history
            .iter()
            .filter_map(|entry| entry.stage.clone());
        stages.collect::<Vec<_>>()
    };
    assert_eq!(completed(&world), ["first"]);
    world.snapshot.approver_policies.all[0].generation += 1;
    world.settle();
    assert_eq!(
        completed(&world),
        ["first"],
        "it is complete once more, and that is no news"
    );
}

/// How a life begins.
type Beginning = fn() -> World;

#[test]
fn an_end_names_the_person_who_wished_it() {
    let worlds: [(Beginning, Phase, &str); 4] = [
        (|| request().rejected_by("bob"), Phase::Rejected, "bob"),
        (|| request().cancelled(), Phase::Cancelled, "alice"),
        (|| active().revoked_by("bob"), Phase::Revoked, "bob"),
        (|| active().cancelled(), Phase::Revoked, "alice"),
    ];
    for (world, phase, by) in worlds {
        let mut world = world();
        world.until(minute(100));
        let last = told(&world).pop().unwrap();
        assert_eq!((last.1, last.3), (phase, by));
    }
}

#[test]
fn of_a_forged_history_nothing_is_left_but_the_denial() {
    let mut world = request().decided_by("bob", ReviewDecision::Approved);
    world.settle();
    world.snapshot.request.status.history.pop();
    world.snapshot.request.seal = SealCheck::Broken;
    world.until(minute(3));
    assert_eq!(told(&world), [(SEQUENCE_AFTER_FORGERY, Phase::Denied, "", "")]);
    assert_eq!(world.status().history[0].reason, Reason::SealBroken);
}
