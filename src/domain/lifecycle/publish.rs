//! What a request shows of its approval: policy, stages, verdicts, who can approve and who can stop it.

use std::collections::BTreeSet;

use super::pass::Pass;
use crate::api::{
    Approval, ApproverPolicySpec, Reason, Requirement, Review, ReviewDecision, TeamSettingsSpec,
};
use crate::domain::approval::Assessment;
use crate::domain::approvers::{StagePeople, can_be_reached, people_of};
use crate::domain::facts::{Account, UserId};
use crate::domain::inquiry::Undecided;
use crate::domain::sentences;
use crate::domain::snapshot::PolicyFact;
use crate::domain::{Governing, governing};

/// How many names a request lists (the schema's limit).
const LISTED: usize = 300;

/// Writes down the deadline, once.
pub(super) fn deadline(pass: &mut Pass<'_>, settings: &TeamSettingsSpec) {
    let deadline =
        crate::domain::window::review_deadline(pass.snapshot.request.created_at, settings.request_expiry);
    review(pass).deadline.get_or_insert(deadline);
}

/// The review, begun if need be.
pub(super) fn review<'p>(pass: &'p mut Pass<'_>) -> &'p mut Review {
    pass.status.review.get_or_insert_with(|| Review {
        policy: None,
        uid: None,
        generation: None,
        deadline: None,
        progress: None,
        comment_required: false,
        current_stage: None,
        stages: vec![],
        verdicts: vec![],
    })
}

/// Shows the assessment, and says who can approve or why nobody can.
pub(super) fn assessment(
    pass: &mut Pass<'_>,
    settings: &TeamSettingsSpec,
    policy: &PolicyFact<ApproverPolicySpec>,
    assessed: &Assessment,
) -> Result<Vec<String>, Undecided> {
    let shown = review(pass);
    shown.policy = Some(policy.name.clone());
    shown.uid = Some(policy.uid.clone());
    shown.generation = Some(policy.generation);
    shown.comment_required = settings.comments == Requirement::Required;
    let current = assessed.current.and_then(|current| assessed.stages.get(current));
    shown.current_stage = current.map(|stage| stage.name.clone());
    shown.progress = current
        .or(assessed.stages.last())
        .map(|stage| format!("{}/{}", stage.approvals_counted, stage.approvals_required));
    shown.stages.clone_from(&assessed.stages);
    shown.verdicts.clone_from(&assessed.verdicts);
    people(pass, settings, policy, assessed)
}

/// The people of all stages, published as approvers of the current one and reviewers of all.
fn people(
    pass: &mut Pass<'_>,
    settings: &TeamSettingsSpec,
    policy: &PolicyFact<ApproverPolicySpec>,
    assessed: &Assessment,
) -> Result<Vec<String>, Undecided> {
    let stages = stages(pass, settings, policy);
    let excluded = excluded(pass, assessed);
    let able = |stage: &StagePeople| -> BTreeSet<UserId> {
        let voted = |id: &UserId| has_voted(&pass.snapshot.request.status.approvals, stage, id);
        stage
            .able()
            .into_iter()
            .filter(|id| !excluded.contains(id.as_str()) && !voted(id))
            .collect()
    };
    let open: Vec<(usize, BTreeSet<UserId>)> = stages
        .iter()
        .zip(&assessed.stages)
        .filter(|(_, progress)| progress.approvals_counted < progress.approvals_required)
        .map(|(stage, progress)| {
            let missing = progress.approvals_required - progress.approvals_counted;
            (usize::try_from(missing).unwrap_or_default(), able(stage))
        })
        .collect();
    let approvers = assessed
        .current
        .and_then(|current| stages.get(current))
        .map(|stage| names(stage, &able(stage)))
        .unwrap_or_default();
    reviewers(pass, &stages);
    if let Some(undecided) = stages.iter().find_map(|stage| stage.undecided.clone())
        && !can_be_reached(&open)
    {
        return Err(undecided);
    }
    pass.status.approvers.clone_from(&approvers);
    pass.status.approvers.truncate(LISTED);
    if can_be_reached(&open) {
        return Ok(approvers);
    }
    Err(nobody_can_approve(policy, &open))
}

fn stages(
    pass: &Pass<'_>,
    settings: &TeamSettingsSpec,
    policy: &PolicyFact<ApproverPolicySpec>,
) -> Vec<StagePeople> {
    let stages = &policy.spec.stages;
    stages
        .iter()
        .map(|stage| people_of(stage, &settings.identity, &pass.inquiry))
        .collect()
}

/// The requester and everybody counted: neither is counted (again).
fn excluded(pass: &Pass<'_>, assessed: &Assessment) -> BTreeSet<String> {
    let requester = pass
        .status
        .requester
        .as_ref()
        .map(|requester| requester.user_id.clone());
    assessed.counted.iter().cloned().chain(requester).collect()
}

/// A person whose entry is there cannot write another, whatever became of the first.
fn has_voted(entries: &[Approval], stage: &StagePeople, id: &UserId) -> bool {
    let name = stage.people.get(id).and_then(|person| person.name.as_ref());
    entries
        .iter()
        .any(|entry| entry.decision == ReviewDecision::Approved && Some(&entry.approver) == name)
}

fn names(stage: &StagePeople, ids: &BTreeSet<UserId>) -> Vec<String> {
    let mut names: Vec<String> = stage
        .people
        .values()
        .filter(|person| ids.contains(&person.id))
        .filter_map(|person| person.name.clone())
        .collect();
    names.sort();
    names
}

/// Publishes who may stop the request. A list that is not known to be whole replaces nothing.
fn reviewers(pass: &mut Pass<'_>, stages: &[StagePeople]) {
    if stages.iter().any(|stage| stage.undecided.is_some()) && !pass.status.reviewers.is_empty() {
        return;
    }
    let requester = pass
        .status
        .requester
        .as_ref()
        .map(|requester| requester.user_id.as_str());
    let names: BTreeSet<String> = stages
        .iter()
        .flat_map(|stage| stage.people.values())
        .filter(|person| Some(person.id.as_str()) != requester)
        .filter_map(|person| person.name.clone())
        .collect();
    pass.status.reviewers = names.into_iter().take(LISTED).collect();
}

/// Keeps the list of those who may revoke up to date after the approval, as far as facts are known.
pub(super) fn refresh_reviewers(pass: &mut Pass<'_>, settings: &TeamSettingsSpec, account: &Account) {
    let permission_set = &pass.snapshot.request.spec.permission_set;
    let found = governing(
        account,
        permission_set,
        &pass.snapshot.approver_policies,
        &pass.inquiry,
    );
    if let Governing::Policy(policy) = found {
        let stages = stages(pass, settings, policy);
        reviewers(pass, &stages);
    }
}

fn nobody_can_approve(
    policy: &PolicyFact<ApproverPolicySpec>,
    open: &[(usize, BTreeSet<UserId>)],
) -> Undecided {
    // The stage that lacks people, where one alone does: with the people of the others counted there seem to be enough.
    let short = open.iter().find(|(missing, people)| people.len() < *missing);
    let open = short.map_or(open, std::slice::from_ref);
    let asked: usize = open.iter().map(|(missing, _)| missing).sum();
    let people: BTreeSet<&UserId> = open.iter().flat_map(|(_, people)| people).collect();
    Undecided {
        reason: Reason::NoApprovers,
        why: format!(
            "ApproverPolicy {} asks for {asked} more, and {} different people besides the requester could: its groups \
             need more members",
            policy.name,
            people.len()
        ),
        until: None,
    }
}

/// Who governs, as what to wait for when nobody does.
pub(super) fn governing_or_wait<'a>(
    pass: &Pass<'a>,
    account: &Account,
) -> Result<&'a PolicyFact<ApproverPolicySpec>, Undecided> {
    let permission_set = &pass.snapshot.request.spec.permission_set;
    let waits = |reason, why| Undecided {
        reason,
        why,
        until: None,
    };
    match governing(
        account,
        permission_set,
        &pass.snapshot.approver_policies,
        &pass.inquiry,
    ) {
        Governing::Policy(policy) => Ok(policy),
        Governing::None => Err(waits(
            Reason::NoApprovers,
            format!(
                "No ApproverPolicy covers account {}: somebody has to write one",
                account.id
            ),
        )),
        Governing::Conflict(names) => Err(waits(
            Reason::PolicyConflict,
            format!(
                "The ApproverPolicies {} are equally near to the account: one of them has to change",
                sentences::people(&names)
            ),
        )),
        Governing::Undecided(undecided) => Err(undecided),
    }
}
