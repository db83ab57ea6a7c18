//! The laws, checked after each step of many generated sequences.

use chrono::TimeDelta;

use crate::api::{AssignmentState, Phase, Reason, ReviewDecision};
use crate::domain::fixtures::{Aws, World, minute, request};
use crate::domain::snapshot::{Clocks, Guard, Lease, SettingsFact};
use crate::domain::window::after;
use crate::domain::{RecordChange, decide};

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
    match numbers.below(20) {
        0..=8 => somebody_acts(world, numbers),
        9..=12 => amazon_changes(world, numbers),
        13..=15 => platform_changes(world, numbers),
        16..=19 => the_process_is_disturbed(world, numbers),
        _ => unreachable!("numbers below 20"),
    }
    if numbers.below(3) == 0 {
        let seconds = numbers.pick(&[1, 5, 30, 61, 301, 1000, 4000]);
        world.now = after(world.now, TimeDelta::seconds(seconds));
    }
}

fn somebody_acts(world: &mut World, numbers: &mut Numbers) {
    let approver = numbers.pick(&["bob", "carol", "sam", "root"]);
    match numbers.below(30) {
        0 => vote(world, approver, ReviewDecision::Rejected),
        1 => vote(world, approver, ReviewDecision::Revoked),
        2 => world.snapshot.request.spec.cancelled = Some(true),
        3 => world.snapshot.request.deleted_at = Some(world.now),
        _ => vote(world, approver, ReviewDecision::Approved),
    }
}

fn amazon_changes(world: &mut World, numbers: &mut Numbers) {
    match numbers.below(4) {
        0 => {
            world.aws = numbers.pick(&[
                Aws::Works,
                Aws::Works,
                Aws::Slow,
                Aws::Fails,
                Aws::Refuses,
                Aws::Busy,
                Aws::LosesAnswers,
                Aws::Down,
            ]);
        }
        1 => world.operations.clear(),
        2 if numbers.below(3) == 0 => world.assigned = false,
        _ => {
            let engineers = world.groups.get_mut("Engineers").unwrap();
            if !engineers.remove("alice") || numbers.below(2) == 0 {
                engineers.insert("alice".to_owned());
            }
        }
    }
}

fn platform_changes(world: &mut World, numbers: &mut Numbers) {
    match numbers.below(3) {
        0 => {
            let states = [
                Guard::Intact,
                Guard::Intact,
                Guard::Unproven("?".to_owned()),
                Guard::Broken("!".to_owned()),
                Guard::BrokenBefore("!".to_owned()),
            ];
            world.snapshot.guard = states[usize::try_from(numbers.below(5)).unwrap()].clone();
        }
        1 => {
            let policy = &mut world.snapshot.eligibility_policies.all[0];
            policy.gone_since = numbers.pick(&[None, None, Some(world.now)]);
        }
        _ if numbers.below(3) == 0 => {
            world.snapshot.settings = SettingsFact::Missing {
                since: world.now,
                on_eligibility_lost: None,
            };
        }
        _ => {}
    }
}

fn the_process_is_disturbed(world: &mut World, numbers: &mut Numbers) {
    match numbers.below(5) {
        0 => world.writable = numbers.below(3) > 0,
        1 => {
            let ahead = [None, None, Some(20), Some(-20)];
            world.snapshot.clocks = Clocks {
                aws_ahead: numbers.pick(&ahead).map(TimeDelta::minutes),
                api_server_ahead: None,
            }
        }
        2 => {
            world.lease = numbers
                .pick(&[Some(()), Some(()), None])
                .map_or(Lease::Unsure("?".to_owned()), |()| Lease::Held);
        }
        3 if numbers.below(4) == 0 => {
            let back = after(world.now, TimeDelta::minutes(-30));
            world.set_clock(back);
        }
        4 if numbers.below(3) == 0 => {
            world.restart();
        }
        _ => {}
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

/// What holds after every pass of both machines.
fn check_laws(world: &World, before: AssignmentState, seed: u64) {
    for (from, to) in &world.transitions {
        let allowed = from.map_or(Phase::FIRST, Phase::next);
        let forged = world.status().reason == Some(Reason::SealBroken);
        assert!(
            allowed.contains(to) || forged,
            "L3, seed {seed}: {from:?} to {to:?}"
        );
    }
    let (status, state) = (world.status(), world.state());
    if status.finished
        && let Some(claim) = world
            .record()
            .and_then(|record| record.claim(&world.snapshot.request.uid))
    {
        assert!(claim.ended.is_some(), "L12, seed {seed}: {:?}", status.phase);
        assert_eq!(
            state,
            AssignmentState::Absent,
            "L12, seed {seed}: {:?}",
            status.phase
        );
    }
    let _ = before;
    let json = serde_json::to_value(status).unwrap();
    assert_eq!(
        serde_json::from_value::<crate::api::ElevationRequestStatus>(json).unwrap(),
        *status
    );
}

/// One pass of each machine at a time, until nothing changes (L5).
fn step(world: &mut World, seed: u64) {
    for _ in 0..40 {
        let before = (world.status().clone(), world.records.clone(), world.calls.len());
        let state = world.state();
        world.pass();
        check_laws(world, state, seed);
        if before == (world.status().clone(), world.records.clone(), world.calls.len()) {
            return;
        }
    }
    panic!(
        "L5, seed {seed}: no fixpoint at {:?}, {:?}",
        world.status(),
        world.records
    );
}

#[test]
fn every_life_keeps_the_laws_and_comes_to_its_end() {
    for seed in 1..=LIVES {
        let (mut world, mut numbers) = life(seed);
        let standing = world.assigned;
        for _ in 0..60 {
            happen(&mut world, &mut numbers);
            step(&mut world, seed);
        }
        // L15: when faults stop, every request reaches its end.
        world.aws = Aws::Works;
        world.writable = true;
        world.operations.clear();
        world.snapshot.guard = Guard::Intact;
        world.lease = Lease::Held;
        world.snapshot.clocks = Clocks::default();
        let end = after(world.now, TimeDelta::hours(24));
        world.until(end);
        let status = world.status();
        assert!(
            status.finished || status.phase.is_none(),
            "L15, seed {seed}: {status:?}"
        );
        assert!(
            !world.assigned || standing,
            "seed {seed}: an orphan after {status:?}, {:?}",
            world.records
        );
        assert!(
            world.records.is_empty(),
            "seed {seed}: nobody needs {:?}",
            world.records
        );
    }
}

// L16
#[test]
fn no_fact_at_all_grants_denies_and_ends_nothing() {
    for seed in 1..=LIVES {
        let (mut world, mut numbers) = life(seed);
        for _ in 0..20 {
            happen(&mut world, &mut numbers);
            step(&mut world, seed);
        }
        world.snapshot.facts = crate::domain::Facts::default();
        world.snapshot.record = world.records.values().next().cloned();
        let decision = decide(&world.snapshot, world.now);
        let admits = matches!(decision.record, Some(RecordChange::Admit { .. }));
        assert!(!admits, "L16, seed {seed}");
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
            let wait = TimeDelta::seconds(1 + numbers.pick(&[1, 60, 600])).min(world.rests);
            world.now = after(world.now, wait);
        }
        let window = world.status().window.clone().unwrap_or_default();
        let Some(end) = window.end_time.or(window.not_after) else {
            continue;
        };
        world.until(after(end, TimeDelta::seconds(60)));
        assert!(!world.assigned, "L2, seed {seed}: {:?}", world.status());
    }
}
