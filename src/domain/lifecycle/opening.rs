//! A new request, and one that waits for approvals.

use super::check::{Fit, Moment, Refusal, check};
use super::pass::Pass;
use super::{approved, early_end, publish};
use crate::api::{
    ConditionStatus, ConditionType, Phase, Reason, ReviewDecision, TeamSettingsSpec, Timestamp, Verdict,
    Window,
};
use crate::domain::approval::{Assessment, Judge, assess};
use crate::domain::facts::Lookup;
use crate::domain::inquiry::{Freshness, Undecided};
use crate::domain::snapshot::{Guard, PolicyFact};
use crate::domain::{sentences, window};

/// Decides, in this order: revoked, cancelled, deleted, rejected, not eligible, deadline, approved.
pub(super) fn decide(pass: &mut Pass<'_>) {
    if early_end::carried_out(pass) {
        return;
    }
    let is_new = pass.status.phase.is_none();
    if is_new && let Some(why) = pass.snapshot.guard.gap() {
        let message = format!("The admission policies were not in force ({why}): apply the request again.");
        return deny(pass, Reason::GuardBroken, &message);
    }
    void_what_the_gap_let_in(pass);
    let Some(settings) = pass.settings() else {
        return wait_or_expire(pass, &Pass::settings_missing());
    };
    publish::deadline(pass, settings);
    if is_new {
        new(pass, settings);
    } else {
        pending(pass, settings);
    }
}

/// What was written while nothing protected it never counts. That is put on record before anything is looked up: whoever
/// closes the gap must be able to rely on it, also where settings or the directory are missing.
fn void_what_the_gap_let_in(pass: &mut Pass<'_>) {
    if pass.snapshot.guard.gap().is_none() {
        return;
    }
    let recorded = pass.status.review.iter().flat_map(|review| &review.verdicts);
    let judged: Vec<_> = recorded
        .map(|verdict| (verdict.approver.clone(), verdict.decision))
        .collect();
    let void: Vec<Verdict> = (pass.status.approvals.iter())
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
            time: pass.now,
        })
        .collect();
    if !void.is_empty() {
        publish::review(pass).verdicts.extend(void);
    }
}

/// A request without a phase: nothing was written about it that could be believed.
fn new(pass: &mut Pass<'_>, settings: &TeamSettingsSpec) {
    if let Guard::Unproven(why) = &pass.snapshot.guard {
        let undecided = Undecided {
            reason: Reason::GuardUnproven,
            why: format!("The admission policies cannot be proven at the moment: {why}"),
            until: None,
        };
        return wait_or_expire(pass, &undecided);
    }
    let fit = match check(pass, settings, Moment::Opening) {
        Ok(fit) => fit,
        Err(Refusal::Unfit(reason, sentence)) => return deny(pass, reason, &sentence),
        Err(Refusal::Undecided(undecided)) => return wait_or_expire(pass, &undecided),
    };
    if is_past_deadline(pass) {
        return expire(pass);
    }
    resolve(pass, &fit);
    pass.status.eligibility = Some(fit.eligible.to_status());
    if fit.eligible.approval_required {
        pass.status.phase = Some(Phase::Pending);
        return pending_fit(pass, settings, &fit);
    }
    publish::refresh_reviewers(pass, settings, &fit.account);
    approve(pass, Reason::ApprovalNotRequired, "Policy asks for no approval.");
}

fn pending(pass: &mut Pass<'_>, settings: &TeamSettingsSpec) {
    let checked = check(pass, settings, Moment::Pending);
    let rejected_by = match &checked {
        Ok(_) => None,
        // Rejections need no policy, and come before what the check says.
        Err(_) => assessment(pass, settings, None).rejected_by,
    };
    if let Some(name) = rejected_by {
        return reject(pass, &name);
    }
    match checked {
        Ok(fit) => pending_fit(pass, settings, &fit),
        Err(Refusal::Unfit(reason, sentence)) => deny(pass, reason, &sentence),
        Err(Refusal::Undecided(undecided)) => wait_or_expire(pass, &undecided),
    }
}

fn pending_fit(pass: &mut Pass<'_>, settings: &TeamSettingsSpec, fit: &Fit) {
    pass.condition(
        ConditionType::Eligible,
        ConditionStatus::True,
        Reason::Valid,
        &format!(
            "EligibilityPolicy {} lets the requester ask.",
            fit.eligible.policy
        ),
    );
    let mut eligibility = fit.eligible.to_status();
    // What was asked for under approval stays under it: loosened settings never waive a request that waits.
    eligibility.approval_required = true;
    pass.status.eligibility = Some(eligibility);
    let governing = publish::governing_or_wait(pass, &fit.account);
    let assessed = assessment(pass, settings, governing.as_ref().ok().copied());
    if let Some(name) = assessed.rejected_by.clone() {
        return reject(pass, &name);
    }
    let policy = match governing {
        Ok(policy) => policy,
        Err(undecided) => {
            pass.status.approvers = vec![];
            return wait_or_expire(pass, &undecided);
        }
    };
    let approvers = publish::assessment(pass, settings, policy, &assessed);
    if is_past_deadline(pass) {
        return expire(pass);
    }
    if assessed.is_complete() {
        let people = assessed.verdicts.iter().filter(|verdict| verdict.counted);
        let names: Vec<String> = people.map(|verdict| verdict.approver.clone()).collect();
        let message = format!("Approved by {}.", sentences::people(&names));
        return approve(pass, Reason::ApprovalsComplete, &message);
    }
    match (assessed.unjudged, approvers) {
        (Some(undecided), _) | (None, Err(undecided)) => wait_or_expire(pass, &undecided),
        (None, Ok(approvers)) => await_approval(pass, &approvers),
    }
}

fn assessment(
    pass: &Pass<'_>,
    settings: &TeamSettingsSpec,
    policy: Option<&PolicyFact<crate::api::ApproverPolicySpec>>,
) -> Assessment {
    let requester = pass
        .status
        .requester
        .as_ref()
        .map(|requester| requester.user_id.as_str());
    let judge = Judge {
        policy,
        identity: &settings.identity,
        requester: requester.unwrap_or_default(),
        guard: &pass.snapshot.guard,
        too_late: is_past_deadline(pass),
        inquiry: &pass.inquiry,
    };
    assess(&judge, &pass.status)
}

fn await_approval(pass: &mut Pass<'_>, approvers: &[String]) {
    let review = publish::review(pass);
    let stage = review.current_stage.clone().unwrap_or_default();
    let progress = review.progress.clone().unwrap_or_default();
    let until = review
        .deadline
        .map(|deadline| format!(" until {deadline}"))
        .unwrap_or_default();
    let tail = tail(pass);
    let message = format!(
        "Stage {stage} has {progress} approvals; awaited{until} from {}. They approve by appending to status.approvals \
         (kubectl patch --subresource=status).{tail}",
        sentences::people(approvers)
    );
    pass.says(Reason::AwaitingApproval, &message);
    pass.condition(
        ConditionType::Approved,
        ConditionStatus::False,
        Reason::AwaitingApproval,
        &format!("Stage {stage} has {progress} approvals."),
    );
    wake_in_review(pass);
}

/// Credentials outlive a short request: who approves should know.
fn tail(pass: &Pass<'_>) -> String {
    let Some(access) = &pass.status.access else {
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

fn wake_in_review(pass: &mut Pass<'_>) {
    if let Some(deadline) = publish::review(pass).deadline {
        pass.wake_at_end(deadline);
    }
    pass.wake_when_stale();
}

/// The names become what they stand for, once: what is approved is what is granted.
fn resolve(pass: &mut Pass<'_>, fit: &Fit) {
    pass.status.requester.get_or_insert_with(|| fit.requester.clone());
    pass.status.access.get_or_insert_with(|| fit.access.clone());
    let message = format!(
        "EligibilityPolicy {} lets the requester ask.",
        fit.eligible.policy
    );
    pass.condition(
        ConditionType::Eligible,
        ConditionStatus::True,
        Reason::Valid,
        &message,
    );
}

fn approve(pass: &mut Pass<'_>, reason: Reason, message: &str) {
    let start_time = pass.snapshot.request.spec.start_time;
    // By the earliest clock: with one that is ahead now and set right later, the access would last longer.
    let not_after = window::not_after(start_time, pass.earliest(), pass.duration(), pass.timings());
    let window = pass.status.window.get_or_insert_with(Window::default);
    let not_after = *window.not_after.get_or_insert(not_after);
    pass.status.approvers = vec![];
    pass.go(Phase::Approved, reason, message);
    pass.condition(ConditionType::Approved, ConditionStatus::True, reason, message);
    pass.wake(window::start(start_time, pass.now));
    let due = start_time.is_none_or(|start| start <= pass.now);
    // What a gap of the guard let in is put on record first.
    if due && pass.snapshot.guard.gap().is_none() {
        approved::at_once(pass, not_after);
    }
}

fn deny(pass: &mut Pass<'_>, reason: Reason, message: &str) {
    pass.end(Phase::Denied, reason, message);
    pass.condition(ConditionType::Eligible, ConditionStatus::False, reason, message);
}

fn reject(pass: &mut Pass<'_>, name: &str) {
    let message = format!("Rejected by {name}.");
    pass.end(Phase::Rejected, Reason::RejectedByReviewer, &message);
    pass.condition(
        ConditionType::Approved,
        ConditionStatus::False,
        Reason::RejectedByReviewer,
        &message,
    );
}

fn expire(pass: &mut Pass<'_>) {
    let message = "Nobody approved in time. Make a new request if the access is still needed.";
    pass.end(Phase::Expired, Reason::RequestExpired, message);
    pass.condition(
        ConditionType::Approved,
        ConditionStatus::False,
        Reason::RequestExpired,
        message,
    );
}

fn deadline(pass: &Pass<'_>) -> Option<Timestamp> {
    pass.status.review.as_ref()?.deadline
}

fn is_past_deadline(pass: &Pass<'_>) -> bool {
    deadline(pass).is_some_and(|deadline| pass.latest() >= deadline)
}

/// Waits, but not beyond the deadline.
fn wait_or_expire(pass: &mut Pass<'_>, undecided: &Undecided) {
    if is_past_deadline(pass) {
        return expire(pass);
    }
    pass.wait(undecided);
    if let Some(deadline) = deadline(pass) {
        pass.wake_at_end(deadline);
    }
    if pass.status.phase == Some(Phase::Pending) {
        let heals = matches!(undecided.reason, Reason::NoApprovers | Reason::PolicyConflict);
        let status = if heals {
            ConditionStatus::False
        } else {
            ConditionStatus::Unknown
        };
        pass.condition(ConditionType::Approved, status, undecided.reason, &undecided.why);
    }
    pass.wake_when_stale();
}

/// The account of a request that waits for its start, for those who may revoke it.
pub(super) fn refresh_reviewers(pass: &mut Pass<'_>) {
    let id = &pass.snapshot.request.spec.account_id;
    if let (Some(settings), Ok(Lookup::Found(account))) =
        (pass.settings(), pass.inquiry.account(id, Freshness::Cached))
    {
        publish::refresh_reviewers(pass, settings, account);
    }
}
