//! What each policy's status says.

mod absences;

use super::*;
use crate::api::{Stage, TeamSettingsSpec};
use crate::domain::Facts;
use crate::domain::fixtures::{
    Aws, World, account, approvers, group, minute, policy, request, stage, unit, user,
};

const UNIT: &str = "ou-ab12-prod0001";
const ELSEWHERE: &str = "444455556666";

/// One account in its unit, and another one that lies elsewhere.
fn organization() -> OrganizationFacts {
    let mut elsewhere = account();
    elsewhere.id = id(ELSEWHERE);
    elsewhere.path.0.truncate(1);
    let mut above = account().path;
    above.0.truncate(2);
    OrganizationFacts {
        accounts: [account(), elsewhere]
            .map(|account| (account.id.clone(), account))
            .into(),
        units: [(unit(UNIT, true).id, above)].into(),
    }
}

fn id(account: &str) -> AccountId {
    AccountId::parse(account).unwrap()
}

fn sets(names: &[&str]) -> Vec<PermissionSetName> {
    names
        .iter()
        .map(|name| PermissionSetName::parse(*name).unwrap())
        .collect()
}

fn person(name: &str) -> Subject {
    Subject {
        kind: SubjectKind::User,
        name: name.to_owned(),
    }
}

/// Looks the facts up as the shell does.
fn answered<T>(world: &mut World, ask: impl Fn(&World, &FactReader<'_>) -> T) -> T {
    world.snapshot.facts = Facts::default();
    for _ in 0..20 {
        let (timings, now) = (world.snapshot.timings, world.now);
        let reader = FactReader::new(&world.snapshot.facts, &timings, now);
        let answer = ask(world, &reader);
        let questions = reader.questions();
        if questions.is_empty() {
            return answer;
        }
        for (question, _) in &questions {
            world.answer(question);
        }
    }
    unreachable!("questions without end")
}

/// The facts about the first ApproverPolicy.
#[track_caller]
fn check(change: impl FnOnce(&mut World), reason: Reason) -> PolicyFacts {
    let mut world = request().with(change);
    let identity = TeamSettingsSpec::default().identity;
    let facts = answered(&mut world, |world, reader| {
        let all = &world.snapshot.approver_policies.all;
        let environment = Environment {
            organization: &organization(),
            identity: &identity,
            identity_center: &world.snapshot.identity_center,
        };
        of_approver_policy(&all[0], all, environment, reader)
    });
    assert_eq!(facts.reason, reason, "{}", facts.message);
    facts
}

/// What is said of the first EligibilityPolicy of a world.
fn of_first_eligibility_policy(world: &World, reader: &FactReader<'_>) -> PolicyFacts {
    let environment = Environment {
        organization: &organization(),
        identity: &TeamSettingsSpec::default().identity,
        identity_center: &world.snapshot.identity_center,
    };
    of_eligibility_policy(
        &world.snapshot.eligibility_policies.all[0].spec,
        environment,
        reader,
    )
}

#[track_caller]
fn check_spec(change: impl FnOnce(&mut ApproverPolicySpec), reason: Reason) -> PolicyFacts {
    check(
        |world| change(&mut world.snapshot.approver_policies.all[0].spec),
        reason,
    )
}

/// The facts about the first EligibilityPolicy.
#[track_caller]
fn check_eligibility(change: impl FnOnce(&mut EligibilityPolicySpec), reason: Reason) -> PolicyFacts {
    let mut world = request();
    change(&mut world.snapshot.eligibility_policies.all[0].spec);
    let facts = answered(&mut world, of_first_eligibility_policy);
    assert_eq!(facts.reason, reason, "{}", facts.message);
    facts
}

#[test]
fn a_policy_whose_names_all_exist_is_valid_and_counted() {
    let facts = check(|_| (), Reason::Valid);
    assert_eq!((facts.accounts, facts.people), (1, 3));
    assert_eq!(facts.message, "Everything that the policy names exists.");
    assert_eq!(facts.stages, Some(("lead".to_owned(), 1)));
    let two = |spec: &mut ApproverPolicySpec| spec.stages.push(stage("security", "Security", 2));
    let facts = check_spec(two, Reason::Valid);
    assert_eq!(facts.stages, Some(("lead, security".to_owned(), 3)));
}

#[test]
fn an_eligibility_policy_counts_what_it_covers() {
    let facts = check_eligibility(|_| (), Reason::Valid);
    assert_eq!((facts.accounts, facts.people), (1, 2));
    let facts = check_eligibility(|spec| spec.subjects.push(person("bob")), Reason::Valid);
    assert_eq!(facts.people, 3);
}

#[test]
fn a_unit_is_shown_with_its_place_and_counts_the_accounts_below_it() {
    let in_unit = |nested| {
        move |spec: &mut ApproverPolicySpec| {
            spec.accounts = vec![];
            spec.organizational_units = vec![unit(UNIT, nested)];
        }
    };
    let facts = check_spec(in_unit(true), Reason::Valid);
    assert_eq!(facts.accounts, 1);
    assert_eq!(
        facts.units,
        [OrganizationalUnitPath {
            id: unit(UNIT, true).id,
            path: "Root/Production".to_owned()
        }]
    );
    assert_eq!(check_spec(in_unit(false), Reason::Valid).accounts, 0);
    let both = |spec: &mut ApproverPolicySpec| {
        spec.accounts.push(id(ELSEWHERE));
        spec.organizational_units = vec![unit(UNIT, true)];
    };
    assert_eq!(check_spec(both, Reason::Valid).accounts, 2);
}

#[test]
fn whatever_a_policy_names_and_is_not_there_has_its_reason() {
    check_spec(
        |spec| spec.accounts.push(id("777788889999")),
        Reason::AccountNotFound,
    );
    check_spec(
        |spec| spec.organizational_units.push(unit("ou-ab12-gone0001", true)),
        Reason::OrganizationalUnitNotFound,
    );
    check_spec(
        |spec| spec.permission_sets = Some(sets(&["DatabaseAdmin", "Gone"])),
        Reason::PermissionSetNotFound,
    );
    check_spec(
        |spec| spec.stages[0].approvers.push(group("Gone")),
        Reason::GroupNotFound,
    );
    check_spec(
        |spec| spec.stages[0].approvers.push(person("gone")),
        Reason::UserNotFound,
    );
    let facts = check_spec(
        |spec| spec.stages[0].approvers.push(person("Bob")),
        Reason::UserNotFound,
    );
    assert!(facts.message.contains("it has \"bob\""), "{}", facts.message);
    check_eligibility(
        |spec| spec.accounts.push(id("777788889999")),
        Reason::AccountNotFound,
    );
    check_eligibility(
        |spec| spec.permission_sets.extend(sets(&["Gone"])),
        Reason::PermissionSetNotFound,
    );
    check_eligibility(|spec| spec.subjects.push(group("Gone")), Reason::GroupNotFound);
}

#[test]
fn what_cannot_be_looked_up_is_unknown_and_nothing_else() {
    let facts = check(|world| world.aws = Aws::Down, Reason::LookupFailed);
    assert_eq!(facts.message, "AWS is down. It is tried again.");
    let with_sets = |world: &mut World| {
        world.aws = Aws::Down;
        world.snapshot.approver_policies.all[0].spec.permission_sets = Some(sets(&["DatabaseAdmin"]));
    };
    check(with_sets, Reason::LookupFailed);
}

#[test]
fn the_stages_together_need_enough_different_people_who_are_enabled() {
    let stages = |stages: Vec<Stage>| move |spec: &mut ApproverPolicySpec| spec.stages = stages;
    let leads = |count| stage("lead", "Leads", count);
    check_spec(stages(vec![leads(3)]), Reason::Valid);
    check_spec(stages(vec![leads(4)]), Reason::UnreachableQuorum);
    let security = || stage("security", "Security", 3);
    let facts = check_spec(stages(vec![leads(2), security()]), Reason::Valid);
    assert_eq!(facts.people, 5, "bob is in both groups");
    check_spec(stages(vec![leads(3), security()]), Reason::UnreachableQuorum);
    let disabled = |world: &mut World| {
        world.users.get_mut("bob").unwrap().enabled = Enabled::No;
        world.snapshot.approver_policies.all[0].spec.stages = vec![leads(2)];
    };
    assert_eq!(check(disabled, Reason::Valid).people, 2);
    let nobody = |world: &mut World| {
        world.groups.get_mut("Leads").unwrap().clear();
    };
    assert_eq!(check(nobody, Reason::UnreachableQuorum).people, 0);
}

#[test]
fn the_stages_together_ask_for_no_more_approvals_than_a_request_takes() {
    for (asked_for, expected) in [(32, Reason::Valid), (33, Reason::UnreachableQuorum)] {
        let crowds = |world: &mut World| {
            let names = |from: u32| (from..from + 20).map(|number| format!("p{number}"));
            world.users = names(0)
                .chain(names(20))
                .map(|name| (name.clone(), user(&name)))
                .collect();
            world.groups.insert("Leads".to_owned(), names(0).collect());
            world.groups.insert("Security".to_owned(), names(20).collect());
            world.snapshot.approver_policies.all[0].spec.stages = vec![
                stage("lead", "Leads", 16),
                stage("security", "Security", asked_for - 16),
            ];
        };
        check(crowds, expected);
    }
}

#[test]
fn more_approvers_than_a_request_lists_are_too_many() {
    let crowd = |count: usize| {
        move |world: &mut World| {
            let names = || (0..count).map(|number| format!("p{number}"));
            world.users = names().map(|name| (name.clone(), user(&name))).collect();
            world.groups.insert("Leads".to_owned(), names().collect());
        }
    };
    check(crowd(300), Reason::Valid);
    check(crowd(301), Reason::TooManyApprovers);
}

/// How the second of two policies differs from the first.
type Change = fn(&mut PolicyFact<ApproverPolicySpec>);

#[test]
fn two_policies_conflict_over_one_target_for_the_same_permission_sets() {
    let table: [(&str, Reason, Change); 6] = [
        ("the same", Reason::PolicyConflict, |_| ()),
        ("another account", Reason::Valid, |twin| {
            twin.spec.accounts = vec![id(ELSEWHERE)];
        }),
        ("the same unit", Reason::PolicyConflict, |twin| {
            twin.spec.accounts = vec![];
            twin.spec.organizational_units = vec![unit(UNIT, false)];
        }),
        ("another unit", Reason::Valid, |twin| {
            twin.spec.accounts = vec![];
            twin.spec.organizational_units = vec![unit("r-ab12", true)];
        }),
        ("only one names sets", Reason::Valid, |twin| {
            twin.spec.permission_sets = Some(sets(&["DatabaseAdmin"]));
        }),
        ("one that went", Reason::Valid, |twin| {
            twin.gone_since = Some(minute(0));
        }),
    ];
    for (what, reason, change) in table {
        let mut twin = policy("twin", approvers(vec![stage("lead", "Leads", 1)]));
        change(&mut twin);
        let facts = check(
            |world| {
                let all = &mut world.snapshot.approver_policies.all;
                all[0].spec.organizational_units = vec![unit(UNIT, true)];
                all.push(twin);
            },
            reason,
        );
        assert_eq!(facts.message.contains("twin"), reason != Reason::Valid, "{what}");
    }
}

#[test]
fn policies_for_permission_sets_conflict_where_they_share_one() {
    let of_both = |one: &'static [&'static str], two: &'static [&'static str]| {
        move |world: &mut World| {
            let mut twin = policy("twin", approvers(vec![stage("lead", "Leads", 1)]));
            twin.spec.permission_sets = Some(sets(two));
            let all = &mut world.snapshot.approver_policies.all;
            all[0].spec.permission_sets = Some(sets(one));
            all.push(twin);
        }
    };
    check(of_both(&["DatabaseAdmin"], &["ReadOnlyAccess"]), Reason::Valid);
    check(
        of_both(&["DatabaseAdmin"], &["ReadOnlyAccess", "DatabaseAdmin"]),
        Reason::PolicyConflict,
    );
}
