//! What a policy means at the moment: whether it can be relied on, and how far it reaches.

use std::collections::{BTreeMap, BTreeSet};

use super::approvers::{can_be_reached, people_of};
use crate::api::{
    AccountId, ApproverPolicySpec, EligibilityPolicySpec, IdentitySettings, OrganizationalUnitId,
    OrganizationalUnitPath, OrganizationalUnitTarget, PermissionSetName, Reason, Subject, SubjectKind,
    UserId,
};
use crate::domain::fact_reader::{FactReader, Freshness, Undecided};
use crate::domain::facts::{Account, Attribute, Enabled, GroupLookup, Lookup, Members, OuPath, UserLookup};
use crate::domain::messages::tried_again;
use crate::domain::snapshot::PolicyFact;

/// How many people a request can list (the schema's limit).
const LISTED: usize = 300;

/// The whole organization, as far as policies name it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationFacts {
    /// Every account by id.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Every unit and the root, with the path that ends in it.
    pub units: BTreeMap<OrganizationalUnitId, OuPath>,
}

/// The facts for a policy's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFacts {
    /// `Ready` is true exactly with [`Reason::Valid`], unknown with [`Reason::LookupFailed`], else false.
    pub reason: Reason,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
    /// How many accounts it covers.
    pub accounts: usize,
    /// How many people it names, alone or through a group.
    pub people: usize,
    /// The units it names, with their places.
    pub units: Vec<OrganizationalUnitPath>,
}

/// What is wrong with a policy.
type Fault = (Reason, String);

/// The facts about an EligibilityPolicy.
pub fn of_eligibility_policy(
    policy: &EligibilityPolicySpec,
    organization: &OrganizationFacts,
    reader: &FactReader<'_>,
) -> PolicyFacts {
    let (people, people_fault) = people(&policy.subjects, reader);
    let fault = targets_fault(&policy.accounts, &policy.organizational_units, organization)
        .or_else(|| permission_sets_fault(&policy.permission_sets, reader))
        .or(people_fault);
    facts(
        &policy.accounts,
        &policy.organizational_units,
        organization,
        people.len(),
        fault,
    )
}

/// The facts about an ApproverPolicy; `all` are all of them, itself included.
pub fn of_approver_policy(
    policy: &PolicyFact<ApproverPolicySpec>,
    all: &[PolicyFact<ApproverPolicySpec>],
    organization: &OrganizationFacts,
    identity: &IdentitySettings,
    reader: &FactReader<'_>,
) -> PolicyFacts {
    let spec = &policy.spec;
    let mut everybody = BTreeSet::new();
    let mut subjects_fault = None;
    for stage in &spec.stages {
        let (people, fault) = people(&stage.approvers, reader);
        everybody.extend(people);
        subjects_fault = subjects_fault.or(fault);
    }
    let sets = spec.permission_sets.as_deref().unwrap_or_default();
    let fault = conflict(policy, all)
        .or_else(|| targets_fault(&spec.accounts, &spec.organizational_units, organization))
        .or_else(|| permission_sets_fault(sets, reader))
        .or(subjects_fault)
        .or_else(|| quorum_fault(spec, identity, reader))
        .or_else(|| too_many(everybody.len()));
    facts(
        &spec.accounts,
        &spec.organizational_units,
        organization,
        everybody.len(),
        fault,
    )
}

fn facts(
    accounts: &[AccountId],
    units: &[OrganizationalUnitTarget],
    organization: &OrganizationFacts,
    people: usize,
    fault: Option<Fault>,
) -> PolicyFacts {
    let covers = |account: &&Account| {
        accounts.contains(&account.id)
            || units
                .iter()
                .any(|unit| super::eligibility::distance_to_unit(unit, &account.path).is_some())
    };
    let (reason, message) = fault.unwrap_or_else(|| {
        (
            Reason::Valid,
            "Everything that the policy names exists.".to_owned(),
        )
    });
    PolicyFacts {
        reason,
        message,
        accounts: organization.accounts.values().filter(covers).count(),
        people,
        units: units
            .iter()
            .filter_map(|unit| {
                let path = organization.units.get(&unit.id)?.names();
                let id = unit.id.clone();
                Some(OrganizationalUnitPath { id, path })
            })
            .collect(),
    }
}

fn targets_fault(
    accounts: &[AccountId],
    units: &[OrganizationalUnitTarget],
    organization: &OrganizationFacts,
) -> Option<Fault> {
    let account = accounts
        .iter()
        .find(|id| !organization.accounts.contains_key(*id));
    if let Some(id) = account {
        return Some((
            Reason::AccountNotFound,
            format!("The organization has no account {id}."),
        ));
    }
    let unit = units
        .iter()
        .find(|unit| !organization.units.contains_key(&unit.id))?;
    Some((
        Reason::OrganizationalUnitNotFound,
        format!("The organization has no unit {}.", unit.id),
    ))
}

fn permission_sets_fault(names: &[PermissionSetName], reader: &FactReader<'_>) -> Option<Fault> {
    names.iter().find_map(
        |name| match reader.permission_set_by_name(name, Freshness::Cached) {
            Ok(Lookup::Found(_)) => None,
            Ok(Lookup::Absent) => Some((
                Reason::PermissionSetNotFound,
                format!("Identity Center has no permission set {name}."),
            )),
            Err(undecided) => Some(unknown(&undecided)),
        },
    )
}

/// Enabled people, and the first subject that is not there or not known.
fn people(subjects: &[Subject], reader: &FactReader<'_>) -> (BTreeSet<UserId>, Option<Fault>) {
    let mut ids = BTreeSet::new();
    let mut fault = None;
    for subject in subjects {
        match ids_of(subject, reader) {
            Ok(found) => ids.extend(found),
            Err(first) => fault = fault.or(Some(first)),
        }
    }
    (ids, fault)
}

fn ids_of(subject: &Subject, reader: &FactReader<'_>) -> Result<Vec<UserId>, Fault> {
    let name = &subject.name;
    let lookup_failed = |undecided: Undecided| unknown(&undecided);
    if subject.kind == SubjectKind::User {
        let found = reader.user_by_name(Attribute::UserName, name, Freshness::Cached);
        return match found.map_err(lookup_failed)? {
            UserLookup::Found(user) => Ok(vec![user.id.clone()]),
            UserLookup::OtherSpelling { actual } => Err((
                Reason::UserNotFound,
                format!("Identity Center has no user {name:?}; it has {actual:?}."),
            )),
            UserLookup::Absent => Err((
                Reason::UserNotFound,
                format!("Identity Center has no user {name:?}."),
            )),
        };
    }
    let no_group = || {
        (
            Reason::GroupNotFound,
            format!("Identity Center has no group {name:?}."),
        )
    };
    let group = match reader.group(name, Freshness::Cached).map_err(lookup_failed)? {
        GroupLookup::Found(group) => group,
        GroupLookup::Absent { .. } => return Err(no_group()),
    };
    match reader.members(&group.id).map_err(lookup_failed)? {
        Lookup::Found(Members::People(members)) => Ok(members
            .iter()
            .filter(|member| member.user.value.enabled == Enabled::Yes)
            .map(|member| member.user.value.id.clone())
            .collect()),
        Lookup::Found(Members::Nobody) => Ok(vec![]),
        Lookup::Absent => Err(no_group()),
    }
}

/// How many decisions a request takes before only `Revoked` may follow (`admission/policies/decisions.yaml`).
const MOST_VOTES: i32 = 32;

/// Whether all stages together can find the people they ask for, when nobody counts twice.
fn quorum_fault(
    spec: &ApproverPolicySpec,
    identity: &IdentitySettings,
    reader: &FactReader<'_>,
) -> Option<Fault> {
    let asked_for: i32 = spec.stages.iter().map(|stage| stage.approvals_required).sum();
    if asked_for > MOST_VOTES {
        let message = format!(
            "The stages ask for {asked_for} approvals together, and a request takes {MOST_VOTES} decisions at most: ask for \
             fewer."
        );
        return Some((Reason::UnreachableQuorum, message));
    }
    let stages: Vec<(usize, BTreeSet<UserId>)> = spec
        .stages
        .iter()
        .map(|stage| people_of(stage, identity, reader))
        .map(|stage| (usize::try_from(stage.required).unwrap_or_default(), stage.able()))
        .collect();
    (!can_be_reached(&stages)).then(|| {
        let message = "The stages ask for more different people than their approvers have: add people or ask for \
                       fewer.";
        (Reason::UnreachableQuorum, message.to_owned())
    })
}

fn too_many(people: usize) -> Option<Fault> {
    (people > LISTED).then(|| {
        let message = format!(
            "{people} people could approve, and a request lists the first {LISTED} only: name smaller groups."
        );
        (Reason::TooManyApprovers, message)
    })
}

/// Another policy that names one of the same targets, for the same permission sets or also for all.
fn conflict(
    policy: &PolicyFact<ApproverPolicySpec>,
    all: &[PolicyFact<ApproverPolicySpec>],
) -> Option<Fault> {
    let clashes = |other: &&PolicyFact<ApproverPolicySpec>| {
        let (one, two) = (&policy.spec, &other.spec);
        let sets = match (&one.permission_sets, &two.permission_sets) {
            (None, None) => true,
            (Some(one), Some(two)) => one.iter().any(|name| two.contains(name)),
            _ => false,
        };
        let accounts = one.accounts.iter().any(|id| two.accounts.contains(id));
        let units = one.organizational_units.iter().any(|unit| {
            let same = |other: &OrganizationalUnitTarget| other.id == unit.id;
            two.organizational_units.iter().any(same)
        });
        other.uid != policy.uid && other.gone_since.is_none() && sets && (accounts || units)
    };
    let other = all.iter().find(clashes)?;
    Some((
        Reason::PolicyConflict,
        format!(
            "ApproverPolicy {} names the same target for the same permission sets: requests under both wait until one \
             of them changes.",
            other.name
        ),
    ))
}

fn unknown(undecided: &Undecided) -> Fault {
    (Reason::LookupFailed, tried_again(&undecided.why))
}

#[cfg(test)]
mod tests;
