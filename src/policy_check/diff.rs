//! Who gains and who loses what between two folders of policies.

use std::collections::{BTreeMap, BTreeSet};

use super::rights::{Right, Target, approvals, rights};
use super::some;
use super::world::World;
use crate::api::{AccountId, PermissionSetName};

/// What changed, and how, of one person, permission set and account.
type Change = (&'static str, String);

fn change(before: Option<&Right>, after: Option<&Right>) -> Option<Change> {
    match (before, after) {
        (None, Some(right)) => Some(("gained by", right.to_string())),
        (Some(right), None) => Some(("lost by", right.to_string())),
        (Some(before), Some(after)) if before != after => {
            Some(("changed for", format!("{after}; before: {before}")))
        }
        _ => None,
    }
}

/// A change of several people: what it is, of which permission sets, in which accounts.
type Alike<'a> = (Change, Vec<&'a PermissionSetName>, BTreeSet<&'a AccountId>);

/// The changes, a line each; the same change of several people, accounts or permission sets is one line.
pub fn diff(before: &mut World, after: &mut World) -> Vec<String> {
    let (old, new) = (rights(before), rights(after));
    let (old_approvals, new_approvals) = (approvals(&old, before), approvals(&new, after));
    let targets: BTreeSet<&Target> = old.keys().chain(new.keys()).collect();
    let mut accounts: BTreeMap<(Change, &PermissionSetName, &str), BTreeSet<&AccountId>> = BTreeMap::new();
    for target in targets {
        if let Some(change) = change(old.get(target), new.get(target)) {
            let key = (change, &target.set, target.person.as_str());
            accounts.entry(key).or_default().insert(&target.account);
        }
    }
    let mut sets: BTreeMap<(Change, BTreeSet<&AccountId>, &str), Vec<&PermissionSetName>> = BTreeMap::new();
    for ((change, set, person), accounts) in accounts {
        sets.entry((change, accounts, person)).or_default().push(set);
    }
    let mut people: BTreeMap<Alike<'_>, Vec<&str>> = BTreeMap::new();
    for ((change, accounts, person), sets) in sets {
        people.entry((change, sets, accounts)).or_default().push(person);
    }
    let mut lines: Vec<String> = people
        .into_iter()
        .map(|(((what, how), sets, accounts), people)| {
            let (people, sets, accounts) = (some(people), some(sets), named(&accounts, after));
            format!("{what} {people}: {sets} in {accounts}, {how}")
        })
        .collect();
    lines.extend(changed_approvals(&old_approvals, &new_approvals, after));
    lines
}

type Approvals = BTreeMap<(PermissionSetName, AccountId), String>;

/// Where approval is needed before and after, and by others.
fn changed_approvals(old: &Approvals, new: &Approvals, world: &World) -> Vec<String> {
    let mut changed: BTreeMap<(&str, &str, &PermissionSetName), BTreeSet<&AccountId>> = BTreeMap::new();
    for ((set, account), after) in new {
        let before = old.get(&(set.clone(), account.clone()));
        if let Some(before) = before.filter(|before| *before != after) {
            let key = (before.as_str(), after.as_str(), set);
            changed.entry(key).or_default().insert(account);
        }
    }
    let line =
        |((before, after, set), accounts): ((&str, &str, &PermissionSetName), BTreeSet<&AccountId>)| {
            format!(
                "approved by others: {set} in {}, by {after}; before: {before}",
                named(&accounts, world)
            )
        };
    changed.into_iter().map(line).collect()
}

/// Accounts by name and id.
fn named(accounts: &BTreeSet<&AccountId>, world: &World) -> String {
    let name = |id: &&AccountId| {
        let account = world.organization.accounts.get(*id);
        account.map_or_else(|| id.to_string(), |account| format!("{} ({id})", account.name))
    };
    match accounts.len() {
        1 => some(accounts.iter().map(name)),
        count => format!("{count} accounts: {}", some(accounts.iter().map(name))),
    }
}
