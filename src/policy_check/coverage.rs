//! What policies mean together: what nobody approves, who cannot get approval, and what an overlap waives.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::{Folder, Placed};
use super::world::World;
use super::{Finding, some};
use crate::api::{
    AccountId, ApproverPolicySpec, EligibilityPolicySpec, PermissionSetName, Reason, Requirement, UserId,
    Waiver,
};
use crate::domain::approvers::{Governing, Person, can_be_reached, governing, people_of};
use crate::domain::eligibility::covers;
use crate::domain::{Account, AccountState, PolicyFact};

/// Who governs an account and a permission set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Governor {
    Nobody,
    Conflict(Vec<String>),
    Policy(String),
}

/// The accounts and permission sets under one governor.
type Targets = BTreeMap<Governor, Vec<(BTreeSet<PermissionSetName>, BTreeSet<AccountId>)>>;

/// Everything that only several policies together show.
pub fn coverage(folder: &Folder, world: &mut World) -> Vec<Finding> {
    let mut findings = vec![];
    for policy in &folder.eligibility {
        findings.extend(reaches_nothing(policy, world));
        if policy.spec.approval_required && world.settings.approval_workflow == Requirement::Required {
            for (governor, targets) in targets(policy, world) {
                findings.extend(approval(policy, &governor, &targets, world));
            }
        }
    }
    findings.extend(overlaps(folder, world));
    findings
}

fn covered(policy: &EligibilityPolicySpec, world: &World) -> Vec<Account> {
    let covered = |account: &&Account| {
        account.state == AccountState::Active
            && covers(&policy.accounts, &policy.organizational_units, account)
    };
    let accounts = world.organization.accounts.values();
    accounts.filter(covered).cloned().collect()
}

fn reaches_nothing(policy: &Placed<EligibilityPolicySpec>, world: &mut World) -> Option<Finding> {
    let name = &policy.name;
    let sentence = if covered(&policy.spec, world).is_empty() {
        format!("EligibilityPolicy {name} covers no active account.")
    } else if world.people(&policy.spec.subjects).is_empty() {
        format!("EligibilityPolicy {name} names nobody who is there and enabled.")
    } else {
        return None;
    };
    Some(Finding::warning(policy.place(), sentence))
}

fn targets(policy: &Placed<EligibilityPolicySpec>, world: &mut World) -> Targets {
    let accounts = covered(&policy.spec, world);
    let mut by_set: BTreeMap<(Governor, PermissionSetName), BTreeSet<AccountId>> = BTreeMap::new();
    for account in &accounts {
        for set in &policy.spec.permission_sets {
            let governor = world.look(|world, reader| {
                match governing(account, set, &world.snapshot.approver_policies, reader) {
                    Governing::Policy(policy) => Governor::Policy(policy.name.clone()),
                    Governing::Conflict(names) => Governor::Conflict(names),
                    // A folder has no policies that disappear.
                    Governing::None | Governing::Undecided(_) => Governor::Nobody,
                }
            });
            let accounts = by_set.entry((governor, set.clone())).or_default();
            accounts.insert(account.id.clone());
        }
    }
    let mut targets = Targets::new();
    for ((governor, set), accounts) in by_set {
        let groups = targets.entry(governor).or_default();
        match groups.iter_mut().find(|(_, known)| *known == accounts) {
            Some((sets, _)) => drop(sets.insert(set)),
            None => groups.push((BTreeSet::from([set]), accounts)),
        }
    }
    targets
}

fn approval(
    policy: &Placed<EligibilityPolicySpec>,
    governor: &Governor,
    targets: &[(BTreeSet<PermissionSetName>, BTreeSet<AccountId>)],
    world: &mut World,
) -> Vec<Finding> {
    let name = &policy.name;
    let describe = |world: &World| {
        let what = targets
            .iter()
            .map(|(sets, accounts)| format!("{} in {}", some(sets), named(accounts, world)));
        what.collect::<Vec<_>>().join("; ")
    };
    match governor {
        Governor::Nobody => {
            let what = describe(world);
            let sentence = format!(
                "EligibilityPolicy {name} asks for approval, and no ApproverPolicy says whose: {what}. Requests for it wait \
                 until they expire."
            );
            vec![Finding::error(policy.place(), sentence).because(Reason::NoApprovers)]
        }
        Governor::Conflict(policies) => {
            let what = describe(world);
            let sentence = format!(
                "EligibilityPolicy {name}: the ApproverPolicies {} are equally near to {what}. Requests for it wait until one \
                 of them changes.",
                policies.join(" and ")
            );
            vec![Finding::error(policy.place(), sentence).because(Reason::PolicyConflict)]
        }
        Governor::Policy(governing) => alone(policy, governing, world).into_iter().collect(),
    }
}

/// People whose requests the others cannot approve: nobody counts for themselves.
fn alone(policy: &Placed<EligibilityPolicySpec>, governor: &str, world: &mut World) -> Option<Finding> {
    let stages = able(governor, world)?;
    // Where not even all together suffice, the policy itself is the fault, and was told.
    if !can_be_reached(&stages) {
        return None;
    }
    let without = |person: &UserId| {
        let others = |(required, people): &(usize, BTreeSet<UserId>)| {
            let mut people = people.clone();
            people.remove(person);
            (*required, people)
        };
        stages.iter().map(others).collect::<Vec<_>>()
    };
    let people = world.people(&policy.spec.subjects);
    let stuck: Vec<String> = people
        .into_iter()
        .filter(|person| !can_be_reached(&without(&person.id)))
        .map(called)
        .collect();
    let sentence = format!(
        "EligibilityPolicy {}: ApproverPolicy {governor} has too few people besides the requester for requests of {}.",
        policy.name,
        some(&stuck)
    );
    (!stuck.is_empty()).then(|| Finding::warning(policy.place(), sentence).because(Reason::NoApprovers))
}

/// How many each stage asks for, and who can be counted.
fn able(governor: &str, world: &mut World) -> Option<Vec<(usize, BTreeSet<UserId>)>> {
    let policies = &world.snapshot.approver_policies.all;
    let policy: PolicyFact<ApproverPolicySpec> =
        policies.iter().find(|policy| policy.name == governor)?.clone();
    let identity = world.settings.identity.clone();
    let stages = policy.spec.stages.iter().map(|stage| {
        let found = world.look(|_, reader| people_of(stage, &identity, reader));
        (usize::try_from(found.required).unwrap_or_default(), found.able())
    });
    Some(stages.collect())
}

/// Policies that disagree about approval for the same people, accounts and permission sets.
fn overlaps(folder: &Folder, world: &mut World) -> Vec<Finding> {
    if world.settings.approval_workflow == Requirement::NotRequired {
        return vec![];
    }
    let asks = folder
        .eligibility
        .iter()
        .filter(|policy| policy.spec.approval_required);
    let mut findings = vec![];
    for strict in asks {
        let waives = folder
            .eligibility
            .iter()
            .filter(|policy| !policy.spec.approval_required);
        for loose in waives {
            findings.extend(overlap(strict, loose, world));
        }
    }
    findings
}

fn overlap(
    strict: &Placed<EligibilityPolicySpec>,
    loose: &Placed<EligibilityPolicySpec>,
    world: &mut World,
) -> Option<Finding> {
    let ids = |policy: &EligibilityPolicySpec, world: &World| -> BTreeSet<AccountId> {
        covered(policy, world)
            .into_iter()
            .map(|account| account.id)
            .collect()
    };
    let accounts: BTreeSet<AccountId> = (ids(&strict.spec, world).intersection(&ids(&loose.spec, world)))
        .cloned()
        .collect();
    let sets: Vec<&PermissionSetName> = (strict.spec.permission_sets.iter())
        .filter(|set| loose.spec.permission_sets.contains(set))
        .collect();
    if accounts.is_empty() || sets.is_empty() {
        return None;
    }
    let loosely = world.people(&loose.spec.subjects);
    let both = world
        .people(&strict.spec.subjects)
        .into_iter()
        .filter(|person| loosely.contains(person));
    let people: Vec<String> = both.map(called).collect();
    if people.is_empty() {
        return None;
    }
    let most = strict.spec.max_duration.min(loose.spec.max_duration);
    let what = format!(
        "{} in {} up to {most}, by {}",
        some(sets),
        named(&accounts, world),
        some(people)
    );
    let outcome = match world.settings.waiver {
        Waiver::WaiveIfAny => format!(
            "EligibilityPolicy {} waives the approval that {} asks for",
            loose.name, strict.name
        ),
        Waiver::Never => format!(
            "EligibilityPolicy {} asks for no approval, and {} does, which wins (waiver: Never)",
            loose.name, strict.name
        ),
    };
    let sentence = format!("{outcome}: {what}.");
    Some(Finding::warning(loose.place(), sentence))
}

/// A person by the first of their user names.
fn called(person: Person) -> String {
    let id = person.id.as_str().to_owned();
    person.names.into_iter().next().unwrap_or(id)
}

/// Accounts by name.
fn named(accounts: &BTreeSet<AccountId>, world: &World) -> String {
    let name = |id: &AccountId| {
        let account = world.organization.accounts.get(id);
        account.map_or_else(|| id.to_string(), |account| account.name.clone())
    };
    match accounts.len() {
        1 => some(accounts.iter().map(name)),
        count => format!("{count} accounts ({})", some(accounts.iter().map(name))),
    }
}
