//! The decisions in a world where everything goes wrong, with the laws of the product checked after every step.
//!
//! `SIMULATE_STEPS` says how many steps are led; `SIMULATE_SEED` replays the run of one seed. A run that breaks a law is
//! printed as short as it can be made, with its seed, which belongs into `seeds.txt` with the repair.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on stops here"
)]

mod answers;
mod calls;
mod cluster;
mod drive;
mod episodes;
mod faults;
mod forge;
mod generate;
mod happen;
mod knowledge;
mod laws;
mod lease;
mod numbers;
mod plan;
mod policies;
mod process;
mod records;
mod sabotage;
mod shadow;
mod shrink;
mod sim;
mod truth;
mod watch;
mod writes;

use laws::Violation;
use plan::Plan;
use sabotage::Sabotage;
use sim::Sim;

/// What plain `cargo test` leads.
const STEPS: usize = 120_000;
/// Found seeds, one a line, each with what it found.
const SEEDS: &str = include_str!("seeds.txt");

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is {text:?}: write a number")),
    )
}

fn threads() -> usize {
    let parallel = std::thread::available_parallelism().map_or(1, usize::from);
    parallel.clamp(1, 8)
}

/// Leads the run of a seed; the number of its steps.
#[track_caller]
fn lead(seed: u64) -> usize {
    let plan = Plan::new(seed);
    let mut sim = Sim::new(&plan, None, false);
    match sim.run(&plan) {
        Ok(steps) => steps,
        Err(violation) => panic!("{}", report(&plan, &violation)),
    }
}

/// What a person needs who has to understand a broken law.
fn report(plan: &Plan, found: &Violation) -> String {
    eprintln!(
        "{} is broken by seed {}: {}",
        found.law, plan.seed, found.sentence
    );
    let shrunk = shrink::shrink(plan, found.law, None);
    format!(
        "\n{} is broken by seed {} (SIMULATE_SEED={} replays it): {}\nAs short as it could be made, {} events in this \
         world: {:?}\n{}\n{} {}",
        found.law,
        plan.seed,
        plan.seed,
        found.sentence,
        shrunk.plan.items.len(),
        shrunk.plan.setup,
        shrunk.story.join("\n"),
        shrunk.violation.law,
        shrunk.violation.sentence,
    )
}

#[test]
fn the_seeds_that_once_broke_a_law_keep_all_of_them() {
    let lines = SEEDS
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    for line in lines {
        let seed = line.split_whitespace().next().unwrap();
        lead(seed.parse().unwrap());
    }
}

#[test]
fn many_lives_keep_the_laws() {
    if let Some(seed) = number("SIMULATE_SEED") {
        lead(seed);
        return;
    }
    let wanted = number("SIMULATE_STEPS").map_or(STEPS, |steps| usize::try_from(steps).unwrap());
    let threads = threads();
    let began = std::time::Instant::now();
    let lives: Vec<u64> = std::thread::scope(|scope| {
        let lead_some = |first: usize| {
            let (mut steps, mut lives, mut seed) = (0, 0, u64::try_from(first).unwrap());
            while steps < wanted.div_ceil(threads) {
                steps += lead(seed);
                lives += 1;
                seed += u64::try_from(threads).unwrap();
            }
            lives
        };
        let threads: Vec<_> = (1..=threads)
            .map(|first| scope.spawn(move || lead_some(first)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| panic!("a law was broken")))
            .collect()
    });
    println!(
        "{wanted} steps in {} lives, in {} s",
        lives.iter().sum::<u64>(),
        began.elapsed().as_secs()
    );
}

/// Whether a run in which something is done wrong breaks the law; its steps, and what was found.
fn spoil(sabotage: Sabotage, seed: u64) -> (usize, Option<Violation>) {
    let plan = Plan::new(seed);
    let mut sim = Sim::new(&plan, Some(sabotage), false);
    let found = sim.run(&plan).err();
    (sim.steps, found)
}

/// The seed that shows what is done wrong, and how many steps were led until then. Where nobody says how long, the run that
/// showed it before is led first.
fn seek(sabotage: Sabotage) -> Option<(usize, u64, Violation)> {
    let wanted = number("SIMULATE_STEPS").map(|steps| usize::try_from(steps).unwrap());
    let known = Some(sabotage.shown_by()).filter(|_| wanted.is_none());
    let mut steps = 0;
    for seed in known.into_iter().chain(1..) {
        let (led, found) = spoil(sabotage, seed);
        steps += led;
        if let Some(violation) = found {
            return Some((steps, seed, violation));
        }
        if steps > wanted.unwrap_or(STEPS) {
            break;
        }
    }
    None
}

#[test]
fn each_law_notices_when_it_is_broken() {
    let found: Vec<_> = std::thread::scope(|scope| {
        let seek_some = |first: usize| {
            let some = Sabotage::ALL.into_iter().skip(first).step_by(threads());
            some.map(|sabotage| (sabotage, seek(sabotage)))
                .collect::<Vec<_>>()
        };
        let all: Vec<_> = (0..threads())
            .map(|first| scope.spawn(move || seek_some(first)))
            .collect();
        all.into_iter()
            .flat_map(|one| one.join().expect("a sabotage stopped the simulation"))
            .collect()
    });
    let mut unnoticed = vec![];
    for (sabotage, found) in found {
        let Some((steps, seed, violation)) = found else {
            unnoticed.push(sabotage);
            continue;
        };
        assert_eq!(
            violation.law,
            sabotage.breaks(),
            "{sabotage:?}: {}",
            violation.sentence
        );
        println!("| {} | {sabotage:?} | {steps} | {seed} |", violation.law);
    }
    assert!(unnoticed.is_empty(), "{unnoticed:?} go unnoticed");
}
