//! A new request, and one that waits for approvals.

use super::check::{CheckPoint, Checked, Refusal, check};
use super::draft::Draft;
use super::{ending, review_status};
use crate::api::{
    ConditionStatus, ConditionType, Phase, Reason, ReviewDecision, TeamSettingsSpec, Timestamp, Verdict,
    Window,
};
use crate::domain::decision::Proof;
use crate::domain::fact_reader::{Freshness, Undecided};
use crate::domain::facts::Lookup;
use crate::domain::policy::judging::{Assessment, Judge, assess};
use crate::domain::snapshot::{Guard, PolicyFact, SealCheck};
use crate::domain::{messages, window};

/// Decides, in this order: revoked, cancelled, deleted, rejected, not eligible, deadline, approved.
pub(super) fn decide(draft: &mut Draft<'_>) {
    if ending::before_access(draft) {
        return;
    }
    let is_new = draft.status.phase.is_none();
    if is_new
        && draft.snapshot.request.seal == SealCheck::Unsealed
        && let Some(why) = draft.snapshot.guard.gap()
    {
        let message = format!(
            "The admission policies were not in force ({why}): wait until kubectl get teamsettings default shows Guard Intact True, \
             then make a new request."
        );
        return deny(draft, Reason::GuardBroken, &message);
    }
    void_what_the_gap_let_in(draft);
    let Some(settings) = draft.settings() else {
        return wait_or_expire(draft, &Draft::settings_missing());
    };
    review_status::deadline(draft, settings);
    if is_new {
        new(draft, settings);
    } else {
        pending(draft, settings);
    }
}

/// What was written while nothing protected it never counts. That is put on record before anything is looked up: whoever
/// closes the gap must be able to rely on it, also where settings or the directory are missing.
fn void_what_the_gap_let_in(draft: &mut Draft<'_>) {
    if draft.snapshot.guard.gap().is_none() {
        return;
    }
    let recorded = draft.status.review.iter().flat_map(|review| &review.verdicts);
    let judged: Vec<_> = recorded
        .map(|verdict| (verdict.approver.clone(), verdict.decision))
        .collect();
    let void: Vec<Verdict> = (draft.status.approvals.iter())
        .filter(|entry| entry.decision != ReviewDecision::Revoked)
        .filter(|entry| !judged.contains(&(entry.approver.clone(), entry.decision)))
        .map(|entry| Verdict {
            approver: entry.approver.clone(),
            decision: entry.decision,
            user_id: None,
            policy_uid: None,
            policy_generation: None,
            stage: None,
            counted: false,
            reason: Reason::GuardBroken,
            time: draft.now,
        })
        .collect();
    if !void.is_empty() {
        review_status::review(draft).verdicts.extend(void);
    }
}

/// A request without a phase: nothing was written about it that could be believed.
fn new(draft: &mut Draft<'_>, settings: &TeamSettingsSpec) {
    if let Guard::Unproven(why) = &draft.snapshot.guard {
        let undecided = Undecided {
            reason: Reason::GuardUnproven,
            why: format!("The admission policies cannot be proven at the moment: {why}"),
            until: None,
        };
        return wait_or_expire(draft, &undecided);
    }
    let checked = match check(draft, settings, CheckPoint::Intake) {
        Ok(checked) => checked,
        Err(Refusal::Denied(reason, sentence)) => return deny(draft, reason, &sentence),
        Err(Refusal::Undecided(undecided)) => return wait_or_expire(draft, &undecided),
    };
    if is_past_deadline(draft) {
        return expire(draft);
    }
    resolve(draft, &checked);
    draft.status.eligibility = Some(checked.eligible.to_status());
    if checked.eligible.approval_required {
        draft.status.phase = Some(Phase::Pending);
        draft.rests_on(Proof::People);
        return pending_checked(draft, settings, &checked);
    }
    review_status::refresh_reviewers(draft, settings, &checked.account);
    approve(draft, Reason::ApprovalNotRequired, "Policy asks for no approval.");
}

fn pending(draft: &mut Draft<'_>, settings: &TeamSettingsSpec) {
    let result = check(draft, settings, CheckPoint::Review);
    let rejected = match &result {
        Ok(_) => None,
        // Rejections need no policy, and come before what the check says.
        Err(_) => Some(assessment(draft, settings, None)).filter(|assessed| assessed.rejected_by.is_some()),
    };
    if let Some(assessed) = rejected {
        return reject(draft, &assessed);
    }
    match result {
        Ok(checked) => pending_checked(draft, settings, &checked),
        Err(Refusal::Denied(reason, sentence)) => deny(draft, reason, &sentence),
        Err(Refusal::Undecided(undecided)) => wait_or_expire(draft, &undecided),
    }
}

fn pending_checked(draft: &mut Draft<'_>, settings: &TeamSettingsSpec, checked: &Checked) {
    draft.condition(
        ConditionType::Eligible,
        ConditionStatus::True,
        Reason::Valid,
        &checked.eligible.sentence(),
    );
    let mut eligibility = checked.eligible.to_status();
    // What was asked for under approval stays under it: loosened settings never waive a request that waits.
    eligibility.approval_required = true;
    draft.status.eligibility = Some(eligibility);
    let governing = review_status::governing_or_wait(draft, &checked.account);
    let assessed = assessment(draft, settings, governing.as_ref().ok().copied());
    if assessed.rejected_by.is_some() {
        return reject(draft, &assessed);
    }
    let policy = match governing {
        Ok(policy) => policy,
        Err(undecided) => {
            draft.status.approvers = vec![];
            return wait_or_expire(draft, &undecided);
        }
    };
    if assessed.verdicts.len() > verdicts_on_record(draft) {
        draft.rests_on(Proof::People);
    }
    let approvers = review_status::assessment(draft, settings, policy, &assessed);
    if is_past_deadline(draft) {
        return expire(draft);
    }
    if assessed.is_complete() {
        let people = assessed.verdicts.iter().filter(|verdict| verdict.counted);
        let names: Vec<String> = people.map(|verdict| verdict.approver.clone()).collect();
        let message = format!("Approved by {}.", messages::people(&names));
        return approve(draft, Reason::ApprovalsComplete, &message);
    }
    match (assessed.unjudged, approvers) {
        (Some(undecided), _) | (None, Err(undecided)) => wait_or_expire(draft, &undecided),
        (None, Ok(approvers)) => await_approval(draft, &approvers),
    }
}

fn verdicts_on_record(draft: &Draft<'_>) -> usize {
    let review = draft.snapshot.request.status.review.as_ref();
    review.map_or(0, |review| review.verdicts.len())
}

fn assessment(
    draft: &Draft<'_>,
    settings: &TeamSettingsSpec,
    policy: Option<&PolicyFact<crate::api::ApproverPolicySpec>>,
) -> Assessment {
    let requester = draft
        .status
        .requester
        .as_ref()
        .map(|requester| requester.user_id.as_str());
    let judge = Judge {
        policy,
        identity: &settings.identity,
        requester: requester.unwrap_or_default(),
        guard: &draft.snapshot.guard,
        too_late: is_past_deadline(draft),
        reader: &draft.reader,
    };
    assess(&judge, &draft.status)
}

fn await_approval(draft: &mut Draft<'_>, approvers: &[String]) {
    let review = review_status::review(draft);
    let stage = review.current_stage.clone().unwrap_or_default();
    let progress = review.progress.clone().unwrap_or_default().replace('/', " of ");
    let until = review
        .deadline
        .map(|deadline| format!(", until {deadline}"))
        .unwrap_or_default();
    let tail = tail(draft);
    let how = messages::plugin_line("approve", &draft.snapshot.request).map(|line| {
        format!(" To approve: {line}; without the plugin append to status.approvals (kubectl patch --subresource=status).")
    });
    let message = format!(
        "Waiting for approval of stage {stage} ({progress}) by {}{until}.{}{tail}",
        messages::people(approvers),
        how.unwrap_or_default()
    );
    draft.says(Reason::AwaitingApproval, &message);
    draft.condition(
        ConditionType::Approved,
        ConditionStatus::False,
        Reason::AwaitingApproval,
        &format!("Stage {stage} has {progress} approvals."),
    );
    wake_in_review(draft);
}

/// Credentials outlive a short request: who approves should know.
fn tail(draft: &Draft<'_>) -> String {
    let Some(access) = &draft.status.access else {
        return String::new();
    };
    if access.session_duration.seconds() < 2 * access.duration.seconds() {
        return String::new();
    }
    format!(
        " Note: AWS credentials obtained during these {} keep working for up to {} after they were obtained.",
        access.duration, access.session_duration
    )
}

fn wake_in_review(draft: &mut Draft<'_>) {
    if let Some(deadline) = review_status::review(draft).deadline {
        draft.wake_at_end(deadline);
    }
    draft.wake_when_stale();
}

/// The names become what they stand for, once: what is approved is what is granted.
fn resolve(draft: &mut Draft<'_>, checked: &Checked) {
    draft
        .status
        .requester
        .get_or_insert_with(|| checked.requester.clone());
    draft.status.access.get_or_insert_with(|| checked.access.clone());
    let message = checked.eligible.sentence();
    draft.condition(
        ConditionType::Eligible,
        ConditionStatus::True,
        Reason::Valid,
        &message,
    );
}

fn approve(draft: &mut Draft<'_>, reason: Reason, message: &str) {
    let start_time = draft.snapshot.request.spec.start_time;
    // By the earliest clock: with one that is ahead now and set right later, the access would last longer.
    let not_after = window::not_after(start_time, draft.earliest(), draft.duration(), draft.timings());
    let window = draft.status.window.get_or_insert_with(Window::default);
    window.not_after.get_or_insert(not_after);
    draft.status.approvers = vec![];
    draft.go(Phase::Approved, reason, message);
    draft.condition(ConditionType::Approved, ConditionStatus::True, reason, message);
    draft.wake(window::start(start_time, draft.now));
    draft.rests_on(Proof::People);
}

fn deny(draft: &mut Draft<'_>, reason: Reason, message: &str) {
    draft.rests_on(Proof::None);
    draft.end(Phase::Denied, reason, message);
    draft.condition(ConditionType::Eligible, ConditionStatus::False, reason, message);
}

fn reject(draft: &mut Draft<'_>, assessed: &Assessment) {
    let name = assessed.rejected_by.clone().unwrap_or_default();
    let message = format!("Rejected by {name}.");
    draft.rests_on(Proof::People);
    let review = review_status::review(draft);
    for verdict in &assessed.verdicts {
        let same =
            |known: &&Verdict| (&known.approver, known.decision) == (&verdict.approver, verdict.decision);
        if review.verdicts.iter().find(same).is_none() {
            review.verdicts.push(verdict.clone());
        }
    }
    draft.end(Phase::Rejected, Reason::RejectedByReviewer, &message);
    draft.condition(
        ConditionType::Approved,
        ConditionStatus::False,
        Reason::RejectedByReviewer,
        &message,
    );
}

fn expire(draft: &mut Draft<'_>) {
    let message = expiry(draft);
    let message = message.as_str();
    draft.end(Phase::Expired, Reason::RequestExpired, message);
    draft.condition(
        ConditionType::Approved,
        ConditionStatus::False,
        Reason::RequestExpired,
        message,
    );
}

/// What was missing at the deadline.
fn expiry(draft: &Draft<'_>) -> String {
    let review = draft.status.review.as_ref();
    let stage = review.and_then(|review| Some((review.current_stage.as_ref()?, review.progress.as_ref()?)));
    let missing = match (stage, draft.snapshot.request.status.reason) {
        (Some((stage, progress)), _) => {
            format!("The request expired: stage {stage} had {progress} approvals at the deadline.")
        }
        (None, Some(reason)) if draft.snapshot.request.status.phase.is_none() => {
            format!("The request expired before it could be decided ({reason}).")
        }
        (None, _) => "The request expired before it could be decided.".to_owned(),
    };
    format!("{missing} Make a new request if the access is still needed.")
}

fn deadline(draft: &Draft<'_>) -> Option<Timestamp> {
    draft.status.review.as_ref()?.deadline
}

fn is_past_deadline(draft: &Draft<'_>) -> bool {
    deadline(draft).is_some_and(|deadline| draft.latest() >= deadline)
}

/// Waits, but not beyond the deadline.
fn wait_or_expire(draft: &mut Draft<'_>, undecided: &Undecided) {
    if is_past_deadline(draft) {
        return expire(draft);
    }
    draft.wait(undecided);
    if let Some(deadline) = deadline(draft) {
        draft.wake_at_end(deadline);
    }
    if draft.status.phase == Some(Phase::Pending) {
        let heals = matches!(undecided.reason, Reason::NoApprovers | Reason::PolicyConflict);
        let status = if heals {
            ConditionStatus::False
        } else {
            ConditionStatus::Unknown
        };
        draft.condition(ConditionType::Approved, status, undecided.reason, &undecided.why);
    }
    draft.wake_when_stale();
}

/// The account of a request that waits for its start, for those who may revoke it.
pub(super) fn refresh_reviewers(draft: &mut Draft<'_>) {
    let id = &draft.snapshot.request.spec.account_id;
    if let (Some(settings), Ok(Lookup::Found(account))) =
        (draft.settings(), draft.reader.account(id, Freshness::Cached))
    {
        review_status::refresh_reviewers(draft, settings, account);
    }
}
