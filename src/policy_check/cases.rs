//! Cases: who asks for what, and what has to come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::world::World;
use super::{Finding, Place};
use crate::api::{EligibilityReviewSpec, HumanDuration, PermissionSetName, Phase, Reason, Timestamp};
use crate::domain::approvers::{Governing, governing, people_of};
use crate::domain::{Account, Decision};

/// The file as it is typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Case {
    /// What it shows, in a sentence.
    pub name: Spanned<String>,
    /// The Kubernetes user name of the person who asks.
    pub requester: String,
    /// The account, by id or name.
    pub account: String,
    /// The permission set.
    pub permission_set: PermissionSetName,
    /// How long.
    pub duration: HumanDuration,
    /// When it starts; at once where it is left out.
    pub start_time: Option<Timestamp>,
    /// What has to come of it.
    pub expect: Expectation,
}

/// What has to come of a case; what is left out may be anything.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expectation {
    /// The outcome.
    pub outcome: Outcome,
    /// The reason.
    pub reason: Option<Reason>,
    /// The EligibilityPolicy that allows it.
    pub policy: Option<String>,
    /// Who can approve, stage by stage: all of them, by Kubernetes user name with the first prefix.
    pub approvers: Option<BTreeMap<String, BTreeSet<String>>>,
}

/// What comes of a request at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Outcome {
    /// It is approved without anybody.
    Approved,
    /// It waits for approval.
    NeedsApproval,
    /// It waits, and nobody can approve it.
    NobodyCanApprove,
    /// It is denied.
    Denied,
    /// It cannot be told from these files.
    Unknown,
}

/// The cases of a file.
pub fn cases(text: &str) -> Result<Vec<Case>, String> {
    let file: File = serde_saphyr::from_str(text).map_err(|error| {
        let line = error
            .location()
            .map_or_else(String::new, |at| format!("line {}: ", at.line()));
        format!("{line}{}", error.without_snippet())
    })?;
    Ok(file.cases)
}

/// What comes of each case; a finding for each that comes out otherwise.
pub fn run_cases(cases: &[Case], file: &Path, world: &mut World) -> Vec<Finding> {
    cases
        .iter()
        .filter_map(|case| {
            let why = run(case, world)?;
            let line = usize::try_from(case.name.referenced.line()).unwrap_or(1);
            let place = Place {
                file: file.to_owned(),
                line,
            };
            Some(Finding::error(
                place,
                format!("case {:?}: {why}", case.name.value),
            ))
        })
        .collect()
}

/// Why a case comes out otherwise than expected.
fn run(case: &Case, world: &mut World) -> Option<String> {
    let Some(account) = world.directory.account(&case.account).cloned() else {
        return Some(format!(
            "the organization file has no account {:?}, or more than one of that name.",
            case.account
        ));
    };
    let question = EligibilityReviewSpec {
        requester: Some(case.requester.clone()),
        account_id: Some(account.id.clone()),
        permission_set: Some(case.permission_set.clone()),
        start_time: case.start_time,
        duration: Some(case.duration),
    };
    let decision = world.dry_run(&question)?;
    let (outcome, status) = (outcome(&decision), &decision.status);
    let said = status.message.clone().unwrap_or_default();
    let expected = &case.expect;
    if outcome != expected.outcome {
        return Some(format!(
            "{:?} was expected, and it is {outcome:?}: {said}",
            expected.outcome
        ));
    }
    if expected
        .reason
        .is_some_and(|reason| status.reason != Some(reason))
    {
        let is = status.reason.map_or("none", Reason::as_str);
        let expected = expected.reason.map_or("none", Reason::as_str);
        return Some(format!(
            "the reason {expected} was expected, and it is {is}: {said}"
        ));
    }
    let policy = status.eligibility.as_ref().map(|eligible| &eligible.policy);
    if let Some(expected) = &expected.policy
        && policy != Some(expected)
    {
        let is = policy.map_or("none", String::as_str);
        return Some(format!(
            "EligibilityPolicy {expected} was expected, and it is {is}."
        ));
    }
    let expected = expected.approvers.as_ref()?;
    let requester = status
        .requester
        .as_ref()
        .map(|requester| requester.user_id.clone());
    let approvers = approvers(&account, &case.permission_set, requester.as_deref(), world);
    (approvers != *expected).then(|| {
        format!(
            "the approvers {} were expected, and they are {}.",
            shown(expected),
            shown(&approvers)
        )
    })
}

fn outcome(decision: &Decision) -> Outcome {
    let nobody = matches!(
        decision.status.reason,
        Some(Reason::NoApprovers | Reason::PolicyConflict)
    );
    match decision.status.phase {
        Some(Phase::Approved) => Outcome::Approved,
        Some(Phase::Pending) if nobody => Outcome::NobodyCanApprove,
        Some(Phase::Pending) => Outcome::NeedsApproval,
        Some(Phase::Denied) => Outcome::Denied,
        _ => Outcome::Unknown,
    }
}

/// Who can approve, stage by stage.
pub fn approvers(
    account: &Account,
    set: &PermissionSetName,
    requester: Option<&str>,
    world: &mut World,
) -> BTreeMap<String, BTreeSet<String>> {
    let identity = world.settings.identity.clone();
    world.look(|world, reader| {
        let policies = &world.snapshot.approver_policies;
        let Governing::Policy(policy) = governing(account, set, policies, reader) else {
            return BTreeMap::new();
        };
        let stages = policy.spec.stages.iter().map(|stage| {
            let found = people_of(stage, &identity, reader);
            let others = found
                .people
                .into_values()
                .filter(|person| Some(person.id.as_str()) != requester);
            (
                found.stage,
                others
                    .filter_map(|person| person.names.into_iter().next())
                    .collect(),
            )
        });
        stages.collect()
    })
}

/// Stages with their people, for sentences.
pub fn shown(stages: &BTreeMap<String, BTreeSet<String>>) -> String {
    if stages.is_empty() {
        return "nobody".to_owned();
    }
    let stages = stages.iter().map(|(stage, people)| {
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        let people = if people.is_empty() {
            "nobody".to_owned()
        } else {
            people.join(", ")
        };
        format!("{stage}: {people}")
    });
    stages.collect::<Vec<_>>().join("; ")
}
