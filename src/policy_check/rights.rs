//! What everybody may ask for, and who approves it: the whole of what policies say, person by person.

use std::collections::{BTreeMap, BTreeSet};

use super::cases::{approvers, shown};
use super::world::World;
use crate::api::{AccountId, HumanDuration, PermissionSetName};
use crate::domain::eligibility::{Eligibility, EligibilityQuery, evaluate};
use crate::domain::{Freshness, User};

/// What one person may ask for in one account: a person, a permission set, an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The Kubernetes user name.
    pub person: String,
    /// The permission set.
    pub set: PermissionSetName,
    /// The account.
    pub account: AccountId,
}

/// For how long, and whether approval is needed: the longest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right(Vec<(HumanDuration, bool)>);

impl Right {
    /// Whether approval is needed for some duration.
    pub fn asks_for_approval(&self) -> bool {
        self.0.iter().any(|(_, approval)| *approval)
    }
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |(duration, approval): &(HumanDuration, bool)| {
            let how = if *approval {
                "with approval"
            } else {
                "without approval"
            };
            format!("up to {duration} {how}")
        };
        f.write_str(&self.0.iter().map(part).collect::<Vec<_>>().join(", "))
    }
}

/// Everybody's rights.
pub fn rights(world: &mut World) -> BTreeMap<Target, Right> {
    let mut rights = BTreeMap::new();
    for person in world.everybody() {
        let Some(name) = person.names.first().cloned() else {
            continue;
        };
        let user = world
            .directory
            .people()
            .find(|user| user.id == person.id)
            .cloned();
        let Some(user) = user else { continue };
        for ((account, set), durations) in wishes(&name, world) {
            let right = right(&user, &account, &set, durations, world);
            if !right.0.is_empty() {
                let person = name.clone();
                rights.insert(Target { person, set, account }, right);
            }
        }
    }
    rights
}

/// The durations at which the answer can change.
fn wishes(
    name: &str,
    world: &mut World,
) -> BTreeMap<(AccountId, PermissionSetName), BTreeSet<HumanDuration>> {
    let mut wishes: BTreeMap<_, BTreeSet<HumanDuration>> = BTreeMap::new();
    for entry in world.eligible(name).entries {
        for account in &entry.accounts {
            for set in &entry.permission_sets {
                let key = (account.id.clone(), set.clone());
                wishes.entry(key).or_default().insert(entry.max_duration);
            }
        }
    }
    wishes
}

fn right(
    user: &User,
    account: &AccountId,
    set: &PermissionSetName,
    durations: BTreeSet<HumanDuration>,
    world: &mut World,
) -> Right {
    let mut steps: Vec<(HumanDuration, bool)> = vec![];
    for duration in durations.into_iter().rev() {
        let found = world.look(|world, reader| {
            let account = world.organization.accounts.get(account)?;
            let asked = EligibilityQuery {
                user: &user.id,
                user_name: &user.user_name,
                account,
                permission_set: set,
                duration,
            };
            let policies = &world.snapshot.eligibility_policies;
            match evaluate(&asked, policies, &world.settings, None, reader, Freshness::Cached) {
                Eligibility::Eligible(eligible) => Some(eligible.approval_required),
                Eligibility::NotEligible(_) | Eligibility::Undecided(_) => None,
            }
        });
        let last = steps.last().map(|(_, approval)| *approval);
        if let Some(approval) = found
            && last != Some(approval)
        {
            steps.push((duration, approval));
        }
    }
    Right(steps)
}

/// Who approves each account and permission set that somebody needs approval for.
pub fn approvals(
    rights: &BTreeMap<Target, Right>,
    world: &mut World,
) -> BTreeMap<(PermissionSetName, AccountId), String> {
    let needed: BTreeSet<(PermissionSetName, AccountId)> = rights
        .iter()
        .filter(|(_, right)| right.asks_for_approval())
        .map(|(target, _)| (target.set.clone(), target.account.clone()))
        .collect();
    needed
        .into_iter()
        .filter_map(|(set, id)| {
            let account = world.organization.accounts.get(&id)?.clone();
            let who = shown(&approvers(&account, &set, None, world));
            Some(((set, id), who))
        })
        .collect()
}
