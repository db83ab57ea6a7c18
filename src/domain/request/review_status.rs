//! What a request shows of its approval: policy, stages, verdicts, who can approve and who can stop it.

use std::collections::BTreeSet;

use super::disappearance;
use super::draft::Draft;
use crate::api::{
    Approval, ApproverPolicySpec, Reason, Requirement, Review, ReviewDecision, TeamSettingsSpec, UserId,
};
use crate::domain::fact_reader::Undecided;
use crate::domain::facts::Account;
use crate::domain::messages;
use crate::domain::policy::approvers::{Governing, StagePeople, can_be_reached, governing, people_of};
use crate::domain::policy::judging::Assessment;
use crate::domain::snapshot::PolicyFact;

/// How many names a request lists (the schema's limit).
const LISTED: usize = 300;

/// Writes down the deadline, once.
pub(super) fn deadline(draft: &mut Draft<'_>, settings: &TeamSettingsSpec) {
    let deadline =
        crate::domain::window::review_deadline(draft.snapshot.request.created_at, settings.request_expiry);
    review(draft).deadline.get_or_insert(deadline);
}

/// The review, begun if need be.
pub(super) fn review<'p>(draft: &'p mut Draft<'_>) -> &'p mut Review {
    draft.status.review.get_or_insert_with(|| Review {
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
    draft: &mut Draft<'_>,
    settings: &TeamSettingsSpec,
    policy: &PolicyFact<ApproverPolicySpec>,
    assessed: &Assessment,
) -> Result<Vec<String>, Undecided> {
    let shown = review(draft);
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
    people(draft, settings, policy, assessed)
}

/// The people of all stages, published as approvers of the current one and reviewers of all.
fn people(
    draft: &mut Draft<'_>,
    settings: &TeamSettingsSpec,
    policy: &PolicyFact<ApproverPolicySpec>,
    assessed: &Assessment,
) -> Result<Vec<String>, Undecided> {
    let stages = stages(draft, settings, policy);
    let excluded = excluded(draft, assessed);
    let able = |stage: &StagePeople| -> BTreeSet<UserId> {
        let voted = |id: &UserId| has_voted(&draft.snapshot.request.status.approvals, stage, id);
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
        .map(|stage| names(stage, &useful(able(stage), &open)))
        .unwrap_or_default();
    reviewers(draft, &stages);
    if let Some(undecided) = stages.iter().find_map(|stage| stage.undecided.clone())
        && !can_be_reached(&open)
    {
        return Err(undecided);
    }
    // Only those who are listed can approve, and only they are counted in what people read.
    let approvers: Vec<String> = approvers.into_iter().take(LISTED).collect();
    draft.status.approvers.clone_from(&approvers);
    if can_be_reached(&open) {
        return Ok(approvers);
    }
    Err(nobody_can_approve(policy, &open))
}

/// The people of the current stage, the first of the open ones, whose approval leaves enough people for every later stage:
/// one person counts in one stage only.
fn useful(people: BTreeSet<UserId>, open: &[(usize, BTreeSet<UserId>)]) -> BTreeSet<UserId> {
    let leaves_enough = |person: &UserId| {
        let mut left = open.to_vec();
        if let Some((missing, _)) = left.first_mut() {
            *missing = missing.saturating_sub(1);
        }
        for (_, able) in &mut left {
            able.remove(person);
        }
        can_be_reached(&left)
    };
    let useful: BTreeSet<UserId> = people
        .iter()
        .filter(|person| leaves_enough(person))
        .cloned()
        .collect();
    // Where nobody's does, nobody is kept from voting: the message says what is missing.
    if useful.is_empty() { people } else { useful }
}

fn stages(
    draft: &Draft<'_>,
    settings: &TeamSettingsSpec,
    policy: &PolicyFact<ApproverPolicySpec>,
) -> Vec<StagePeople> {
    let stages = &policy.spec.stages;
    stages
        .iter()
        .map(|stage| people_of(stage, &settings.identity, &draft.reader))
        .collect()
}

/// The requester and everybody counted: neither is counted (again).
fn excluded(draft: &Draft<'_>, assessed: &Assessment) -> BTreeSet<String> {
    let requester = draft
        .status
        .requester
        .as_ref()
        .map(|requester| requester.user_id.clone());
    assessed.counted.iter().cloned().chain(requester).collect()
}

/// A person whose entry is there cannot write another, whatever became of the first.
fn has_voted(entries: &[Approval], stage: &StagePeople, id: &UserId) -> bool {
    let names = stage.people.get(id).map(|person| person.names.as_slice());
    let names = names.unwrap_or_default();
    entries
        .iter()
        .any(|entry| entry.decision == ReviewDecision::Approved && names.contains(&entry.approver))
}

fn names(stage: &StagePeople, ids: &BTreeSet<UserId>) -> Vec<String> {
    let mut names: Vec<String> = stage
        .people
        .values()
        .filter(|person| ids.contains(&person.id))
        .flat_map(|person| person.names.clone())
        .collect();
    names.sort();
    names
}

/// Publishes who may stop the request. A list that is not known to be whole takes nobody off.
fn reviewers(draft: &mut Draft<'_>, stages: &[StagePeople]) {
    let kept = if stages.iter().any(|stage| stage.undecided.is_some()) {
        std::mem::take(&mut draft.status.reviewers)
    } else {
        vec![]
    };
    let requester = draft
        .status
        .requester
        .as_ref()
        .map(|requester| requester.user_id.as_str());
    let names: BTreeSet<String> = stages
        .iter()
        .flat_map(|stage| stage.people.values())
        .filter(|person| Some(person.id.as_str()) != requester)
        .flat_map(|person| person.names.clone())
        .chain(kept)
        .collect();
    draft.status.reviewers = names.into_iter().take(LISTED).collect();
}

/// Keeps the list of those who may revoke up to date after the approval, as far as facts are known.
pub(super) fn refresh_reviewers(draft: &mut Draft<'_>, settings: &TeamSettingsSpec, account: &Account) {
    let permission_set = &draft.snapshot.request.spec.permission_set;
    let found = governing(
        account,
        permission_set,
        &draft.snapshot.approver_policies,
        &draft.reader,
    );
    match found {
        Governing::Policy(policy) => {
            let stages = stages(draft, settings, policy);
            reviewers(draft, &stages);
        }
        Governing::Undecided(undecided) => {
            undecided.until.into_iter().for_each(|until| draft.wake(until));
            disappearance::tell(draft, &undecided);
        }
        Governing::None | Governing::Conflict(_) => {}
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

/// The policy that governed the request until now and that this process has never seen: it may be about to come back, so
/// nobody steps in for it yet.
fn disappeared(draft: &Draft<'_>) -> Result<(), Undecided> {
    let review = draft.status.review.as_ref();
    let Some((name, uid)) = review.and_then(|review| review.policy.as_ref().zip(review.uid.as_ref())) else {
        return Ok(());
    };
    let grace = draft.timings().disappearance_grace;
    match draft
        .snapshot
        .approver_policies
        .missing_until(name, uid, draft.now, grace)
    {
        None => Ok(()),
        Some(until) => Err(Undecided {
            reason: Reason::PolicyDisappeared,
            why: format!(
                "ApproverPolicy {name} is missing: if it is not back by {until}, another one governs the request"
            ),
            until: Some(until),
        }),
    }
}

/// Who governs, as what to wait for when nobody does.
pub(super) fn governing_or_wait<'a>(
    draft: &Draft<'a>,
    account: &Account,
) -> Result<&'a PolicyFact<ApproverPolicySpec>, Undecided> {
    let permission_set = &draft.snapshot.request.spec.permission_set;
    let waits = |reason, why| Undecided::because(reason, why);
    disappeared(draft)?;
    match governing(
        account,
        permission_set,
        &draft.snapshot.approver_policies,
        &draft.reader,
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
                messages::people(&names)
            ),
        )),
        Governing::Undecided(undecided) => Err(undecided),
    }
}
