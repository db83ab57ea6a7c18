//! What a policy means at the moment: whether it can be relied on, and how far it reaches.

use std::collections::{BTreeMap, BTreeSet};

use super::approvers::{can_be_reached, people_of, unreadable_members};
use super::eligibility::covers;
use super::reach::{account_out_of_reach, set_out_of_reach};
use crate::api::{
    AccountId, ApproverPolicySpec, EligibilityPolicySpec, IdentitySettings, OrganizationalUnitId,
    OrganizationalUnitPath, OrganizationalUnitTarget, PermissionSetName, Reason, Subject, SubjectKind,
    UserId,
};
use crate::domain::fact_reader::{FactReader, Freshness, Undecided};
use crate::domain::facts::{Account, Attribute, Enabled, GroupLookup, Lookup, OuPath, UserLookup};
use crate::domain::messages::{message, tried_again};
use crate::domain::snapshot::{IdentityCenter, PolicyFact};

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

/// What policies are looked at in.
#[derive(Debug, Clone, Copy)]
pub struct Environment<'a> {
    /// The whole organization.
    pub organization: &'a OrganizationFacts,
    /// How people are found.
    pub identity: &'a IdentitySettings,
    /// Whom the controller acts as.
    pub identity_center: &'a IdentityCenter,
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
    /// Of an ApproverPolicy: its stages, and how many approvals they ask for together.
    pub stages: Option<(String, i32)>,
}

/// One thing that is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What, in one word.
    pub reason: Reason,
    /// What, and what to do, in a sentence.
    pub message: String,
    /// The name in the policy that it is about; empty where it is about the whole policy.
    pub named: String,
}

impl Fault {
    fn new(reason: Reason, named: &(impl ToString + ?Sized), message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            named: named.to_string(),
        }
    }
}

/// The facts about an EligibilityPolicy.
pub fn of_eligibility_policy(
    policy: &EligibilityPolicySpec,
    environment: Environment<'_>,
    reader: &FactReader<'_>,
) -> PolicyFacts {
    let (people, faults) = faults_of_eligibility_policy(policy, environment, reader);
    facts(
        &policy.accounts,
        &policy.organizational_units,
        environment.organization,
        people.len(),
        faults.into_iter().next(),
    )
}

/// The people of an EligibilityPolicy, and everything that is wrong with it. All are looked at before one is told: so everything is
/// asked in one round.
pub fn faults_of_eligibility_policy(
    policy: &EligibilityPolicySpec,
    environment: Environment<'_>,
    reader: &FactReader<'_>,
) -> (BTreeSet<UserId>, Vec<Fault>) {
    let (people, people_faults) = people(&policy.subjects, reader);
    let (accounts, units) = (&policy.accounts, &policy.organizational_units);
    let mut faults = targets_faults(accounts, units, environment, reader);
    let center = environment.identity_center;
    faults.extend(permission_sets_faults(&policy.permission_sets, center, reader));
    faults.extend(people_faults);
    (people, faults)
}

/// The facts about an ApproverPolicy; `all` are all of them, itself included.
pub fn of_approver_policy(
    policy: &PolicyFact<ApproverPolicySpec>,
    all: &[PolicyFact<ApproverPolicySpec>],
    environment: Environment<'_>,
    reader: &FactReader<'_>,
) -> PolicyFacts {
    let spec = &policy.spec;
    let (people, faults) = faults_of_approver_policy(policy, all, environment, reader);
    let names: Vec<&str> = spec.stages.iter().map(|stage| stage.name.as_str()).collect();
    let approvals = spec.stages.iter().map(|stage| stage.approvals_required).sum();
    PolicyFacts {
        stages: Some((names.join(", "), approvals)),
        ..facts(
            &spec.accounts,
            &spec.organizational_units,
            environment.organization,
            people.len(),
            faults.into_iter().next(),
        )
    }
}

/// The people of an ApproverPolicy, and everything that is wrong with it; `all` are all of them, itself included.
pub fn faults_of_approver_policy(
    policy: &PolicyFact<ApproverPolicySpec>,
    all: &[PolicyFact<ApproverPolicySpec>],
    environment: Environment<'_>,
    reader: &FactReader<'_>,
) -> (BTreeSet<UserId>, Vec<Fault>) {
    let spec = &policy.spec;
    let mut everybody = BTreeSet::new();
    let mut subjects_faults = vec![];
    for stage in &spec.stages {
        let (people, faults) = people(&stage.approvers, reader);
        everybody.extend(people);
        subjects_faults.extend(faults);
    }
    let sets = spec.permission_sets.as_deref().unwrap_or_default();
    let targets = targets_faults(&spec.accounts, &spec.organizational_units, environment, reader);
    let mut faults: Vec<Fault> = conflict(policy, all).into_iter().chain(targets).collect();
    faults.extend(permission_sets_faults(sets, environment.identity_center, reader));
    faults.extend(subjects_faults);
    faults.extend(quorum_fault(spec, environment.identity, reader));
    faults.extend(too_many(everybody.len(), environment.identity));
    (everybody, faults)
}

fn facts(
    accounts: &[AccountId],
    units: &[OrganizationalUnitTarget],
    organization: &OrganizationFacts,
    people: usize,
    fault: Option<Fault>,
) -> PolicyFacts {
    let covered = |account: &&Account| covers(accounts, units, account);
    let fault =
        fault.unwrap_or_else(|| Fault::new(Reason::Valid, "", "Everything that the policy names exists."));
    PolicyFacts {
        reason: fault.reason,
        message: message(&fault.message),
        accounts: organization.accounts.values().filter(covered).count(),
        people,
        units: units
            .iter()
            .filter_map(|unit| {
                let path = organization.units.get(&unit.id)?.names();
                let id = unit.id.clone();
                Some(OrganizationalUnitPath { id, path })
            })
            .collect(),
        stages: None,
    }
}

fn targets_faults(
    accounts: &[AccountId],
    units: &[OrganizationalUnitTarget],
    environment: Environment<'_>,
    reader: &FactReader<'_>,
) -> Vec<Fault> {
    let organization = environment.organization;
    let account_fault = |id: &AccountId| {
        if !organization.accounts.contains_key(id) {
            // The list of accounts may be older than the account.
            match reader.account(id, Freshness::Fresh) {
                Ok(Lookup::Found(_)) => {}
                Ok(Lookup::Absent) => {
                    let sentence = format!("The organization has no account {id}.");
                    return Some(Fault::new(Reason::AccountNotFound, id, sentence));
                }
                Err(undecided) => return Some(unknown(&undecided, id)),
            }
        }
        match account_out_of_reach(environment.identity_center, id, reader) {
            Ok(sentence) => Some(Fault::new(Reason::ManagementAccount, id, sentence?)),
            Err(undecided) => Some(unknown(&undecided, id)),
        }
    };
    let unit_fault = |unit: &OrganizationalUnitTarget| {
        let sentence = || format!("The organization has no unit {}.", unit.id);
        let is_there = organization.units.contains_key(&unit.id);
        (!is_there).then(|| Fault::new(Reason::OrganizationalUnitNotFound, &unit.id, sentence()))
    };
    let mut faults = certain_first(accounts.iter().map(account_fault));
    faults.extend(certain_first(units.iter().map(unit_fault)));
    faults
}

fn permission_sets_faults(
    names: &[PermissionSetName],
    center: &IdentityCenter,
    reader: &FactReader<'_>,
) -> Vec<Fault> {
    let fault = |name: &PermissionSetName| {
        let found = existing(
            |freshness| reader.permission_set_by_name(name, freshness),
            |found| *found == Lookup::Absent,
        );
        match found {
            Ok(Lookup::Found(set)) => match set_out_of_reach(center, set, reader, Freshness::Cached) {
                Ok(sentence) => Some(Fault::new(Reason::ManagementAccount, name, sentence?)),
                Err(undecided) => Some(unknown(&undecided, name)),
            },
            Ok(Lookup::Absent) => {
                let sentence = format!("Identity Center has no permission set {name}.");
                Some(Fault::new(Reason::PermissionSetNotFound, name, sentence))
            }
            Err(undecided) => Some(unknown(&undecided, name)),
        }
    };
    certain_first(names.iter().map(fault))
}

/// Those that are certain, then the others. All are looked at, so that all questions are asked in one round, and what cannot be read
/// hides nothing else that is wrong.
fn certain_first(faults: impl Iterator<Item = Option<Fault>>) -> Vec<Fault> {
    let (unknown, certain): (Vec<Fault>, Vec<Fault>) = faults
        .flatten()
        .partition(|fault| fault.reason == Reason::LookupFailed);
    certain.into_iter().chain(unknown).collect()
}

/// What a cached answer says, or, where that is an absence, one of now: a status never says "there is no" from an old cache.
fn existing<'a, T>(
    look: impl Fn(Freshness) -> Result<&'a T, Undecided>,
    is_absent: impl Fn(&T) -> bool,
) -> Result<&'a T, Undecided> {
    match look(Freshness::Cached)? {
        found if is_absent(found) => look(Freshness::Fresh),
        found => Ok(found),
    }
}

/// Enabled people, and the subjects that are not there or not known.
fn people(subjects: &[Subject], reader: &FactReader<'_>) -> (BTreeSet<UserId>, Vec<Fault>) {
    let mut ids = BTreeSet::new();
    let mut faults = vec![];
    for subject in subjects {
        match ids_of(subject, reader) {
            Ok((found, missing)) => {
                ids.extend(found);
                faults.extend(missing);
            }
            Err(fault) => faults.push(fault),
        }
    }
    (ids, faults)
}

fn ids_of(subject: &Subject, reader: &FactReader<'_>) -> Result<(Vec<UserId>, Option<Fault>), Fault> {
    let name = &subject.name;
    let lookup_failed = |undecided: Undecided| unknown(&undecided, name);
    if subject.kind == SubjectKind::User {
        let found = existing(
            |freshness| reader.user_by_name(Attribute::UserName, name, freshness),
            |found| !matches!(found, UserLookup::Found(_)),
        );
        let no_user = |sentence: String| Fault::new(Reason::UserNotFound, name, sentence);
        return match found.map_err(lookup_failed)? {
            UserLookup::Found(user) => Ok((vec![user.id.clone()], None)),
            UserLookup::OtherSpelling { actual } => Err(no_user(format!(
                "Identity Center has no user {name:?}; it has {actual:?}."
            ))),
            UserLookup::Absent => Err(no_user(format!("Identity Center has no user {name:?}."))),
        };
    }
    let no_group = || {
        let sentence = format!("Identity Center has no group {name:?}.");
        Fault::new(Reason::GroupNotFound, name, sentence)
    };
    let found = existing(
        |freshness| reader.group(name, freshness),
        |found| !matches!(found, GroupLookup::Found(_)),
    );
    let group = match found.map_err(lookup_failed)? {
        GroupLookup::Found(group) => group,
        GroupLookup::Absent { .. } => return Err(no_group()),
    };
    match reader.members(&group.id).map_err(lookup_failed)? {
        Lookup::Found(members) => {
            let enabled = members.known().filter(|user| user.enabled == Enabled::Yes);
            let ids = enabled.map(|user| user.id.clone()).collect();
            let missing = unreadable_members(name, members);
            Ok((
                ids,
                missing.map(|why| Fault::new(Reason::LookupFailed, name, tried_again(&why))),
            ))
        }
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
        return Some(Fault::new(Reason::UnreachableQuorum, "", message));
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
        Fault::new(Reason::UnreachableQuorum, "", message)
    })
}

/// A request lists each person by as many names as there are prefixes.
fn too_many(people: usize, identity: &IdentitySettings) -> Option<Fault> {
    let listed = LISTED / identity.username_prefixes.len().max(1);
    (people > listed).then(|| {
        let message = format!(
            "{people} people could approve, and a request lists the first {listed} only: name smaller groups."
        );
        Fault::new(Reason::TooManyApprovers, "", message)
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
    let message = format!(
        "ApproverPolicy {} names the same target for the same permission sets: requests under both wait until one of them \
         changes.",
        other.name
    );
    Some(Fault::new(Reason::PolicyConflict, "", message))
}

fn unknown(undecided: &Undecided, named: &(impl ToString + ?Sized)) -> Fault {
    Fault::new(Reason::LookupFailed, named, tried_again(&undecided.why))
}

#[cfg(test)]
mod tests;
