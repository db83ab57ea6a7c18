//! Who has to approve: the governing policy and the people of its stages.

use std::collections::{BTreeMap, BTreeSet};

use super::eligibility::{distance_to_unit, group_missing_until};
use crate::api::{
    ApproverPolicySpec, IdentityAttribute, IdentitySettings, PermissionSetName, Reason, Stage, Subject,
    SubjectKind, UserId,
};
use crate::domain::fact_reader::{FactReader, Freshness, Undecided};
use crate::domain::facts::{Account, Attribute, Enabled, GroupLookup, Lookup, Members, User, UserLookup};
use crate::domain::snapshot::{Policies, PolicyFact};
use crate::domain::window::after;

/// Which policy says who approves.
#[derive(Debug, Clone, PartialEq)]
pub enum Governing<'a> {
    /// This one.
    Policy(&'a PolicyFact<ApproverPolicySpec>),
    /// None covers the account.
    None,
    /// These, equally near: their names.
    Conflict(Vec<String>),
    /// It cannot be told yet.
    Undecided(Undecided),
}

/// How near a policy's target is: smaller is nearer. First the distance, then whether it names the permission set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Nearness {
    steps: usize,
    for_all_permission_sets: bool,
}

/// Finds the policy nearest to the account. One whose disappearance does not count yet still takes its place: a
/// policy farther away must not step in for it meanwhile.
pub fn governing<'a>(
    account: &Account,
    permission_set: &PermissionSetName,
    policies: &'a Policies<ApproverPolicySpec>,
    reader: &FactReader<'_>,
) -> Governing<'a> {
    let grace = reader.timings().disappearance_grace;
    let candidates: Vec<(Nearness, &PolicyFact<ApproverPolicySpec>)> = policies
        .relevant(reader.now(), grace)
        .filter_map(|policy| Some((nearness(&policy.spec, account, permission_set)?, policy)))
        .collect();
    let Some(nearest) = candidates.iter().map(|(nearness, _)| *nearness).min() else {
        return Governing::None;
    };
    let mut nearest: Vec<_> = candidates
        .into_iter()
        .filter_map(|(nearness, policy)| (nearness == nearest).then_some(policy))
        .collect();
    if let Some((policy, since)) = nearest
        .iter()
        .find_map(|policy| Some((policy, policy.gone_since?)))
    {
        let until = after(since, grace);
        return Governing::Undecided(Undecided {
            reason: Reason::PolicyDisappeared,
            why: format!(
                "ApproverPolicy {} is missing: if it is not back by {until}, it no longer counts",
                policy.name
            ),
            until: Some(until),
        });
    }
    if let [only] = nearest.as_slice() {
        return Governing::Policy(only);
    }
    nearest.sort_by(|a, b| a.name.cmp(&b.name));
    Governing::Conflict(nearest.iter().map(|policy| policy.name.clone()).collect())
}

fn nearness(
    policy: &ApproverPolicySpec,
    account: &Account,
    permission_set: &PermissionSetName,
) -> Option<Nearness> {
    if policy
        .permission_sets
        .as_ref()
        .is_some_and(|sets| !sets.contains(permission_set))
    {
        return None;
    }
    let steps = if policy.accounts.contains(&account.id) {
        0
    } else {
        policy
            .organizational_units
            .iter()
            .filter_map(|unit| distance_to_unit(unit, &account.path))
            .min()?
    };
    Some(Nearness {
        steps,
        for_all_permission_sets: policy.permission_sets.is_none(),
    })
}

/// Somebody who may approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The person's id.
    pub id: UserId,
    /// The Kubernetes user names that stand for the person, one for each prefix; none where the attribute that settings use is
    /// missing.
    pub names: Vec<String>,
}

/// The people of one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagePeople {
    /// The name of the stage.
    pub stage: String,
    /// How many have to approve.
    pub required: i32,
    /// Enabled people, each once.
    pub people: BTreeMap<UserId, Person>,
    /// Why there may be more of them.
    pub undecided: Option<Undecided>,
}

impl StagePeople {
    /// The ids of those who can write an entry at all.
    pub fn able(&self) -> BTreeSet<UserId> {
        self.people
            .values()
            .filter(|person| !person.names.is_empty())
            .map(|person| person.id.clone())
            .collect()
    }
}

/// Everybody whom a stage names, alone or through groups, as far as it is known.
pub fn people_of(stage: &Stage, identity: &IdentitySettings, reader: &FactReader<'_>) -> StagePeople {
    let mut found = StagePeople {
        stage: stage.name.clone(),
        required: stage.approvals_required,
        people: BTreeMap::new(),
        undecided: None,
    };
    for subject in &stage.approvers {
        match users_of(subject, reader) {
            Ok((users, missing)) => {
                found.undecided = found.undecided.or(missing);
                for user in users.into_iter().filter(|user| user.enabled == Enabled::Yes) {
                    let names = kubernetes_names(user, identity);
                    let id = user.id.clone();
                    found.people.insert(id.clone(), Person { id, names });
                }
            }
            Err(undecided) => found.undecided = found.undecided.or(Some(undecided)),
        }
    }
    found
}

/// Those whom a subject names, and why there may be more: a member who cannot be read costs nobody but himself.
fn users_of<'a>(
    subject: &Subject,
    reader: &FactReader<'a>,
) -> Result<(Vec<&'a User>, Option<Undecided>), Undecided> {
    let nobody_else = |users| (users, None);
    match subject.kind {
        SubjectKind::User => {
            match reader.user_by_name(Attribute::UserName, &subject.name, Freshness::Cached)? {
                UserLookup::Found(user) => Ok(nobody_else(vec![user])),
                UserLookup::OtherSpelling { .. } | UserLookup::Absent => Ok(nobody_else(vec![])),
            }
        }
        SubjectKind::Group => {
            let group = match reader.group(&subject.name, Freshness::Cached)? {
                GroupLookup::Found(group) => group,
                GroupLookup::Absent { since } => {
                    return group_missing_until(&subject.name, *since, reader)
                        .map_or(Ok(nobody_else(vec![])), Err);
                }
            };
            match reader.members(&group.id)? {
                Lookup::Found(members) => Ok((
                    members.known().collect(),
                    unreadable_members(&subject.name, members).map(Undecided::lookup),
                )),
                Lookup::Absent => Err(Undecided::lookup(format!(
                    "group {} disappeared while it was being read",
                    subject.name
                ))),
            }
        }
    }
}

/// That some members of a group cannot be read, and what AWS says of the first.
pub(super) fn unreadable_members(group: &str, members: &Members) -> Option<String> {
    let (id, why) = members.unreadable().next()?;
    let count = members.unreadable().count();
    Some(format!(
        "{count} members of group {group} cannot be read, so they cannot approve. The first is user {id}: {why}"
    ))
}

/// The Kubernetes user names that stand for a person.
pub(in crate::domain) fn kubernetes_names(user: &User, identity: &IdentitySettings) -> Vec<String> {
    let value = match identity.attribute {
        IdentityAttribute::UserName => Some(&user.user_name),
        IdentityAttribute::Email => user.email.as_ref(),
    };
    let named = |value: &String| {
        let prefixes = identity.username_prefixes.iter();
        prefixes.map(|prefix| format!("{prefix}{value}")).collect()
    };
    value
        .filter(|value| !value.is_empty())
        .map(named)
        .unwrap_or_default()
}

/// By which attribute, and by which value of it, the person behind a Kubernetes user name is found; `None` for a name
/// that is nobody's. One prefix is taken off exactly once; settings see to it that none is the beginning of another.
pub fn directory_name<'n>(name: &'n str, identity: &IdentitySettings) -> Option<(Attribute, &'n str)> {
    let attribute = match identity.attribute {
        IdentityAttribute::UserName => Attribute::UserName,
        IdentityAttribute::Email => Attribute::Email,
    };
    let mut prefixes = identity.username_prefixes.iter();
    let value = prefixes.find_map(|prefix| name.strip_prefix(prefix.as_str()))?;
    (!value.is_empty()).then_some((attribute, value))
}

/// Whether every stage can find the people it asks for, when nobody counts twice. Each entry is how many a stage still
/// asks for and who could be counted.
///
/// By Hall's theorem that is so exactly when every group of stages has, together, as many people as it asks for; with
/// at most five stages there are at most thirty-one groups to try.
pub fn can_be_reached(stages: &[(usize, BTreeSet<UserId>)]) -> bool {
    let stages = &stages[..stages.len().min(16)];
    (1_u32..1 << stages.len()).all(|group| {
        let chosen = || {
            stages
                .iter()
                .enumerate()
                .filter(move |(index, _)| group & (1 << index) != 0)
                .map(|(_, stage)| stage)
        };
        let asked: usize = chosen().map(|(required, _)| required).sum();
        let people: BTreeSet<&UserId> = chosen().flat_map(|(_, people)| people).collect();
        people.len() >= asked
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stages: &[(usize, &[&str])], reachable: bool) {
        let stages: Vec<(usize, BTreeSet<UserId>)> = stages
            .iter()
            .map(|(required, people)| (*required, people.iter().map(|id| UserId::new(*id)).collect()))
            .collect();
        assert_eq!(can_be_reached(&stages), reachable, "{stages:?}");
    }

    #[test]
    fn every_stage_needs_people_of_its_own() {
        check(&[], true);
        check(&[(1, &["a"])], true);
        check(&[(2, &["a"])], false);
        check(&[(1, &["a"]), (1, &["a"])], false);
        check(&[(2, &["a"]), (1, &["b", "c"])], false);
        check(&[(1, &["a", "b"]), (1, &["a"])], true);
        check(&[(1, &["a", "b"]), (1, &["b", "c"]), (1, &["c", "a"])], true);
        check(&[(1, &["a", "b"]), (1, &["a", "b"]), (1, &["a", "b"])], false);
    }
}
