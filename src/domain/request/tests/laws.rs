//! The laws, held against many generated lives.

use chrono::TimeDelta;

use crate::api::{AssignmentState, Phase, ReviewDecision};
use crate::domain::fixtures::{Aws, World, minute, request};
use crate::domain::snapshot::{Clocks, Guard, Lease, SettingsFact};
use crate::domain::window::after;
use crate::domain::{Action, Basis, Decision, decide};

/// How many lives are led; each takes a fraction of a millisecond a step.
const LIVES: u64 = 120;

/// A sequence of numbers that look random and are the same each time (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }

    fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        let index = self.below(values.len() as u64);
        values[usize::try_from(index).unwrap()]
    }
}

/// Something happens in the world, or time passes.
fn happen(world: &mut World, numbers: &mut Numbers) {
    let people = ["bob", "carol", "sam", "root"];
    match numbers.below(20) {
        0..=4 => vote(world, numbers.pick(&people), ReviewDecision::Approved),
        5 if numbers.below(4) == 0 => vote(world, numbers.pick(&people), ReviewDecision::Rejected),
        6 if numbers.below(3) == 0 => vote(world, numbers.pick(&people), ReviewDecision::Revoked),
        7 if numbers.below(4) == 0 => world.snapshot.request.spec.cancelled = Some(true),
        8 if numbers.below(6) == 0 => world.snapshot.request.deleted_at = Some(world.now),
        9 => {
            world.aws = numbers.pick(&[
                Aws::Works,
                Aws::Works,
                Aws::Slow,
                Aws::Fails,
                Aws::Refuses,
                Aws::LosesAnswers,
                Aws::Down,
            ]);
        }
        10 => world.operations.clear(),
        11 if numbers.below(3) == 0 => world.assigned = false,
        12 => {
            let engineers = world.groups.get_mut("Engineers").unwrap();
            if !engineers.remove("alice") || numbers.below(2) == 0 {
                engineers.insert("alice".to_owned());
            }
        }
        13 => {
            let states = [
                Guard::Intact,
                Guard::Intact,
                Guard::Unproven("?".to_owned()),
                Guard::Broken("!".to_owned()),
                Guard::BrokenBefore("!".to_owned()),
            ];
            world.snapshot.guard = states[usize::try_from(numbers.below(5)).unwrap()].clone();
        }
        14 => {
            let policy = &mut world.snapshot.eligibility_policies.all[0];
            policy.gone_since = numbers.pick(&[None, None, Some(world.now)]);
        }
        15 if numbers.below(3) == 0 => {
            world.snapshot.settings = SettingsFact::Missing {
                since: world.now,
                on_eligibility_lost: None,
            };
        }
        16 => {
            world.snapshot.clocks = Clocks {
                aws_ahead: numbers.pick(&[
                    None,
                    None,
                    Some(TimeDelta::minutes(20)),
                    Some(TimeDelta::minutes(-20)),
                ]),
                api_server_ahead: None,
            }
        }
        17 => {
            world.snapshot.lease = numbers
                .pick(&[Some(()), Some(()), None])
                .map_or(Lease::Unsure("?".to_owned()), |()| Lease::Held);
        }
        18 if numbers.below(4) == 0 => world.now = after(world.now, TimeDelta::minutes(-30)),
        _ => {
            let seconds = numbers.pick(&[1, 5, 30, 61, 301, 1000, 4000]);
            world.now = after(world.now, TimeDelta::seconds(seconds));
        }
    }
}

fn vote(world: &mut World, approver: &str, decision: ReviewDecision) {
    let phase = world.snapshot.request.status.phase;
    let allowed = match decision {
        ReviewDecision::Revoked => matches!(phase, Some(Phase::Approved | Phase::Active)),
        ReviewDecision::Approved | ReviewDecision::Rejected => phase == Some(Phase::Pending),
    };
    let entries = &mut world.snapshot.request.status.approvals;
    let known = entries
        .iter()
        .any(|entry| entry.approver == approver && entry.decision == decision);
    if allowed && !known {
        entries.push(crate::api::Approval {
            approver: approver.to_owned(),
            decision,
            comment: None,
        });
    }
}

fn life(seed: u64) -> (World, Numbers) {
    let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut world = request();
    if numbers.below(3) == 0 {
        world = world.without_approval();
    }
    if numbers.below(3) == 0 {
        world.snapshot.request.spec.start_time = Some(minute(30));
    }
    world.assigned = numbers.below(8) == 0;
    (world, numbers)
}

fn check_laws(world: &World, before: &Before, decision: &Decision, seed: u64) {
    let (phase, state) = (decision.status.phase, world.state());
    if phase != before.phase {
        let allowed = before.phase.map_or(Phase::FIRST, Phase::next);
        assert!(
            phase.is_some_and(|to| allowed.contains(&to)),
            "L3, seed {seed}: {:?} to {phase:?}",
            before.phase
        );
    }
    let forward = state == before.state || before.state.next().contains(&state);
    assert!(forward, "L3, seed {seed}: {:?} to {state:?}", before.state);
    if decision.status.finished {
        assert!(state.is_settled(), "L12, seed {seed}: {phase:?} with {state:?}");
    }
    match &decision.action {
        Some(Action::Grant(grant)) => {
            let assignment = decision.status.assignment.as_ref().unwrap();
            assert_eq!(assignment.state, AssignmentState::Granting, "L4, seed {seed}");
            assert!(assignment.create.is_some(), "L4, seed {seed}");
            assert_eq!(assignment.tuple.as_ref(), Some(&grant.tuple), "L14, seed {seed}");
            match grant.approved.basis() {
                Basis::Waived => {
                    let eligibility = decision.status.eligibility.as_ref().unwrap();
                    assert!(!eligibility.approval_required, "L1, seed {seed}");
                }
                Basis::People(people) => {
                    let others = !people.is_empty() && !people.contains("id-alice");
                    assert!(others, "L1, seed {seed}: {people:?}");
                }
            }
            assert!(world.now < grant.not_after, "seed {seed}: a grant after notAfter");
            assert!(
                world.snapshot.guard.not_in_force().is_none(),
                "seed {seed}: a grant without the guard"
            );
        }
        Some(Action::Revoke(tuple)) => {
            let assignment = decision.status.assignment.as_ref().unwrap();
            assert_eq!(assignment.state, AssignmentState::Removing, "L4, seed {seed}");
            assert_eq!(assignment.tuple.as_ref(), Some(tuple), "L14, seed {seed}");
            assert!(assignment.delete.is_some(), "L4, seed {seed}");
        }
        Some(Action::RemoveFinalizer) => assert!(state.is_settled(), "L7, seed {seed}: {state:?}"),
        Some(Action::SetFinalizer) | None => {}
    }
    if !decision.status.finished {
        assert!(
            decision.wake_at.is_some_and(|at| at > world.now),
            "L10, seed {seed}: {phase:?} sleeps for ever"
        );
    }
    let json = serde_json::to_value(&decision.status).unwrap();
    assert_eq!(
        serde_json::from_value::<crate::api::ElevationRequestStatus>(json).unwrap(),
        decision.status
    );
}

struct Before {
    phase: Option<Phase>,
    state: AssignmentState,
}

fn step(world: &mut World, seed: u64) {
    for _ in 0..30 {
        let before = Before {
            phase: world.status().phase,
            state: world.state(),
        };
        let unchanged = world.status().clone();
        let decision = world.pass();
        check_laws(world, &before, &decision, seed);
        if *world.status() == unchanged && decision.action.is_none() {
            return;
        }
    }
    panic!("L5, seed {seed}: no fixpoint at {:?}", world.status());
}

#[test]
fn every_life_keeps_the_laws_and_comes_to_its_end() {
    for seed in 1..=LIVES {
        let (mut world, mut numbers) = life(seed);
        for _ in 0..60 {
            happen(&mut world, &mut numbers);
            step(&mut world, seed);
        }
        // L15: when faults stop, every request reaches its end.
        world.aws = Aws::Works;
        world.operations.clear();
        world.snapshot.guard = Guard::Intact;
        world.snapshot.lease = Lease::Held;
        world.snapshot.clocks = Clocks::default();
        let end = after(world.now, TimeDelta::hours(24));
        world.until(end);
        let status = world.status();
        assert!(
            status.finished || status.phase.is_none(),
            "L15, seed {seed}: {status:?}"
        );
        let standing = status
            .assignment
            .as_ref()
            .is_some_and(|a| a.baseline.as_ref().is_some_and(|baseline| baseline.present));
        let asked = status.assignment.as_ref().is_some_and(|a| a.create.is_some());
        assert!(
            !world.assigned || standing || !asked,
            "seed {seed}: an orphan after {status:?}"
        );
    }
}

#[test]
fn time_changes_no_answer_before_the_wake_up() {
    for seed in 1..=LIVES {
        let (mut world, mut numbers) = life(seed);
        for _ in 0..40 {
            happen(&mut world, &mut numbers);
            step(&mut world, seed);
            let facts = world.decide();
            let Some(wake_at) = facts.wake_at else { continue };
            let just_before = after(wake_at, TimeDelta::seconds(-1));
            if just_before <= world.now {
                continue;
            }
            // The same facts, a little older: nothing may have changed but what would have been looked up again.
            let later = decide(&world.snapshot, just_before);
            if later.questions.is_empty() {
                assert_eq!(later.status.phase, facts.status.phase, "L10, seed {seed}");
                assert_eq!(later.action, facts.action, "L10, seed {seed}");
            }
        }
    }
}

#[test]
fn no_fact_at_all_grants_denies_and_ends_nothing() {
    for seed in 1..=LIVES {
        let (mut world, mut numbers) = life(seed);
        for _ in 0..20 {
            happen(&mut world, &mut numbers);
            step(&mut world, seed);
        }
        world.snapshot.facts = crate::domain::Facts::default();
        let decision = decide(&world.snapshot, world.now);
        let acts = matches!(decision.action, Some(Action::Grant(_)));
        assert!(!acts, "L16, seed {seed}");
        let to = decision.status.phase;
        let denied = to == Some(Phase::Denied) && world.status().phase != to;
        assert!(
            !denied || world.snapshot.guard != Guard::Intact,
            "L16, seed {seed}: {:?}",
            decision.status.message
        );
    }
}

// L8
#[test]
fn narrowing_or_deleting_a_policy_makes_nobody_eligible_for_more() {
    let narrower: [fn(&mut World); 4] = [
        |world| world.snapshot.eligibility_policies.all[0].spec.accounts.clear(),
        |world| {
            world.snapshot.eligibility_policies.all[0]
                .spec
                .permission_sets
                .clear();
        },
        |world| world.snapshot.eligibility_policies.all[0].spec.max_duration = "1h".parse().unwrap(),
        |world| world.snapshot.eligibility_policies.all.clear(),
    ];
    for narrow in narrower {
        for hours in 1..=12 {
            let asks = |world: &mut World| {
                world.snapshot.request.spec.duration = format!("{hours}h").parse().unwrap();
            };
            let allowed = |mut world: World| {
                world.settle();
                world.status().phase == Some(Phase::Pending)
            };
            let before = allowed(request().with(asks));
            let after = allowed(request().with(asks).with(narrow));
            assert!(before || !after, "{hours}h became possible");
        }
    }
}

// L2
#[test]
fn no_assignment_outlives_its_end_by_a_minute_while_aws_answers() {
    for seed in 1..=LIVES {
        let (mut world, mut numbers) = life(seed);
        world.assigned = false;
        for _ in 0..15 {
            vote(&mut world, "bob", ReviewDecision::Approved);
            step(&mut world, seed);
            let wake_at = world.last.as_ref().unwrap().wake_at;
            let Some(wake_at) = wake_at else { break };
            world.now = wake_at.min(after(
                world.now,
                TimeDelta::seconds(1 + numbers.pick(&[1, 60, 600])),
            ));
        }
        let window = world.status().window.clone().unwrap_or_default();
        let Some(end) = window.end_time.or(window.not_after) else {
            continue;
        };
        world.until(after(end, TimeDelta::seconds(60)));
        assert!(!world.assigned, "L2, seed {seed}: {:?}", world.status());
    }
}
