//! What is missing, cannot be read or cannot be assigned.

use super::*;
use crate::domain::{Fact, Question};

/// Looks the facts up in rounds, from a cache that is half an hour behind unless it is passed by; how many rounds that took.
fn from_an_old_cache(
    world: &mut World,
    ask: impl Fn(&World, &FactReader<'_>) -> PolicyFacts,
) -> (PolicyFacts, usize) {
    let mut old = request();
    old.now = minute(-10);
    world.snapshot.facts = Facts::default();
    for round in 0.. {
        let (timings, now) = (world.snapshot.timings, world.now);
        let reader = FactReader::new(&world.snapshot.facts, &timings, now);
        let answer = ask(world, &reader);
        let questions = reader.questions();
        if questions.is_empty() {
            return (answer, round);
        }
        for (question, freshness) in &questions {
            // What only a thing that was found leads to was never asked before.
            if *freshness == Freshness::Fresh || matches!(question, Question::Members(_)) {
                world.answer(question);
            } else {
                old.snapshot.facts = Facts::default();
                old.answer(question);
                world
                    .snapshot
                    .facts
                    .merge(std::mem::take(&mut old.snapshot.facts));
            }
        }
    }
    unreachable!("questions without end")
}

#[test]
fn a_status_never_says_that_something_is_missing_from_an_old_cache() {
    let mut world = request().with(|world| {
        // All of it is newer than the cache.
        world.users.insert("new".to_owned(), user("new"));
        world
            .groups
            .insert("New".to_owned(), std::iter::once("bob".to_owned()).collect());
        world.account.as_mut().unwrap().id = id("777788889999");
        let spec = &mut world.snapshot.eligibility_policies.all[0].spec;
        spec.subjects = vec![person("new"), group("New")];
        spec.accounts = vec![id("777788889999")];
    });
    let (facts, rounds) = from_an_old_cache(&mut world, of_first_eligibility_policy);
    assert_eq!(facts.reason, Reason::Valid, "{}", facts.message);
    assert!(rounds <= 4, "{rounds} rounds");
}

#[test]
fn what_a_delegated_administrator_cannot_assign_is_said() {
    let management = "999999999999";
    let facts = |change: fn(&mut World)| {
        let mut world = request().with(change);
        world.snapshot.identity_center.delegated_administrator = true;
        answered(&mut world, of_first_eligibility_policy)
    };
    assert_eq!(facts(|_| ()).reason, Reason::Valid);
    let there = facts(|world| world.provisioned_in = vec![id("999999999999")]);
    assert_eq!(there.reason, Reason::ManagementAccount);
    assert!(
        there.message.contains("Permission set DatabaseAdmin"),
        "{}",
        there.message
    );
    let itself = facts(|world| {
        let management = id("999999999999");
        world.account.as_mut().unwrap().id = management.clone();
        world.snapshot.eligibility_policies.all[0].spec.accounts = vec![management];
    });
    assert_eq!(itself.reason, Reason::ManagementAccount);
    assert!(itself.message.contains(management), "{}", itself.message);
}

#[test]
fn one_permission_set_that_cannot_be_read_hides_no_other_and_all_are_asked_in_one_round() {
    let mut world = request();
    let names: Vec<String> = (0..100).map(|number| format!("Set{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.snapshot.eligibility_policies.all[0].spec.permission_sets = sets(&names);
    world.snapshot.facts = Facts::default();
    let timings = world.snapshot.timings;
    let mut rounds = 0;
    let facts = loop {
        let reader = FactReader::new(&world.snapshot.facts, &timings, world.now);
        let facts = of_first_eligibility_policy(&world, &reader);
        let questions = reader.questions();
        if questions.is_empty() {
            break facts;
        }
        rounds += 1;
        for (question, _) in questions {
            let name = match &question {
                Question::PermissionSetByName(name) if name.as_str() == "Set0" => name.clone(),
                _ => {
                    world.answer(&question);
                    continue;
                }
            };
            let why = Fact::Unknown("AWS denies it".to_owned());
            world.snapshot.facts.permission_sets_by_name.insert(name, why);
        }
    };
    assert_eq!(facts.reason, Reason::PermissionSetNotFound);
    assert!(facts.message.contains("Set1"), "{}", facts.message);
    assert!(rounds <= 2, "{rounds} rounds");
}

#[test]
fn a_message_of_aws_that_is_longer_than_a_status_takes_is_cut() {
    let mut world = request();
    world.unreadable_member = Some(UserId::new("x".repeat(5_000)));
    let facts = answered(&mut world, of_first_eligibility_policy);
    assert_eq!(facts.reason, Reason::LookupFailed);
    assert_eq!(facts.message.chars().count(), 2_048);
    assert_eq!(facts.people, 2, "the others are counted");
}
